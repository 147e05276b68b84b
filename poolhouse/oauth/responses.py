"""Answers of the OAuth endpoints, with the headers Cognito gives them.

Strict-Transport-Security is left out: it has no place on plain HTTP (RFC 6797 section 7.2).
"""

from collections.abc import Mapping

import msgspec

from poolhouse.call import Call
from poolhouse.oauth.errors import OAuthError
from poolhouse.web import Header, Response

_HEADERS: tuple[Header, ...] = (
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Expires", "0"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Access-Control-Allow-Origin", "*"),
)


def json(call: Call, document: Mapping[str, object], status: int = 200) -> Response:
    """A JSON document."""
    headers = (("Content-Type", "application/json;charset=UTF-8"), *_ids(call), *_HEADERS)
    return Response(status, msgspec.json.encode(document), headers)


def empty(call: Call, status: int = 200) -> Response:
    """A status without a body."""
    return Response(status, b"", (*_ids(call), *_HEADERS))


def error(call: Call, problem: OAuthError) -> Response:
    """The error's name, and its description where it has one."""
    document = {"error": problem.error}
    if problem.description is not None:
        document["error_description"] = problem.description
    return json(call, document, problem.status)


def _ids(call: Call) -> tuple[Header, ...]:
    return (("x-amz-cognito-request-id", call.request_id),)
