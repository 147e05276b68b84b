"""CORS of an HTTP API: with a configuration the gateway answers preflights itself and speaks for the integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.web import Header, Request, Response

_PREFIX = "access-control-"
Configuration = Mapping[str, Any]


def is_preflight(configuration: Configuration | None, request: Request) -> bool:
    """Whether the gateway answers by itself."""
    return (
        configuration is not None
        and request.method == "OPTIONS"
        and bool(request.header("origin"))
        and bool(request.header("access-control-request-method"))
    )


def preflight(configuration: Configuration, request: Request) -> Response:
    """204; with the headers only where the origin and the method are allowed."""
    origin = _allowed_origin(configuration, request.header("origin"))
    methods = [str(one).upper() for one in configuration.get("allowMethods") or ()]
    if not origin or not {"*", request.header("access-control-request-method").upper()} & set(methods):
        return Response(204)
    headers: list[Header] = [*_of_origin(configuration, origin), ("access-control-allow-methods", ",".join(methods))]
    if configuration.get("allowHeaders"):
        headers.append(("access-control-allow-headers", ",".join(map(str, configuration["allowHeaders"]))))
    if configuration.get("maxAge") is not None:
        headers.append(("access-control-max-age", str(configuration["maxAge"])))
    return Response(204, b"", tuple(headers))


def with_headers(configuration: Configuration | None, request: Request, response: Response) -> Response:
    """The answer with the configuration's headers in place of whatever the integration said."""
    if configuration is None:
        return response
    own = tuple(pair for pair in response.headers if not pair[0].lower().startswith(_PREFIX))
    origin = _allowed_origin(configuration, request.header("origin"))
    more: list[Header] = list(_of_origin(configuration, origin)) if origin else []
    if origin and configuration.get("exposeHeaders"):
        more.append(("access-control-expose-headers", ",".join(map(str, configuration["exposeHeaders"]))))
    return Response(response.status, response.body, (*own, *more))


def _allowed_origin(configuration: Configuration, origin: str) -> str:
    """What the page's origin is told: itself, or * for any; empty for one that is not allowed."""
    allowed = [str(one) for one in configuration.get("allowOrigins") or ()]
    if not origin:
        return ""
    if "*" in allowed:
        return "*"
    scheme = origin.partition("://")[0]
    return origin if {origin, f"{scheme}://*"} & set(allowed) else ""


def _of_origin(configuration: Configuration, origin: str) -> list[Header]:
    headers: list[Header] = [("access-control-allow-origin", origin)]
    if configuration.get("allowCredentials") and origin != "*":
        headers.append(("access-control-allow-credentials", "true"))
    return headers
