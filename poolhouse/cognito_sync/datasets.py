"""Datasets: listed, described, deleted. The first records make one."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.flows import pages
from poolhouse.cognito_sync.entities import Dataset
from poolhouse.cognito_sync.errors import NotAuthorizedException, ResourceNotFoundException
from poolhouse.cognito_sync.flows import access, push, streams
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.cognito_sync.flows.page_size import page_size
from poolhouse.store import Store, Tx

Request = Mapping[str, Any]

_MOST = 64


def list_datasets(call: Call, request: Request) -> dict[str, object]:
    """An identity's datasets by page."""
    columns = access.identity(call, request, absent=NotAuthorizedException)
    question = f"ListDatasets:{columns['pool_id']}:{columns['identity_id']}"
    given, most = request.get("NextToken"), page_size(request, _MOST)
    found, more = pages.page(call, call.store.sync_datasets, question, given, most, **columns, is_deleted=False)
    return {"Datasets": [_dataset_type(one) for one in found], "Count": len(found), **more}


def describe_dataset(call: Call, request: Request) -> dict[str, object]:
    """A dataset's size and when it changed."""
    return {"Dataset": _dataset_type(_get(call.store, access.dataset(call, request)))}


def delete_dataset(call: Call, request: Request) -> dict[str, object]:
    """Delete a dataset with its records; what is kept of it is its count, by which devices hear of it."""
    columns = access.dataset(call, request)
    with call.store.write() as tx:
        found = _get(tx, columns)
        count = found.sync_count + 1
        tx.sync_records.remove(**columns)
        tx.sync_datasets.put(
            replace(
                found,
                modified_at=call.now,
                sync_count=count,
                storage=0,
                records_count=0,
                is_deleted=True,
                deleted_at_count=count,
                merged_with="",
            )
        )
        streams.note_removal(call, tx, columns, count)
    streams.send(call, columns["pool_id"])
    push.tell(call, columns, count, "")
    return {"Dataset": _dataset_type(found)}


def _get(tables: Store | Tx, columns: Columns) -> Dataset:
    found = tables.sync_datasets.find(**columns)
    if found is None or found.is_deleted:
        raise ResourceNotFoundException(f"Dataset '{columns['dataset_name']}' not found.")  # a guess
    return found


def _dataset_type(dataset: Dataset) -> dict[str, object]:
    return {
        "IdentityId": dataset.identity_id,
        "DatasetName": dataset.dataset_name,
        "CreationDate": dataset.created_at,
        "LastModifiedDate": dataset.modified_at,
        "LastModifiedBy": dataset.modified_by,
        "DataStorage": dataset.storage,
        "NumRecords": dataset.records_count,
    }
