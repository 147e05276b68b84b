"""Every operation of the newest model is there: run, or refused by its name, and never with junk in its hands."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from poolhouse import testing

MODEL: Any = botocore.session.get_session().get_service_model("cognito-idp")
OPERATIONS = MODEL.operation_names


@pytest.fixture(scope="module")
def cloud() -> Any:
    with testing.cloud() as made:
        yield made


def ask(cloud: Any, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    headers = {
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260924/us-east-1/cognito-idp/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}",
        "X-Amz-Date": "20260924T135000Z",
    }
    response = cloud.fetch("POST", "/", headers=headers, body=body)
    return response.status, json.loads(response.body or b"{}")


def smallest(shape: Any) -> Any:
    """The smallest value a shape takes, by its type and its least sizes."""
    if shape.type_name == "structure":
        return {name: smallest(shape.members[name]) for name in shape.required_members}
    least = max(1, shape.metadata.get("min", 1))
    if shape.type_name == "list":
        return [smallest(shape.member)] * least
    if shape.type_name in ("integer", "long"):
        return least
    plain = {"map": {}, "boolean": False, "timestamp": 1_700_000_000, "blob": "eA=="}
    if shape.type_name in plain:
        return plain[shape.type_name]
    return shape.metadata["enum"][0] if "enum" in shape.metadata else "x" * least


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_body_that_is_no_object_is_refused(cloud: Any, operation: str) -> None:
    assert ask(cloud, operation, b"[]") == (
        400,
        {"__type": "SerializationException", "message": "Start of list found where not expected"},
    )


@pytest.mark.parametrize(
    "operation", [name for name in OPERATIONS if MODEL.operation_model(name).input_shape.required_members]
)
def test_what_is_required_and_missing_is_named(cloud: Any, operation: str) -> None:
    status, error = ask(cloud, operation, b"{}")

    assert (status, error["__type"]) == (400, "InvalidParameterException")
    for member in MODEL.operation_model(operation).input_shape.required_members:
        assert f"Value null at '{member[:1].lower()}{member[1:]}' failed to satisfy constraint" in error["message"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_small_request_gets_an_error_of_awss_kind_or_the_operations_name(cloud: Any, operation: str) -> None:
    shape = MODEL.operation_model(operation).input_shape
    status, answer = ask(cloud, operation, json.dumps(smallest(shape)).encode())

    if status == 200:
        return
    assert status == 400, answer
    if answer["__type"] == "NotImplementedException":
        assert answer["message"] == f"cognito-idp {operation} is not implemented yet in Poolhouse"


@pytest.mark.parametrize(
    "operation", [name for name in OPERATIONS if MODEL.operation_model(name).resolved_auth_type != "none"]
)
def test_an_operation_that_needs_a_signature_is_refused_without(cloud: Any, operation: str) -> None:
    headers = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}"}

    response = cloud.fetch("POST", "/", headers=headers, body=b"{}")

    assert response.status == 400
    assert json.loads(response.body)["__type"] == "MissingAuthenticationTokenException"


# One of each protocol and of the services people use beside Cognito.
ELSEWHERE: list[tuple[str, str, dict[str, Any], str]] = [
    ("ses", "list_templates", {}, "ListTemplates"),
    ("sesv2", "list_contact_lists", {}, "ListContactLists"),
    ("ec2", "describe_instances", {}, "DescribeInstances"),
    ("cloudformation", "list_stacks", {}, "ListStacks"),
    ("route53", "list_hosted_zones", {}, "ListHostedZones"),
    ("xray", "get_groups", {}, "GetGroups"),
    ("secretsmanager", "rotate_secret", {"SecretId": "x"}, "RotateSecret"),
    ("ssm", "send_command", {"DocumentName": "x"}, "SendCommand"),
    ("kinesis", "describe_limits", {}, "DescribeLimits"),
    ("events", "list_archives", {}, "ListArchives"),
    ("stepfunctions", "start_execution", {"stateMachineArn": "arn:aws:states:x:1:stateMachine:m"}, "StartExecution"),
    ("cloudwatch", "list_metrics", {}, "ListMetrics"),
]


@pytest.mark.parametrize(
    ("service", "method", "parameters", "operation"), ELSEWHERE, ids=[f"{row[0]} {row[3]}" for row in ELSEWHERE]
)
def test_an_operation_that_is_not_here_is_refused_by_its_name(
    cloud: Any, service: str, method: str, parameters: dict[str, Any], operation: str
) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(cloud.client(service), method)(**parameters)

    error = raised.value.response["Error"]
    assert error["Code"] == "NotImplementedException"
    assert error["Message"] == f"{service} {operation} is not implemented yet in Poolhouse"
