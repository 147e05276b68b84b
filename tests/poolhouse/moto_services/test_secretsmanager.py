"""Secrets Manager: secrets and their versions, kept sealed; what moto would only seem to do is refused by name."""

from pathlib import Path

import pytest

from .conftest import Client, Restart

SECRET = "swordfish-of-the-warehouse"


def test_a_secret_and_its_versions_are_there_after_a_restart(restarted: Restart) -> None:
    aws = restarted()
    made = aws(
        "secretsmanager", "CreateSecret", Name="prod/db", SecretString="first", Tags=[{"Key": "a", "Value": "b"}]
    )
    assert made["ARN"].startswith("arn:aws:secretsmanager:eu-west-1:000000000000:secret:prod/db-")
    aws("secretsmanager", "PutSecretValue", SecretId=made["ARN"], SecretString="second")

    aws = restarted()
    for named in ("prod/db", made["ARN"], made["ARN"][:-7]):
        assert aws("secretsmanager", "GetSecretValue", SecretId=named)["SecretString"] == "second"
    before = aws("secretsmanager", "GetSecretValue", SecretId="prod/db", VersionStage="AWSPREVIOUS")
    assert before["SecretString"] == "first"
    assert aws("secretsmanager", "DescribeSecret", SecretId="prod/db")["Tags"] == [{"Key": "a", "Value": "b"}]


def test_what_failed_changed_nothing(restarted: Restart) -> None:
    aws = restarted()
    aws("secretsmanager", "CreateSecret", Name="key", SecretString="first")
    assert aws.error("secretsmanager", "CreateSecret", Name="key", SecretString="x")[0] == "ResourceExistsException"
    assert aws.error("secretsmanager", "GetSecretValue", SecretId="none") == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )
    assert restarted()("secretsmanager", "GetSecretValue", SecretId="key")["SecretString"] == "first"


def test_a_deleted_secret_is_not_shown_until_it_is_restored(restarted: Restart) -> None:
    aws = restarted()
    aws("secretsmanager", "CreateSecret", Name="key", SecretString="first")
    assert aws.error("secretsmanager", "DeleteSecret", SecretId="key", RecoveryWindowInDays=31) == (
        "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
    )
    aws("secretsmanager", "DeleteSecret", SecretId="key", RecoveryWindowInDays=7)

    aws = restarted()
    for operation, more in {
        "GetSecretValue": {},
        "UpdateSecret": {"SecretString": "x", "ClientRequestToken": "a" * 32},
    }.items():
        assert aws.error("secretsmanager", operation, SecretId="key", **more) == (
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )
    aws("secretsmanager", "RestoreSecret", SecretId="key")
    assert aws("secretsmanager", "GetSecretValue", SecretId="key")["SecretString"] == "first"


def test_a_secret_is_not_on_the_disk_in_the_clear(ask: Client, directory: Path) -> None:
    ask("secretsmanager", "CreateSecret", Name="key", SecretString=SECRET)
    ask("ssm", "PutParameter", Name="/key", Value=SECRET, Type="SecureString")
    for path in directory.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("operation", "params", "named"),
    [
        ("RotateSecret", {"SecretId": "key"}, "RotateSecret"),
        ("ValidateResourcePolicy", {"ResourcePolicy": "{}"}, "ValidateResourcePolicy"),
        ("CreateSecret", {"Name": "x", "AddReplicaRegions": [{"Region": "eu-west-2"}]}, "CreateSecret with AddReplica"),
    ],
)
def test_what_is_not_built_is_said(ask: Client, operation: str, params: dict[str, object], named: str) -> None:
    ask("secretsmanager", "CreateSecret", Name="key", SecretString="first")
    code, message = ask.error("secretsmanager", operation, **params)
    assert (code, message.startswith(f"secretsmanager {named}")) == ("NotImplementedException", True)
