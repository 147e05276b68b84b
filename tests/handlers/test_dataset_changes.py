import json
import random
from base64 import b64decode
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from shared import aws, tables
from shared.config import settings
from tests.handlers.test_datasets import IDENTITY, delete, drop, get, patch, replace
from tests.service_support import CONTEXT, Event, Handler, event, template

TABLE, STREAM, POOL = "changes", "changes-stream", "us-east-1:11111111-7b64-4d0e-8a55-6f0c1d2e3b4a"


@pytest.fixture
def streamed(datasets: Handler, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """The datasets' handler, whose changes are streamed."""
    properties = template()["Resources"]["DatasetChangesTable"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema")
    tables.dynamodb().create_table(TableName=TABLE, **{key: properties[key] for key in wanted})
    aws.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
    for name, value in (("TABLE", TABLE), ("STREAM", STREAM)):
        monkeypatch.setenv(f"DATASET_CHANGES_{name}", value)
    monkeypatch.setenv("IDENTITY_POOL_ID", POOL)
    settings.cache_clear()
    yield datasets
    monkeypatch.undo()
    settings.cache_clear()
    tables.dynamodb().delete_table(TableName=TABLE)
    if STREAM in aws.client("kinesis").list_streams()["StreamNames"]:
        aws.client("kinesis").delete_stream(StreamName=STREAM)


@pytest.fixture
def dataset_changes(streamed: Handler) -> Handler:
    from handlers.dataset_changes import lambda_handler  # noqa: PLC0415 - it makes its clients when it is imported

    return lambda_handler


def batch(*, name: str = "INSERT") -> Event:
    """What the table's stream tells of the rows there are, in the order they were written."""
    (sample,) = event("dataset_changes")["Records"]
    rows = sorted(tables.dynamodb().scan(TableName=TABLE)["Items"], key=lambda row: str(row["id"]["S"]))
    keys = [{"owner": row["owner"], "id": row["id"]} for row in rows]
    changes = [sample["dynamodb"] | {"Keys": key, "SequenceNumber": f"{n}"} for n, key in enumerate(keys)]
    return {"Records": [sample | {"eventName": name, "dynamodb": change} for change in changes]}


def published() -> list[dict[str, Any]]:
    kinesis = aws.client("kinesis")
    shard = kinesis.describe_stream(StreamName=STREAM)["StreamDescription"]["Shards"][0]["ShardId"]
    asked = {"StreamName": STREAM, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    records = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**asked)["ShardIterator"])["Records"]
    assert {record["PartitionKey"] for record in records} <= {IDENTITY}
    return [json.loads(b64decode(record["Data"])) for record in records]


def test_each_change_is_published_as_cognito_streams_told_it(streamed: Handler, dataset_changes: Handler) -> None:
    patch(streamed, "d", replace("a", "1"), replace("é", "ключ"))
    patch(streamed, "d", drop("a", 1))
    assert patch(streamed, "d", replace("a", "late", 1)).status == 409
    assert delete(streamed, "d").status == 204

    assert dataset_changes(batch(), CONTEXT) == {"batchItemFailures": []}

    first, second, third = published()
    at = first["lastModifiedDate"]
    assert first == {
        "identityPoolId": POOL,
        "identityId": IDENTITY,
        "dataSetName": "d",
        "operation": "replace",
        "kinesisSyncRecords": [
            {
                "key": key,
                "value": value,
                "syncCount": 1,
                "lastModifiedDate": at,
                "deviceLastModifiedDate": at,
                "op": "replace",
            }
            for key, value in (("a", "1"), ("é", "ключ"))
        ],
        "lastModifiedDate": at,
        "kinesisSyncRecordsURL": None,
        "payloadType": "Inline",
        "syncCount": 1,
    }
    (removed,) = second["kinesisSyncRecords"]
    assert (removed["key"], removed["value"], removed["op"], second["syncCount"]) == ("a", None, "remove", 2)
    assert (third["operation"], third["kinesisSyncRecords"], third["syncCount"]) == ("remove", [], 2)


def test_nothing_is_lost_while_the_stream_is_away(streamed: Handler, dataset_changes: Handler, log: StringIO) -> None:
    for count in range(3):
        patch(streamed, "d", replace("a", f"secret {count}", count))
    aws.client("kinesis").delete_stream(StreamName=STREAM)

    assert dataset_changes(batch(), CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert '"error_code":"ResourceNotFoundException"' in log.getvalue()
    assert "secret" not in log.getvalue()

    aws.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
    assert dataset_changes(batch(), CONTEXT) == {"batchItemFailures": []}
    assert [change["syncCount"] for change in published()] == [1, 2, 3]


def test_a_change_larger_than_a_row_is_published_whole_and_once(streamed: Handler, dataset_changes: Handler) -> None:
    noise = "".join(random.Random(7).choices([chr(code) for code in range(0x23, 0x5B)], k=1_040_000))
    patch(streamed, "d", replace("a", noise))
    assert len(batch()["Records"]) > 1

    dataset_changes(batch(), CONTEXT)

    (change,) = published()
    assert change["kinesisSyncRecords"][0]["value"] == noise


def test_a_change_that_kinesis_would_not_take_is_refused_and_not_made(streamed: Handler) -> None:
    answer = patch(streamed, "d", replace("a", "x" * 1_048_400))

    assert (answer.status, answer.body["code"]) == (422, "limit_exceeded")
    assert answer.body["detail"] == "A change has up to 1,048,530 bytes as it is streamed."
    assert get(streamed, "d").status == 404
    assert batch() == {"Records": []}


def test_changes_that_expire_are_not_published_and_one_that_came_too_late_is_counted(
    streamed: Handler, dataset_changes: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    patch(streamed, "d", replace("a", "1"))

    assert dataset_changes(batch(name="REMOVE"), CONTEXT) == {"batchItemFailures": []}
    gone = event("dataset_changes")
    gone["Records"][0]["dynamodb"]["Keys"]["id"]["S"] = "000000000099/0"
    assert dataset_changes(gone, CONTEXT) == {"batchItemFailures": []}

    assert published() == []
    assert '"DatasetChangeExpired":[1.0]' in capsys.readouterr().out


def test_without_a_stream_nothing_is_kept_of_changes(datasets: Handler) -> None:
    patch(datasets, "d", replace("a", "1"))

    rows = tables.dynamodb().scan(TableName="datasets")["Items"]
    assert sorted(row["id"]["S"] for row in rows) == ["catalogue", "part/d/1/0"]
