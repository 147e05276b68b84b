"""What a stack's resources are, as it is kept: each row is written the moment it is true, and durable then."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from poolhouse.store import Store
from poolhouse.template.entities import PROPERTIES, StackResource

_MARK = "~"  # no logical id has one
_NEW = f"{_MARK}new"


class Ledger:
    """The resources of one stack by logical id, and the replaced ones that are still to be deleted."""

    def __init__(self, store: Store, stack: str) -> None:
        self._store = store
        self.stack = stack
        self.rows = {row.logical_id: row for row in store.stack_resources.list(stack=stack)}

    def find(self, logical_id: str) -> StackResource | None:
        return self.rows.get(logical_id)

    def unfinished(self) -> list[StackResource]:
        """What was being created when a deployment was cut off."""
        return [row for row in self.rows.values() if not row.is_made]

    def keep(self, *rows: StackResource, instead_of: Sequence[str] = ()) -> None:
        """Keep these rows, and forget the others in the same stroke."""
        with self._store.write() as tx:
            for logical_id in instead_of:
                tx.stack_resources.remove(stack=self.stack, logical_id=logical_id)
            for row in rows:
                tx.stack_resources.put(row)
        for logical_id in instead_of:
            self.rows.pop(logical_id, None)
        self.rows |= {row.logical_id: row for row in rows}

    def forget(self, row: StackResource) -> None:
        self.keep(instead_of=[row.logical_id])

    def replace(self, old: StackResource, new: StackResource, update_replace_policy: str) -> StackResource:
        """Put a new resource in the place of the old one, which is to be deleted later; the old one's new row."""
        left = replace(
            old, logical_id=f"{old.logical_id}{_MARK}{old.physical_id}", deletion_policy=update_replace_policy
        )
        self.keep(replace(new, logical_id=old.logical_id), left, instead_of=[new.logical_id])
        return left

    def properties(self, row: StackResource) -> dict[str, Any]:
        """What a resource was last made with."""
        properties: dict[str, Any] = msgspec.json.decode(self._store.sealer.unseal(row.properties, PROPERTIES))
        return properties

    def sealed(self, properties: Mapping[str, Any]) -> str:
        return self._store.sealer.seal(encoded(properties), PROPERTIES)


def replacement_id(logical_id: str) -> str:
    """What a resource is kept under while it is made to replace another."""
    return f"{logical_id}{_NEW}"


def logical_id(row: StackResource) -> str:
    """What the template calls, or called, it."""
    return row.logical_id.partition(_MARK)[0]


def encoded(value: Any) -> bytes:
    """A value as text that is the same when the value is."""
    return msgspec.json.encode(value, order="sorted")


def users_first(rows: Sequence[StackResource]) -> list[StackResource]:
    """In an order in which they can be deleted: what depends on another before it."""
    order: list[StackResource] = []
    seen: set[str] = set()
    named: dict[str, list[StackResource]] = {}
    for row in rows:
        named.setdefault(logical_id(row), []).append(row)

    def visit(row: StackResource) -> None:
        if row.logical_id in seen:
            return
        seen.add(row.logical_id)
        for name in row.depends_on:
            for needed in named.get(name, ()):
                visit(needed)
        order.append(row)

    for row in rows:
        visit(row)
    return order[::-1]
