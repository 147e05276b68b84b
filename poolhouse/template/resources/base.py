"""What a resource type is: how it is created, changed and deleted, and which properties it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from botocore.model import ListShape, MapShape, Shape, StructureShape

from poolhouse.config import Config
from poolhouse.lambdas.functions import Functions
from poolhouse.store import Store
from poolhouse.template.document import Made
from poolhouse.wire.models import service_model


class Cloud(Protocol):
    """What a deployment needs of the cloud (poolhouse/app.py)."""

    config: Config
    store: Store
    functions: Functions

    def clock(self) -> datetime: ...

    def operate(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What every handler gets. `note` tells the person who deploys something they should know."""

    cloud: Cloud
    stack_name: str
    note: Callable[[str], None]

    def operate(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Run an operation with these parameters, texts and numbers made what its shape asks for."""
        shape = service_model(service).operation_model(operation).input_shape
        return self.cloud.operate(service, operation, fitted(shape, params) if shape is not None else params)

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        """An ARN of this account."""
        config = self.cloud.config
        return f"arn:aws:{service}:{config.region if region else ''}:{config.account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource to be made. `name` is what it is called where the template gives no name."""

    logical_id: str
    name: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Existing:
    """A resource that was made, with the properties it was made with."""

    logical_id: str
    physical_id: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]


def nothing(_context: Context, _existing: Existing) -> None:
    """Nothing is to be deleted."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of CloudFormation's.

    `update` changes a resource in place; a change to one of `replaced_by` makes a new one instead. `ignored` properties
    mean nothing on one machine. `name` tells the physical id beforehand, where it is the resource's own name; `secret`
    gives attributes that are asked for anew each time rather than kept.
    """

    properties: frozenset[str]
    create: Callable[[Context, Resource], Made]
    update: Callable[[Context, Resource, Existing], Made]
    delete: Callable[[Context, Existing], None] = nothing
    replaced_by: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    name: Callable[[Resource], str] = lambda _: ""
    secret: Callable[[Context, Existing], Mapping[str, Any]] = lambda _context, _existing: {}
    runs_here: bool = True


class UnsupportedProperty(Exception):
    """CloudFormation's refusal of a property that the type does not have, and where it is."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Encountered unsupported property {name}")


def fitted(shape: Shape, value: Any) -> Any:
    """A template's value as the operation's shape has it: CloudFormation takes "30" for 30 and true for "true".

    Raises UnsupportedProperty for a member that the shape lacks.
    """
    match shape, value:
        case StructureShape(), dict():
            unknown = [name for name in value if name not in shape.members]
            if unknown:
                raise UnsupportedProperty(unknown[0])
            return {name: fitted(shape.members[name], item) for name, item in value.items()}
        case ListShape(), list():
            return [fitted(shape.member, item) for item in value]
        case MapShape(), dict():
            return {str(name): fitted(shape.value, item) for name, item in value.items()}
    return _fitted_scalar(shape.type_name, value)


def _fitted_scalar(kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind in ("integer", "long") and isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def without(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The properties but these."""
    return {name: value for name, value in properties.items() if name not in names}


def tags(value: Any) -> dict[str, str]:
    """CloudFormation's list of tags as a mapping."""
    if isinstance(value, dict):
        return {str(name): str(text) for name, text in value.items()}
    return {str(tag["Key"]): str(tag["Value"]) for tag in value or ()}
