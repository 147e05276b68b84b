"""What identity pools have of Cognito Sync: the function that is told of changes, and the configuration."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_sync.entities import SyncPool
from poolhouse.cognito_sync.errors import InvalidParameterException
from poolhouse.cognito_sync.flows import access, push, streams
from poolhouse.cognito_sync.flows.sync_trigger import EVENT

Request = Mapping[str, Any]

_FUNCTION = re.compile(r"arn:aws:lambda:[-a-z0-9]+:\d{12}:function:[-\w]{1,64}(:[-\w$]{1,128})?")


def get_cognito_events(call: Call, request: Request) -> dict[str, object]:
    """A pool's functions by event."""
    return {"Events": dict(_kept(call, access.pool(call, request).id).events)}


def set_cognito_events(call: Call, request: Request) -> None:
    """Set the function of an event; without one, nobody is told any more.

    The refusals are guesses: the model says no more than that a parameter "does not comply".
    """
    pool_id, events = access.pool(call, request).id, request["Events"]
    for event, function_arn in events.items():
        if event != EVENT:
            raise InvalidParameterException(f"{event} is not a valid event type.")
        if function_arn and not _FUNCTION.fullmatch(function_arn):
            raise InvalidParameterException(f"{function_arn} is not a valid Lambda function ARN.")
    with call.store.write() as tx:
        access.pool_in(tx, pool_id)
        kept = tx.sync_pools.find(pool_id=pool_id) or SyncPool(pool_id)
        merged = {event: arn for event, arn in {**kept.events, **events}.items() if arn}
        tx.sync_pools.put(replace(kept, events=merged))


def get_identity_pool_configuration(call: Call, request: Request) -> dict[str, object]:
    """A pool's configuration of push notifications and streams."""
    return _configuration(_kept(call, access.pool(call, request).id))


def set_identity_pool_configuration(call: Call, request: Request) -> dict[str, object]:
    """Set parts of a pool's configuration; that the other part stays as it is, is a guess."""
    pool_id = access.pool(call, request).id
    given = {name: request[name] for name in ("PushSync", "CognitoStreams") if request.get(name) is not None}
    streams.check(call, given.get("CognitoStreams") or {})
    push.check(call, given.get("PushSync") or {})
    with call.store.write() as tx:
        access.pool_in(tx, pool_id)
        kept = tx.sync_pools.find(pool_id=pool_id) or SyncPool(pool_id)
        merged = {name: part for name, part in {**kept.configuration, **given}.items() if part}
        kept = replace(kept, configuration=merged)
        tx.sync_pools.put(kept)
    return _configuration(kept)


def _kept(call: Call, pool_id: str) -> SyncPool:
    return call.store.sync_pools.find(pool_id=pool_id) or SyncPool(pool_id)


def _configuration(kept: SyncPool) -> dict[str, object]:
    return {"IdentityPoolId": kept.pool_id, **kept.configuration}
