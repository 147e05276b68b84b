"""The events that HTTP APIs send: payload 2.0, and 1.0 where the integration asks for it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from poolhouse.apigateway import callers, times
from poolhouse.apigateway.http_apis.routes import DEFAULT, Found
from poolhouse.call import Call
from poolhouse.web import Header, Request

_TEXT = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")
_DROPPED = frozenset({"cookie", "connection", "transfer-encoding", "x-forwarded-for"})


class Surroundings:
    """A request to a stage of an HTTP API, as far as every event tells of it."""

    def __init__(self, call: Call, request: Request, api_id: str, stage: str, variables: Mapping[str, str] | None):
        self.call, self.request, self.api_id, self.stage = call, request, api_id, stage
        self.variables = variables or {}

    @property
    def path(self) -> str:
        """The path with its stage, unless that is $default."""
        path = self.request.path or "/"
        return path if self.stage == DEFAULT else f"/{self.stage}{path}"

    @property
    def arn(self) -> str:
        """What is invoked, as policies name it."""
        return f"{self.base_arn}/{self.stage}/{self.request.method}{self.request.path or '/'}"

    @property
    def base_arn(self) -> str:
        return f"arn:aws:execute-api:{self.call.region}:{self.call.account_id}:{self.api_id}"

    @property
    def domain_name(self) -> str:
        return f"{self.api_id}.execute-api.{self.call.region}.amazonaws.com"


def version_2(around: Surroundings, found: Found, authorizer: Mapping[str, Any] | None) -> dict[str, Any]:
    """Payload 2.0. What is absent is left out."""
    request = around.request
    body, is_base64 = _body(request)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": found.route.key,
        "rawPath": around.path,
        "rawQueryString": request.query,
        **_optional("cookies", _cookies(request)),
        "headers": _headers(around),
        **_optional("queryStringParameters", _joined(_query(request))),
        "requestContext": _context_2(around, found, authorizer),
        **_optional("pathParameters", dict(found.parameters)),
        **_optional("stageVariables", dict(around.variables)),
    }
    if body is not None:
        event["body"] = body
    return {**event, "isBase64Encoded": is_base64}


def authorizer_2(around: Surroundings, found: Found, identity: Iterable[str]) -> dict[str, Any]:
    """What a function that authorizes gets: the same without the body."""
    event = version_2(around, found, None)
    for name in ("body", "isBase64Encoded"):
        event.pop(name, None)
    listed = list(identity)
    return {**event, "type": "REQUEST", "routeArn": around.arn, "identitySource": listed or None}


def version_1(around: Surroundings, found: Found, authorizer: Mapping[str, Any] | None) -> dict[str, Any]:
    """Payload 1.0 as an HTTP API sends it. Maps that would be empty are null."""
    request, call = around.request, around.call
    headers, query = list(_client_headers(around)), _query(request)
    body, is_base64 = _body(request)
    return {
        "version": "1.0",
        "resource": found.route.path,
        "path": around.path,
        "httpMethod": request.method,
        "headers": dict(headers) or None,
        "multiValueHeaders": _listed(headers) or None,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _listed(query) or None,
        "requestContext": {
            "accountId": call.account_id,
            "apiId": around.api_id,
            **({"authorizer": authorizer} if authorizer else {}),
            "domainName": around.domain_name,
            "domainPrefix": around.api_id,
            "extendedRequestId": call.request_id,
            "httpMethod": request.method,
            "identity": callers.identity(None, request),
            "path": around.path,
            "protocol": f"HTTP/{request.http_version}",
            "requestId": call.request_id,
            "requestTime": times.request_time(call.now),
            "requestTimeEpoch": times.epoch_milliseconds(call.now),
            "resourceId": found.route.key,
            "resourcePath": found.route.path,
            "stage": around.stage,
        },
        "pathParameters": dict(found.parameters) or None,
        "stageVariables": dict(around.variables) or None,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def authorizer_1(around: Surroundings, found: Found, identity: Iterable[str]) -> dict[str, Any]:
    """What a function that authorizes by payload 1.0 gets."""
    event = version_1(around, found, None)
    del event["body"], event["isBase64Encoded"]
    source = ",".join(identity)
    told = {"type": "REQUEST", "methodArn": around.arn, "identitySource": source, "authorizationToken": source}
    return {**event, **told}


def _context_2(around: Surroundings, found: Found, authorizer: Mapping[str, Any] | None) -> dict[str, Any]:
    call, request = around.call, around.request
    return {
        "accountId": call.account_id,
        "apiId": around.api_id,
        **({"authorizer": authorizer} if authorizer else {}),
        "domainName": around.domain_name,
        "domainPrefix": around.api_id,
        "http": {
            "method": request.method,
            "path": around.path,
            "protocol": f"HTTP/{request.http_version}",
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "requestId": call.request_id,
        "routeKey": found.route.key,
        "stage": around.stage,
        "time": times.request_time(call.now),
        "timeEpoch": times.epoch_milliseconds(call.now),
    }


def _optional(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {}


def _headers(around: Surroundings) -> dict[str, str]:
    """Names in lower case, values of a repeated one joined by commas."""
    return _joined(list(_client_headers(around)))


def _client_headers(around: Surroundings) -> Iterable[Header]:
    request = around.request
    for name, value in request.headers:
        if name.lower() not in _DROPPED:
            yield name.lower(), value
    forwarded = [value for value in (request.header("x-forwarded-for"), request.source_ip) if value]
    yield "x-forwarded-for", ", ".join(forwarded)
    if not request.header("x-forwarded-port"):
        yield "x-forwarded-port", str(request.port)
    if not request.header("x-forwarded-proto"):
        yield "x-forwarded-proto", "http"


def _joined(pairs: Iterable[Header]) -> dict[str, str]:
    return {name: ",".join(values) for name, values in _listed(pairs).items()}


def _listed(pairs: Iterable[Header]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _cookies(request: Request) -> list[str]:
    return [part.strip() for value in request.header_values("cookie") for part in value.split(";") if part.strip()]


def _query(request: Request) -> list[Header]:
    return parse_qsl(request.query, keep_blank_values=True, errors="replace")


def query_parameter(request: Request, name: str) -> str:
    """The first value of a query parameter; empty for none."""
    return next((value for key, value in _query(request) if key == name), "")


def _body(request: Request) -> tuple[str | None, bool]:
    """Text as it is, anything else in Base64: by the content type alone."""
    if not request.body:
        return None, False
    content_type = request.header("content-type", "text/plain").lower()
    is_text = content_type.startswith(_TEXT) or "charset=" in content_type or "+json" in content_type
    if is_text:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True
