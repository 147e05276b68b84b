"""The gateway from outside: answers of functions, its own errors, preflights and addresses."""

import logging
from dataclasses import replace as replaced
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from poolhouse.call import InvokeRefused, InvokeTimeout
from poolhouse.web import Request, Response
from tests.poolhouse.apigateway.support import NOW, PATHS, REQUEST_ID, Api, proxied, rest_api

JSON = ("Content-Type", "application/json")


def own_headers(response: Response) -> list[tuple[str, str]]:
    """The headers, without the two ids every response has."""
    return [pair for pair in response.headers if pair[0] not in ("x-amzn-RequestId", "x-amz-apigw-id")]


@pytest.mark.parametrize(
    ("answer", "status", "body", "headers"),
    [
        ({"statusCode": 201, "body": "made"}, 201, b"made", [JSON]),
        ({"statusCode": "204"}, 204, b"", [JSON]),
        ({}, 200, b"", [JSON]),
        ({"headers": {"x-a": "1"}}, 200, b"", [("x-a", "1"), JSON]),
        ({"headers": None, "multiValueHeaders": None, "body": None}, 200, b"", [JSON]),
        ({"headers": {"content-type": "text/html"}, "body": "<p>"}, 200, b"<p>", [("content-type", "text/html")]),
        ({"headers": {"x-yes": True, "x-n": 5}}, 200, b"", [("x-yes", "true"), ("x-n", "5"), JSON]),
        (
            {"multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}},
            200,
            b"",
            [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), JSON],
        ),
        (
            {"headers": {"x-a": "one", "x-b": "b"}, "multiValueHeaders": {"X-A": ["many"]}},
            200,
            b"",
            [("x-b", "b"), ("X-A", "many"), JSON],
        ),
        ({"headers": {"WWW-Authenticate": "Basic"}}, 200, b"", [("x-amzn-Remapped-WWW-Authenticate", "Basic"), JSON]),
        (
            {"headers": {"content-length": "9", "Transfer-Encoding": "chunked"}},
            200,
            b"",
            [("x-amzn-Remapped-content-length", "9"), JSON],
        ),
        ({"body": "aGk=", "isBase64Encoded": True}, 200, b"aGk=", [JSON]),
        ({"body": 7}, 200, b"7", [JSON]),
    ],
)
def test_a_functions_answer_becomes_a_response(
    api: Api, answer: dict[str, Any], status: int, body: bytes, headers: list[tuple[str, str]]
) -> None:
    api.functions.answer = answer

    response = api.request("GET", "/")

    assert (response.status, response.body, own_headers(response)) == (status, body, headers)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        5,
        b"not json",
        b"[" * 100_000,
        b'"\xff"',
        {"statusCode": 200, "wrongValue": "value"},
        {"statusCode": "test"},
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"x": {"y": 1}}},
        {"statusCode": 200, "headers": {"x": "a\r\nx-evil: 1"}},
        {"statusCode": 200, "headers": {"x y": "a"}},
        {"statusCode": 200, "multiValueHeaders": {"x": "not a list"}},
        {"statusCode": 200, "isBase64Encoded": "perhaps"},
    ],
)
def test_a_malformed_answer_is_a_bad_gateway(api: Api, answer: object) -> None:
    api.functions.answer = answer

    response = api.request("GET", "/")

    assert (response.status, response.body) == (502, b'{"message": "Internal server error"}')
    assert own_headers(response) == [JSON, ("x-amzn-ErrorType", "InternalServerErrorException")]


def test_a_function_that_raised_is_a_bad_gateway_and_its_error_stays_inside(api: Api) -> None:
    api.functions.error = {"errorMessage": "secret", "errorType": "ValueError"}

    response = api.request("GET", "/")

    assert (response.status, response.body) == (502, b'{"message": "Internal server error"}')


@pytest.mark.parametrize(
    ("raised", "status", "body"),
    [
        (InvokeTimeout(), 504, b'{"message": "Endpoint request timed out"}'),
        (InvokeRefused("AccessDeniedException"), 500, b'{"message": "Internal server error"}'),
        (InvokeRefused("ResourceNotFoundException"), 500, b'{"message": "Internal server error"}'),
        (InvokeRefused("TooManyRequestsException"), 502, b'{"message": "Internal server error"}'),
        (InvokeRefused("RequestEntityTooLargeException"), 413, b'{"message":"Request Too Long"}'),
    ],
)
def test_a_function_that_does_not_run_is_an_error_of_the_gateway(
    api: Api, raised: Exception, status: int, body: bytes
) -> None:
    api.functions.raises = raised

    response = api.request("GET", "/")

    assert (response.status, response.body) == (status, body)


@pytest.mark.parametrize(
    ("accept", "body"),
    [("image/png", b"hi"), ("image/png,text/html", b"hi"), ("text/html,image/png", b"aGk="), ("", b"aGk=")],
)
def test_base64_is_decoded_for_a_client_that_accepts_a_binary_type_first(api: Api, accept: str, body: bytes) -> None:
    api.deploy(rest_api(**{"x-amazon-apigateway-binary-media-types": ["image/png"]}))
    api.functions.answer = {"body": "aGk=", "isBase64Encoded": True}

    assert api.request("GET", "/", accept=accept).body == body


def test_broken_base64_is_a_configuration_error(api: Api) -> None:
    api.deploy(rest_api(**{"x-amazon-apigateway-binary-media-types": ["*/*"]}))
    api.functions.answer = {"body": "h\u00e9", "isBase64Encoded": True}

    response = api.request("GET", "/", accept="image/png")

    assert (response.status, response.body) == (500, b'{"message": "Internal server error"}')


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("DELETE", "/items"), ("HEAD", "/items"), ("BREW", "/items")]
)
def test_an_unknown_path_or_method_is_missing_an_authentication_token(api: Api, method: str, path: str) -> None:
    response = api.request(method, path)

    assert (response.status, response.body) == (403, b'{"message":"Missing Authentication Token"}')
    assert ("x-amzn-ErrorType", "MissingAuthenticationTokenException") in response.headers


def test_an_unknown_path_takes_a_bearer_token_for_a_broken_signature(api: Api) -> None:
    response = api.request("GET", "/nowhere", authorization="Bearer abc")

    assert response.status == 403
    assert ("x-amzn-ErrorType", "IncompleteSignatureException") in response.headers
    assert msgspec.json.decode(response.body)["message"] == (
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        "(hashed with SHA-256 and encoded with Base64): 'w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY='."
    )


def test_a_body_above_ten_megabytes_is_too_large(api: Api) -> None:
    response = api.request("POST", "/open/x", body=b"x" * (10 * 1024 * 1024 + 1))

    assert (response.status, response.body) == (413, b'{"message":"Request Too Long"}')
    assert api.functions.calls == []


def test_every_response_carries_the_ids_the_function_saw(api: Api) -> None:
    for path in ("/", "/nowhere"):
        headers = dict(api.request("GET", path).headers)

        assert headers["x-amzn-RequestId"] == REQUEST_ID
        assert headers["x-amz-apigw-id"] == api.functions.event["requestContext"]["extendedRequestId"]


def test_a_preflight_is_answered_without_a_token_and_without_a_function(api: Api) -> None:
    response = api.request("OPTIONS", "/items", origin="https://app.example", access_control_request_method="POST")

    assert (response.status, response.body) == (200, b"{}\n")
    assert dict(own_headers(response)) == {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET,POST",
        "Access-Control-Allow-Headers": "authorization,content-type",
    }
    assert api.functions.calls == []


@pytest.mark.parametrize(
    ("integration", "status", "message"),
    [
        (
            {"type": "mock", "requestTemplates": {"application/json": "no json"}, "responses": {}},
            500,
            "Internal server error",
        ),
        (
            {"type": "mock", "requestTemplates": {"application/json": '{"statusCode":404}'}, "responses": {"200": {}}},
            500,
            "Internal server error",
        ),
        (
            {"type": "mock", "requestTemplates": {"text/x": ""}, "passthroughBehavior": "never"},
            415,
            "Unsupported Media Type",
        ),
        ({"type": "http_proxy", "uri": "http://x"}, 501, "integration of type HTTP_PROXY on /x: not implemented yet"),
        ({}, 501, "integration of type none on /x: not implemented yet"),
        ({"type": "aws_proxy", "uri": "arn:nonsense"}, 500, "Internal server error"),
    ],
)
def test_an_integration_that_cannot_answer_says_so(
    api: Api, integration: dict[str, Any], status: int, message: str
) -> None:
    paths = {"/x": {"get": {"x-amazon-apigateway-integration": integration}}}
    api.deploy(rest_api(paths=paths))

    response = api.request("GET", "/x")

    assert (response.status, msgspec.json.decode(response.body)) == (status, {"message": message})


def test_gateway_responses_change_what_the_gateway_answers(api: Api) -> None:
    responses = {
        "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}},
        "UNAUTHORIZED": {
            "statusCode": "418",
            "responseParameters": {
                "gatewayresponse.header.X-Path": "context.path",
                "gatewayresponse.header.X-Agent": "method.request.header.User-Agent",
                "gatewayresponse.header.X-None": "context.nothing",
            },
            "responseTemplates": {
                "application/problem+json": '{"title":$context.error.messageString,'
                '"type":"$context.error.responseType","id":"$context.requestId","raw":"$context.error.message","none":"$context.no.such"}'
            },
        },
    }
    api.deploy(rest_api(**{"x-amazon-apigateway-gateway-responses": responses}))

    own = api.request("GET", "/items", user_agent="ua")
    fallback = api.request("GET", "/nowhere")

    assert own.status == 418
    assert msgspec.json.decode(own.body) == {
        "title": "Unauthorized",
        "type": "UNAUTHORIZED",
        "id": REQUEST_ID,
        "raw": "Unauthorized",
        "none": "",
    }
    assert dict(own_headers(own)) == {
        "Content-Type": "application/problem+json",
        "x-amzn-ErrorType": "UnauthorizedException",
        "X-Path": "/prod/items",
        "X-Agent": "ua",
    }
    assert (fallback.status, fallback.body) == (403, b'{"message":"Missing Authentication Token"}')
    assert ("Access-Control-Allow-Origin", "*") in fallback.headers


def test_a_gateway_response_may_tell_its_own_content_type(api: Api) -> None:
    unauthorized = {
        "responseParameters": {"gatewayresponse.header.content-type": "'application/problem+json'"},
        "responseTemplates": {"application/json": '{"title":$context.error.messageString}'},
    }
    api.deploy(rest_api(**{"x-amazon-apigateway-gateway-responses": {"UNAUTHORIZED": unauthorized}}))

    response = api.request("GET", "/items")

    assert response.body == b'{"title":"Unauthorized"}'
    types = [value for name, value in response.headers if name.lower() == "content-type"]
    assert types == ["application/problem+json"]


def test_a_gateway_response_resource_counts_as_one_in_the_body(api: Api) -> None:
    changed = {"UNAUTHORIZED": {"ResponseType": "UNAUTHORIZED", "StatusCode": "499", "ResponseTemplates": {}}}
    api.deploy(replace(rest_api(), gateway_responses=changed))

    assert api.request("GET", "/items").status == 499


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("api1.execute-api.localhost:4566", "/prod/items/7"),
        ("API1.execute-api.us-east-1.amazonaws.com", "/prod/items/7"),
        ("localhost:4566", "/restapis/api1/prod/_user_request_/items/7"),
    ],
)
def test_the_endpoint_knows_an_api_by_host_or_by_path(api: Api, host: str, path: str) -> None:
    response = api.gateway.handle_endpoint(Request("GET", path, headers=(("host", host),)))

    assert response is not None
    assert response.status == 200
    assert api.functions.event["path"] == "/items/7"
    assert api.functions.event["requestContext"]["path"] == "/prod/items/7"


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("api1.execute-api.localhost", "/dev/items/7"),
        ("api1.execute-api.localhost", "/"),
        ("api1.execute-api.localhost", "*"),
        ("api2.execute-api.localhost", "/prod/items/7"),
        ("localhost", "/restapis/api2/prod/_user_request_/items"),
    ],
)
def test_an_unknown_api_or_stage_is_forbidden(api: Api, host: str, path: str) -> None:
    response = api.gateway.handle_endpoint(Request("GET", path, headers=(("host", host),)))

    assert response is not None
    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')


@pytest.mark.parametrize("path", ["/", "/restapis/api1", "/restapis/api1/prod/items", "/items"])
def test_other_requests_on_the_endpoint_are_not_the_gateways(api: Api, path: str) -> None:
    assert api.gateway.handle_endpoint(Request("GET", path, headers=(("host", "localhost:4566"),))) is None


def test_a_changed_api_takes_effect_at_once(api: Api) -> None:
    assert api.request("GET", "/new").status == 403

    later = NOW.replace(year=2027)
    api.deploy(replace(rest_api(paths=PATHS | {"/new": {"get": proxied()}}), modified_at=later))

    assert api.request("GET", "/new").status == 200


def test_stage_variables_reach_the_event_and_the_functions_name(api: Api) -> None:
    paths = {"/x": {"get": proxied()}}
    integration = paths["/x"]["get"]["x-amazon-apigateway-integration"]
    named = integration | {"uri": integration["uri"].replace("Items", "${stageVariables.fn}")}
    paths["/x"]["get"] |= {"x-amazon-apigateway-integration": named}
    api.deploy(replace(rest_api(paths=paths), stages={"dev": {"Variables": {"fn": "Other"}}}))

    api.request("GET", "/x")

    assert api.functions.calls[0]["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:Other"
    assert api.functions.event["stageVariables"] == {"fn": "Other"}


def test_the_log_has_no_token(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = api.token("id")

    api.request("GET", "/items", authorization=token)
    api.request("POST", "/items", authorization=token)

    assert "GET /prod/items -> 200" in caplog.text
    assert "refused: Unauthorized" in caplog.text
    assert not any(part in caplog.text for part in token.split("."))


def test_without_a_deployed_api_everything_is_forbidden(api: Api) -> None:
    with api.store.write() as tx:
        tx.rest_apis.remove()

    response = api.gateway.handle(replaced(Request("GET", "/"), port=3000))

    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')
