"""What a dataset holds, and how it may change: the rules of Amazon Cognito Sync, without its device and session parts.

Each successful change raises the dataset's sync count by one and gives the new count to every record it touched. A
patch names the count of the record it was made on; where the record has moved on, nothing of the change is made.
A removed record stays, without a value, so that other devices learn of it; where room is short the oldest are
forgotten, and a device that may have missed one is given the whole dataset.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.errors import Conflict, LimitExceeded
from shared.models import MAX_RECORDS, Patch, Record

MAX_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Contents:
    """A dataset's records by their keys. What was removed up to the count `base` is forgotten."""

    base: int
    sync_count: int
    records: Mapping[str, Record] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """What counts towards the limit: keys and values as the JSON that clients are sent."""
        return sum(map(_bytes, self.records.values()))

    def is_whole_since(self, count: int) -> bool:
        """Whether a device that knows the dataset up to a count has to be given all of it."""
        return count <= self.base

    def since(self, count: int) -> list[Record]:
        """The records that were changed after a count; all, where removals since then are forgotten."""
        after = 0 if self.is_whole_since(count) else count
        return [record for record in self.records.values() if record.sync_count > after]


def patched(contents: Contents, patches: Iterable[Patch], *, now: datetime) -> Contents:
    """The contents with all of the patches made. Raises Conflict, naming the records in conflict, or LimitExceeded."""
    patches = list(patches)
    check(contents, patches)
    count = contents.sync_count + 1
    touched = {p.key: Record(key=p.key, value=p.value, sync_count=count, modified_at=now) for p in patches}
    after = _forgetting(Contents(contents.base, count, {**contents.records, **touched}))
    if len(after.records) > MAX_RECORDS:
        raise LimitExceeded(f"A dataset has up to {MAX_RECORDS:,} records.")
    if after.bytes > MAX_BYTES:
        raise LimitExceeded(f"A dataset has up to {MAX_BYTES:,} bytes of keys and values.")
    return after


def check(contents: Contents, patches: Iterable[Patch]) -> None:
    """Raise Conflict, naming the records in conflict, where patches were made on others than these."""
    conflicts = [
        {"key": patch.key, "sync_count": count}
        for patch in patches
        if patch.sync_count != (count := _sync_count(contents, patch.key))
    ]
    if conflicts:
        raise Conflict("Records were changed meanwhile.", members={"conflicts": conflicts})


def pack(contents: Contents) -> bytes:
    """The records as they are kept."""
    rows = [[r.key, r.value, r.sync_count, r.modified_at.isoformat()] for r in contents.records.values()]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())


def unpack(packed: bytes) -> dict[str, Record]:
    """Records from what `pack` made of them."""
    return {
        key: Record(key=key, value=value, sync_count=count, modified_at=datetime.fromisoformat(at))
        for key, value, count, at in json.loads(zlib.decompress(packed))
    }


def _forgetting(contents: Contents) -> Contents:
    """The contents without as many of the records removed longest ago as there is no room for."""
    held, size, base = dict(contents.records), contents.bytes, contents.base
    removed = [r for r in held.values() if r.value is None and r.sync_count < contents.sync_count]
    for record in sorted(removed, key=lambda r: r.sync_count):
        if len(held) <= MAX_RECORDS and size <= MAX_BYTES:
            break
        del held[record.key]
        size, base = size - _bytes(record), max(base, record.sync_count)
    return Contents(base, contents.sync_count, held)


def _sync_count(contents: Contents, key: str) -> int:
    record = contents.records.get(key)
    return record.sync_count if record else 0


def _bytes(record: Record) -> int:
    return _json_bytes(record.key) + _json_bytes(record.value)


def _json_bytes(text: str | None) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) if text is not None else 0
