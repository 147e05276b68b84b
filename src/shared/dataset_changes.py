"""Changes of datasets on their way to a stream: kept with the change itself, and put there by a function of their own.

Each is written to a table in the transaction that changes the dataset, so that it is there when, and only when, the
change was made, whatever becomes of Kinesis. The table's stream runs `handlers/dataset_changes.py`, which is told the
keys alone: it reads a change, which may be larger than a row (400 KB), from its parts.

The records are those of Amazon Cognito Streams, which consumers of it can read:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-streams.html
"""

import json
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from shared import aws
from shared.config import settings
from shared.errors import LimitExceeded
from shared.models import Record

MAX_BYTES = 1_048_576  # of one of Kinesis's records, its key included
PART_BYTES = 380_000  # a row has 400 KB, its names included
KEPT = timedelta(days=14)  # for as long as somebody may need to see to a stream that was down


def is_on() -> bool:
    """Whether changes are streamed."""
    return bool(settings().dataset_changes_table)


def rows(
    owner: str, name: str, records: Iterable[Record], *, revision: int, sync_count: int, now: datetime
) -> list[dict[str, Any]]:
    """The rows of a change, without records that of a deletion. Raises LimitExceeded for one Kinesis would not take.

    `revision` is the owner's: changes have the order of theirs.
    """
    told = _told(owner, name, list(records), sync_count=sync_count, now=now)
    room = MAX_BYTES - len(owner)
    if len(told) > room:
        raise LimitExceeded(f"A change has up to {room:,} bytes as it is streamed.")
    packed = zlib.compress(told)
    parts = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
    ends = {"expires_at": {"N": str(int((now + KEPT).timestamp()))}}
    return [
        {"owner": {"S": owner}, "id": {"S": f"{revision:012}/{number}"}, "contents": {"B": part}, **ends}
        for number, part in enumerate(parts)
    ]


def publish(owner: str, row_id: str) -> bool:
    """Put the change whose first row this is on the stream; False where its rows are gone."""
    revision = row_id.partition("/")[0]
    dynamodb = aws.client("dynamodb")
    question = {
        "TableName": settings().dataset_changes_table,
        "KeyConditionExpression": "#owner = :owner AND begins_with(id, :change)",
        "ExpressionAttributeNames": {"#owner": "owner"},  # a reserved word of DynamoDB's
        "ExpressionAttributeValues": {":owner": {"S": owner}, ":change": {"S": f"{revision}/"}},
        "ConsistentRead": True,
    }
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        page = dynamodb.query(**question, **start)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    if not found:
        return False
    told = zlib.decompress(b"".join(row["contents"]["B"] for row in found))
    aws.client("kinesis").put_record(StreamName=settings().dataset_changes_stream, Data=told, PartitionKey=owner)
    return True


def is_first(row_id: str) -> bool:
    """Whether a row is its change's first, which stands for all of them."""
    return row_id.endswith("/0")


def _told(owner: str, name: str, records: list[Record], *, sync_count: int, now: datetime) -> bytes:
    at = int(now.timestamp() * 1000)
    told = {
        "identityPoolId": settings().identity_pool_id,
        "identityId": owner,
        "dataSetName": name,
        "operation": "replace" if records else "remove",
        "kinesisSyncRecords": [
            {
                "key": record.key,
                "value": record.value,
                "syncCount": record.sync_count,
                "lastModifiedDate": at,
                "deviceLastModifiedDate": at,  # devices do not say here
                "op": "remove" if record.value is None else "replace",
            }
            for record in records
        ],
        "lastModifiedDate": at,
        "kinesisSyncRecordsURL": None,
        "payloadType": "Inline",
        "syncCount": sync_count,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
