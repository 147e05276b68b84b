"""Sync sessions: who lists a dataset's records is given a token, without which nothing of it is changed."""

from datetime import datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidTag
from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_sync.entities import SyncPool
from poolhouse.cognito_sync.errors import InvalidParameterException
from poolhouse.cognito_sync.flows.access import Columns

_TTL = timedelta(hours=1)  # a guess


class _SyncSession(msgspec.Struct):
    id: str
    expires_at: datetime


def begin(call: Call, columns: Columns) -> str:
    """Another session; its token, good for this dataset of this identity."""
    with call.store.write() as tx:
        kept = tx.sync_pools.find(pool_id=columns["pool_id"]) or SyncPool(columns["pool_id"])
        tx.sync_pools.put(replace(kept, sessions_count=kept.sessions_count + 1))
    made = _SyncSession(call.new_id(), call.now + _TTL)
    return call.store.sealer.seal(msgspec.json.encode(made), _purpose(columns))


def check(call: Call, columns: Columns, token: str) -> None:
    """Raise InvalidParameterException for a token of another dataset, an old one, or none."""
    try:
        found = msgspec.json.decode(call.store.sealer.unseal(token, _purpose(columns)), type=_SyncSession)
    except (InvalidTag, ValueError, msgspec.DecodeError) as error:
        raise InvalidParameterException("SyncSessionToken not valid for these inputs") from error
    if call.now >= found.expires_at:
        raise InvalidParameterException("SyncSessionToken not valid for these inputs")  # for old ones, a guess


def _purpose(columns: Columns) -> str:
    return f"sync-session:{columns['pool_id']}:{columns['identity_id']}:{columns['dataset_name']}"
