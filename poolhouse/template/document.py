"""A template read, translated and checked: its resources in the order they can be made, its values to be resolved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template import intrinsics
from poolhouse.template.intrinsics import IntrinsicError, NoAttribute, Scope
from poolhouse.template.read import Source


@dataclass(frozen=True, slots=True)
class Made:
    """What a resource became: `Ref` gives its physical id, `Fn::GetAtt` one of its attributes."""

    physical_id: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource as the translated template declares it, its intrinsic functions still in it."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()  # every resource it names: by DependsOn, Ref, GetAtt or Sub
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"


@dataclass(frozen=True, slots=True)
class Template:
    """A whole template. `resources` are in dependency order, without those whose condition does not hold."""

    source: Source
    stack_name: str
    stack_id: str
    parameters: Mapping[str, str]
    resources: Mapping[str, Declared]
    outputs: Mapping[str, Any]
    scope: Scope

    @property
    def file(self) -> Path:
        return self.source.file

    def resolve(self, value: Any, made: Mapping[str, Made], *place: str | int) -> Any:
        """A value with its functions carried out; `place` is where it stands. Raises CommandError with the line."""
        scope = Scope(self.scope.values, self.scope.mappings, self.scope.conditions, _ref(made), _attribute(made))
        try:
            return intrinsics.resolve(value, scope, place)
        except IntrinsicError as error:
            raise self.source.error(f"{error}.", *error.place) from error

    def error(self, message: str, logical_id: str, *path: str | int) -> CommandError:
        """An error about a resource, or about the property at `path` under its Properties, with file and line."""
        return self.source.error(f"{logical_id}: {message}", "Resources", logical_id, "Properties", *path)


def _ref(made: Mapping[str, Made]) -> Callable[[str], Any]:
    return lambda name: made[name].physical_id


def _attribute(made: Mapping[str, Made]) -> Callable[[str, str], Any]:
    def find(name: str, attribute: str) -> Any:
        found: Any = made[name].attributes
        if attribute in found:
            return found[attribute]
        there = ", ".join(sorted(found)) or "none"
        raise NoAttribute(f"resource {name} does not support attribute type {attribute} in Fn::GetAtt; it has {there}")

    return find
