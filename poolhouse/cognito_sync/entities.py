"""What is kept of Cognito Sync."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct


class SyncPool(Struct, frozen=True):
    """What an identity pool has of Cognito Sync: its functions by event, and its configuration as the API has it."""

    pool_id: str
    events: Mapping[str, str] = {}
    configuration: Mapping[str, Any] = {}
    sessions_count: int = 0
    outgoing: tuple[str, ...] = ()  # what its stream is still to be told, oldest first
    bulk: "BulkPublish | None" = None


class BulkPublish(Struct, frozen=True):
    """The last time all datasets of a pool were published; `failure` is empty where they were."""

    started_at: datetime
    completed_at: datetime
    failure: str = ""


class SyncDevice(Struct, frozen=True):
    """A device of an identity, reached by an endpoint of SNS, and the datasets it wants to hear of."""

    pool_id: str
    identity_id: str
    device_id: str
    endpoint_arn: str
    datasets: tuple[str, ...] = ()


class Dataset(Struct, frozen=True):
    """A dataset. One that is deleted is kept without records: its count goes on, so that devices hear of it."""

    pool_id: str
    identity_id: str
    dataset_name: str
    created_at: datetime
    modified_at: datetime
    modified_by: str
    sync_count: int = 0
    storage: int = 0  # bytes of its keys and values
    records_count: int = 0
    is_deleted: bool = False
    deleted_at_count: int = 0  # the sync count of its last deletion
    merged_with: str = ""  # which dataset it stands beside since another identity was merged into this one


class Record(Struct, frozen=True):
    """A record, or None in place of the value of one that was removed."""

    pool_id: str
    identity_id: str
    dataset_name: str
    key: str
    value: str | None
    sync_count: int
    modified_at: datetime
    modified_by: str
    device_modified_at: datetime | None = None
