"""Streams in a template: made, changed in place, taken away."""

from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

TEMPLATE = """
Resources:
  Clicks:
    Type: AWS::Kinesis::Stream
    Properties:
%s
Outputs:
  Name: {Value: !Ref Clicks}
  Arn: {Value: !GetAtt Clicks.Arn}
"""
TABLE = """
Resources:
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: KEYS_ONLY}
Outputs:
  StreamArn: {Value: !GetAtt Notes.StreamArn}
"""


def test_a_stream_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    kinesis = cloud.client("kinesis")
    outputs = deploy(
        TEMPLATE % "      ShardCount: 2\n      RetentionPeriodHours: 48\n      Tags: [{Key: team, Value: red}]"
    ).outputs
    name = outputs["Name"]
    assert outputs["Arn"] == f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"
    told = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert (told["OpenShardCount"], told["RetentionPeriodHours"]) == (2, 48)
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [{"Key": "team", "Value": "red"}]

    assert deploy(TEMPLATE % "      ShardCount: 1\n      Tags: [{Key: size, Value: big}]").outputs["Name"] == name
    told = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert (told["OpenShardCount"], told["RetentionPeriodHours"]) == (1, 24)
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [{"Key": "size", "Value": "big"}]

    assert deploy(TEMPLATE % "      StreamModeDetails: {StreamMode: ON_DEMAND}").outputs["Name"] == name
    told = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert told["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert kinesis.list_streams()["StreamNames"] == []


def test_a_tables_stream_is_given_and_nothing_said_of_it(cloud: LocalCloud, deploy: Deploy, said: list[str]) -> None:
    arn = deploy(TABLE).outputs["StreamArn"]
    assert [one["StreamArn"] for one in cloud.client("dynamodbstreams").list_streams()["Streams"]] == [arn]
    assert not [line for line in said if "StreamSpecification" in line]
