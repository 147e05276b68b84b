"""CloudFormation's own schemas of its resource types, and values held against them.

They say which properties a type has, which it needs, which cannot change without a replacement and what Fn::GetAtt
gives. cfn-lint carries them as files; they are read without importing it, which would take a second.
"""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec

from poolhouse.template.intrinsics import UNKNOWN
from poolhouse.template.read import Place

Node = Mapping[str, Any]
_PROPERTY = "/properties/"
_KINDS = (
    (bool, "boolean"),
    (str, "string"),
    (int, "integer"),
    (float, "number"),
    (dict, "object"),
    (list, "array"),
)
# The words in which CloudFormation's validator names types.
_NAMES = {
    "array": "JSONArray",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
    "object": "JSONObject",
    "string": "String",
}


class Unfit(Exception):
    """A value that the type does not take; `path` leads to it from the resource's Properties."""

    def __init__(self, message: str, path: Place) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class Schema:
    """A resource type as CloudFormation has it."""

    document: Node

    @cached_property
    def attributes(self) -> frozenset[str]:
        """What Fn::GetAtt gives."""
        return self._named("readOnlyProperties", with_inner=True)

    @cached_property
    def create_only(self) -> frozenset[str]:
        """Properties whose change means another resource."""
        return self._named("createOnlyProperties")

    @cached_property
    def identifier(self) -> frozenset[str]:
        """The properties that tell two resources of the type apart."""
        return self._named("primaryIdentifier")

    @cached_property
    def properties(self) -> frozenset[str]:
        """What a template may set."""
        return frozenset(self.document["properties"]) - self._named("readOnlyProperties")

    def fitted(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties as the types ask: CloudFormation takes "30" for 30 and true for "true". Raises Unfit.

        What is not known yet, during a rehearsal, fits everywhere.
        """
        for name in properties:
            if name not in self.properties:
                raise Unfit(f"Encountered unsupported property {name}", (name,))
        return _fitted_object(self, self.document, properties, ())

    def check(self, value: Any, *path: str | int) -> None:
        """Hold a whole value against the schema. Raises Unfit."""
        _fitted(self, self.document, value, path)

    def named(self, reference: str) -> Node:
        """The definition a $ref means."""
        found: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        node: Node = found
        return node

    def _named(self, key: str, *, with_inner: bool = False) -> frozenset[str]:
        paths = [path.removeprefix(_PROPERTY) for path in self.document.get(key, ())]
        return frozenset(path.replace("/", ".") for path in paths if with_inner or "/" not in path)


@cache
def of(type_name: str) -> Schema:
    """The schema of a resource type. Raises LookupError for one that CloudFormation does not have."""
    name = _names()[type_name]
    return Schema(msgspec.json.decode((_folder() / "resources" / f"{name}.json").read_bytes()))


@cache
def _names() -> Mapping[str, str]:
    content = (_folder() / "providers" / "us-east-1.json").read_bytes()
    return msgspec.json.decode(content, type=dict[str, str])


@cache
def _folder() -> Path:
    found = importlib.util.find_spec("cfnlint")
    if found is None or found.origin is None:
        raise RuntimeError("cfn-lint, which Poolhouse requires, is not installed")
    return Path(found.origin).parent / "data" / "schemas"


def _fitted(schema: Schema, node: Node, value: Any, path: Place) -> Any:
    if value is UNKNOWN:
        return value
    node = _chosen(schema, node, value)
    kinds = node.get("type")
    if isinstance(kinds, list) or kinds is None:  # a document of any form, such as a policy
        return value
    return _FIT[kinds](schema, node, value, path)


def _chosen(schema: Schema, node: Node, value: Any) -> Node:
    """The node a value is held against: references followed, of alternatives the one of the value's kind."""
    while "$ref" in node:
        node = schema.named(node["$ref"])
    branches = node.get("oneOf") or node.get("anyOf")
    if "type" in node or not branches:
        return node
    resolved = [_chosen(schema, branch, value) for branch in branches]
    return next((branch for branch in resolved if branch.get("type") == _kind(value)), resolved[0])


def _fitted_object(schema: Schema, node: Node, value: Any, path: Place) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong("object", value, path)
    for name in node.get("required", ()):
        if name not in value:
            raise Unfit(f"{_pointer(path)}: required key [{name}] not found", path)
    return {str(name): _fitted_member(schema, node, str(name), item, path) for name, item in value.items()}


def _fitted_member(schema: Schema, node: Node, name: str, value: Any, path: Place) -> Any:
    members: Node = node.get("properties", {})
    inner = members.get(name) or next(iter(node.get("patternProperties", {}).values()), None)
    if inner is not None:
        return _fitted(schema, inner, value, (*path, name))
    if members and not node.get("additionalProperties", True):
        raise Unfit(f"Encountered unsupported property {name}", (*path, name))
    return value


def _fitted_array(schema: Schema, node: Node, value: Any, path: Place) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong("array", value, path)
    inner = node.get("items", {})
    return [_fitted(schema, inner, item, (*path, index)) for index, item in enumerate(value)]


def _fitted_string(_schema: Schema, _node: Node, value: Any, path: Place) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
    raise _wrong("string", value, path)


def _fitted_boolean(_schema: Schema, _node: Node, value: Any, path: Place) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _wrong("boolean", value, path)


def _fitted_integer(_schema: Schema, node: Node, value: Any, path: Place) -> int:
    number = _fitted_number(_schema, node, value, path, kind="integer")
    if number != int(number):
        raise _wrong("integer", value, path)
    return int(number)


def _fitted_number(_schema: Schema, node: Node, value: Any, path: Place, kind: str = "number") -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong(kind, value, path)
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        raise _wrong(kind, value, path) from None
    if not abs(number) < float("inf"):
        raise _wrong(kind, value, path)
    if "minimum" in node and number < node["minimum"]:
        raise Unfit(f"{_pointer(path)}: {value} is not greater or equal to {node['minimum']}", path)
    if "maximum" in node and number > node["maximum"]:
        raise Unfit(f"{_pointer(path)}: {value} is not less or equal to {node['maximum']}", path)
    return number


_FIT: Mapping[str, Callable[[Schema, Node, Any, Place], Any]] = {
    "array": _fitted_array,
    "boolean": _fitted_boolean,
    "integer": _fitted_integer,
    "number": _fitted_number,
    "object": _fitted_object,
    "string": _fitted_string,
}


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "string")


def _wrong(kind: str, value: Any, path: Place) -> Unfit:
    return Unfit(f"{_pointer(path)}: expected type: {_NAMES[kind]}, found: {_NAMES[_kind(value)]}", path)


def _pointer(path: Place) -> str:
    """Where a value is, as CloudFormation's validator writes it."""
    return "/".join(["#", *map(str, path)])
