"""Which method of an API a request belongs to: the Swagger paths, compiled once to a tree of segments.

A literal segment goes before a {parameter}, a parameter before {proxy+}, and there is no way back: "when a proxy
resource has non-proxy siblings, the sibling resources are excluded from the representation of the proxy resource"
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html
Path parameters stay percent-encoded, as clients sent them (github.com/dherault/serverless-offline/issues/265).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from poolhouse.apigateway.authorizers import definitions
from poolhouse.apigateway.authorizers.definitions import Requirement
from poolhouse.apigateway.entities import RestApi

ANY = "ANY"
_ANY_KEY = "x-amazon-apigateway-any-method"
_VERBS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_RESOURCE_ID_LENGTH = 6
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Method:
    """One method of one resource: `resource` is its path template, `requirements` what a caller must show."""

    verb: str
    resource: str
    resource_id: str
    operation_name: str | None
    integration: Mapping[str, Any]
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The method a request belongs to, and the path parameters as the client encoded them."""

    method: Method
    path_parameters: Mapping[str, str]


@dataclass(slots=True)
class _Node:
    literals: "dict[str, _Node]" = field(default_factory=dict)
    parameter: "_Node | None" = None
    greedy: "_Node | None" = None
    methods: dict[str, Method] = field(default_factory=dict)

    def child(self, segment: str) -> "_Node":
        """The node of a segment of a path template, made when it is new."""
        if not segment.startswith("{"):
            return self.literals.setdefault(segment, _Node())
        if segment.endswith("+}"):
            self.greedy = self.greedy or _Node()
            return self.greedy
        self.parameter = self.parameter or _Node()
        return self.parameter


class Routes:
    """The methods of an API, found by verb and path."""

    def __init__(self, api: RestApi) -> None:
        self._root = _Node()
        for path, item in api.body.get("paths", {}).items():
            node = self._root
            for segment in _segments(path):
                node = node.child(segment)
            for key, operation in item.items():
                if key in _VERBS or key == _ANY_KEY:
                    method = _method(api, path, ANY if key == _ANY_KEY else key.upper(), operation)
                    node.methods[method.verb] = method

    def find(self, verb: str, path: str) -> Match | None:
        """The method for a request, or None. `path` is as it was sent, the stage left out."""
        segments = _segments(path)
        node = _walk(self._root, segments)
        method = None if node is None else node.methods.get(verb) or node.methods.get(ANY)
        return None if method is None else Match(method, _parameters(method.resource, segments))


def _segments(path: str) -> list[str]:
    trimmed = path.strip("/")  # leading slashes are collapsed, trailing ones ignored: recorded against AWS
    return trimmed.split("/") if trimmed else []


def _walk(node: _Node, segments: list[str]) -> _Node | None:
    for segment in segments:
        literal = node.literals.get(segment) or node.literals.get(unquote(segment))
        if literal is not None:
            node = literal
        elif node.parameter is not None and segment:
            node = node.parameter
        else:
            return node.greedy
    return node


def _parameters(resource: str, segments: list[str]) -> dict[str, str]:
    found = {}
    for index, part in enumerate(_segments(resource)):
        if part.endswith("+}"):
            found[part[1:-2]] = "/".join(segments[index:])
        elif part.startswith("{"):
            found[part[1:-1]] = segments[index]
    return found


def _method(api: RestApi, path: str, verb: str, operation: Mapping[str, Any]) -> Method:
    security = operation.get("security", api.body.get("security", ()))
    return Method(
        verb=verb,
        resource=path,
        resource_id=_resource_id(api.id, path),
        operation_name=operation.get("operationId"),
        integration=operation.get("x-amazon-apigateway-integration", {}),
        requirements=definitions.requirements(security, _security_definitions(api.body)),
    )


def _security_definitions(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where Swagger 2.0 has them, or OpenAPI 3.0, which the SAM translator writes when OpenApiVersion says so."""
    schemes: Mapping[str, Any] = body.get("components", {}).get("securitySchemes", {})
    return body.get("securityDefinitions") or schemes


def _resource_id(api_id: str, path: str) -> str:
    """Six letters and digits, as AWS's ids of resources, the same for as long as the API and the path are."""
    number = int.from_bytes(hashlib.sha256(f"{api_id}{path}".encode()).digest()[:8])
    digits = []
    for _ in range(_RESOURCE_ID_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)
