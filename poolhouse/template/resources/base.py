"""What a resource type is: how it is created, changed and deleted, and what it does with its properties."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from poolhouse.config import Config
from poolhouse.errors import ApiError
from poolhouse.lambdas.entities import Function
from poolhouse.lambdas.event_sources import EventSources
from poolhouse.lambdas.functions import Functions
from poolhouse.store import Store
from poolhouse.template.document import Made
from poolhouse.template.schema import Schema

Properties = Mapping[str, Any]
ANY = frozenset({"*"})


class Cloud(Protocol):
    """What a deployment needs of the cloud (poolhouse/app.py)."""

    config: Config
    store: Store
    functions: Functions
    event_sources: EventSources

    def role_may(self, function: Function, action: str, resource: str) -> bool: ...

    def clock(self) -> datetime: ...

    def operate(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What every handler gets.

    `note` tells the person who deploys something they should know. A handler whose creation takes several steps says
    after the first that it has `begun` what this physical id names, so that it is not lost when a later step fails.
    """

    cloud: Cloud
    note: Callable[[str], None]
    begun: Callable[[str], None] = lambda _: None

    def operate(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Run an operation as a client would. Raises ApiError and botocore's ParamValidationError."""
        return self.cloud.operate(service, operation, params)

    def found(self, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        """Run an operation on something that may not be there; whether it was."""
        try:
            self.operate(service, operation, params)
        except ApiError as error:
            if is_absent(error):
                return False
            raise
        return True

    def arn(self, service: str, resource: str) -> str:
        """An ARN of this account in this region."""
        config = self.cloud.config
        return f"arn:aws:{service}:{config.region}:{config.account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource to be made. `name` is what it is called where the template gives no name; `suffix` its random end."""

    logical_id: str
    name: str
    properties: Properties

    @property
    def suffix(self) -> str:
        return self.name.rpartition("-")[2]


@dataclass(frozen=True, slots=True)
class Existing:
    """A resource that was made, with the properties it was made with."""

    logical_id: str
    physical_id: str
    properties: Properties
    attributes: Mapping[str, Any]


def nothing(_context: Context, _existing: Existing) -> None:
    """Nothing is to be deleted."""


def same(_context: Context, _resource: Resource, existing: Existing) -> Made:
    """Nothing is to be changed."""
    return Made(existing.physical_id, existing.attributes)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of CloudFormation's.

    Of its properties it `takes` some; `means_nothing` are those without a meaning on one machine, `not_run` those whose
    effect does not run here, which is said; every other one is refused. A change to a property that CloudFormation's
    schema calls create-only, or to one of `replaced_by`, or that `replaces` says so of, makes a new resource.
    """

    takes: frozenset[str]
    create: Callable[[Context, Resource], Made]
    update: Callable[[Context, Resource, Existing], Made] = same
    delete: Callable[[Context, Existing], None] = nothing
    means_nothing: frozenset[str] = frozenset()
    not_run: frozenset[str] = frozenset()
    replaced_by: frozenset[str] = frozenset()
    replaces: Callable[[Properties, Properties], bool] = lambda _before, _after: False
    # The physical id, where it is known before the resource is there.
    name: Callable[[Context, Resource], str] = lambda _context, _resource: ""
    # The property that gives the physical id, and whether there is something of that name already.
    named_by: str = ""
    exists: Callable[[Context, Resource], bool] = lambda _context, _resource: False
    # Refuses a change that cannot be made; raises CommandError.
    check_update: Callable[[Properties, Properties], None] = lambda _before, _after: None
    # Attributes that are found out when they are asked for, rather than kept.
    late: Callable[[Context, Existing], Mapping[str, Callable[[], Any]]] = lambda _context, _existing: {}
    # Whether what was made is still as it was made, apart from its properties.
    is_current: Callable[[Context, Existing], bool] = lambda _context, _existing: True
    fitted: Callable[[Schema, Properties], dict[str, Any]] = Schema.fitted
    # Attributes beside those that CloudFormation's schema calls read-only.
    also_gives: frozenset[str] = frozenset()
    runs_here: bool = True

    def is_handled(self, name: str) -> bool:
        """Whether something is known to be done, or not done, about a property."""
        return self.takes is ANY or name in self.takes | self.means_nothing | self.not_run


def is_absent(error: ApiError) -> bool:
    """Whether an error says that there is no such thing."""
    return "NotFound" in error.code or error.code == "NoSuchEntity"


def only(properties: Properties, *names: str) -> dict[str, Any]:
    """These properties, as far as they are there."""
    return {name: properties[name] for name in names if name in properties}


def without(properties: Properties, *names: str) -> dict[str, Any]:
    """The properties but these."""
    return {name: value for name, value in properties.items() if name not in names}


def tags(value: Any) -> dict[str, str]:
    """CloudFormation's list of tags as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in value or ()}


def tag_list(tags: Mapping[str, Any]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": str(value)} for key, value in tags.items()]


def changed_tags(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[list[str], Mapping[str, str]]:
    """The keys of tags that are gone, and all that are to be there, where any has changed."""
    return [key for key in before if key not in after], {} if after == before else after
