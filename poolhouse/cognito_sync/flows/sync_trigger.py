"""The function of a pool that is told of changes before they are made, and may change them.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from poolhouse.call import Call, Invocation, InvokeRefused, InvokeTimeout
from poolhouse.cognito_identity.flows import tokens
from poolhouse.cognito_sync.entities import Record
from poolhouse.cognito_sync.errors import (
    InvalidLambdaFunctionOutputException,
    LambdaSocketTimeoutException,
    LambdaThrottledException,
    NotAuthorizedException,
    ResourceNotFoundException,
)
from poolhouse.cognito_sync.flows import access
from poolhouse.cognito_sync.flows.access import Columns
from poolhouse.cognito_sync.rules import patches as rules
from poolhouse.cognito_sync.rules.patches import Patch
from poolhouse.errors import ApiError

EVENT = "SyncTrigger"
_SERVICE = "cognito-sync.amazonaws.com"
_PATIENCE = timedelta(seconds=5)
_LONGEST_KEY, _LONGEST_VALUE = 1024, 1_048_575  # the model's, to which the function is held as well
# How a function that may not be run is told is a guess.
_REFUSED: Mapping[str, type[ApiError]] = {
    "AccessDeniedException": NotAuthorizedException,
    "ResourceNotFoundException": ResourceNotFoundException,
    "TooManyRequestsException": LambdaThrottledException,
}


def run(call: Call, columns: Columns, patches: Sequence[Patch]) -> Sequence[Patch]:
    """What the pool's function makes of an identity's patches; a developer's are not shown to it.

    Never inside a write block: what it was told may be old when it answers, and is then a conflict.
    """
    pool = call.store.sync_pools.find(pool_id=columns["pool_id"])
    function_arn = "" if pool is None else pool.events.get(EVENT, "")
    if not function_arn or not patches or not access.is_identity(call):
        return patches
    kept = {record.key: record for record in call.store.sync_records.list(**columns)}
    rules.check_counts(patches, kept)
    sent = _event(call, columns, patches, kept)
    invocation = _invoke(call, function_arn, columns, msgspec.json.encode(sent))
    if invocation.error is not None:
        raise InvalidLambdaFunctionOutputException
    return _wanted(_answer(invocation.payload, sent), patches, kept)


def _event(call: Call, columns: Columns, patches: Sequence[Patch], kept: Mapping[str, Record]) -> dict[str, Any]:
    """All records of the dataset, with what is to become of them. That no value is null, not absent, is a guess."""
    there = {key: record.value for key, record in kept.items() if record.value is not None}
    records: dict[str, dict[str, str | None]] = {
        key: {"oldValue": value, "newValue": value, "op": "replace"} for key, value in there.items()
    }
    for patch in patches:
        records[patch.key] = {
            "oldValue": there.get(patch.key),
            "newValue": patch.value,
            "op": "remove" if patch.value is None else "replace",
        }
    return {
        "version": 2,
        "eventType": EVENT,
        "region": call.region,
        "identityPoolId": columns["pool_id"],
        "identityId": columns["identity_id"],
        "datasetName": columns["dataset_name"],
        "datasetRecords": records,
    }


def _invoke(call: Call, function_arn: str, columns: Columns, event: bytes) -> Invocation:
    source_arn = tokens.arn(call, columns["pool_id"])
    try:
        return call.invoke(function_arn, event, service=_SERVICE, source_arn=source_arn, timeout=_PATIENCE)
    except InvokeRefused as error:
        raise _REFUSED.get(error.code, InvalidLambdaFunctionOutputException)(str(error)) from error
    except InvokeTimeout as error:
        raise LambdaSocketTimeoutException from error


def _answer(payload: bytes, sent: Mapping[str, Any]) -> dict[str, str | None]:
    """The value each record is to have, None to remove it. All but the records must be as it was sent."""
    try:
        answer = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise InvalidLambdaFunctionOutputException from error
    if not isinstance(answer, dict) or not isinstance(answer.get("datasetRecords"), dict):
        raise InvalidLambdaFunctionOutputException
    if {**answer, "datasetRecords": None} != {**sent, "datasetRecords": None}:
        raise InvalidLambdaFunctionOutputException
    return {key: _value(key, one) for key, one in answer["datasetRecords"].items()}


def _value(key: str, one: object) -> str | None:
    if not 0 < len(key) <= _LONGEST_KEY or not isinstance(one, dict) or one.get("op") not in ("replace", "remove"):
        raise InvalidLambdaFunctionOutputException
    value = one.get("newValue")
    if one["op"] == "remove" or value is None:
        return None
    if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
        raise InvalidLambdaFunctionOutputException
    return value


def _wanted(answered: Mapping[str, str | None], patches: Sequence[Patch], kept: Mapping[str, Record]) -> list[Patch]:
    """Patches for what the function answered; what it leaves out is left alone."""
    given = {patch.key: patch for patch in patches}
    wanted = []
    for key, value in answered.items():
        record = kept.get(key)
        if key in given:
            wanted.append(Patch(key, value, given[key].sync_count, given[key].device_modified_at))
        elif value != (None if record is None else record.value):
            wanted.append(Patch(key, value, 0 if record is None else record.sync_count))
    return wanted
