"""The function that sees changes of datasets before they are made, as Amazon Cognito Events had it.

It is told all records of the dataset, with what is to become of them, and answers what they shall be: it may change
values, remove and add records. What it leaves out of its answer is left as it is. To refuse the change it raises an
error named `Rejected`, whose message the client is told.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from shared import aws
from shared.config import region, settings
from shared.errors import Rejected, TriggerFailed, Unavailable
from shared.models import Patch, Patches, Record
from shared.observability import count, logger

MAX_REASON = 200


def seen(owner: str, name: str, records: Mapping[str, Record], patches: Sequence[Patch]) -> Sequence[Patch]:
    """What the function makes of patches that fit the records. Raises Rejected, TriggerFailed and Unavailable."""
    if not settings().datasets_trigger:
        return patches
    told = _told(owner, name, records, patches)
    answer = _invoked(told)
    if not isinstance(answer, dict) or not isinstance(answer.get("datasetRecords"), dict):
        raise _failed("no dataset records")
    if {**answer, "datasetRecords": None} != {**told, "datasetRecords": None}:
        raise _failed("another event")  # "Changing them will result in failure to update the records"
    return _wanted(answer["datasetRecords"], records, patches)


def _told(owner: str, name: str, records: Mapping[str, Record], patches: Sequence[Patch]) -> dict[str, Any]:
    values = {key: record.value for key, record in records.items() if record.value is not None}
    told = {key: {"oldValue": value, "newValue": value, "op": "replace"} for key, value in values.items()}
    changed = {p.key: {"oldValue": values.get(p.key), "newValue": p.value, "op": p.op} for p in patches}
    return {
        "version": 2,
        "eventType": "SyncTrigger",
        "region": region(),
        "identityPoolId": settings().identity_pool_id,
        "identityId": owner,
        "datasetName": name,
        "datasetRecords": {**told, **changed},
    }


def _invoked(event: Mapping[str, Any]) -> Any:
    try:
        payload, is_error = aws.client("lambda").invoke(
            FunctionName=settings().datasets_trigger, Payload=json.dumps(event).encode()
        )
    except aws.ERRORS as error:
        logger.error("sync trigger not run", error_type=type(error).__name__)
        raise Unavailable from None
    try:
        told = json.loads(payload)
    except ValueError:
        raise _failed("not JSON") from None
    if not is_error:
        return told
    if isinstance(told, dict) and told.get("errorType") == "Rejected":
        raise Rejected(str(told.get("errorMessage") or "")[:MAX_REASON])
    raise _failed("error")


def _wanted(answered: Mapping[str, Any], records: Mapping[str, Record], patches: Sequence[Patch]) -> Sequence[Patch]:
    """Patches for what the function answered, each on the record it saw."""
    given = {patch.key for patch in patches}
    wanted = []
    for key, one in answered.items():
        if not isinstance(one, dict) or one.get("op") not in {"replace", "remove"}:
            raise _failed("no op")
        value = one.get("newValue") if one["op"] == "replace" else None
        record = records.get(key)
        if key in given or value != (record.value if record else None):
            op = "remove" if value is None else "replace"
            wanted.append({"op": op, "key": key, "value": value, "sync_count": record.sync_count if record else 0})
    try:
        return Patches.model_validate({"patches": wanted}).patches if wanted else []
    except ValidationError:
        raise _failed("no records of a dataset") from None


def _failed(what: str) -> TriggerFailed:
    logger.error("sync trigger failed", what=what)
    count("TriggerFailed")
    return TriggerFailed()
