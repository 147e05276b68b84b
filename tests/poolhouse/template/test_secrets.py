"""Secrets and parameters in a template: made, changed in place, taken away; a password that was made stays."""

import json

import pytest

from poolhouse.errors import CommandError
from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

SECRET = """
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: prod/db
      %s
Outputs: {Arn: {Value: !Ref Secret}}
"""
PARAMETER = """
Resources:
  Host:
    Type: AWS::SSM::Parameter
    Properties: {Name: /app/host, Type: String, %s}
Outputs: {Name: {Value: !Ref Host}, Value: {Value: !GetAtt Host.Value}}
"""
GENERATED = """GenerateSecretString:
        SecretStringTemplate: '{"user": "%s"}'
        GenerateStringKey: password
        PasswordLength: 20"""


def test_a_secret_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    secrets = cloud.client("secretsmanager")

    made = deploy(SECRET % (GENERATED % "ann" + "\n      Tags: [{Key: a, Value: b}]"))
    arn = made.outputs["Arn"]
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/db-")
    first = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert (first["user"], len(first["password"])) == ("ann", 20)

    deploy(SECRET % (GENERATED % "ann" + "\n      Description: of the database\n      Tags: [{Key: c, Value: d}]"))
    assert json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"]) == first
    told = secrets.describe_secret(SecretId=arn)
    assert (told["Description"], told["Tags"]) == ("of the database", [{"Key": "c", "Value": "d"}])

    deploy(SECRET % "SecretString: swordfish")
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "swordfish"

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert secrets.list_secrets()["SecretList"] == []


def test_a_parameter_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    ssm = cloud.client("ssm")

    made = deploy(PARAMETER % "Value: one, Tags: {team: identity, a: b}")
    assert made.outputs == {"Name": "/app/host", "Value": "one"}
    changed = deploy(PARAMETER % "Value: two, Tags: {team: accounts}")
    assert changed.outputs["Value"] == "two"
    told = ssm.get_parameter(Name="/app/host")["Parameter"]
    assert (told["Value"], told["Version"]) == ("two", 2)
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/host")["TagList"]
    assert tags == [{"Key": "team", "Value": "accounts"}]

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert ssm.describe_parameters()["Parameters"] == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("SecretString: a\n      " + GENERATED % "ann", "give one of them"),
        ("GenerateSecretString: {GenerateStringKey: password}", "give both"),
        ("GenerateSecretString: {SecretStringTemplate: '[]', GenerateStringKey: password}", "no JSON object"),
    ],
)
def test_a_secret_that_is_given_twice_or_by_half_is_refused(
    cloud: LocalCloud, deploy: Deploy, given: str, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        deploy(SECRET % given)
    assert cloud.client("secretsmanager").list_secrets()["SecretList"] == []


WITH_POLICY = """
Resources:
  Db: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: swordfish}}
  Policy:
    Type: AWS::SecretsManager::ResourcePolicy
    Properties:
      SecretId: !Ref Db
      ResourcePolicy:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Principal: {AWS: !GetAtt Ann.Arn}, Action: 'secretsmanager:*', Resource: '*'}
  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann}}
Outputs: {Db: {Value: !Ref Db}}
"""


def test_a_secrets_policy(cloud: LocalCloud, deploy: Deploy) -> None:
    arn = deploy(WITH_POLICY).outputs["Db"]

    told = cloud.client("secretsmanager").get_resource_policy(SecretId=arn)
    assert json.loads(told["ResourcePolicy"])["Statement"]["Principal"] == {"AWS": "arn:aws:iam::000000000000:user/ann"}
    head, _, tail = WITH_POLICY.partition("  Policy:")
    deploy(head + "  Ann:" + tail.partition("  Ann:")[2])
    assert "ResourcePolicy" not in cloud.client("secretsmanager").get_resource_policy(SecretId=arn)
