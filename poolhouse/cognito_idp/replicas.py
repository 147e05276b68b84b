"""Replicas: a pool's stand-ins in other regions.

Every region is served from the same store here, so a replica holds what its pool holds from the moment it is made.
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import Replica, UserPool
from poolhouse.cognito_idp.errors import (
    FeatureUnavailableInTierException,
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import find, pages
from poolhouse.store import Store, Tx

Request = Mapping[str, Any]

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_MOST = 1


def create_user_pool_replica(call: Call, request: Request) -> dict[str, object]:
    """Make a replica in another region. How many there may be, and the sentences, are guesses."""
    region = request["RegionName"]
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        if pool.tier == "LITE":
            raise FeatureUnavailableInTierException(
                "The following features need to be disabled for the LITE pricing tier configured: User Pool Replication"
            )
        if pool.settings.get("KeyConfiguration", {}).get("KeyType") != "CUSTOMER_MANAGED_KEY":
            # Such a key is required (KeyConfigurationType).
            raise InvalidParameterException("Multi-region replication requires a customer managed multi-region key.")
        if not _REGION.fullmatch(region) or region == call.region:
            raise InvalidParameterException(f"{region} is not a region for a replica of this user pool.")
        if tx.replicas.find(pool_id=pool.id, region=region) is not None:
            raise InvalidParameterException(f"User pool {pool.id} already has a replica in {region}.")
        if tx.replicas.count(pool_id=pool.id) >= _MOST:
            raise LimitExceededException(f"User pool {pool.id} cannot have more than {_MOST} replicas.")
        replica = Replica(pool.id, region, "ACTIVE", request.get("UserPoolTags") or {})
        tx.replicas.add(replica)
    return {"UserPoolReplica": _type(call, pool, replica)}


def update_user_pool_replica(call: Call, request: Request) -> dict[str, object]:
    """Switch a replica on or off."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        replica = replace(_get(tx, pool.id, request["RegionName"]), status=request["Status"])
        tx.replicas.put(replica)
    return {"UserPoolReplica": _type(call, pool, replica)}


def delete_user_pool_replica(call: Call, request: Request) -> dict[str, object]:
    """Take a replica away."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        replica = _get(tx, pool.id, request["RegionName"])
        tx.replicas.remove(pool_id=pool.id, region=replica.region)
    return {"UserPoolReplica": _type(call, pool, replace(replica, status="DELETING"))}


def list_user_pool_replicas(call: Call, request: Request) -> dict[str, object]:
    """A pool's replicas by page, the pool itself first."""
    pool = find.pool(call, request["UserPoolId"])
    question, given = f"ListUserPoolReplicas:{pool.id}", request.get("NextToken")
    found, more = pages.page(call, call.store.replicas, question, given, None, pool_id=pool.id)
    primary = {
        "RegionName": call.region,
        "Status": "ACTIVE",
        "Role": "PRIMARY",
        "UserPoolArn": pool.arn(call.region, call.account_id),
    }
    listed = [] if given else [primary]
    return {"UserPoolReplicas": [*listed, *(_type(call, pool, replica) for replica in found)], **more}


def _get(tables: Store | Tx, pool_id: str, region: str) -> Replica:
    replica = tables.replicas.find(pool_id=pool_id, region=region)
    if replica is None:
        raise ResourceNotFoundException(f"User pool {pool_id} has no replica in {region}.")
    return replica


def _type(call: Call, pool: UserPool, replica: Replica) -> dict[str, object]:
    return {
        "RegionName": replica.region,
        "Status": replica.status,
        "Role": "SECONDARY",
        "UserPoolArn": pool.arn(replica.region, call.account_id),
    }
