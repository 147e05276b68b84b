"""One deployment under way: what is done about each resource, in order, and how it is undone."""

import hashlib
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError
from msgspec.structs import replace

from poolhouse.errors import ApiError, CommandError
from poolhouse.template import dynamic, rehearsal, schema
from poolhouse.template.document import Declared, Made, Template
from poolhouse.template.entities import StackResource
from poolhouse.template.ledger import Ledger, encoded, logical_id, replacement_id, users_first
from poolhouse.template.resources.base import Cloud, Context, Existing, Resource, ResourceType, is_absent
from poolhouse.template.resources.registry import TYPES

T = TypeVar("T")
Progress = Callable[[str], None]
_SUFFIX = string.ascii_uppercase + string.digits
_PART = 24  # characters of a name's two first parts: with suffix and hyphens a role's 64 are not passed
_REFUSALS = (ApiError, BotoCoreError, CommandError)


class Attributes(Mapping[str, Any]):
    """A resource's attributes; some are found out when they are asked for."""

    def __init__(self, kept: Mapping[str, Any], late: Mapping[str, Callable[[], Any]]) -> None:
        self._kept = kept
        self._late = late

    def __getitem__(self, name: str) -> Any:
        return self._late[name]() if name in self._late else self._kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._kept, **self._late})

    def __len__(self) -> int:
        return len({**self._kept, **self._late})


@dataclass(slots=True)
class Deployment:
    """`made` is what the resources became so far; `notes` what the person who deploys should know."""

    cloud: Cloud
    template: Template
    ledger: Ledger
    progress: Progress
    made: dict[str, Made] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _undo: list[tuple[str, Callable[[], None]]] = field(default_factory=list)

    def run(self) -> None:
        """Bring every resource to what the template says. Raises CommandError, after undoing what was done."""
        for row in self.ledger.unfinished():
            self._take_back(row)
        try:
            for declared in self.template.resources.values():
                self._settle(declared)
        except CommandError as error:
            raise CommandError(f"{error} {self._roll_back()}") from error
        self._clean_up()
        self._tell_unchanged()

    def _settle(self, declared: Declared) -> None:
        """Make one resource what the template says."""
        place = ("Resources", declared.logical_id, "Properties")
        resolved = self.template.resolve(declared.properties, self.made, *place)
        resolved = rehearsal.looked_up(self.template, declared, resolved, self.cloud.operate)
        row = self.ledger.find(declared.logical_id)
        references = hashlib.sha256(encoded(resolved)).hexdigest() if dynamic.has_secrets(resolved) else ""
        if row is not None and row.is_made and references and references == row.references:
            properties = self._existing(row).properties
        else:
            opened = self._attempt(declared, lambda: dynamic.with_secrets(resolved, self.cloud.operate))
            properties = rehearsal.fitted(self.template, declared, opened)
        row = self._create(declared, properties) if row is None else self._brought_up_to_date(declared, properties, row)
        if row.references != references:
            row = replace(row, references=references)
            self.ledger.keep(row)
        kind = TYPES[row.type]
        late = kind.late(self._context(), self._existing(row))
        self.made[declared.logical_id] = Made(row.physical_id, Attributes(row.attributes, late))
        idle = [name for name in properties if name in kind.not_run]
        if idle and kind.runs_here:
            self.notes.append(f"{declared.logical_id}: no effect here of {', '.join(idle)}.")

    def _brought_up_to_date(
        self, declared: Declared, properties: Mapping[str, Any], row: StackResource
    ) -> StackResource:
        kind, existing = TYPES[declared.type], self._existing(row)
        is_same = encoded(properties) == encoded(existing.properties)
        if is_same and kind.is_current(self._context(), existing):
            return self._noted(declared, row)
        if not is_same and _is_replaced(declared, kind, existing.properties, properties):
            return self._create(declared, properties, instead_of=row)
        return self._update(declared, properties, row)

    def _noted(self, declared: Declared, row: StackResource) -> StackResource:
        """The row with what the template says of the resource, rather than in it."""
        noted = replace(row, deletion_policy=declared.deletion_policy, depends_on=declared.depends_on)
        if noted != row:
            self.ledger.keep(noted)
        return noted

    def _create(
        self, declared: Declared, properties: Mapping[str, Any], *, instead_of: StackResource | None = None
    ) -> StackResource:
        kind = TYPES[declared.type]
        resource = Resource(declared.logical_id, self._new_name(declared.logical_id), properties)
        self._check_name(declared, kind, resource, instead_of)
        fresh = StackResource(
            stack=self.ledger.stack,
            logical_id=declared.logical_id if instead_of is None else replacement_id(declared.logical_id),
            type=declared.type,
            physical_id=kind.name(self._context(), resource),
            properties=self.ledger.sealed(properties),
            depends_on=declared.depends_on,
            deletion_policy=declared.deletion_policy,
            is_made=False,
        )
        self.ledger.keep(fresh)

        def begin(physical_id: str) -> None:
            row = replace(fresh, physical_id=physical_id)
            self.ledger.keep(row)
            self._undo.append((declared.logical_id, lambda: self._undo_creation(row)))

        steps = len(self._undo)
        try:
            made = self._attempt(declared, lambda: kind.create(self._context(begin), resource))
        except CommandError:
            if len(self._undo) == steps:  # the first step failed: what has the name is not ours
                self.ledger.forget(fresh)
            raise
        del self._undo[steps:]  # what is made whole is undone whole
        return self._created(declared, replace(fresh, is_made=True), made, instead_of)

    def _created(
        self, declared: Declared, fresh: StackResource, made: Made, instead_of: StackResource | None
    ) -> StackResource:
        row = replace(fresh, physical_id=made.physical_id, attributes=dict(made.attributes))
        if instead_of is None:
            self.ledger.keep(row)
            self._undo.append((declared.logical_id, lambda: self._undo_creation(row)))
        else:
            left = self.ledger.replace(instead_of, row, declared.update_replace_policy)
            row = replace(row, logical_id=declared.logical_id)
            self._undo.append((declared.logical_id, lambda: self._undo_replacement(row, instead_of, left)))
        self._say("made" if instead_of is None else "replaced", row)
        return row

    def _check_name(
        self, declared: Declared, kind: ResourceType, resource: Resource, instead_of: StackResource | None
    ) -> None:
        """CloudFormation's refusals of a name that is taken. A name that is made up is free."""
        if not kind.named_by or kind.named_by not in resource.properties:
            return
        name = kind.name(self._context(), resource)
        if instead_of is not None and self._is_named_the_same(declared, resource, instead_of):
            raise self.template.error(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again.",
                *(declared.logical_id, kind.named_by),
            )
        if self._attempt(declared, lambda: kind.exists(self._context(), resource)):
            message = f"Resource of type '{declared.type}' with identifier '{name}' already exists."
            raise self.template.error(message, declared.logical_id, kind.named_by)

    def _is_named_the_same(self, declared: Declared, resource: Resource, row: StackResource) -> bool:
        before = self.ledger.properties(row)
        return all(before.get(key) == resource.properties.get(key) for key in schema.of(declared.type).identifier)

    def _update(self, declared: Declared, properties: Mapping[str, Any], row: StackResource) -> StackResource:
        kind, existing = TYPES[declared.type], self._existing(row)
        self._attempt(declared, lambda: kind.check_update(existing.properties, properties))
        resource = Resource(declared.logical_id, row.physical_id, properties)
        self._undo.append((declared.logical_id, lambda: self._undo_update(row, properties)))
        made = self._attempt(declared, lambda: kind.update(self._context(), resource, existing))
        changed = replace(
            row,
            physical_id=made.physical_id,
            properties=self.ledger.sealed(properties),
            attributes=dict(made.attributes),
            depends_on=declared.depends_on,
            deletion_policy=declared.deletion_policy,
        )
        self.ledger.keep(changed)
        self._say("changed", changed)
        return changed

    def _attempt(self, declared: Declared, run: Callable[[], T]) -> T:
        """Run a handler; what a service refuses is said with the template's line."""
        try:
            return run()
        except _REFUSALS as error:
            raise self.template.error(_said(error), declared.logical_id) from error

    def _clean_up(self) -> None:
        """Delete what the template no longer has, and what was replaced, users before what they use."""
        gone = [row for name, row in self.ledger.rows.items() if name not in self.template.resources]
        for row in users_first(gone):
            if row.deletion_policy.startswith("Retain"):
                self._say("kept", row, "no longer the stack's")
            elif not self._delete(row):
                continue
            self.ledger.forget(row)

    def _take_back(self, row: StackResource) -> None:
        """Delete what was being created when a deployment was cut off, as far as it had come."""
        if row.physical_id:
            self._delete(row, is_told=False)
        self.ledger.forget(row)

    def _delete(self, row: StackResource, *, is_told: bool = True) -> bool:
        """Delete a resource; whether it is gone now."""
        try:
            self._erase(row)
        except _REFUSALS as error:
            self.notes.append(f"{logical_id(row)} ({row.physical_id}) could not be deleted: {_said(error)}")
            return False
        if is_told:
            self._say("deleted", row)
        return True

    def _erase(self, row: StackResource) -> None:
        """Delete a resource that may be gone already."""
        try:
            TYPES[row.type].delete(self._context(), self._existing(row))
        except ApiError as error:
            if not is_absent(error):
                raise

    def _roll_back(self) -> str:
        """Undo every step, the last first; what came of it, in a sentence."""
        left = []
        for name, undo in reversed(self._undo):
            try:
                undo()
            except _REFUSALS as error:
                left.append(f"{name} ({_said(error).rstrip('.')})")
        if left:
            return f"Undoing failed for {', '.join(left)}."
        return "Everything is as it was before."

    def _undo_creation(self, row: StackResource) -> None:
        # A resource of the deployment that failed is not worth retaining, whatever its policy.
        self._erase(row)
        self.ledger.forget(row)

    def _undo_replacement(self, row: StackResource, instead_of: StackResource, left: StackResource) -> None:
        self._erase(row)
        self.ledger.keep(instead_of, instead_of=[left.logical_id])

    def _undo_update(self, row: StackResource, tried: Mapping[str, Any]) -> None:
        now = Existing(row.logical_id, row.physical_id, tried, row.attributes)
        resource = Resource(row.logical_id, row.physical_id, self.ledger.properties(row))
        TYPES[row.type].update(self._context(), resource, now)
        self.ledger.keep(row)

    def _context(self, begun: Callable[[str], None] = lambda _: None) -> Context:
        return Context(self.cloud, self.notes.append, begun)

    def _existing(self, row: StackResource) -> Existing:
        return Existing(row.logical_id, row.physical_id, self.ledger.properties(row), row.attributes)

    def _new_name(self, name: str) -> str:
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(12))
        return f"{self.ledger.stack[:_PART].rstrip('-')}-{name[:_PART]}-{suffix}"

    def _say(self, what: str, row: StackResource, why: str = "") -> None:
        self.progress(f"  {what:8}  {logical_id(row)} ({row.type}) {row.physical_id}{f', {why}' if why else ''}")

    def _tell_unchanged(self) -> None:
        total = len(self.template.resources)
        if len(self._undo) < total:
            self.progress(f"Unchanged: {total - len(self._undo)} of {total} resources.")


def _is_replaced(declared: Declared, kind: ResourceType, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    changed = {name for name in (*before, *after) if before.get(name) != after.get(name)}
    never = schema.of(declared.type).create_only | kind.replaced_by
    return bool(changed & never) or kind.replaces(before, after)


def _said(error: Exception) -> str:
    """What a service said, in one line."""
    code = f"{error.code}: " if isinstance(error, ApiError) else ""
    text = " ".join(f"{code}{error}".split())
    return text if text.endswith((".", "?", "!")) else f"{text}."
