"""The datasets table: under each identity one catalogue, and the contents of its datasets in parts.

A dataset may be larger than a row (400 KB), and a change larger than a DynamoDB transaction has items (100). So its
contents are kept as a whole, packed and cut into a few parts named after its sync count. A write puts the new parts,
removes the old ones and changes the catalogue in one transaction, on the condition that the catalogue is in the
revision that was read: of writes at once one wins, and the others decide again on what it left.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from shared import aws, dataset_changes, records, sync_trigger
from shared.config import settings
from shared.errors import LimitExceeded, NotFound, Unavailable
from shared.models import Dataset, DatasetSummary, Instant, Model, Patch, Record
from shared.records import Contents
from shared.tables import dynamodb, is_contention, tries

MAX_DATASETS = 20
PART_BYTES = 380_000  # a row has 400 KB, its names included
CATALOGUE = "catalogue"


class _Head(Model):
    """What the catalogue says of a dataset."""

    base: int
    sync_count: int
    parts: int
    records: int
    bytes: int
    modified_at: Instant


class _Catalogue(Model):
    """An identity's datasets. `floor` is the highest count a deleted one has had: new ones count on from there, so
    that no count a client still remembers comes again."""

    revision: int = 0
    floor: int = 0
    heads: dict[str, _Head] = Field(default_factory=dict)

    def having(self, name: str, head: _Head) -> "_Catalogue":
        """The next revision, with this dataset."""
        return _Catalogue(revision=self.revision + 1, floor=self.floor, heads={**self.heads, name: head})

    def lacking(self, name: str) -> "_Catalogue":
        """The next revision, without this dataset."""
        heads = {other: head for other, head in self.heads.items() if other != name}
        floor = max(self.floor, self.heads[name].sync_count)
        return _Catalogue(revision=self.revision + 1, floor=floor, heads=heads)


def summaries(owner: str) -> list[DatasetSummary]:
    """An owner's datasets by name."""
    return [
        DatasetSummary(
            name=name,
            sync_count=head.sync_count,
            records=head.records,
            bytes=head.bytes,
            modified_at=head.modified_at,
        )
        for name, head in sorted(_catalogue(owner).heads.items())
    ]


def find(owner: str, name: str, *, since: int) -> Dataset | None:
    """A dataset with its records that were changed after a count; None when there is no such dataset."""
    _, contents = _load(owner, name)
    if contents is None:
        return None
    return Dataset(
        name=name,
        sync_count=contents.sync_count,
        whole=contents.is_whole_since(since),
        records=contents.since(since),
    )


def patch(owner: str, name: str, patches: list[Patch], *, now: datetime) -> Dataset:
    """Make all of the changes, or none; the dataset with the records they touched. A dataset not there is made.

    Raises Conflict and LimitExceeded, and what the trigger on changes raises. The trigger is asked again where another
    change was quicker.
    """
    for _ in tries():
        catalogue, before = _load(owner, name)
        if before is None and len(catalogue.heads) >= MAX_DATASETS:
            raise LimitExceeded(f"An identity has up to {MAX_DATASETS} datasets.")
        before = before or Contents(catalogue.floor, catalogue.floor)
        records.check(before, patches)
        made = sync_trigger.seen(owner, name, before.records, patches)
        if not made:
            return Dataset(name=name, sync_count=before.sync_count, whole=False, records=[])
        after = records.patched(before, made, now=now)
        packed = records.pack(after)
        parts = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
        head = _Head(
            base=after.base,
            sync_count=after.sync_count,
            parts=len(parts),
            records=sum(record.value is not None for record in after.records.values()),
            bytes=after.bytes,
            modified_at=now,
        )
        keys = _part_keys(owner, name, head)
        puts = [{**key, "contents": {"B": part}} for key, part in zip(keys, parts, strict=True)]
        touched = [record for record in after.records.values() if record.sync_count == after.sync_count]
        deletes = _part_keys(owner, name, catalogue.heads.get(name))
        write = _Write(owner, name, catalogue.having(name, head), puts, deletes, touched, after.sync_count)
        if _write(write, now=now):
            return Dataset(name=name, sync_count=after.sync_count, whole=False, records=touched)
    raise Unavailable


def remove(owner: str, name: str, *, now: datetime) -> None:
    """Delete a dataset. Raises NotFound."""
    for _ in tries():
        catalogue = _catalogue(owner)
        head = catalogue.heads.get(name)
        if head is None:
            raise NotFound
        deletes = _part_keys(owner, name, head)
        if _write(_Write(owner, name, catalogue.lacking(name), [], deletes, [], head.sync_count), now=now):
            return
    raise Unavailable


def _load(owner: str, name: str) -> tuple[_Catalogue, Contents | None]:
    for _ in tries():
        catalogue = _catalogue(owner)
        head = catalogue.heads.get(name)
        if head is None:
            return catalogue, None
        parts = [_get(key) for key in _part_keys(owner, name, head)]
        if None not in parts:  # else they were replaced since the catalogue was read
            packed = b"".join(part["contents"]["B"] for part in parts if part)
            return catalogue, Contents(head.base, head.sync_count, records.unpack(packed))
    raise Unavailable


def _catalogue(owner: str) -> _Catalogue:
    row = _get(_key(owner, CATALOGUE))
    return _Catalogue.model_validate_json(row["contents"]["S"]) if row else _Catalogue()


@dataclass(frozen=True, slots=True)
class _Write:
    """A catalogue and what goes with it: rows of contents, and what the change is told as."""

    owner: str
    name: str
    catalogue: _Catalogue
    puts: list[dict[str, Any]]
    deletes: list[dict[str, Any]]
    touched: list[Record]
    sync_count: int


def _write(write: _Write, *, now: datetime) -> bool:
    """Write all of it; False when it is not the catalogue's next revision, or meets another write."""
    owner, catalogue = write.owner, write.catalogue
    row = {
        **_key(owner, CATALOGUE),
        "revision": {"N": str(catalogue.revision)},
        "contents": {"S": catalogue.model_dump_json()},
    }
    is_next = (
        {"ConditionExpression": "attribute_not_exists(id)"}
        if catalogue.revision == 1
        else {
            "ConditionExpression": "revision = :read",
            "ExpressionAttributeValues": {":read": {"N": str(catalogue.revision - 1)}},
        }
    )
    items: list[dict[str, Any]] = [{"Put": {"TableName": _table(), "Item": row, **is_next}}]
    items += [{"Put": {"TableName": _table(), "Item": item}} for item in write.puts]
    items += [{"Delete": {"TableName": _table(), "Key": key}} for key in write.deletes]
    if dataset_changes.is_on():
        change = dataset_changes.rows(
            owner, write.name, write.touched, revision=catalogue.revision, sync_count=write.sync_count, now=now
        )
        table = settings().dataset_changes_table
        items += [{"Put": {"TableName": table, "Item": item}} for item in change]
    try:
        dynamodb().transact_write_items(TransactItems=items)
    except aws.Refusal as error:
        if is_contention(error):
            return False
        raise
    return True


def _get(key: dict[str, Any]) -> dict[str, Any] | None:
    row: dict[str, Any] | None = dynamodb().get_item(TableName=_table(), Key=key, ConsistentRead=True).get("Item")
    return row


def _table() -> str:
    return settings().datasets_table


def _part_keys(owner: str, name: str, head: _Head | None) -> list[dict[str, Any]]:
    return [_key(owner, f"part/{name}/{head.sync_count}/{number}") for number in range(head.parts)] if head else []


def _key(owner: str, row_id: str) -> dict[str, Any]:
    return {"owner": {"S": owner}, "id": {"S": row_id}}
