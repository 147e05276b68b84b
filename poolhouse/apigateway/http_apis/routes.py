"""Which route a request is for: a full match, then a greedy one, then $default.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from poolhouse.apigateway.authorizers.definitions import NotBuiltAuthorizer, Source
from poolhouse.apigateway.entities import RestApi

DEFAULT = "$default"
ANY = "ANY"
_ANY_KEY = "x-amazon-apigateway-any-method"
_VERBS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_OPEN = "NONE"  # what the SAM translator writes for a route that opts out of the default authorizer
_FIRST_PARAMETER, _GREEDY = 1, 2  # how loosely a segment matches; a literal is 0


@dataclass(frozen=True, slots=True)
class JwtAuthorizer:
    """A token of this issuer, for one of these audiences, is where `source` says."""

    name: str
    source: Source
    issuer: str
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IamAuthorizer:
    """The request is signed with AWS keys."""

    name: str


@dataclass(frozen=True, slots=True)
class FunctionAuthorizer:
    """A function decides. `payload` is "1.0" or "2.0"; `is_simple` that it answers with isAuthorized."""

    name: str
    uri: str
    sources: tuple[Source, ...]
    ttl: int
    payload: str
    is_simple: bool


Authorizer = JwtAuthorizer | IamAuthorizer | FunctionAuthorizer | NotBuiltAuthorizer


@dataclass(frozen=True, slots=True)
class Route:
    """A route: its verb or ANY, its path with {parameters}, or $default; what it runs and what it asks for."""

    verb: str
    path: str
    integration: Mapping[str, Any]
    authorizer: Authorizer | None
    scopes: tuple[str, ...]

    @property
    def key(self) -> str:
        """As events have it: `GET /items/{id}`, or `$default`."""
        return DEFAULT if self.path == DEFAULT else f"{self.verb} {self.path}"


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a request and its path parameters."""

    route: Route
    parameters: Mapping[str, str]


class Routes:
    """The routes of one API."""

    def __init__(self, api: RestApi) -> None:
        schemes: Mapping[str, Any] = (api.body.get("components") or {}).get("securitySchemes") or {}
        default = api.body.get("security", ())
        self._routes = [
            _route(verb, path, operation, operation.get("security", default), schemes)
            for path, item in (api.body.get("paths") or {}).items()
            for verb, operation in _operations(item)
        ]

    def find(self, verb: str, path: str) -> Found | None:
        """The route for a request, or None. `path` is without the stage."""
        segments = path.strip("/").split("/") if path.strip("/") else []
        best: tuple[tuple[bool, list[int], bool], Found] | None = None
        for route in self._routes:
            if route.path == DEFAULT or route.verb not in (verb, ANY):
                continue
            matched = _matched(route.path, segments)
            if matched is None:
                continue
            looseness, parameters = matched
            rank = (_GREEDY in looseness, looseness, route.verb == ANY)
            if best is None or rank < best[0]:
                best = rank, Found(route, parameters)
        if best is not None:
            return best[1]
        return next((Found(route, {}) for route in self._routes if route.path == DEFAULT), None)


def _operations(item: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for key, operation in item.items():
        if key in _VERBS or key == _ANY_KEY:
            yield (ANY if key == _ANY_KEY else key.upper()), operation


def _matched(template: str, segments: Sequence[str]) -> tuple[list[int], dict[str, str]] | None:
    """How loosely each segment of a template matches, and its parameters; None where it does not."""
    parts = template.strip("/").split("/") if template.strip("/") else []
    looseness: list[int] = []
    parameters: dict[str, str] = {}
    for index, part in enumerate(parts):
        if part.startswith("{") and part.endswith("+}"):
            rest = "/".join(segments[index:])
            if not rest:
                return None
            return [*looseness, _GREEDY], {**parameters, part[1:-2]: unquote(rest)}
        if index >= len(segments):
            return None
        if part.startswith("{") and part.endswith("}"):
            parameters[part[1:-1]] = unquote(segments[index])
            looseness.append(_FIRST_PARAMETER)
        elif part in (segments[index], unquote(segments[index])):
            looseness.append(0)
        else:
            return None
    return (looseness, parameters) if len(parts) == len(segments) else None


def _route(
    verb: str,
    path: str,
    operation: Mapping[str, Any],
    security: Iterable[Mapping[str, Sequence[str]]],
    schemes: Mapping[str, Any],
) -> Route:
    """A route has one authorizer at most: several, or one that is not defined, open nothing."""
    named = [(name, tuple(scopes)) for entry in security for name, scopes in entry.items()]
    wanted = [(name, scopes) for name, scopes in named if name != _OPEN or name in schemes]
    integration = operation.get("x-amazon-apigateway-integration") or {}
    path = path.removeprefix("/") if path == f"/{DEFAULT}" else path
    if not wanted:
        return Route(verb, path, integration, None, ())
    if len(wanted) > 1:
        return Route(verb, path, integration, NotBuiltAuthorizer("several authorizers on one route"), ())
    name, scopes = wanted[0]
    return Route(verb, path, integration, _authorizer(name, schemes.get(name)), scopes)


def _authorizer(name: str, scheme: Mapping[str, Any] | None) -> Authorizer:
    if scheme is None:
        return NotBuiltAuthorizer(f"authorizer {name}, which the API does not define")
    if str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4":
        return IamAuthorizer(name)
    details = scheme.get("x-amazon-apigateway-authorizer") or {}
    sources = details.get("identitySource") or []
    listed = tuple(_source(str(one)) for one in ([sources] if isinstance(sources, str) else sources))
    match str(details.get("type", "")).lower():
        case "jwt":
            wanted = details.get("jwtConfiguration") or {}
            audiences = tuple(str(one) for one in wanted.get("audience") or ())
            source = listed[0] if listed else Source("header", "authorization")
            return JwtAuthorizer(name, source, str(wanted.get("issuer", "")), audiences)
        case "request" if details.get("authorizerUri") and not details.get("authorizerCredentials"):
            return FunctionAuthorizer(
                name,
                str(details["authorizerUri"]),
                listed,
                int(details.get("authorizerResultTtlInSeconds", 0)),
                str(details.get("authorizerPayloadFormatVersion", "2.0")),
                bool(details.get("enableSimpleResponses", False)),
            )
        case kind:
            return NotBuiltAuthorizer(f"{kind.upper() or 'unknown'} authorizer {name}")


def _source(text: str) -> Source:
    """`$request.header.X`, `$request.querystring.X`, `$stageVariables.X`, `$context.X`."""
    kind, _, name = text.removeprefix("$").removeprefix("request.").partition(".")
    return Source(kind, name.lower() if kind == "header" else name)
