"""Answers to a browser: redirects, the cookie of a sign-in that is under way, and the error page."""

import html
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from poolhouse.call import Call
from poolhouse.oauth import responses
from poolhouse.web import Header, Request, Response

ERROR_PATH = "/error"
_ERROR_TEXT = "An error was encountered with the requested page."
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Error</title><meta name="viewport" content="width=device-width"></head>
<body><main><h1>Error</h1><p>{text}</p>{detail}</main></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way back to the app (RFC 6749 section 4.1.2.1)."""

    error: str
    description: str | None = None


def url(call: Call, request: Request, path: str) -> str:
    """A path here, on the host the browser knows: a pool's domain keeps its own cookies."""
    scheme = urlsplit(call.origin).scheme
    return f"{scheme}://{request.header('host')}{path}"


def redirect(call: Call, location: str) -> Response:
    """302 to `location`."""
    return responses.page(call, 302, [("Location", location)])


def to_app(call: Call, redirect_uri: str, failure: Failure, state: str | None) -> Response:
    """Back to the app with an error, which stands in the query for every flow, as Cognito's examples have it."""
    parameters = {"error": failure.error}
    if failure.description is not None:
        parameters["error_description"] = failure.description
    return redirect(call, with_query(redirect_uri, _with_state(parameters, state)))


def with_query(redirect_uri: str, parameters: dict[str, str]) -> str:
    """A registered redirect URI, which may have a query of its own, with more parameters."""
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(parameters)}"


def to_error_page(call: Call, error: str, description: str | None = None, client_id: str | None = None) -> Response:
    """To the error page, where the app itself cannot be trusted with the answer."""
    parameters = {"error": error, "error_description": description, "client_id": client_id}
    return redirect(call, f"{ERROR_PATH}?{urlencode({name: value for name, value in parameters.items() if value})}")


def error_page(call: Call, detail: str = "") -> Response:
    """The page that tells people that nothing more can be done here; `detail` is text, not HTML."""
    shown = f"<p>{html.escape(detail)}</p>" if detail else ""
    body = _PAGE.format(text=_ERROR_TEXT, detail=shown).encode()
    policy = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    return responses.page(call, 400, [("Content-Type", "text/html;charset=UTF-8"), policy], body)


def cookie(call: Call, name: str, value: str, lifetime: timedelta) -> Header:
    """A cookie of this host alone. Secure only over TLS: on plain localhost some browsers would drop it."""
    secure = "; Secure" if urlsplit(call.origin).scheme == "https" else ""
    seconds = int(lifetime.total_seconds())
    return ("Set-Cookie", f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")


def cookies(request: Request, name: str) -> list[str]:
    """Every value this browser sent for a cookie."""
    pairs = (pair.strip().partition("=") for value in request.header_values("cookie") for pair in value.split(";"))
    return [value for found, _, value in pairs if found == name]


def _with_state(parameters: dict[str, str], state: str | None) -> dict[str, str]:
    return parameters if state is None else {**parameters, "state": state}
