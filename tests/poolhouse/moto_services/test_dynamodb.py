import contextlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.files import Files
from poolhouse.moto_services import dynamodb
from poolhouse.store import Store
from poolhouse.web import Request, Response
from poolhouse.wire.errors import (
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from tests.poolhouse.moto_services.conftest import Client, Restart

TABLE = {
    "TableName": "notes",
    "KeySchema": [
        {"AttributeName": "owner", "KeyType": "HASH"},
        {"AttributeName": "number", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "owner", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {
    "owner": {"S": "ada"},
    "number": {"N": "1"},
    "text": {"S": "hello"},
    "raw": {"B": b"\x00\xff"},
    "raws": {"BS": [b"\x01"]},
    "deep": {"M": {"list": {"L": [{"N": "1.50"}, {"BOOL": True}, {"NULL": True}, {"B": b"\x02"}]}}},
    "tags": {"SS": ["a", "b"]},
}
KEY = {"owner": {"S": "ada"}, "number": {"N": "1"}}


@pytest.fixture
def table(ask: Client) -> Client:
    ask("dynamodb", "CreateTable", **TABLE)
    return ask


def get(client: Client, key: dict[str, Any] = KEY) -> dict[str, Any] | None:
    return client("dynamodb", "GetItem", TableName="notes", Key=key).get("Item")


def test_a_table_stands_in_the_cloud_s_account_and_region(table: Client) -> None:
    described = table("dynamodb", "DescribeTable", TableName="notes")["Table"]

    assert described["TableArn"] == "arn:aws:dynamodb:eu-west-1:000000000000:table/notes"
    assert described["TableStatus"] == "ACTIVE"


def test_an_item_of_every_type_is_there_after_a_restart(table: Client, restarted: Restart) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)

    assert get(restarted()) == ITEM


def test_an_item_of_every_type_is_the_same_in_every_answer(table: Client) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)
    projected = {"ProjectionExpression": "#r, deep", "ExpressionAttributeNames": {"#r": "raw"}}
    of_ada = {
        "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": "ada"}},
    }
    same = {"UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "text"}}
    same |= {"ExpressionAttributeValues": {":t": {"S": "hello"}}, "ReturnValues": "ALL_NEW"}

    def asked(operation: str, **params: Any) -> dict[str, Any]:
        return table("dynamodb", operation, TableName="notes", **params)

    gets = {"Get": {"TableName": "notes", "Key": KEY}}
    answers = [
        asked("Query", **of_ada)["Items"][0],
        asked("Scan")["Items"][0],
        table("dynamodb", "BatchGetItem", RequestItems={"notes": {"Keys": [KEY]}})["Responses"]["notes"][0],
        table("dynamodb", "TransactGetItems", TransactItems=[gets])["Responses"][0]["Item"],
        asked("UpdateItem", Key=KEY, **same)["Attributes"],
        asked("PutItem", Item=ITEM, ReturnValues="ALL_OLD")["Attributes"],
        asked("GetItem", Key=KEY)["Item"],
    ]
    part = asked("GetItem", Key=KEY, **projected)["Item"]
    deleted = asked("DeleteItem", Key=KEY, ReturnValues="ALL_OLD")["Attributes"]

    assert [*answers, deleted] == [ITEM] * 8
    assert part == {"raw": ITEM["raw"], "deep": ITEM["deep"]}


def test_an_answer_has_the_members_that_the_operation_has(table: Client) -> None:
    target = b'{"TableName": "notes", "Key": {"owner": {"S": "ada"}, "number": {"N": "1"}}}'

    assert table.raw("PutItem", target.replace(b"Key", b"Item")).body == b"{}"
    assert table.raw("DeleteItem", target).body == b"{}"
    assert table.raw("GetItem", target).body == b"{}"


def test_a_query_goes_through_one_partition_in_the_order_of_its_keys(table: Client) -> None:
    for owner, numbers in (("ada", (10, 2, 1)), ("ben", (3,)), ("bea", (10,))):
        for number in numbers:
            item = {"owner": {"S": owner}, "number": {"N": str(number)}, "text": {"S": "x"}}
            table("dynamodb", "PutItem", TableName="notes", Item=item)
    index = {
        "IndexName": "by_number",
        "KeySchema": [{"AttributeName": "number", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    table("dynamodb", "UpdateTable", TableName="notes", GlobalSecondaryIndexUpdates=[{"Create": index}])

    def found(name: str, value: dict[str, str], **params: Any) -> list[tuple[str, str]]:
        values = {"ExpressionAttributeNames": {"#k": name}, "ExpressionAttributeValues": {":v": value}}
        answer = table("dynamodb", "Query", TableName="notes", KeyConditionExpression="#k = :v", **values, **params)
        return [(item["owner"]["S"], item["number"]["N"]) for item in answer["Items"]]

    assert found("owner", {"S": "ada"}) == [("ada", "1"), ("ada", "2"), ("ada", "10")]
    assert found("owner", {"S": "ada"}, ScanIndexForward=False, Limit=1) == [("ada", "10")]
    after = {"owner": {"S": "ada"}, "number": {"N": "1"}}
    assert found("owner", {"S": "ada"}, ExclusiveStartKey=after) == [("ada", "2"), ("ada", "10")]
    assert found("owner", {"S": "eve"}) == []
    assert sorted(found("number", {"N": "10"}, IndexName="by_number")) == [("ada", "10"), ("bea", "10")]
    scanned = table("dynamodb", "Scan", TableName="notes")["Items"]
    order = [("ada", "1"), ("ada", "2"), ("ada", "10"), ("bea", "10"), ("ben", "3")]
    assert [(item["owner"]["S"], item["number"]["N"]) for item in scanned] == order


def test_a_query_leaves_its_table_as_it_was(table: Client) -> None:
    backend = table.services._backend("dynamodb")
    assert isinstance(backend, dynamodb.DynamoDB)
    before = backend._describe()
    of_ada = {"KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}

    table("dynamodb", "Query", TableName="notes", **of_ada, ExpressionAttributeValues={":o": {"S": "ada"}})

    assert backend._describe() == before


def test_a_table_is_described_the_same_after_a_restart(table: Client, restarted: Restart) -> None:
    ttl = {"Enabled": True, "AttributeName": "expires"}
    table("dynamodb", "UpdateTimeToLive", TableName="notes", TimeToLiveSpecification=ttl)
    table(
        "dynamodb",
        "UpdateContinuousBackups",
        TableName="notes",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )

    def describe(client: Client) -> list[Any]:
        wanted = ("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups")
        return [client("dynamodb", name, TableName="notes") for name in wanted]

    assert describe(restarted()) == describe(table)
    assert describe(table)[1]["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


def test_updates_and_deletes_are_there_after_a_restart(table: Client, restarted: Restart) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)
    other = {**KEY, "number": {"N": "2"}}
    table(
        "dynamodb",
        "UpdateItem",
        TableName="notes",
        Key=other,
        UpdateExpression="SET #t = :t",
        ExpressionAttributeNames={"#t": "text"},
        ExpressionAttributeValues={":t": {"S": "new"}},
    )
    table("dynamodb", "DeleteItem", TableName="notes", Key=KEY)

    again = restarted()
    assert get(again) is None
    assert get(again, other) == {**other, "text": {"S": "new"}}


def test_a_number_key_is_one_item_however_it_is_written(table: Client, restarted: Restart) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=KEY)
    table("dynamodb", "PutItem", TableName="notes", Item={**KEY, "number": {"N": "1.0"}, "text": {"S": "x"}})

    assert restarted()("dynamodb", "Scan", TableName="notes")["Count"] == 1


def test_a_batch_and_a_statement_are_kept(table: Client, restarted: Restart) -> None:
    puts = [{"PutRequest": {"Item": {**KEY, "number": {"N": str(n)}}}} for n in range(3)]
    table("dynamodb", "BatchWriteItem", RequestItems={"notes": puts})
    table("dynamodb", "ExecuteStatement", Statement="INSERT INTO notes value {'owner': 'ada', 'number': 7}")

    found = restarted()("dynamodb", "Scan", TableName="notes")["Items"]
    assert sorted(item["number"]["N"] for item in found) == ["0", "1", "2", "7"]


def test_a_condition_that_fails_changes_nothing(table: Client, restarted: Restart) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)

    error = table.error(
        "dynamodb", "PutItem", TableName="notes", Item=KEY, ConditionExpression="attribute_not_exists(#o)",
        ExpressionAttributeNames={"#o": "owner"},
    )  # fmt: skip

    assert error == ("ConditionalCheckFailedException", "The conditional request failed")
    assert get(table) == get(restarted()) == ITEM


def test_a_transaction_is_whole_or_not_at_all(table: Client, restarted: Restart) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)
    update = {
        "TableName": "notes",
        "Key": KEY,
        "UpdateExpression": "SET #t = :t",
        "ExpressionAttributeNames": {"#t": "text"},
        "ExpressionAttributeValues": {":t": {"S": "changed"}},
    }
    check = {
        "TableName": "notes",
        "Key": {**KEY, "number": {"N": "9"}},
        "ConditionExpression": "attribute_exists(#o)",
        "ExpressionAttributeNames": {"#o": "owner"},
    }
    put = {"TableName": "notes", "Item": {**KEY, "number": {"N": "3"}}}

    code, message = table.error(
        "dynamodb", "TransactWriteItems", TransactItems=[{"Put": put}, {"Update": update}, {"ConditionCheck": check}]
    )

    assert code == "TransactionCanceledException"
    assert message.endswith("[None, None, ConditionalCheckFailed]")
    for client in (table, restarted()):
        assert client("dynamodb", "Scan", TableName="notes")["Items"] == [ITEM]


def test_a_transaction_that_holds_is_kept(table: Client, restarted: Restart) -> None:
    puts = [{"Put": {"TableName": "notes", "Item": {**KEY, "number": {"N": str(n)}}}} for n in range(2)]

    table("dynamodb", "TransactWriteItems", TransactItems=puts)

    assert restarted()("dynamodb", "Scan", TableName="notes")["Count"] == 2


def counted(client: Client, token: str, **more: Any) -> dict[str, Any]:
    """A transaction that adds one, by this token."""
    update = {
        "TableName": "notes",
        "Key": KEY,
        "UpdateExpression": "ADD #c :one",
        "ExpressionAttributeNames": {"#c": "count"},
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    return client(
        "dynamodb", "TransactWriteItems", TransactItems=[{"Update": update}], ClientRequestToken=token, **more
    )


def count(client: Client) -> str:
    return str((get(client) or {})["count"]["N"])


def test_a_transaction_that_is_sent_again_is_done_once(table: Client, restarted: Restart) -> None:
    answers = [counted(table, "a"), counted(table, "a"), counted(restarted(), "a")]
    again = restarted()

    assert answers == [{}] * 3
    assert count(again) == "1"
    counted(again, "b")
    assert count(again) == "2"


def test_a_token_is_for_one_transaction(table: Client) -> None:
    counted(table, "a")

    with pytest.raises(ApiError) as raised:
        counted(table, "a", ReturnConsumedCapacity="TOTAL")
    assert raised.value.code == "IdempotentParameterMismatchException"
    assert count(table) == "1"


def test_a_transaction_that_was_not_done_is_done_when_it_is_sent_again(
    table: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Store, "write", refuse)
        with pytest.raises(OSError, match="no space"):
            counted(table, "a")
    counted(table, "a")

    assert count(table) == "1"


def test_what_is_read_by_a_token_is_read_again(table: Client) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item={**KEY, "text": {"S": "hello"}})
    statement = {"Statement": "SELECT * FROM notes WHERE owner = ?", "Parameters": [{"S": "ada"}]}
    asked = {"TransactStatements": [statement], "ClientRequestToken": "a"}

    answers = [table("dynamodb", "ExecuteTransaction", **asked) for _ in range(2)]

    assert answers[0]["Responses"]
    assert answers[1] == answers[0]


def test_a_token_counts_for_ten_minutes(store: Store, directory: Path) -> None:
    now = [datetime(2026, 11, 21, 12, tzinfo=UTC)]
    where = {"account_id": "000000000000", "region": "eu-west-1"}
    tables = dynamodb.DynamoDB(store, **where, clock=lambda: now[0])

    def asked(operation: str, body: dict[str, Any]) -> Response:
        headers = (("x-amz-target", f"DynamoDB_20120810.{operation}"), ("content-type", "application/x-amz-json-1.0"))
        return tables.handle(Request("POST", "/", headers=headers, body=json.dumps(body).encode()))

    asked("CreateTable", TABLE)
    put = {"Put": {"TableName": "notes", "Item": KEY, "ConditionExpression": "attribute_not_exists(#o)"}}
    put["Put"]["ExpressionAttributeNames"] = {"#o": "owner"}
    body = {"TransactItems": [put], "ClientRequestToken": "a"}
    statuses = []
    for minutes in (0, 9, 2):
        now[0] += timedelta(minutes=minutes)
        statuses.append(asked("TransactWriteItems", body).status)

    other = {"TransactItems": [{"Delete": {"TableName": "notes", "Key": KEY}}], "ClientRequestToken": "b"}
    assert asked("TransactWriteItems", other).status == 200
    assert statuses == [200, 200, 400]
    assert [one.name for one in store.moto_records.list(kind="transaction")] == ["b"]


def test_an_update_that_fails_half_way_leaves_no_trace(table: Client) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)

    error = table.error(
        "dynamodb", "UpdateItem", TableName="notes", Key=KEY, UpdateExpression="SET #t = :t, total = nothing + :t",
        ExpressionAttributeNames={"#t": "text"}, ExpressionAttributeValues={":t": {"N": "1"}},
    )  # fmt: skip

    assert error[0] == "ValidationException"
    assert get(table) == ITEM


def test_what_could_not_be_written_is_not_visible(table: Client, broken: Callable[[], None]) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)
    broken()

    with pytest.raises(OSError, match="no space left"):
        table("dynamodb", "PutItem", TableName="notes", Item={**KEY, "text": {"S": "lost"}})
    with pytest.raises(OSError, match="no space left"):
        table("dynamodb", "DeleteTable", TableName="notes")
    with pytest.raises(OSError, match="no space left"):
        table("dynamodb", "CreateTable", **{**TABLE, "TableName": "other"})

    assert get(table) == ITEM
    assert table("dynamodb", "ListTables")["TableNames"] == ["notes"]


def test_a_deleted_table_takes_its_items_along(table: Client, restarted: Restart) -> None:
    table("dynamodb", "PutItem", TableName="notes", Item=ITEM)
    table("dynamodb", "DeleteTable", TableName="notes")
    table("dynamodb", "CreateTable", **TABLE)

    assert get(table) is None
    assert get(restarted()) is None


def test_a_tag_set_again_replaces_the_first(table: Client, restarted: Restart) -> None:
    arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/notes"
    for value in ("dev", "prod"):
        table("dynamodb", "TagResource", ResourceArn=arn, Tags=[{"Key": "stage", "Value": value}])

    tags = restarted()("dynamodb", "ListTagsOfResource", ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "stage", "Value": "prod"}]


def test_concurrent_conditional_writes_have_one_winner(table: Client) -> None:
    won: list[int] = []

    def write(number: int) -> None:
        with contextlib.suppress(ApiError):
            table(
                "dynamodb", "PutItem", TableName="notes", Item={**KEY, "by": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(#o)", ExpressionAttributeNames={"#o": "owner"},
            )  # fmt: skip
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    item = get(table)
    assert item is not None
    assert item["by"] == {"N": str(won[0])}


def test_two_clouds_in_one_process_do_not_see_each_other(table: Client) -> None:
    with contextlib.closing(Store(None)) as store:
        other = Client(type(table.services)(store, Files(None), account_id="000000000000", region="eu-west-1"))
        assert other("dynamodb", "ListTables")["TableNames"] == []
    assert table("dynamodb", "ListTables")["TableNames"] == ["notes"]


def test_operations_not_built_and_not_known_are_refused_by_name(ask: Client) -> None:
    with pytest.raises(NotImplementedException, match=r"^dynamodb CreateBackup is not implemented yet in Poolhouse$"):
        ask.raw("CreateBackup", b"{}")
    with pytest.raises(UnknownOperationException):
        ask.raw("Nonsense", b"{}")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"TableName": {}, "Item": {}}'])
def test_junk_is_refused_before_moto_sees_it(table: Client, body: bytes) -> None:
    with pytest.raises(SerializationException):
        table.raw("PutItem", body)


def test_missing_members_are_reported_by_name(table: Client) -> None:
    with pytest.raises(ValidationException, match="The parameter 'TableName' is required but was not present"):
        table.raw("PutItem", b"{}")
    with pytest.raises(ValidationException, match="Value null at 'item' failed to satisfy constraint"):
        table.raw("PutItem", b'{"TableName": "notes"}')


def deep(opened: str, depth: int, closed: str) -> bytes:
    """A request for an item with a value that so many maps or lists are around."""
    value = opened * depth + '{"S": "x"}' + closed * depth
    return b'{"TableName": "notes", "Item": {"owner": {"S": "a"}, "number": {"N": "1"}, "v": %s}}' % value.encode()


WRAPS = pytest.mark.parametrize(("opened", "closed"), [('{"M": {"M": ', "}}"), ('{"L": [', "]}")])


@WRAPS
def test_a_value_may_be_in_31_maps_or_lists(table: Client, opened: str, closed: str) -> None:
    assert table.raw("PutItem", deep(opened, 31, closed)).status == 200
    assert msgspec.json.decode(table.raw("Scan", b'{"TableName": "notes"}').body)["Count"] == 1


@WRAPS
@pytest.mark.parametrize("depth", [32, 500, 50_000])
def test_a_value_in_more_is_refused(table: Client, opened: str, closed: str, depth: int) -> None:
    with pytest.raises(ValidationException, match="Nesting Levels have exceeded supported limits"):
        table.raw("PutItem", deep(opened, depth, closed))


def at_once(client: Client, operation: str, **params: Any) -> bool:
    """Whether an operation is answered by the thread that serves."""
    headers = (("x-amz-target", f"DynamoDB_20120810.{operation}"), ("content-type", "application/x-amz-json-1.0"))
    body = json.dumps({"TableName": "notes", **params}).encode()
    return client.services.at_once("dynamodb", Request("POST", "/", headers=headers, body=body)) is not None


def test_only_what_goes_through_few_items_is_answered_at_once(table: Client) -> None:
    of_ada = {"KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    of_ada["ExpressionAttributeValues"] = {":o": {"S": "ada"}}
    few = (at_once(table, "Scan"), at_once(table, "Query", **of_ada))
    for start in range(0, 260, 20):
        items = [{"owner": {"S": f"o{start}"}, "number": {"N": str(start + n)}} for n in range(20)]
        table("dynamodb", "BatchWriteItem", RequestItems={"notes": [{"PutRequest": {"Item": item}} for item in items]})

    assert few == (True, True)
    assert not at_once(table, "Scan")
    assert not at_once(table, "Scan", TableName="arn:aws:dynamodb:eu-west-1:000000000000:table/notes")
    assert at_once(table, "Query", **of_ada)
    assert at_once(table, "GetItem", Key=KEY)
    assert not at_once(table, "PutItem", Item={**KEY, "text": {"S": "x" * 70_000}})
    assert not at_once(table, "DescribeTable")


def test_nobody_waits_on_the_serving_thread_for_who_is_at_the_tables(table: Client) -> None:
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with dynamodb._LOCK:
            begun.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    during = at_once(table, "GetItem", Key=KEY)
    done.set()
    holder.join()

    assert not during
    assert at_once(table, "GetItem", Key=KEY)
