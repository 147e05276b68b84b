"""Answers as HTTP: a function's proxy answer, and the gateway's own errors as the template customizes them.

What a function may answer is what AWS's parser takes: the four members it knows and `multiValueHeaders`, where numbers
and booleans pass for text. Anything else is a malformed answer, 502.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from poolhouse.apigateway import media_types, templates
from poolhouse.apigateway.errors import ApiConfigurationError, BadProxyAnswer, GatewayError, NotBuilt
from poolhouse.apigateway.exchange import Exchange
from poolhouse.web import Header, Response

_JSON = "application/json"
_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
# A function's headers that clients see under another name. The table under "Important notes" for REST APIs and
# recorded answers (x-amzn-requestid, x-forwarded-for):
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
_REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "expect",
        "host",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "trailer",
        "upgrade",
        "user-agent",
        "www-authenticate",
        "x-amzn-requestid",
        "x-forwarded-for",
    }
)
_DROPPED = frozenset({"transfer-encoding"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 section 5.5


def from_proxy(exchange: Exchange, payload: bytes) -> Response:
    """The response of a function that returned. Raises BadProxyAnswer and ApiConfigurationError."""
    try:
        answer = msgspec.json.decode(payload)
    except (ValueError, RecursionError):
        raise BadProxyAnswer from None
    # An empty object is taken, null is not (a guess for null; recorded for the object).
    if not isinstance(answer, dict) or not answer.keys() <= _MEMBERS:
        raise BadProxyAnswer
    headers = _proxy_headers(answer)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", _JSON))
    return Response(_status(answer.get("statusCode")), _proxy_body(exchange, answer), tuple(headers))


def from_error(exchange: Exchange, error: GatewayError) -> Response:
    """The gateway's own answer, as the API's gateway responses have it. NotBuilt is never customized."""
    customized = {} if isinstance(error, NotBuilt) else _gateway_response(exchange, error)
    variables = {
        "error.message": error.text,
        "error.messageString": msgspec.json.encode(error.text).decode(),
        "error.responseType": error.response_type,
    }
    media_type, template = _template(exchange, customized, error.template)
    own = [("Content-Type", media_type), ("x-amzn-ErrorType", error.error_type)]
    return Response(
        int(customized.get("statusCode") or error.status),
        templates.render(template, exchange, variables).encode(),
        templates.headers(own, customized.get("responseParameters"), exchange, variables),
    )


def _gateway_response(exchange: Exchange, error: GatewayError) -> Mapping[str, Any]:
    """The customization that applies: of the error's own type, else of DEFAULT_4XX or DEFAULT_5XX."""
    customized = {
        **exchange.api.body.get("x-amazon-apigateway-gateway-responses", {}),
        **exchange.api.gateway_responses,
    }
    fallback = "DEFAULT_5XX" if error.status >= 500 else "DEFAULT_4XX"
    found = customized.get(error.response_type) or customized.get(fallback) or {}
    return {name[0].lower() + name[1:]: value for name, value in found.items()}  # CloudFormation capitalizes members


def _template(exchange: Exchange, customized: Mapping[str, Any], default: str) -> tuple[str, str]:
    """Media type and body template: the one the client accepts, else JSON, else the first there is."""
    available: Mapping[str, str] = customized.get("responseTemplates") or {_JSON: default}
    accepted = [part.split(";")[0].strip() for part in exchange.request.header("accept").split(",")]
    for media_type in (*accepted, _JSON):
        if media_type in available:
            return media_type, available[media_type]
    return next(iter(available.items()))


def _status(value: Any) -> int:
    match value:
        case None:
            return 200
        case bool():
            raise BadProxyAnswer
        case int() if 200 <= value <= 599:
            return value
        case str() if re.fullmatch(r"[2-5][0-9]{2}", value):
            return int(value)
        case _:
            raise BadProxyAnswer


def _proxy_headers(answer: Mapping[str, Any]) -> list[Header]:
    """Both maps as one list: a name in `multiValueHeaders` stands in place of the same name in `headers`."""
    single = _map(answer.get("headers"))
    multiple = _map(answer.get("multiValueHeaders"))
    overridden = {name.lower() for name in multiple}
    pairs = [(name, value) for name, value in single.items() if name.lower() not in overridden]
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise BadProxyAnswer
        pairs += [(name, value) for value in values]
    return [_header(name, _text(value)) for name, value in pairs if value is not None and name.lower() not in _DROPPED]


def _map(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadProxyAnswer
    return value


def _header(name: str, value: str) -> Header:
    if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        raise BadProxyAnswer
    return (f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name), value


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool() | int() | float():
            return msgspec.json.encode(value).decode()
        case _:
            raise BadProxyAnswer


def _proxy_body(exchange: Exchange, answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body")
    content = b"" if body is None else _text(body).encode()
    # Decoded only for a client whose first accepted type is binary to this API.
    if not _is_base64(answer) or not media_types.is_binary(exchange.api, exchange.request.header("accept")):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise ApiConfigurationError from None


def _is_base64(answer: Mapping[str, Any]) -> bool:
    match answer.get("isBase64Encoded"):
        case None | False | "false":
            return False
        case True | "true":
            return True
        case _:
            raise BadProxyAnswer
