"""What breaks a model's constraints is refused in AWS's sentences, before any operation sees it."""

import json
from typing import Any

import pytest

ID = "us-east-1_abcdefghi"
NULL = "failed to satisfy constraint: Member must not be null"
PATTERN = "failed to satisfy constraint: Member must satisfy regular expression pattern:"

VIOLATIONS: list[tuple[str, str, dict[str, Any], str]] = [
    ("a member is missing", "DescribeUserPool", {}, f"1 validation error detected: Value null at 'userPoolId' {NULL}"),
    (
        "null is as good as missing",
        "DescribeUserPool",
        {"UserPoolId": None},
        f"1 validation error detected: Value null at 'userPoolId' {NULL}",
    ),
    (
        "two are missing",
        "GetGroup",
        {},
        f"2 validation errors detected: Value null at 'groupName' {NULL}; Value null at 'userPoolId' {NULL}",
    ),
    (
        "a missing member of a sensitive shape",
        "SignUp",
        {"ClientId": "abc", "Password": "Correct-horse-1"},
        f"1 validation error detected: Value null at 'username' {NULL}",
    ),
    (
        "a text that does not match",
        "DescribeUserPool",
        {"UserPoolId": "no pool"},
        f"1 validation error detected: Value 'no pool' at 'userPoolId' {PATTERN} [\\w-]+_[0-9a-zA-Z]+",
    ),
    (
        "a line's end is no part of a match",
        "DescribeUserPool",
        {"UserPoolId": f"{ID}\n"},
        f"1 validation error detected: Value '{ID}\n' at 'userPoolId' {PATTERN} [\\w-]+_[0-9a-zA-Z]+",
    ),
    (
        "letters beyond ASCII are no letters of \\w",
        "DescribeUserPool",
        {"UserPoolId": "europé_abc"},
        f"1 validation error detected: Value 'europé_abc' at 'userPoolId' {PATTERN} [\\w-]+_[0-9a-zA-Z]+",
    ),
    (
        "a text too long",
        "CreateUserPool",
        {"PoolName": "x" * 129},
        f"1 validation error detected: Value '{'x' * 129}' at 'poolName' failed to satisfy constraint: "
        "Member must have length less than or equal to 128",
    ),
    (
        "a secret's value is not repeated",
        "ConfirmForgotPassword",
        {"ClientId": "abc", "Username": "ann", "ConfirmationCode": "1", "Password": "x" * 257},
        "1 validation error detected: Value at 'password' failed to satisfy constraint: "
        "Member must have length less than or equal to 256",
    ),
    (
        "a number too small",
        "ListUserPools",
        {"MaxResults": 0},
        "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
    (
        "a number too great",
        "ListUserPools",
        {"MaxResults": 61},
        "1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 60",
    ),
    (
        "an element of a list is named by its place, from one",
        "SignUp",
        {
            "ClientId": "abc",
            "Username": "ann",
            "Password": "Correct-horse-1",
            "UserAttributes": [{"Name": "email"}, {"Value": "x"}],
        },
        f"1 validation error detected: Value null at 'userAttributes.2.member.name' {NULL}",
    ),
    (
        "a member of a structure is named by its path",
        "CreateUserPool",
        {"PoolName": "p", "Policies": {"PasswordPolicy": {"MinimumLength": 5}}},
        "1 validation error detected: Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy "
        "constraint: Member must have value greater than or equal to 6",
    ),
]


def ask(cloud: Any, operation: str, body: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260924/us-east-1/cognito-idp/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}",
        "X-Amz-Date": "20260924T135000Z",
    }
    response = cloud.fetch("POST", "/", headers=headers, body=body)
    return response.status, json.loads(response.body), {name.lower(): value for name, value in response.headers}


@pytest.mark.parametrize(
    ("operation", "body", "message"), [row[1:] for row in VIOLATIONS], ids=[row[0] for row in VIOLATIONS]
)
def test_a_violation_is_told_in_awss_sentence(cloud: Any, operation: str, body: dict[str, Any], message: str) -> None:
    status, error, headers = ask(cloud, operation, json.dumps(body).encode())

    assert (status, error) == (400, {"__type": "InvalidParameterException", "message": message})
    assert headers["x-amzn-errortype"] == "InvalidParameterException:"


def test_an_enumeration_lists_what_it_takes(cloud: Any) -> None:
    _, error, _ = ask(cloud, "CreateUserPool", b'{"PoolName":"p","MfaConfiguration":"MAYBE"}')

    head, _, values = error["message"].partition("enum value set: ")
    assert head == (
        "1 validation error detected: Value 'MAYBE' at 'mfaConfiguration' failed to satisfy constraint: "
        "Member must satisfy "
    )
    assert set(values.strip("[]").split(", ")) == {"OFF", "ON", "OPTIONAL"}


def test_elements_of_a_list_of_words_are_one_violation(cloud: Any) -> None:
    _, error, _ = ask(cloud, "CreateUserPool", b'{"PoolName":"p","AliasAttributes":["email","nickname"]}')

    assert error["message"].startswith(
        "1 validation error detected: Value '[email, nickname]' at 'aliasAttributes' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: ["
    )


WRONG_TYPES = [
    (b'{"UserPoolId": 1}', "NUMBER_VALUE can not be converted to a String"),
    (b'{"UserPoolId": true}', "TRUE_VALUE can not be converted to a String"),
    (b'{"UserPoolId": []}', "Start of list found where not expected"),
    (b'{"UserPoolId": {}}', "Start of structure or map found where not expected."),
]


@pytest.mark.parametrize(("body", "message"), WRONG_TYPES)
def test_a_wrong_type_is_told_before_any_constraint(cloud: Any, body: bytes, message: str) -> None:
    status, error, _ = ask(cloud, "DescribeUserPool", body)

    assert (status, error) == (400, {"__type": "SerializationException", "message": message})


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"1", b'"x"', b'{"UserPoolId": "a", }'])
def test_what_is_not_a_json_object_has_no_sentence(cloud: Any, body: bytes) -> None:
    assert ask(cloud, "DescribeUserPool", body)[:2] == (400, {"__type": "SerializationException"})


def test_what_the_model_does_not_know_is_passed_over(cloud: Any) -> None:
    status, answer, _ = ask(cloud, "CreateUserPool", b'{"PoolName":"p","Colour":"red","Policies":{"Shape":1}}')

    assert status == 200
    assert "Colour" not in answer["UserPool"]


def test_nothing_is_made_by_a_request_that_is_refused(cloud: Any, cognito: Any) -> None:
    ask(cloud, "CreateUserPool", b'{"PoolName":"p","MfaConfiguration":"MAYBE"}')

    assert cognito.list_user_pools(MaxResults=60)["UserPools"] == []
