"""A deployed stack, as it is kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

PROPERTIES = "stack resource"  # what a resource's properties are sealed for


class Stack(Struct, frozen=True):
    """A deployed template: where it came from, its parameters and outputs."""

    name: str
    id: str
    template: str  # the template's file
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    deployed_at: datetime


class StackResource(Struct, frozen=True):
    """One resource of a stack: what it became, and the resolved properties it was last made with.

    The properties are sealed: an app client's secret may be among them. `is_made` is false while it is being created;
    `physical_id` is then the name it is to have, empty where that is not known before. One that was replaced stands
    under its logical id, a tilde and its physical id until it is deleted. `references` is a digest of the properties
    with their references to secrets, empty where there are none: while they are the same, so are the secrets.
    """

    stack: str
    logical_id: str
    type: str
    physical_id: str
    properties: str
    attributes: Mapping[str, Any] = {}
    deletion_policy: str = "Delete"
    depends_on: tuple[str, ...] = ()  # the resources it names, by logical id: it goes before them
    is_made: bool = True
    references: str = ""
