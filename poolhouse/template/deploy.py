"""Deploy a template, or bring what was deployed of it up to date.

Everything that can be known beforehand is checked before anything is made. Then each resource, in dependency order, is
created, updated in place, replaced, or left alone; what is no longer there is deleted at the end. Each step is kept as
it is taken, so that a deployment that was cut off is taken up by the next one. One that fails is undone.
"""

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError
from msgspec.structs import replace

from poolhouse.errors import ApiError, CommandError
from poolhouse.template import load, summary
from poolhouse.template.document import Declared, Made, Template
from poolhouse.template.entities import PROPERTIES, Stack, StackResource
from poolhouse.template.parameters import is_secret
from poolhouse.template.resources.base import (
    Cloud,
    Context,
    Existing,
    Resource,
    UnsupportedProperty,
)
from poolhouse.template.resources.registry import TYPES

_SUFFIX = string.ascii_uppercase + string.digits
_PART = 24  # characters of a name's two first parts: with suffix and hyphens a role's 64 are not passed
_REFUSED = (ApiError, BotoCoreError, CommandError, UnsupportedProperty, KeyError, TypeError, ValueError)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack. `functions` is logical id to name; `lines` says what there is, for a person."""

    stack_name: str
    outputs: Mapping[str, str]
    functions: Mapping[str, str]
    lines: tuple[str, ...]


def deploy(cloud: Cloud, file: Path, parameters: Mapping[str, str], progress: Progress) -> Deployed:
    """Deploy a template's file. Raises CommandError: one line, and everything is as it was before."""
    config = cloud.config
    template = load.load(file, parameters, region=config.region, account_id=config.account_id, cache=config.state)
    _check(template)
    deployment = _Deployment(cloud, template, progress)
    deployment.run()
    outputs = _outputs(template, deployment.made)
    now = cloud.clock()
    with cloud.store.write() as tx:
        tx.stacks.put(Stack(template.stack_name, template.stack_id, str(file), _shown(template), outputs, now))
    rows = [deployment.rows[name] for name in template.resources]
    functions = {row.logical_id: row.physical_id for row in rows if row.type == "AWS::Lambda::Function"}
    lines = summary.lines(cloud.store, rows, outputs, deployment.notes)
    return Deployed(template.stack_name, outputs, functions, tuple(lines))


def _shown(template: Template) -> dict[str, str]:
    """The parameters to be kept: not those that are secret."""
    declared = template.source.body.get("Parameters") or {}
    return {name: value for name, value in template.parameters.items() if not is_secret(declared[name])}


def _check(template: Template) -> None:
    """Every type known, every property one of its type's. Raises CommandError."""
    for declared in template.resources.values():
        known = TYPES.get(declared.type)
        if known is None:
            families = ", ".join(sorted({"::".join(name.split("::")[:2]) for name in TYPES}))
            raise template.source.error(
                f"{declared.logical_id}: {declared.type} is not built yet. There are types of {families}.",
                *("Resources", declared.logical_id, "Type"),
            )
        for name in declared.properties:
            if "*" not in known.properties and name not in known.properties | known.ignored:
                raise template.error(f"Encountered unsupported property {name}.", declared.logical_id, name)


def _outputs(template: Template, made: Mapping[str, Made]) -> dict[str, str]:
    resolved = {
        name: template.resolve(value, made, "Outputs", name, "Value") for name, value in template.outputs.items()
    }
    return {name: value if isinstance(value, str) else _encode(value).decode() for name, value in resolved.items()}


@dataclass(slots=True)
class _Deployment:
    """One deployment under way: what was made so far, and how each step is undone."""

    cloud: Cloud
    template: Template
    progress: Progress
    rows: dict[str, StackResource] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    undo: list[tuple[str, Callable[[], None]]] = field(default_factory=list)
    replaced: list[tuple[StackResource, str]] = field(default_factory=list)

    def run(self) -> None:
        stack = self.template.stack_name
        self.rows = {row.logical_id: row for row in self.cloud.store.stack_resources.list(stack=stack)}
        try:
            for declared in self.template.resources.values():
                self._settle(declared)
        except CommandError as error:
            left = self._roll_back()
            after = f" Undoing failed for {', '.join(left)}." if left else ""
            raise CommandError(f"{error}{after}") from error
        self._clean_up()
        unchanged = len(self.template.resources) - len(self.undo)
        if unchanged:
            self.progress(f"Unchanged: {unchanged} of {len(self.template.resources)} resources.")

    def _settle(self, declared: Declared) -> None:
        """Make one resource what the template says."""
        place = ("Resources", declared.logical_id, "Properties")
        properties = self.template.resolve(declared.properties, self.made, *place)
        row = self._taken_up(self.rows.get(declared.logical_id), declared)
        if row is None:
            self._create(declared, properties)
        elif _encode(properties) == _encode(self._properties(row)):
            settled = replace(row, deletion_policy=declared.deletion_policy, depends_on=declared.depends_on)
            if settled != row:
                self._keep(settled)
        elif self._is_replaced(declared, row, properties):
            self.replaced.append((row, declared.update_replace_policy))
            self._create(declared, properties, instead_of=row)
        else:
            self._update(declared, properties, row)
        row = self.rows[declared.logical_id]
        late = TYPES[row.type].secret(self._context(), self._existing(row))
        self.made[declared.logical_id] = Made(row.physical_id, {**row.attributes, **late})

    def _taken_up(self, row: StackResource | None, declared: Declared) -> StackResource | None:
        """What is there of a resource; what was being created when a deployment was cut off is removed first."""
        if row is None:
            return None
        if not row.is_made:
            if row.physical_id:
                self._delete(row, quietly=True)
            self._forget(row)
            return None
        if row.type != declared.type:
            self.replaced.append((row, "Delete"))
            return None
        return row

    def _is_replaced(self, declared: Declared, row: StackResource, properties: Mapping[str, Any]) -> bool:
        before = self._properties(row)
        changed = {name for name in (*before, *properties) if before.get(name) != properties.get(name)}
        return bool(changed & TYPES[declared.type].replaced_by)

    def _create(
        self, declared: Declared, properties: Mapping[str, Any], *, instead_of: StackResource | None = None
    ) -> None:
        kind = TYPES[declared.type]
        resource = Resource(declared.logical_id, self._new_name(declared.logical_id), properties)
        name = kind.name(resource)
        if instead_of is not None and name and name == instead_of.physical_id:
            raise self.template.error(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again.",
                declared.logical_id,
            )
        fresh = StackResource(
            stack=self.template.stack_name,
            logical_id=declared.logical_id,
            type=declared.type,
            physical_id=name,
            properties=self._sealed(properties),
            deletion_policy=declared.deletion_policy,
            depends_on=declared.depends_on,
            is_made=False,
        )
        if instead_of is None:
            self._keep(fresh)
        try:
            made = self._attempt(declared, lambda context: kind.create(context, resource))
        except CommandError:
            if instead_of is None:
                self._forget(fresh)
            raise
        row = replace(fresh, physical_id=made.physical_id, attributes=dict(made.attributes), is_made=True)
        self._keep(row)
        self.undo.append((declared.logical_id, lambda: self._undo_creation(row, instead_of)))
        self._say("made", row)

    def _update(self, declared: Declared, properties: Mapping[str, Any], row: StackResource) -> None:
        kind, existing = TYPES[declared.type], self._existing(row)
        resource = Resource(declared.logical_id, row.physical_id, properties)
        self.undo.append((declared.logical_id, lambda: self._undo_update(row, properties)))
        made = self._attempt(declared, lambda context: kind.update(context, resource, existing))
        self._keep(
            replace(
                row,
                physical_id=made.physical_id,
                properties=self._sealed(properties),
                attributes=dict(made.attributes),
                deletion_policy=declared.deletion_policy,
                depends_on=declared.depends_on,
            )
        )
        self._say("changed", row)

    def _attempt(self, declared: Declared, run: Callable[[Context], Made]) -> Made:
        """Run a handler; what a service refuses is said with the template's line."""
        try:
            return run(self._context())
        except UnsupportedProperty as error:
            raise self.template.error(f"{error}.", declared.logical_id) from error
        except KeyError as error:
            raise self.template.error(f"needs a property {error.args[0]}.", declared.logical_id) from error
        except _REFUSED as error:
            code = f"{error.code}: " if isinstance(error, ApiError) else ""
            text = " ".join(str(error).split())
            raise self.template.error(f"{code}{text}", declared.logical_id) from error

    def _clean_up(self) -> None:
        """Delete what the template no longer has, and what was replaced, the last made first."""
        gone = [row for name, row in self.rows.items() if name not in self.template.resources]
        for row in self._deletion_order(gone):
            if row.deletion_policy.startswith("Retain"):
                self._say("kept, no longer the stack's:", row)
            elif not self._delete(row):
                continue
            self._forget(row)
        for row, policy in reversed(self.replaced):
            if not policy.startswith("Retain"):
                self._delete(row)

    def _deletion_order(self, gone: list[StackResource]) -> list[StackResource]:
        """Those that name others before the others: a domain goes before its pool."""
        by_name = {row.logical_id: row for row in gone}
        namers = {name: {row.logical_id for row in gone if name in row.depends_on} for name in by_name}
        return [by_name[name] for name in TopologicalSorter(namers).static_order()]

    def _delete(self, row: StackResource, *, quietly: bool = False) -> bool:
        """Delete a resource; whether it is gone now."""
        try:
            TYPES[row.type].delete(self._context(), self._existing(row))
        except ApiError as error:
            if "NotFound" not in error.code and error.code != "NoSuchEntity":
                self.notes.append(f"{row.logical_id} could not be deleted: {error.code}: {error.message}")
                return False
        if not quietly:
            self._say("deleted", row)
        return True

    def _roll_back(self) -> list[str]:
        """Undo every step, the last first; the names of those where it did not work."""
        left = []
        for name, undo in reversed(self.undo):
            try:
                undo()
            except _REFUSED:
                left.append(name)
        return left

    def _undo_creation(self, row: StackResource, instead_of: StackResource | None) -> None:
        # A resource of the deployment that failed is not worth retaining, whatever its policy.
        TYPES[row.type].delete(self._context(), self._existing(row))
        if instead_of is None:
            self._forget(row)
        else:
            self._keep(instead_of)

    def _undo_update(self, row: StackResource, tried: Mapping[str, Any]) -> None:
        now = Existing(row.logical_id, row.physical_id, tried, row.attributes)
        resource = Resource(row.logical_id, row.physical_id, self._properties(row))
        TYPES[row.type].update(self._context(), resource, now)
        self._keep(row)

    def _context(self) -> Context:
        return Context(self.cloud, self.template.stack_name, self.notes.append)

    def _existing(self, row: StackResource) -> Existing:
        return Existing(row.logical_id, row.physical_id, self._properties(row), row.attributes)

    def _properties(self, row: StackResource) -> dict[str, Any]:
        properties: dict[str, Any] = msgspec.json.decode(self.cloud.store.sealer.unseal(row.properties, PROPERTIES))
        return properties

    def _sealed(self, properties: Mapping[str, Any]) -> str:
        return self.cloud.store.sealer.seal(_encode(properties), PROPERTIES)

    def _keep(self, row: StackResource) -> None:
        with self.cloud.store.write() as tx:
            tx.stack_resources.put(row)
        self.rows[row.logical_id] = row

    def _forget(self, row: StackResource) -> None:
        with self.cloud.store.write() as tx:
            tx.stack_resources.remove(stack=row.stack, logical_id=row.logical_id)
        self.rows.pop(row.logical_id, None)

    def _new_name(self, logical_id: str) -> str:
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(12))
        return f"{self.template.stack_name[:_PART].rstrip('-')}-{logical_id[:_PART]}-{suffix}"

    def _say(self, what: str, row: StackResource) -> None:
        self.progress(f"  {what:8} {row.logical_id}  {row.type.removeprefix('AWS::')}  {row.physical_id}")


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")
