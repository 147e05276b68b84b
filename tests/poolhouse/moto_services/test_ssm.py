"""The parameter store: parameters, their versions and labels, kept; secure ones are not shown unless opened."""

from typing import Any

from .conftest import Client, Restart


def put(aws: Client, name: str, value: str, **more: Any) -> int:
    version: int = aws("ssm", "PutParameter", **{"Name": name, "Value": value, "Type": "String", **more})["Version"]
    return version


def test_parameters_are_there_after_a_restart(restarted: Restart) -> None:
    aws = restarted()
    put(aws, "/app/db/host", "localhost", Tags=[{"Key": "team", "Value": "identity"}])
    put(aws, "/app/db/port", "5432")
    assert put(aws, "/app/db/port", "5433", Overwrite=True) == 2
    aws("ssm", "LabelParameterVersion", Name="/app/db/port", ParameterVersion=1, Labels=["before"])

    aws = restarted()
    found = aws("ssm", "GetParametersByPath", Path="/app", Recursive=True)["Parameters"]
    assert {one["Name"]: one["Value"] for one in found} == {"/app/db/host": "localhost", "/app/db/port": "5433"}
    assert aws("ssm", "GetParameter", Name="/app/db/port:before")["Parameter"]["Value"] == "5432"
    tags = aws("ssm", "ListTagsForResource", ResourceType="Parameter", ResourceId="/app/db/host")["TagList"]
    assert tags == [{"Key": "team", "Value": "identity"}]
    aws("ssm", "AddTagsToResource", ResourceType="Parameter", ResourceId="/app/db/port", Tags=tags)
    put(aws, "new", "one")
    assert aws("ssm", "GetParameters", Names=["new", "none"])["InvalidParameters"] == ["none"]


def test_a_secure_string_is_shown_to_who_opens_it(restarted: Restart) -> None:
    aws = restarted()
    put(aws, "/app/password", "swordfish", Type="SecureString")

    aws = restarted()
    for told in (
        aws("ssm", "GetParameter", Name="/app/password")["Parameter"],
        *aws("ssm", "GetParameters", Names=["/app/password"])["Parameters"],
        *aws("ssm", "GetParametersByPath", Path="/app")["Parameters"],
        *aws("ssm", "GetParameterHistory", Name="/app/password")["Parameters"],
    ):
        assert told["Type"] == "SecureString"
        assert "swordfish" not in told["Value"]
    assert aws("ssm", "GetParameter", Name="/app/password", WithDecryption=True)["Parameter"]["Value"] == "swordfish"


def test_a_secret_is_a_parameter_too(restarted: Restart) -> None:
    aws = restarted()
    aws("secretsmanager", "CreateSecret", Name="db", SecretString="swordfish")

    told = restarted()("ssm", "GetParameter", Name="/aws/reference/secretsmanager/db", WithDecryption=True)
    assert told["Parameter"]["Value"] == "swordfish"


def test_what_is_not_built_is_said(ask: Client) -> None:
    code, message = ask.error("ssm", "SendCommand", DocumentName="x")
    assert (code, message) == ("NotImplementedException", "ssm SendCommand is not implemented yet in Poolhouse")


def test_what_is_not_there_is_said_as_aws_does(ask: Client) -> None:
    assert ask.error("ssm", "GetParameter", Name="none") == ("ParameterNotFound", "")
    named = "/aws/reference/secretsmanager/none"
    code, message = ask.error("ssm", "GetParameter", Name=named, WithDecryption=True)
    assert (code, f"Secret {named} not found." in message) == ("ParameterNotFound", True)
    assert ask("ssm", "GetParametersByPath", Path="/none")["Parameters"] == []
