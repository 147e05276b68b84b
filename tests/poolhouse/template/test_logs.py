"""Log groups in a template: made, changed in place, taken away."""

from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

GROUP = """
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /aws/lambda/clerk%s}
Outputs: {Arn: {Value: !GetAtt Group.Arn}}
"""


def test_a_log_group_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    logs = cloud.client("logs")
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/clerk"

    made = deploy(GROUP % ", RetentionInDays: 30, Tags: [{Key: team, Value: identity}, {Key: a, Value: b}]")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert made.outputs["Arn"] == f"{arn}:*"
    assert (group["logGroupName"], group["retentionInDays"]) == ("/aws/lambda/clerk", 30)
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "identity", "a": "b"}

    deploy(GROUP % ", Tags: [{Key: team, Value: accounts}]")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert "retentionInDays" not in group
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "accounts"}

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert logs.describe_log_groups()["logGroups"] == []
