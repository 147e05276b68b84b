"""Patches: what of a dataset is to change, whether it still may, and whether there is room for it.

https://docs.aws.amazon.com/cognitosync/latest/APIReference/API_UpdateRecords.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from poolhouse.cognito_sync.entities import Dataset, Record
from poolhouse.cognito_sync.errors import (
    InvalidParameterException,
    LimitExceededException,
    ResourceConflictException,
)

MOST_DATASETS, _MOST_RECORDS, _MOST_BYTES = 20, 1024, 1_048_576


@dataclass(frozen=True, slots=True)
class Patch:
    """The value a record is to have, None to remove it, and the sync count it is thought to have."""

    key: str
    value: str | None
    sync_count: int
    device_modified_at: datetime | None = None


def parse(given: Iterable[Mapping[str, Any]]) -> list[Patch]:
    """Patches as they were sent. Raises InvalidParameterException; what for, and its sentences, are guesses."""
    patches = []
    for one in given:
        is_removal = one["Op"] == "remove"
        if not is_removal and one.get("Value") is None:
            raise InvalidParameterException(f"Value is missing for: {one['Key']}")
        value = None if is_removal else one["Value"]
        patches.append(Patch(one["Key"], value, one["SyncCount"], one.get("DeviceLastModifiedDate")))
    if len({patch.key for patch in patches}) < len(patches):
        raise InvalidParameterException("Each record can be patched only once.")
    return patches


def check_counts(patches: Iterable[Patch], kept: Mapping[str, Record]) -> None:
    """Raise ResourceConflictException for a record that is not as the patch takes it to be, or was never.

    A record that is not there counts 0. That a patch to the same value is refused too is from reports of clients.
    """
    for patch in patches:
        record = kept.get(patch.key)
        current = 0 if record is None else record.sync_count
        if patch.sync_count != current:
            raise ResourceConflictException(f"Current SyncCount for: {patch.key} is: {current} not: {patch.sync_count}")


def check_room(dataset: Dataset) -> None:
    """Raise LimitExceededException for more than a dataset holds. The sentences are guesses."""
    if dataset.records_count > _MOST_RECORDS:
        raise LimitExceededException(f"A dataset can have at most {_MOST_RECORDS} records.")
    if dataset.storage > _MOST_BYTES:
        raise LimitExceededException(f"A dataset can have at most {_MOST_BYTES} bytes.")


def size(key: str, value: str | None) -> int:
    """The bytes a record takes; one that was removed takes none."""
    return 0 if value is None else len(key.encode()) + len(value.encode())
