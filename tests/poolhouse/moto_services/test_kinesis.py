"""Kinesis: streams, shards and records, there after a restart; places in a shard, policies, and what is refused."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud

FIRST = "shardId-000000000000"
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
OTHER = "arn:aws:kinesis:us-east-1:000000000000:stream/other"
HALF = str(2**127)


@pytest.fixture
def kinesis(cloud: LocalCloud) -> Any:
    client = cloud.client("kinesis")
    client.create_stream(StreamName="s", ShardCount=1, Tags={"team": "red"})
    return client


def put(kinesis: Any, *texts: str, key: str = "k") -> list[str]:
    return [
        kinesis.put_record(StreamName="s", Data=text.encode(), PartitionKey=key)["SequenceNumber"] for text in texts
    ]


def iterator(kinesis: Any, kind: str = "TRIM_HORIZON", shard: str = FIRST, **more: Any) -> str:
    answer = kinesis.get_shard_iterator(StreamName="s", ShardId=shard, ShardIteratorType=kind, **more)
    return str(answer["ShardIterator"])


def read(kinesis: Any, kind: str = "TRIM_HORIZON", shard: str = FIRST, **more: Any) -> list[str]:
    found = kinesis.get_records(ShardIterator=iterator(kinesis, kind, shard, **more))["Records"]
    return [record["Data"].decode() for record in found]


def refusal(ask: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        ask()
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def keys(cloud: LocalCloud, *statements: dict[str, Any]) -> dict[str, str]:
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_records_are_read_in_order_page_by_page(kinesis: Any) -> None:
    numbers = put(kinesis, "a", "b", "c")
    assert numbers == sorted(numbers, key=int)
    page = kinesis.get_records(ShardIterator=iterator(kinesis), Limit=2)
    assert [record["Data"] for record in page["Records"]] == [b"a", b"b"]
    assert page["Records"][0]["SequenceNumber"] == numbers[0]
    assert page["Records"][0]["PartitionKey"] == "k"
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert [record["Data"] for record in page["Records"]] == [b"c"]
    assert page["MillisBehindLatest"] == 0
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert page["Records"] == []
    put(kinesis, "d")
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"], StreamARN=ARN)
    assert [record["Data"] for record in page["Records"]] == [b"d"]


def test_a_reader_begins_where_it_wants_to(cloud: LocalCloud, kinesis: Any) -> None:
    _, second, _ = put(kinesis, "a", "b", "c")
    assert read(kinesis, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=second) == ["b", "c"]
    assert read(kinesis, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=second) == ["c"]
    assert read(kinesis, "LATEST") == []
    cloud.clock.advance(timedelta(minutes=1))
    at = cloud.clock()
    put(kinesis, "d")
    assert read(kinesis, "AT_TIMESTAMP", Timestamp=at) == ["d"]


def test_a_batch_is_put_by_key_and_by_hash(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="two", ShardCount=2)
    records = [
        {"Data": b"low", "PartitionKey": "x", "ExplicitHashKey": "0"},
        {"Data": b"high", "PartitionKey": "x", "ExplicitHashKey": str(2**128 - 1)},
        {"Data": b"edge", "PartitionKey": "x", "ExplicitHashKey": str(2**127 - 1)},
        {"Data": b"b", "PartitionKey": "b"},
    ]
    answer = kinesis.put_records(StreamName="two", Records=records)
    assert answer["FailedRecordCount"] == 0
    assert [one["ShardId"][-1] for one in answer["Records"]] == ["0", "1", "0", "1"]


def test_a_split_shard_is_read_to_its_end_and_its_children_after_it(kinesis: Any) -> None:
    put(kinesis, "before", key="a")
    kinesis.split_shard(StreamName="s", ShardToSplit=FIRST, NewStartingHashKey=HALF)
    put(kinesis, "after", key="a")
    page = kinesis.get_records(ShardIterator=iterator(kinesis))
    assert [record["Data"] for record in page["Records"]] == [b"before"]
    assert "NextShardIterator" not in page
    low, high = page["ChildShards"]
    assert (low["ParentShards"], low["HashKeyRange"]["EndingHashKey"]) == ([FIRST], str(2**127 - 1))
    assert (read(kinesis, shard=low["ShardId"]), read(kinesis, shard=high["ShardId"])) == (["after"], [])
    kinesis.merge_shards(StreamName="s", ShardToMerge=low["ShardId"], AdjacentShardToMerge=high["ShardId"])
    put(kinesis, "merged", key="a")
    assert read(kinesis, shard=low["ShardId"]) == ["after"]
    assert read(kinesis, shard="shardId-000000000003") == ["merged"]
    assert kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["OpenShardCount"] == 1
    shards = kinesis.list_shards(StreamName="s")["Shards"]
    assert [("EndingSequenceNumber" in one["SequenceNumberRange"]) for one in shards] == [True, True, True, False]
    again = refusal(lambda: kinesis.split_shard(StreamName="s", ShardToSplit=FIRST, NewStartingHashKey=HALF))
    assert again[0] == "InvalidArgumentException"


def test_shards_and_streams_are_listed_page_by_page(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="many", ShardCount=5)
    first = kinesis.list_shards(StreamName="many", MaxResults=3)
    rest = kinesis.list_shards(NextToken=first["NextToken"], MaxResults=3)
    assert [int(one["ShardId"][-1]) for one in (*first["Shards"], *rest["Shards"])] == [0, 1, 2, 3, 4]
    assert "NextToken" not in rest
    described = kinesis.get_paginator("describe_stream").paginate(StreamName="many", PaginationConfig={"PageSize": 3})
    assert [len(page["StreamDescription"]["Shards"]) for page in described] == [3, 2]
    kinesis.add_tags_to_stream(StreamName="s", Tags={"a": "1", "z": "2"})
    tags = kinesis.list_tags_for_stream(StreamName="s", Limit=1)
    assert ([one["Key"] for one in tags["Tags"]], tags["HasMoreTags"]) == (["a"], True)
    tags = kinesis.list_tags_for_stream(StreamName="s", ExclusiveStartTagKey="a")
    assert ([one["Key"] for one in tags["Tags"]], tags["HasMoreTags"]) == (["team", "z"], False)
    streams = kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 1})
    assert [page["StreamNames"] for page in streams] == [["many"], ["s"]]
    assert kinesis.list_streams(ExclusiveStartStreamName="none")["StreamNames"] == ["s"]


def test_as_many_records_are_read_as_an_answer_holds(kinesis: Any) -> None:
    large = [{"Data": bytes(1_000_000), "PartitionKey": "k"}] * 6
    for _ in range(2):
        kinesis.put_records(StreamName="s", Records=large)
    page = kinesis.get_records(ShardIterator=iterator(kinesis))
    rest = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert (len(page["Records"]), len(rest["Records"])) == (10, 2)
    put(kinesis, *map(str, range(60)))
    rest = kinesis.get_records(ShardIterator=rest["NextShardIterator"])
    assert [int(record["Data"]) for record in rest["Records"]] == list(range(60))


def test_the_number_of_shards_is_changed(kinesis: Any) -> None:
    put(kinesis, "kept")
    answer = kinesis.update_shard_count(StreamARN=ARN, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert (answer["StreamName"], answer["StreamARN"], answer["CurrentShardCount"]) == ("s", ARN, 1)
    shards = kinesis.list_shards(StreamName="s")["Shards"]
    assert [one.get("ParentShardId") for one in shards] == [None, FIRST, FIRST]
    assert read(kinesis) == ["kept"]


def test_records_are_kept_as_long_as_the_stream_says(cloud: LocalCloud, kinesis: Any) -> None:
    put(kinesis, "old")
    kinesis.increase_stream_retention_period(StreamARN=ARN, RetentionPeriodHours=48)
    cloud.clock.advance(timedelta(hours=47))
    put(kinesis, "new")
    assert read(kinesis) == ["old", "new"]
    cloud.clock.advance(timedelta(hours=2))
    assert read(kinesis) == ["new"]
    put(kinesis, "newer")
    assert cloud.inner.store.moto_records.count(kind="record") == 2


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as first:
        client = first.client("kinesis")
        client.create_stream(StreamName="s", ShardCount=1, Tags={"team": "red"})
        put(client, "a", key="a")
        client.split_shard(StreamName="s", ShardToSplit=FIRST, NewStartingHashKey=HALF)
        (number,) = put(client, "b", key="a")
        place = iterator(client, shard="shardId-000000000001")
    with testing.cloud(config=config) as second:
        client = second.client("kinesis")
        assert read(client) == ["a"]
        assert client.get_records(ShardIterator=place)["Records"][0]["SequenceNumber"] == number
        assert client.list_tags_for_stream(StreamName="s")["Tags"] == [{"Key": "team", "Value": "red"}]
        assert int(put(client, "c", key="a")[0]) > int(number)


def test_a_stream_made_anew_has_nothing_of_the_one_before(kinesis: Any, cloud: LocalCloud) -> None:
    put(kinesis, "old")
    kinesis.delete_stream(StreamName="s")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    assert read(kinesis) == []
    assert cloud.inner.store.moto_records.count(kind="record") == 0


def test_records_put_at_the_same_time_all_have_their_place(cloud: LocalCloud, kinesis: Any) -> None:
    clients = [cloud.client("kinesis") for _ in range(4)]
    threads = [
        threading.Thread(target=put, args=(client, *(f"{number}-{n}" for n in range(10))))
        for number, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = kinesis.get_records(ShardIterator=iterator(kinesis))["Records"]
    numbers = [int(record["SequenceNumber"]) for record in found]
    assert len(set(numbers)) == 40
    assert numbers == sorted(numbers)
    texts = [record["Data"].decode() for record in found]
    assert [text for text in texts if text.startswith("2-")] == [f"2-{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("put_record", {"StreamName": "none", "Data": b"", "PartitionKey": "k"}, "ResourceNotFoundException"),
        ("put_record", {"Data": b"", "PartitionKey": "k"}, "InvalidArgumentException"),
        ("put_record", {"StreamName": "s", "Data": b"x" * 1_048_576, "PartitionKey": "k"}, "ValidationException"),
        (
            "put_record",
            {"StreamName": "s", "Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(2**128)},
            "InvalidArgumentException",
        ),
        (
            "put_records",
            {"StreamName": "s", "Records": [{"Data": b"x" * 1_000_000, "PartitionKey": "k"}] * 11},
            "InvalidArgumentException",
        ),
        ("put_record", {"StreamName": "s", "Data": b""}, "ValidationException"),
        ("put_records", {"StreamName": "s", "Records": [{"Data": b""}]}, "ValidationException"),
        (
            "update_shard_count",
            {"StreamName": "s", "TargetShardCount": 3, "ScalingType": "UNIFORM_SCALING"},
            "InvalidArgumentException",
        ),
        ("create_stream", {"StreamName": "s", "ShardCount": 1}, "ResourceInUseException"),
        ("create_stream", {"StreamName": "t"}, "InvalidArgumentException"),
        ("create_stream", {"StreamName": "t", "ShardCount": 10**9}, "LimitExceededException"),
        ("create_stream", {"StreamName": "t/u", "ShardCount": 1}, "ValidationException"),
        ("delete_stream", {"StreamARN": OTHER}, "ResourceNotFoundException"),
        ("delete_stream", {"StreamName": "s", "StreamARN": OTHER}, "ResourceNotFoundException"),
        (
            "update_stream_mode",
            {"StreamARN": OTHER, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
            "ResourceNotFoundException",
        ),
        ("get_records", {"ShardIterator": "nonsense"}, "InvalidArgumentException"),
        ("get_records", {"ShardIterator": f"s/{FIRST}/²/9"}, "InvalidArgumentException"),
        ("get_records", {"ShardIterator": f"s/{FIRST}/0/1"}, "ExpiredIteratorException"),
        (
            "get_shard_iterator",
            {"StreamName": "s", "ShardId": "shardId-9", "ShardIteratorType": "LATEST"},
            "ResourceNotFoundException",
        ),
        (
            "get_shard_iterator",
            {"StreamName": "s", "ShardId": FIRST, "ShardIteratorType": "AT_SEQUENCE_NUMBER"},
            "InvalidArgumentException",
        ),
        (
            "get_shard_iterator",
            {"StreamName": "s", "ShardId": FIRST, "ShardIteratorType": "AT_TIMESTAMP"},
            "InvalidArgumentException",
        ),
        ("list_shards", {"NextToken": "s/x", "StreamName": "s"}, "InvalidArgumentException"),
        ("register_stream_consumer", {"StreamARN": ARN, "ConsumerName": "c"}, "NotImplementedException"),
        (
            "start_stream_encryption",
            {"StreamName": "s", "EncryptionType": "KMS", "KeyId": "k"},
            "NotImplementedException",
        ),
    ],
)
def test_what_is_wrong_is_refused(kinesis: Any, operation: str, params: dict[str, Any], code: str) -> None:
    assert refusal(lambda: getattr(kinesis, operation)(**params))[0] == code
    assert kinesis.list_streams()["StreamNames"] == ["s"]
    assert read(kinesis) == []


def test_what_is_not_json_is_refused_by_name(cloud: LocalCloud) -> None:
    headers = {
        "X-Amz-Target": "Kinesis_20131202.ListStreams",
        "Content-Type": "application/x-amz-cbor-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260924/us-east-1/kinesis/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}",
        "X-Amz-Date": "20260924T135000Z",
    }
    response = cloud.fetch("POST", "/", headers=headers, body=b"\xa0")
    assert json.loads(response.body)["__type"] == "NotImplementedException"


def test_policies_decide_by_stream_whichever_way_it_is_named(cloud: LocalCloud, kinesis: Any) -> None:
    kinesis.create_stream(StreamName="other", ShardCount=1)
    found = kinesis.get_shard_iterator(StreamName="other", ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    theirs = found["ShardIterator"]
    ann = cloud.client("kinesis", **keys(cloud, {"Effect": "Allow", "Action": "kinesis:*", "Resource": ARN}))

    put(ann, "mine")
    assert read(ann) == ["mine"]
    assert len(ann.list_shards(StreamARN=ARN)["Shards"]) == 1
    cases: list[tuple[Callable[[], object], str, str]] = [
        (lambda: ann.put_record(StreamName="other", Data=b"", PartitionKey="k"), "PutRecord", OTHER),
        (lambda: ann.put_record(StreamName="s", StreamARN=OTHER, Data=b"", PartitionKey="k"), "PutRecord", OTHER),
        (lambda: ann.get_records(ShardIterator=theirs), "GetRecords", OTHER),
        (lambda: ann.get_records(ShardIterator=theirs, StreamARN=ARN), "GetRecords", OTHER),
        (lambda: ann.list_shards(NextToken=f"other/{FIRST}"), "ListShards", OTHER),
        (ann.list_streams, "ListStreams", "*"),
        (lambda: ann.create_stream(StreamName="new", ShardCount=1), "CreateStream", OTHER.replace("other", "new")),
    ]
    for ask, action, resource in cases:
        code, message = refusal(ask)
        assert code == "AccessDeniedException"
        assert message.startswith(
            f"User: arn:aws:iam::000000000000:user/ann is not authorized to perform: kinesis:{action} on resource: "
            f"{resource} because no identity-based policy allows the kinesis:{action} action"
        )
