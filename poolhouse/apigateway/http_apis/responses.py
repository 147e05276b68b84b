"""What a function's answer becomes, and the gateway's own errors.

With payload 2.0 an answer without a status code is the body itself; anything the format does not have is a failure.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from poolhouse.apigateway.http_apis.errors import HttpApiError, InternalServerError, NotBuilt
from poolhouse.web import Header, Response

_JSON = "application/json"
_LEFT_OUT = frozenset({"content-length", "transfer-encoding", "connection"})


def from_function(payload: bytes, version: str) -> Response:
    """The response of a function that returned. Raises InternalServerError."""
    try:
        answer: Any = msgspec.json.decode(payload)
    except (ValueError, RecursionError) as error:
        raise InternalServerError from error
    if version == "2.0" and not (isinstance(answer, dict) and "statusCode" in answer):
        body = answer if isinstance(answer, str) else msgspec.json.encode(answer).decode()
        return Response(200, body.encode(), (("content-type", _JSON),))
    if not isinstance(answer, dict):
        raise InternalServerError
    headers = [*_headers(answer, version), *_cookies(answer, version)]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=utf-8"))
    return Response(_status(answer.get("statusCode")), _body(answer), tuple(headers))


def from_error(error: HttpApiError) -> Response:
    """The gateway's own answer."""
    said = f"{error.what}: {error.message}" if isinstance(error, NotBuilt) else error.message
    challenge = (("www-authenticate", error.challenge),) if error.challenge else ()
    return Response(error.status, msgspec.json.encode({"message": said}), (("content-type", _JSON), *challenge))


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError) as error:
        raise InternalServerError from error
    if isinstance(value, bool) or not 200 <= status <= 599:
        raise InternalServerError
    return status


def _headers(answer: Mapping[str, Any], version: str) -> list[Header]:
    single, multiple = _map(answer, "headers"), _map(answer, "multiValueHeaders")
    found = [(name.lower(), _text(value)) for name, value in single.items()]
    if version == "1.0":
        named = {name.lower() for name in multiple}
        found = [(name, value) for name, value in found if name not in named]
        found += [(name.lower(), _text(value)) for name, values in multiple.items() for value in values]
    return [(name, value) for name, value in found if name not in _LEFT_OUT]


def _map(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = answer.get(name)
    if found is not None and not isinstance(found, dict):
        raise InternalServerError
    return found or {}


def _cookies(answer: Mapping[str, Any], version: str) -> list[Header]:
    if version != "2.0":
        return []
    cookies = answer.get("cookies", [])
    if not isinstance(cookies, list):
        raise InternalServerError
    return [("set-cookie", _text(one)) for one in cookies]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if isinstance(value, dict | list) or not text.isprintable():  # a line break would begin another header
        raise InternalServerError
    return text


def _body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    if answer.get("isBase64Encoded") is not True:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise InternalServerError from error
