"""Topics, subscriptions and policies in a template, and functions that SAM wires to them."""

import json
from pathlib import Path

import pytest

from poolhouse.errors import CommandError
from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

TEMPLATE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  News:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: %s
      Subscription: [{Protocol: email, Endpoint: %s}]
      Tags: [{Key: team, Value: red}]
  ToJobs:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref News
      Protocol: sqs
      Endpoint: !GetAtt Jobs.Arn
      FilterPolicy: %s
%s
Outputs:
  Arn: {Value: !Ref News}
  Same: {Value: !GetAtt News.TopicArn}
  Name: {Value: !GetAtt News.TopicName}
  Sub: {Value: !Ref ToJobs}
"""
POLICY = """
  Open:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref News]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: 'sns:Publish', Resource: !Ref News}]
"""
LISTENS = """
Transform: AWS::Serverless-2016-10-31
Resources:
  News: {Type: AWS::SNS::Topic}
  Listener:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      CodeUri: CODE
      Events:
        News: {Type: SNS, Properties: {Topic: !Ref News, FilterPolicy: {kind: [first]}}}
Outputs:
  Arn: {Value: !Ref News}
"""
SOURCE = """
import pathlib
def handler(event, context):
    with (pathlib.Path(__file__).parent / "told").open("a") as file:
        file.write(event["Records"][0]["Sns"]["Message"] + "\\n")
"""


def test_a_topic_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    sns = cloud.client("sns")

    def endpoints() -> dict[str, str]:
        listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        return {one["Protocol"]: one["Endpoint"] for one in listed}

    outputs = deploy(TEMPLATE % ("Red", "ann@example.com", "{kind: [a]}", POLICY)).outputs
    arn, subscription = outputs["Arn"], outputs["Sub"]
    assert arn == outputs["Same"] == f"arn:aws:sns:us-east-1:000000000000:{outputs['Name']}"
    assert endpoints()["email"] == "ann@example.com"
    told = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert told["DisplayName"] == "Red"
    assert json.loads(told["Policy"])["Statement"][0]["Principal"] == {"Service": "s3.amazonaws.com"}
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "red"}]
    told = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(told["FilterPolicy"]) == {"kind": ["a"]}

    outputs = deploy(TEMPLATE % ("Blue", "bob@example.com", "{kind: [b]}", "")).outputs
    assert (outputs["Arn"], outputs["Sub"]) == (arn, subscription)
    assert endpoints()["email"] == "bob@example.com"
    assert len(endpoints()) == 2
    told = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert told["DisplayName"] == "Blue"
    assert "s3.amazonaws.com" not in told["Policy"]
    told = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(told["FilterPolicy"]) == {"kind": ["b"]}

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert sns.list_topics()["Topics"] == []
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_a_function_listens_to_a_topic(cloud: LocalCloud, deploy: Deploy, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "index.py").write_text(SOURCE)
    arn = deploy(LISTENS.replace("CODE", str(code))).outputs["Arn"]
    sns = cloud.client("sns")
    for kind in ("first", "second"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=arn, Message=kind, MessageAttributes=attributes)
    cloud.inner.functions.later.join()

    assert (code / "told").read_text() == "first\n"


def test_a_subscription_by_a_protocol_that_is_not_built_is_refused(deploy: Deploy) -> None:
    topic = "{Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: https, Endpoint: 'https://x'}]}}"
    with pytest.raises(CommandError, match="subscriptions by https are not implemented yet"):
        deploy(f"Resources: {{T: {topic}}}")
