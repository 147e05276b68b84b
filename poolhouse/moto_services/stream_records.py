"""What a table's stream tells of one changed item, as DynamoDB's API and Lambda's events have it.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from poolhouse.moto_services.tables import KeptTable

KEEPS = timedelta(hours=24)
_IMAGES = {
    "NEW_IMAGE": ("NewImage",),
    "OLD_IMAGE": ("OldImage",),
    "NEW_AND_OLD_IMAGES": ("NewImage", "OldImage"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """An item before and after a request, as JSON; None where there was none."""

    before: bytes | None
    after: bytes | None

    @property
    def event(self) -> str:
        if self.before is None:
            return "INSERT"
        return "REMOVE" if self.after is None else "MODIFY"


def place(table: str, label: str) -> str:
    """What a stream's records are kept under."""
    return f"{table}/stream/{label}"


def size(data: Mapping[str, Any]) -> int:
    """How many bytes a record counts for."""
    return int(data["dynamodb"]["SizeBytes"])


def record(table: KeptTable, change: Change) -> dict[str, Any]:
    """The record of a change without what its place in the stream says: number and time."""
    images = {
        name: msgspec.json.decode(item)
        for name, item in (("NewImage", change.after), ("OldImage", change.before))
        if item is not None
    }
    item = next(iter(images.values()))
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    shown = {name: images[name] for name in _IMAGES.get(table.stream_view, ()) if name in images}
    told = {"Keys": {name: item[name] for name in names}, **shown}
    return {
        "eventID": uuid.uuid4().hex,
        "eventName": change.event,
        "dynamodb": {
            **told,
            "SizeBytes": sum(len(msgspec.json.encode(part)) for part in told.values()),  # about: names and values
            "StreamViewType": table.stream_view,
        },
    }
