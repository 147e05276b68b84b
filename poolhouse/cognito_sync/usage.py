"""How much identities and pools keep."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import IdentityPool
from poolhouse.cognito_idp.flows import pages
from poolhouse.cognito_sync.flows import access
from poolhouse.cognito_sync.flows.page_size import page_size

Request = Mapping[str, Any]

_MOST = 60


def describe_identity_usage(call: Call, request: Request) -> dict[str, object]:
    """How many datasets an identity has, and how much is in them."""
    columns = access.identity(call, request)
    identity = access.enabled(call.store, columns)
    found = call.store.sync_datasets.list(**columns, is_deleted=False)
    usage = {
        "IdentityId": identity.id,
        "IdentityPoolId": identity.pool_id,
        "LastModifiedDate": max((one.modified_at for one in found), default=identity.modified_at),
        "DatasetCount": len(found),
        "DataStorage": sum(one.storage for one in found),
    }
    return {"IdentityUsage": usage}


def describe_identity_pool_usage(call: Call, request: Request) -> dict[str, object]:
    """How much the identities of a pool keep, and how often they have synchronised."""
    return {"IdentityPoolUsage": _usage(call, access.pool(call, request))}


def list_identity_pool_usage(call: Call, request: Request) -> dict[str, object]:
    """The same of all pools, by page. `Count` is of this page: the model's "number of identities" cannot be meant."""
    access.check_developer(call)
    most, given = page_size(request, _MOST), request.get("NextToken")
    found, more = pages.page(call, call.store.identity_pools, "ListIdentityPoolUsage", given, most)
    return {
        "IdentityPoolUsages": [_usage(call, pool) for pool in found],
        "MaxResults": most,
        "Count": len(found),
        **more,
    }


def _usage(call: Call, pool: IdentityPool) -> dict[str, object]:
    kept, found = call.store.sync_pools.find(pool_id=pool.id), call.store.sync_datasets.list(pool_id=pool.id)
    return {
        "IdentityPoolId": pool.id,
        "SyncSessionsCount": 0 if kept is None else kept.sessions_count,
        "DataStorage": sum(one.storage for one in found),
        "LastModifiedDate": max((one.modified_at for one in found), default=pool.created_at),
    }
