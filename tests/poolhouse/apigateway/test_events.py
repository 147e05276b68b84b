"""The proxy event, as a whole and in its details."""

import base64
from typing import Any

import pytest

from poolhouse.web import Request
from tests.poolhouse.apigateway.support import FUNCTION, POOL, REQUEST_ID, Api, rest_api


def test_the_event_is_aws_own(api: Api) -> None:
    token = api.token("id", POOL, **{"email_verified": True, "cognito:groups": ["admins", "readers"]})
    headers = (
        ("host", "localhost:3000"),
        ("authorization", token),
        ("user-agent", "ua"),
        ("x-amzn-trace-id", "Root=1-aaaaaaaa-bbbbbbbbbbbbbbbbbbbbbbbb"),
        ("content-length", "0"),
        ("connection", "keep-alive"),
    )

    api.gateway.handle(Request("GET", "/items", "", headers, port=3000))

    expected_headers = {
        "Host": "localhost:3000",
        "Authorization": token,
        "User-Agent": "ua",
        "X-Amzn-Trace-Id": "Root=1-aaaaaaaa-bbbbbbbbbbbbbbbbbbbbbbbb",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Port": "3000",
        "X-Forwarded-Proto": "http",
    }
    resource_id = api.functions.event["requestContext"]["resourceId"]
    extended_id = api.functions.event["requestContext"]["extendedRequestId"]
    assert api.functions.event == {
        "resource": "/items",
        "path": "/items",
        "httpMethod": "GET",
        "headers": expected_headers,
        "multiValueHeaders": {name: [value] for name, value in expected_headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": resource_id,
            "authorizer": {
                "claims": {
                    "sub": "64684428-c021-7049-51b0-d218e66ffecd",
                    "token_use": "id",
                    "iss": "http://localhost:4566/us-east-1_AAAAAAAAA",
                    "exp": "Thu Sep 24 14:50:04 UTC 2026",
                    "iat": "Thu Sep 24 13:50:04 UTC 2026",
                    "aud": "web-client",
                    "email_verified": "true",
                    "cognito:groups": "admins,readers",
                }
            },
            "resourcePath": "/items",
            "httpMethod": "GET",
            "extendedRequestId": extended_id,
            "requestTime": "24/Sep/2026:13:50:04 +0000",
            "path": "/prod/items",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "prod",
            "domainPrefix": "api1",
            "requestTimeEpoch": 1790257804000,
            "requestId": REQUEST_ID,
            "identity": {
                "cognitoIdentityPoolId": None,
                "accountId": None,
                "cognitoIdentityId": None,
                "caller": None,
                "sourceIp": "127.0.0.1",
                "principalOrgId": None,
                "accessKey": None,
                "cognitoAuthenticationType": None,
                "cognitoAuthenticationProvider": None,
                "userArn": None,
                "userAgent": "ua",
                "user": None,
            },
            "domainName": "api1.execute-api.us-east-1.amazonaws.com",
            "deploymentId": "dep123",
            "apiId": "api1",
        },
        "body": None,
        "isBase64Encoded": False,
    }
    assert len(resource_id) == 6
    assert len(extended_id) == 16
    assert extended_id.endswith("=")


def test_an_open_method_has_no_authorizer_in_its_event(api: Api) -> None:
    api.request("GET", "/items/7")

    assert "authorizer" not in api.functions.event["requestContext"]


def test_the_function_is_invoked_as_api_gateway_would(api: Api) -> None:
    api.request("PUT", "/open/a/b")

    call = api.functions.calls[0]
    assert call["arn"] == FUNCTION
    assert call["service"] == "apigateway.amazonaws.com"
    assert call["source_arn"] == "arn:aws:execute-api:us-east-1:123456789012:api1/prod/PUT/open/{proxy+}"
    assert call["timeout"].total_seconds() == 29


@pytest.mark.parametrize(
    ("query", "single", "multiple"),
    [
        ("a=1", {"a": "1"}, {"a": ["1"]}),
        ("a=1&b=2&a=3", {"a": "3", "b": "2"}, {"a": ["1", "3"], "b": ["2"]}),
        ("email=test%2Balias%40x.com&plus=a+b", {"email": "test+alias@x.com", "plus": "a b"}, None),
        ("a=&b", {"a": "", "b": ""}, None),
        ("a=1;b=2", {"a": "1", "b": "2"}, None),
        ("a=%zz&b=%ff", {"a": "%zz", "b": "\ufffd"}, None),
    ],
)
def test_the_query_is_decoded_and_the_last_of_several_values_wins(
    api: Api, query: str, single: dict[str, str], multiple: dict[str, list[str]] | None
) -> None:
    api.request("GET", "/", query=query)

    assert api.functions.event["queryStringParameters"] == single
    wanted = multiple or {name: [value] for name, value in single.items()}
    assert api.functions.event["multiValueQueryStringParameters"] == wanted


def test_of_repeated_headers_the_last_wins_and_all_are_listed(api: Api) -> None:
    request = Request("GET", "/", headers=(("x-tag", "a"), ("x-tag", "b"), ("x-forwarded-for", "10.0.0.1")))

    api.gateway.handle(request)

    assert api.functions.event["headers"]["X-Tag"] == "b"
    assert api.functions.event["multiValueHeaders"]["X-Tag"] == ["a", "b"]
    assert api.functions.event["headers"]["X-Forwarded-For"] == "10.0.0.1, 127.0.0.1"


@pytest.mark.parametrize(
    ("sent", "path", "stage_path", "parameters"),
    [
        ("/items/a%40b.com", "/items/a%40b.com", "/prod/items/a%40b.com", {"id": "a%40b.com"}),
        ("/items/7/", "/items/7/", "/prod/items/7/", {"id": "7"}),
        ("//items/7", "/items/7", "/prod//items/7", {"id": "7"}),
    ],
)
def test_paths_stay_as_they_were_sent(
    api: Api, sent: str, path: str, stage_path: str, parameters: dict[str, str]
) -> None:
    api.request("GET", sent)

    event = api.functions.event
    assert (event["path"], event["requestContext"]["path"]) == (path, stage_path)
    assert event["pathParameters"] == parameters


@pytest.mark.parametrize(
    ("binary", "content_type", "body", "expected"),
    [
        ([], "application/json", b'{"a":1}', ('{"a":1}', False)),
        ([], "application/json", b"", (None, False)),
        ([], "image/png", b"\x89P", ("\ufffdP", False)),
        (["image/png"], "image/png", b"\x89P", (base64.b64encode(b"\x89P").decode(), True)),
        (["multipart/form-data"], "multipart/form-data; boundary=x", b"b", ("Yg==", True)),
        (["image/*"], "IMAGE/webp", b"b", ("Yg==", True)),
        (["*/*"], "text/plain", b"b", ("Yg==", True)),
        (["*/*"], "text/plain", b"", (None, False)),
        (["image/png"], "text/plain", b"b", ("b", False)),
    ],
)
def test_a_binary_body_comes_in_base64(
    api: Api, binary: list[str], content_type: str, body: bytes, expected: tuple[str | None, bool]
) -> None:
    api.deploy(rest_api(**{"x-amazon-apigateway-binary-media-types": binary}))

    api.request("POST", "/open/x", body=body, content_type=content_type)

    event: dict[str, Any] = api.functions.event
    assert (event["body"], event["isBase64Encoded"]) == expected
