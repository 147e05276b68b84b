"""Answers of the OAuth endpoints, with the headers Cognito gives them.

Strict-Transport-Security is left out: it has no place on plain HTTP (RFC 6797 section 7.2).
"""

from collections.abc import Iterable, Mapping

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_idp.flows.tokens import IssuedTokens
from poolhouse.oauth.errors import OAuthError
from poolhouse.web import Header, Response

_HEADERS: tuple[Header, ...] = (
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Expires", "0"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
_FOR_SCRIPTS: tuple[Header, ...] = (("Access-Control-Allow-Origin", "*"),)  # of every origin, as Cognito has it


def json(call: Call, document: Mapping[str, object], status: int = 200) -> Response:
    """A JSON document."""
    headers = (("Content-Type", "application/json;charset=UTF-8"), *_ids(call), *_HEADERS, *_FOR_SCRIPTS)
    return Response(status, msgspec.json.encode(document), headers)


def token_document(issued: IssuedTokens) -> dict[str, object]:
    """The answer to a grant: each token that was issued, with what kind of token the access token is."""
    tokens = {
        "id_token": issued.id_token,
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
    }
    present: dict[str, object] = {name: token for name, token in tokens.items() if token is not None}
    return {**present, "expires_in": issued.expires_in, "token_type": "Bearer"}


def empty(call: Call, status: int = 200) -> Response:
    """A status without a body."""
    return Response(status, b"", (*_ids(call), *_HEADERS, *_FOR_SCRIPTS))


def page(call: Call, status: int, headers: Iterable[Header], body: bytes = b"") -> Response:
    """What a browser shows or follows, and no script of another origin reads."""
    return Response(status, body, (*headers, *_ids(call), *_HEADERS))


def error(call: Call, problem: OAuthError) -> Response:
    """The error's name, and its description where it has one."""
    document = {"error": problem.error}
    if problem.description is not None:
        document["error_description"] = problem.description
    return json(call, document, problem.status)


def _ids(call: Call) -> tuple[Header, ...]:
    return (("x-amz-cognito-request-id", call.request_id),)
