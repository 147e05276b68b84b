"""Streams of tables: each change once, as the view has it, there after a restart; and who may read them."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud

KEY = {"id": {"S": "one"}, "at": {"N": "1"}}


def make(cloud: LocalCloud, view: str = "NEW_AND_OLD_IMAGES", name: str = "notes") -> str:
    """A table with a stream; the stream's ARN."""
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
    )
    return str(dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"])


def shard(streams: Any, arn: str) -> str:
    return str(streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"])


def iterator(streams: Any, arn: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    answer = streams.get_shard_iterator(StreamArn=arn, ShardId=shard(streams, arn), ShardIteratorType=kind, **more)
    return str(answer["ShardIterator"])


def read(streams: Any, arn: str, kind: str = "TRIM_HORIZON", **more: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator(streams, arn, kind, **more))["Records"]
    return records


def refusal(ask: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        ask()
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def put(cloud: LocalCloud, number: int = 1, **attributes: Any) -> None:
    item = {**KEY, "at": {"N": str(number)}, **attributes}
    cloud.client("dynamodb").put_item(TableName="notes", Item=item)


def test_each_change_is_told_once_and_what_changes_nothing_is_not(cloud: LocalCloud) -> None:
    arn = make(cloud)
    dynamodb, streams = cloud.client("dynamodb"), cloud.client("dynamodbstreams")
    put(cloud, data={"B": b"\x00"})
    put(cloud, data={"B": b"\x00"})
    update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}
    dynamodb.update_item(TableName="notes", Key=KEY, **update)
    dynamodb.update_item(TableName="notes", Key={**KEY, "at": {"N": "2"}}, **update)
    dynamodb.delete_item(TableName="notes", Key=KEY)
    dynamodb.delete_item(TableName="notes", Key=KEY)
    with pytest.raises(ClientError):
        dynamodb.put_item(TableName="notes", Item=KEY, ConditionExpression="attribute_exists(id)")

    records = read(streams, arn)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "INSERT", "REMOVE"]
    assert records[1]["dynamodb"]["NewImage"] == {**KEY, "data": {"B": b"\x00"}, "n": {"N": "2"}}
    assert records[1]["dynamodb"]["OldImage"] == {**KEY, "data": {"B": b"\x00"}}
    assert "OldImage" not in records[0]["dynamodb"]
    assert "NewImage" not in records[3]["dynamodb"]
    assert records[0]["dynamodb"]["Keys"] == KEY
    assert {record["awsRegion"] for record in records} == {"us-east-1"}
    assert len({record["eventID"] for record in records}) == 4
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_a_record_shows_what_the_view_says(cloud: LocalCloud, view: str, images: set[str]) -> None:
    arn = make(cloud, view)
    put(cloud)
    put(cloud, n={"N": "1"})
    told = read(cloud.client("dynamodbstreams"), arn)[1]["dynamodb"]
    assert told["StreamViewType"] == view
    assert {name for name in told if name.endswith("Image")} == images


def test_a_transaction_that_is_cancelled_tells_nothing(cloud: LocalCloud) -> None:
    arn = make(cloud)
    dynamodb, streams = cloud.client("dynamodb"), cloud.client("dynamodbstreams")
    puts = [{"Put": {"TableName": "notes", "Item": {**KEY, "at": {"N": str(n)}}}} for n in (1, 2)]
    check = {"ConditionCheck": {"TableName": "notes", "Key": {**KEY, "at": {"N": "3"}}}}
    check["ConditionCheck"]["ConditionExpression"] = "attribute_exists(id)"
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        dynamodb.transact_write_items(TransactItems=[*puts, check])
    assert read(streams, arn) == []
    dynamodb.transact_write_items(TransactItems=puts)
    assert len(read(streams, arn)) == 2


def test_a_reader_goes_on_page_by_page_from_where_it_wants(cloud: LocalCloud) -> None:
    arn = make(cloud)
    streams = cloud.client("dynamodbstreams")
    put(cloud, 1)
    late = iterator(streams, arn, "LATEST")
    put(cloud, 2)
    put(cloud, 3)
    page = streams.get_records(ShardIterator=iterator(streams, arn), Limit=2)
    (third,) = streams.get_records(ShardIterator=page["NextShardIterator"])["Records"]
    assert third["dynamodb"]["Keys"]["at"] == {"N": "3"}
    assert len(streams.get_records(ShardIterator=late)["Records"]) == 2
    number = page["Records"][1]["dynamodb"]["SequenceNumber"]
    assert len(read(streams, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=number)) == 2
    assert len(read(streams, arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=number)) == 1


def test_records_are_there_after_a_restart_and_for_a_day(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as first:
        arn = make(first)
        put(first)
    with testing.cloud(config=config) as second:
        streams = second.client("dynamodbstreams")
        put(second, 2)
        assert [one["dynamodb"]["Keys"]["at"]["N"] for one in read(streams, arn)] == ["1", "2"]
        second.clock.advance(timedelta(hours=25))
        assert read(streams, arn) == []


def test_a_stream_ends_and_another_begins(cloud: LocalCloud) -> None:
    arn = make(cloud)
    dynamodb, streams = cloud.client("dynamodb"), cloud.client("dynamodbstreams")
    put(cloud)
    dynamodb.update_table(TableName="notes", StreamSpecification={"StreamEnabled": False})
    put(cloud, 2)
    assert streams.list_streams()["Streams"] == []
    assert refusal(lambda: streams.describe_stream(StreamArn=arn))[0] == "ResourceNotFoundException"
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    dynamodb.update_table(TableName="notes", StreamSpecification=specification)
    (listed,) = streams.list_streams(TableName="notes")["Streams"]
    assert listed["StreamArn"] != arn
    assert read(streams, listed["StreamArn"]) == []
    dynamodb.delete_table(TableName="notes")
    assert cloud.inner.store.moto_records.count(kind="record") == 0


def test_a_page_is_as_long_as_asked(cloud: LocalCloud) -> None:
    arns = sorted(make(cloud, name=name) for name in ("aaa", "bbb", "ccc"))
    streams = cloud.client("dynamodbstreams")
    first = streams.list_streams(Limit=2)
    rest = streams.list_streams(ExclusiveStartStreamArn=first["LastEvaluatedStreamArn"])
    assert [one["StreamArn"] for one in (*first["Streams"], *rest["Streams"])] == arns
    assert "LastEvaluatedStreamArn" not in rest


def test_what_is_wrong_is_refused(cloud: LocalCloud) -> None:
    arn = make(cloud)
    streams = cloud.client("dynamodbstreams")
    good = shard(streams, arn)
    absent = arn.replace("notes", "nothing")
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: streams.describe_stream(StreamArn=absent), "ResourceNotFoundException"),
        (
            lambda: streams.get_shard_iterator(StreamArn=arn, ShardId="x" * 30, ShardIteratorType="LATEST"),
            "ResourceNotFoundException",
        ),
        (
            lambda: streams.get_shard_iterator(StreamArn=arn, ShardId=good, ShardIteratorType="AT_SEQUENCE_NUMBER"),
            "ValidationException",
        ),
        (lambda: streams.get_records(ShardIterator="nonsense"), "ResourceNotFoundException"),
        (lambda: streams.get_records(ShardIterator=f"{arn}|1|x/y"), "ValidationException"),
        (lambda: streams.get_records(ShardIterator=f"{arn}|1|0/1"), "ExpiredIteratorException"),
        (lambda: streams.get_records(ShardIterator=iterator(streams, arn), Limit=1001), "ValidationException"),
    ]
    update = cloud.client("dynamodb").update_table
    for specification in ({"StreamEnabled": True}, {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}):
        cases.append(
            (
                lambda given=specification: update(TableName="notes", StreamSpecification=given),  # type: ignore[misc]
                "ValidationException",
            )
        )
    for ask, code in cases:
        assert refusal(ask)[0] == code
    assert streams.list_streams()["Streams"][0]["StreamArn"] == arn


def test_policies_decide_by_the_streams_arn(cloud: LocalCloud) -> None:
    arn, other = make(cloud), make(cloud, name="others")
    streams, iam = cloud.client("dynamodbstreams"), cloud.client("iam")
    theirs = iterator(streams, other)
    iam.create_user(UserName="ann")
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = cloud.client(
        "dynamodbstreams", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )

    assert read(ann, arn) == []
    for ask, action in (
        (lambda: ann.describe_stream(StreamArn=other), "DescribeStream"),
        (lambda: ann.get_records(ShardIterator=theirs), "GetRecords"),
    ):
        code, message = refusal(ask)
        assert code == "AccessDeniedException"
        assert f"is not authorized to perform: dynamodb:{action} on resource: {other}" in message
    assert "dynamodb:ListStreams on resource: *" in refusal(ann.list_streams)[1]
