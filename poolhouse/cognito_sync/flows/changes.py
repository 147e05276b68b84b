"""Patches put into a dataset, all of them or none."""

from collections.abc import Sequence

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_sync.entities import Dataset, Record
from poolhouse.cognito_sync.errors import LimitExceededException
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.cognito_sync.rules import patches as rules
from poolhouse.cognito_sync.rules.patches import Patch
from poolhouse.store import Tx


def apply(call: Call, tx: Tx, columns: Columns, patches: Sequence[Patch], author: str) -> list[Record]:
    """The records as they are now; the first patches make the dataset. Each record touched gets the dataset's count.

    Raises ResourceConflictException and LimitExceededException.
    """
    found = (tx.sync_records.find(**columns, key=patch.key) for patch in patches)
    kept = {record.key: record for record in found if record is not None}
    rules.check_counts(patches, kept)
    dataset = _dataset(call, tx, columns, author)
    count = dataset.sync_count + 1
    records = [
        Record(
            **columns,
            key=patch.key,
            value=patch.value,
            sync_count=count,
            modified_at=call.now,
            modified_by=author,
            device_modified_at=patch.device_modified_at,
        )
        for patch in patches
    ]
    before = [kept[key] for key in kept]
    dataset = replace(
        dataset,
        sync_count=count,
        modified_at=call.now,
        modified_by=author,
        storage=dataset.storage + _storage(records) - _storage(before),
        records_count=dataset.records_count + _count(records) - _count(before),
    )
    rules.check_room(dataset)
    for record in records:
        tx.sync_records.put(record)
    tx.sync_datasets.put(dataset)
    return records


def _dataset(call: Call, tx: Tx, columns: Columns, author: str) -> Dataset:
    """The dataset, made or made anew; its count goes on from before it was deleted, so that devices notice."""
    found = tx.sync_datasets.find(**columns)
    if found is not None and not found.is_deleted:
        return found
    whose = {"pool_id": columns["pool_id"], "identity_id": columns["identity_id"]}
    if tx.sync_datasets.count(**whose, is_deleted=False) >= rules.MOST_DATASETS:
        # The sentence is a guess.
        raise LimitExceededException(f"An identity can have at most {rules.MOST_DATASETS} datasets.")
    made = Dataset(**columns, created_at=call.now, modified_at=call.now, modified_by=author)
    if found is None:
        return made
    return replace(made, sync_count=found.sync_count, deleted_at_count=found.deleted_at_count)


def _storage(records: Sequence[Record]) -> int:
    return sum(rules.size(record.key, record.value) for record in records)


def _count(records: Sequence[Record]) -> int:
    return sum(record.value is not None for record in records)
