"""Records: those that changed since a count, and patches to them."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.flows import pages
from poolhouse.cognito_sync.entities import Dataset, Record
from poolhouse.cognito_sync.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_sync.flows import access, changes, push, streams, sync_sessions, sync_trigger
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.cognito_sync.flows.page_size import page_size
from poolhouse.cognito_sync.rules import patches as rules

Request = Mapping[str, Any]

_MOST = 1024
_BY_COUNT = ("sync_count",)


def list_records(call: Call, request: Request) -> dict[str, object]:
    """The records of a dataset that changed after a sync count, removed ones without their value."""
    columns = access.dataset(call, request, absent=NotAuthorizedException)
    token = request.get("SyncSessionToken")
    if token:
        sync_sessions.check(call, columns, token)
    last = request.get("LastSyncCount") or 0
    dataset = call.store.sync_datasets.find(**columns)
    _check_count(dataset, last)
    found, more = _page(call, columns, last, request)
    return {
        "Records": [_record_type(record) for record in found],
        "Count": len(found),
        **_about(dataset, last),
        "MergedDatasetNames": _merged_names(call, columns),
        "SyncSessionToken": token or sync_sessions.begin(call, columns),
        **more,
    }


def update_records(call: Call, request: Request) -> dict[str, object]:
    """Put patches into a dataset, all of them or none, after its pool's function has had its say."""
    columns = access.dataset(call, request)
    sync_sessions.check(call, columns, request["SyncSessionToken"])
    patches = sync_trigger.run(call, columns, rules.parse(request.get("RecordPatches") or ()))
    if not patches:
        return {"Records": []}
    with call.store.write() as tx:
        access.enabled(tx, columns)
        records = changes.apply(call, tx, columns, patches, access.author(call, request))
        streams.note(call, tx, columns, records)
    streams.send(call, columns["pool_id"])
    if records:
        push.tell(call, columns, records[0].sync_count, request.get("DeviceId") or "")
    return {"Records": [_record_type(record) for record in records]}


def _check_count(dataset: Dataset | None, last: int) -> None:
    """Refuse a count that the dataset never had, as clients have reported it."""
    if not 0 <= last <= (0 if dataset is None else dataset.sync_count):
        raise InvalidParameterException(f"No such SyncCount: {last} exists for this Dataset")


def _page(call: Call, columns: Columns, last: int, request: Request) -> tuple[list[Record], dict[str, str]]:
    """A page in the order of changes, in which what changes meanwhile comes up again and nothing is passed over."""
    table, most = call.store.sync_records, page_size(request, _MOST)
    question = f"ListRecords:{columns['pool_id']}:{columns['identity_id']}:{columns['dataset_name']}:{last}"
    # Before every key of the first count that is wanted: no key is empty.
    after = pages.parse(call, question, request.get("NextToken")) or [last + 1, *columns.values(), ""]
    found = table.list(order=_BY_COUNT, after=after, limit=most + 1, **columns)
    if len(found) <= most:
        return found, {}
    found = found[:most]
    return found, {"NextToken": pages.token(call, question, table.position(found[-1], _BY_COUNT))}


def _merged_names(call: Call, columns: Columns) -> list[str]:
    """The datasets that stand beside this one since identities were merged, until they are deleted."""
    whose = {name: columns[name] for name in ("pool_id", "identity_id")}
    found = call.store.sync_datasets.list(**whose, is_deleted=False)
    return [one.dataset_name for one in found if one.merged_with == columns["dataset_name"]]


def _about(dataset: Dataset | None, last: int) -> dict[str, object]:
    """What is told of the dataset.

    Who has seen nothing of it hears of no deletion: amazon-cognito-js, told of one, forgets what it has and asks anew.
    """
    if dataset is None:
        return {"DatasetSyncCount": 0, "DatasetExists": False, "DatasetDeletedAfterRequestedSyncCount": False}
    return {
        "DatasetSyncCount": dataset.sync_count,
        "DatasetExists": not dataset.is_deleted,
        "DatasetDeletedAfterRequestedSyncCount": 0 < last < dataset.deleted_at_count,
        "LastModifiedBy": dataset.modified_by,
    }


def _record_type(record: Record) -> dict[str, object]:
    return {
        "Key": record.key,
        "Value": record.value,
        "SyncCount": record.sync_count,
        "LastModifiedDate": record.modified_at,
        "LastModifiedBy": record.modified_by,
        "DeviceLastModifiedDate": record.device_modified_at,
    }
