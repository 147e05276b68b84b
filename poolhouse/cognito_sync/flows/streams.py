"""Cognito Streams: a pool's Kinesis stream is told of each change to its datasets, by a role of the developer's.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-streams.html

What it is to be told is kept in the write that makes the change, and sent after it, in order. What a crash has left is
sent with the pool's next change; some may then be sent twice, as Kinesis itself may.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_sync.entities import Record, SyncPool
from poolhouse.cognito_sync.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.store import Tx

_SERVICE = "cognito-sync.amazonaws.com"
_LARGEST = 1_048_576  # bytes of a record of Kinesis'
_log = logging.getLogger(__name__)


class NotSent(Exception):
    """The stream was not told; the text says why."""


def check(call: Call, given: Mapping[str, Any]) -> None:
    """Raise for a stream that is switched on and not whole, or by a role the caller may not pass on; guesses."""
    if given.get("StreamingStatus") != "ENABLED":
        return
    for name in ("StreamName", "RoleArn"):
        if not given.get(name):
            raise InvalidParameterException(f"{name} is required to enable Cognito Streams.")
    passed = {"iam:PassedToService": _SERVICE}
    if not call.authority.decide(call, "iam:PassRole", given["RoleArn"], passed).is_allowed:
        raise NotAuthorizedException(f"Access to Role '{given['RoleArn']}' is forbidden.")


def stream_of(pool: SyncPool | None) -> Mapping[str, Any] | None:
    """The stream of a pool, where there is one and it is switched on."""
    found = (pool.configuration if pool is not None else {}).get("CognitoStreams") or {}
    return found if found.get("StreamingStatus") == "ENABLED" else None


def note(call: Call, tx: Tx, columns: Columns, records: Sequence[Record]) -> None:
    """Keep what the stream is to be told of records that were changed together."""
    if records and (pool := _streamed(tx, columns)) is not None:
        _keep(tx, pool, entry(columns, records, records[0].sync_count, call.now))


def note_removal(call: Call, tx: Tx, columns: Columns, sync_count: int) -> None:
    """Keep that a dataset was deleted; that it is told so, as a removal without records, is a guess."""
    if (pool := _streamed(tx, columns)) is not None:
        _keep(tx, pool, entry(columns, (), sync_count, call.now, operation="remove"))


def send(call: Call, pool_id: str) -> None:
    """Send what was kept. Never inside a write block. What cannot be sent is logged and forgotten: a guess."""
    while (pool := call.store.sync_pools.find(pool_id=pool_id)) is not None and pool.outgoing:
        first = pool.outgoing[0]
        try:
            put(call, pool, first)
        except NotSent as error:
            _log.warning("the stream of identity pool %s is not told of a change: %s", pool_id, error)
        with call.store.write() as tx:
            kept = tx.sync_pools.find(pool_id=pool_id)
            if kept is not None and kept.outgoing[:1] == (first,):
                tx.sync_pools.put(replace(kept, outgoing=kept.outgoing[1:]))


def put(call: Call, pool: SyncPool, text: str) -> None:
    """Put one entry into the pool's stream. Raises NotSent."""
    stream = stream_of(pool)
    if stream is None:
        raise NotSent("streaming is disabled")
    name, role_arn = stream["StreamName"], stream["RoleArn"]
    arn = f"arn:aws:kinesis:{call.region}:{call.account_id}:stream/{name}"
    if not call.authority.service_may(call, _SERVICE, role_arn, "kinesis:PutRecord", arn):
        raise NotSent(f"{role_arn} does not let {_SERVICE} put records into {arn}")
    whose = msgspec.json.decode(text)[
        "identityId"
    ]  # by which records are partitioned is a guess: these keep their order
    try:
        call.operate("kinesis", "PutRecord", {"StreamName": name, "Data": text.encode(), "PartitionKey": whose})
    except ApiError as error:
        raise NotSent(f"{error.code}: {error.message}") from error


def entry(
    columns: Columns, records: Sequence[Record], sync_count: int, at: datetime, *, operation: str = "replace"
) -> str:
    """One synchronisation, as the stream has it. Raises NotImplementedException for one that Kinesis cannot hold.

    AWS puts such a one into a bucket of its own and sends its URL.
    """
    changed = [
        {
            "key": record.key,
            "value": record.value,
            "syncCount": record.sync_count,
            "lastModifiedDate": _milliseconds(record.modified_at),
            "deviceLastModifiedDate": _milliseconds(record.device_modified_at or record.modified_at),
            "op": "remove" if record.value is None else "replace",
        }
        for record in records
    ]
    told = {
        "identityPoolId": columns["pool_id"],
        "identityId": columns["identity_id"],
        "dataSetName": columns["dataset_name"],
        "operation": operation,
        "kinesisSyncRecords": changed,
        "lastModifiedDate": _milliseconds(at),
        "kinesisSyncRecordsURL": None,
        "payloadType": "Inline",
        "syncCount": sync_count,
    }
    encoded = msgspec.json.encode(told)
    if len(encoded) > _LARGEST:
        raise NotImplementedException("Cognito Streams of more than 1 MB at once are not implemented yet in Poolhouse")
    return encoded.decode()


def _streamed(tx: Tx, columns: Columns) -> SyncPool | None:
    pool = tx.sync_pools.find(pool_id=columns["pool_id"])
    return pool if stream_of(pool) is not None else None


def _keep(tx: Tx, pool: SyncPool, text: str) -> None:
    tx.sync_pools.put(replace(pool, outgoing=(*pool.outgoing, text)))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
