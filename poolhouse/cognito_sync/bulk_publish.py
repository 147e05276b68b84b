"""All datasets of a pool told to its stream at once, for a stream that came later than they.

https://docs.aws.amazon.com/cognitosync/latest/APIReference/API_BulkPublish.html
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_sync.entities import BulkPublish, SyncPool
from poolhouse.cognito_sync.errors import AlreadyStreamedException, InvalidParameterException
from poolhouse.cognito_sync.flows import access, streams
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.cognito_sync.flows.streams import NotSent

Request = Mapping[str, Any]

_ONCE_IN = timedelta(hours=24)


def bulk_publish(call: Call, request: Request) -> dict[str, object]:
    """Tell a pool's stream of all its datasets, once in 24 hours.

    It is done when this returns, where AWS goes on with it for a while: nobody sees it in progress, and one that is cut
    off was never begun.
    """
    pool_id = access.pool(call, request).id
    pool = call.store.sync_pools.find(pool_id=pool_id)
    if pool is None or streams.stream_of(pool) is None:
        raise InvalidParameterException("Cognito Streams is not enabled for this identity pool.")  # a guess
    last = pool.bulk
    if last is not None and not last.failure and call.now < last.completed_at + _ONCE_IN:
        raise AlreadyStreamedException
    done = BulkPublish(call.now, call.now, _published(call, pool))
    with call.store.write() as tx:
        kept = tx.sync_pools.find(pool_id=pool_id) or SyncPool(pool_id)
        tx.sync_pools.put(replace(kept, bulk=done))
    return {"IdentityPoolId": pool_id}


def get_bulk_publish_details(call: Call, request: Request) -> dict[str, object]:
    """When the pool's datasets were last published, and how that ended."""
    pool_id = access.pool(call, request).id
    pool = call.store.sync_pools.find(pool_id=pool_id)
    if pool is None or pool.bulk is None:
        return {"IdentityPoolId": pool_id, "BulkPublishStatus": "NOT_STARTED"}
    return {
        "IdentityPoolId": pool_id,
        "BulkPublishStartTime": pool.bulk.started_at,
        "BulkPublishCompleteTime": pool.bulk.completed_at,
        "BulkPublishStatus": "FAILED" if pool.bulk.failure else "SUCCEEDED",
        **({"FailureMessage": pool.bulk.failure} if pool.bulk.failure else {}),
    }


def _published(call: Call, pool: SyncPool) -> str:
    """Why it failed; empty where it did not."""
    for dataset in call.store.sync_datasets.list(pool_id=pool.pool_id, is_deleted=False):
        columns: Columns = {
            "pool_id": dataset.pool_id,
            "identity_id": dataset.identity_id,
            "dataset_name": dataset.dataset_name,
        }
        records = [one for one in call.store.sync_records.list(**columns) if one.value is not None]
        try:
            streams.put(call, pool, streams.entry(columns, records, dataset.sync_count, dataset.modified_at))
        except NotSent as error:
            return str(error)
    return ""
