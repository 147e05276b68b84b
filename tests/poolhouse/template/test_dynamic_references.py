"""Dynamic references: parameters are looked up by every deployment, secrets when their resource is made or changed."""

from typing import Any

import pytest

from poolhouse.errors import CommandError
from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

TEMPLATE = """
Resources:
  Target:
    Type: AWS::SSM::Parameter
    Properties: {Name: target, Type: String, Value: '%s', Description: '%s'}
Outputs: {Untouched: {Value: '{{resolve:ssm:/app/host}}'}}
"""


@pytest.fixture
def ssm(cloud: LocalCloud) -> Any:
    client = cloud.client("ssm")
    for value in ("one", "two"):
        client.put_parameter(Name="/app/host", Value=value, Type="String", Overwrite=True)
    client.put_parameter(Name="/app/password", Value="x", Type="SecureString")
    return client


@pytest.fixture
def secrets(cloud: LocalCloud) -> Any:
    client = cloud.client("secretsmanager")
    client.create_secret(Name="app/db", SecretString='{"user": "app", "port": 5432}')
    client.create_secret(Name="plain", SecretString="swordfish")
    return client


def target(ssm: Any) -> str:
    return str(ssm.get_parameter(Name="target")["Parameter"]["Value"])


def test_a_parameter_is_looked_up_by_every_deployment(ssm: Any, deploy: Deploy) -> None:
    made = deploy(TEMPLATE % ("at {{resolve:ssm:/app/host}}, before {{resolve:ssm:/app/host:1}}", ""))
    assert target(ssm) == "at two, before one"
    assert made.outputs["Untouched"] == "{{resolve:ssm:/app/host}}"

    ssm.put_parameter(Name="/app/host", Value="three", Overwrite=True)
    deploy(TEMPLATE % ("at {{resolve:ssm:/app/host}}, before {{resolve:ssm:/app/host:1}}", ""))
    assert target(ssm) == "at three, before one"


def test_a_secret_is_looked_up_when_its_resource_changes(ssm: Any, secrets: Any, deploy: Deploy) -> None:
    text = "{{resolve:secretsmanager:app/db:SecretString:user}}:{{resolve:secretsmanager:app/db:SecretString:port}}"
    deploy(TEMPLATE % (text, "a"))
    assert target(ssm) == "app:5432"

    secrets.put_secret_value(SecretId="app/db", SecretString='{"user": "other", "port": 1}')
    deploy(TEMPLATE % (text, "a"))
    assert target(ssm) == "app:5432"
    deploy(TEMPLATE % (text, "b"))
    assert target(ssm) == "other:1"


def test_a_secret_is_named_in_each_of_its_ways(ssm: Any, secrets: Any, deploy: Deploy) -> None:
    secrets.put_secret_value(SecretId="plain", SecretString="new")
    arn = secrets.describe_secret(SecretId="plain")["ARN"]
    for named in ("plain", arn, f"{arn}:SecretString", "plain:SecretString::AWSCURRENT"):
        deploy(TEMPLATE % (f"{{{{resolve:secretsmanager:{named}}}}}", named.replace(":", " ")))
        assert target(ssm) == "new"
    deploy(TEMPLATE % ("{{resolve:secretsmanager:plain:SecretString::AWSPREVIOUS}}", "before"))
    assert target(ssm) == "swordfish"


def test_a_secret_of_the_same_template_is_there_when_it_is_needed(cloud: LocalCloud, ssm: Any, deploy: Deploy) -> None:
    deploy("""
Resources:
  Target:
    Type: AWS::SSM::Parameter
    Properties:
      {Name: target, Type: String, Value: !Sub '{{resolve:secretsmanager:${Secret}:SecretString:password}}'}
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {SecretStringTemplate: '{}', GenerateStringKey: password, PasswordLength: 24}}
""")
    assert len(target(ssm)) == 24


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{resolve:ssm:/none}}", r"Parameters: \[ssm:/none\] cannot be found"),
        ("{{resolve:ssm:/app/host:9}}", r"Parameters: \[ssm:/app/host:9\] cannot be found"),
        ("{{resolve:ssm:/app/host:label}}", "Incorrect format is used in the following SSM reference"),
        ("{{resolve:ssm:/app/password}}", "Non-secure ssm prefix was used for secure parameter"),
        ("{{resolve:ssm-secure:/app/password}}", "SSM Secure reference is not supported in"),
        ("{{resolve:vault:x}}", "there is no dynamic reference to vault"),
        ("{{resolve:secretsmanager:none}}", "Secrets Manager can.t find the specified secret"),
        ("{{resolve:secretsmanager:plain:SecretString:user}}", "Could not parse SecretString JSON"),
        ("{{resolve:secretsmanager:app/db:SecretString:none}}", "Could not find a value associated with JSONKey"),
    ],
)
def test_what_cannot_be_looked_up_is_said_and_nothing_is_made(
    ssm: Any, secrets: Any, deploy: Deploy, text: str, why: str
) -> None:
    with pytest.raises(CommandError, match=why) as refused:
        deploy(TEMPLATE % (text, ""))
    assert "template.yaml:" in str(refused.value)
    assert "swordfish" not in str(refused.value)
    assert [one["Name"] for one in ssm.describe_parameters()["Parameters"]] == ["/app/host", "/app/password"]


STORED = """
Parameters:
  Host: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /app/host}
  Zones: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /app/zones}
  Name: {Type: 'AWS::SSM::Parameter::Name', Default: /app/host}
Resources:
  Target:
    Type: AWS::SSM::Parameter
    Properties:
      Name: target
      Type: String
      Value: !Sub ['${Host} ${second} ${Name}', {second: !Select [1, !Ref Zones]}]
"""


def test_parameters_may_be_in_the_parameter_store(deploy: Deploy, ssm: Any) -> None:
    ssm.put_parameter(Name="/app/zones", Value="a, b", Type="StringList")

    deploy(STORED)
    assert target(ssm) == "two b /app/host"
    ssm.put_parameter(Name="/app/host", Value="three", Type="String", Overwrite=True)
    deploy(STORED)

    assert target(ssm) == "three b /app/host"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/none", "Unable to fetch parameters [/none] from parameter store for this account."),
        ("/app/password", "Parameters [/app/password] referenced by template have types not supported"),
    ],
)
def test_a_parameter_that_is_not_in_the_store_or_secret_is_refused(
    deploy: Deploy, ssm: Any, name: str, told: str
) -> None:
    ssm.put_parameter(Name="/app/zones", Value="a, b", Type="StringList")

    with pytest.raises(CommandError) as raised:
        deploy(STORED.replace("Default: /app/host}\n  Zones", f"Default: {name}}}\n  Zones"))

    assert told in str(raised.value)
