"""Functions run with records of streams: in order, from where they were, and past what they cannot handle."""

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.errors import CommandError
from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import write

# Writes down what it gets; raises where a record says so, or reports the first that is bad.
WORKER = """
import base64, json, pathlib
here = pathlib.Path(__file__).parent
def text(record):
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    return record["dynamodb"]["Keys"]["id"]["S"]
def number(record):
    return record.get("kinesis", record.get("dynamodb"))["sequenceNumber" if "kinesis" in record else "SequenceNumber"]
def handler(event, context):
    with (here / "told").open("a") as file:
        file.write(json.dumps(event) + "\\n")
    records = event["Records"]
    if any("raise" in text(one) for one in records) and not (here / "mended").exists():
        raise ValueError("no")
    return {"batchItemFailures": [{"itemIdentifier": number(one)} for one in records if "bad" in text(one)]}
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: SHARDS}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: CODE
      Handler: worker.handler
      Runtime: python3.11
      Timeout: 20
      Policies: [{SQSSendMessagePolicy: {QueueName: !GetAtt Dead.QueueName}}]
      Events:
        Record:
          Type: KIND
          Properties:
            Stream: !GetAtt SOURCE
            StartingPosition: TRIM_HORIZON
OPTIONS
Outputs:
  Stream: {Value: !Ref Stream}
  StreamArn: {Value: !GetAtt Stream.Arn}
  TableArn: {Value: !GetAtt Table.StreamArn}
  Table: {Value: !Ref Table}
  Dead: {Value: !Ref Dead}
  FunctionArn: {Value: !GetAtt Worker.Arn}
"""
DEAD = "            DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Dead.Arn}}\n"


class Works:
    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.outputs: dict[str, str] = {}
        (folder / "worker.py").write_text(WORKER)

    def deploy(
        self, kind: str = "Kinesis", *, shards: int = 1, dead: bool = False, timeout: int = 20, **options: object
    ) -> "Works":
        lines = "".join(f"            {name}: {json.dumps(value)}\n" for name, value in options.items())
        text = TEMPLATE.replace("OPTIONS\n", lines + (DEAD if dead else "")).replace("CODE", str(self.folder))
        text = text.replace("SHARDS", str(shards)).replace("KIND", kind).replace("Timeout: 20", f"Timeout: {timeout}")
        text = text.replace("SOURCE", "Stream.Arn" if kind == "Kinesis" else "Table.StreamArn")
        deployed = self.cloud.inner.deploy(write(self.folder, text), {}, progress=lambda _: None)
        assert deployed is not None
        self.outputs = dict(deployed.outputs)
        return self

    def put(self, *texts: str, key: str = "k") -> None:
        records = [{"Data": text.encode(), "PartitionKey": key} for text in texts]
        self.cloud.client("kinesis").put_records(StreamName=self.outputs["Stream"], Records=records)

    def write(self, *names: str) -> None:
        for name in names:
            self.cloud.client("dynamodb").put_item(TableName=self.outputs["Table"], Item={"id": {"S": name}})

    def events(self) -> list[list[str]]:
        """What each call of the function was told."""
        return [[_text(one) for one in event["Records"]] for event in self.told()]

    def told(self) -> list[dict[str, Any]]:
        path = self.folder / "told"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []  # the last may be being written
        return [json.loads(line) for line in lines]

    def seen(self) -> list[str]:
        return [text for event in self.events() for text in event]

    def dead(self) -> dict[str, Any]:
        answer = self.cloud.client("sqs").receive_message(QueueUrl=self.outputs["Dead"], WaitTimeSeconds=20)
        (message,) = answer["Messages"]
        document: dict[str, Any] = json.loads(message["Body"])
        return document

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait for the mapping's thread to have done its work."""
        ends = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < ends, self.events()
            self.cloud.inner.moto.sqs.wait(0.05)


def _text(record: dict[str, Any]) -> str:
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    return str(record["dynamodb"]["Keys"]["id"]["S"])


@pytest.fixture
def works(cloud: LocalCloud, tmp_path: Path) -> Works:
    return Works(cloud, tmp_path)


def test_records_of_kinesis_come_in_order_and_in_lambdas_shape(works: Works) -> None:
    works.deploy(shards=2, BatchSize=3)
    for number in range(8):
        works.put(f"a{number}", key="a")
        works.put(f"b{number}", key="b")
    works.until(lambda: len(works.seen()) == 16)
    for name in "ab":
        assert [text for text in works.seen() if text[0] == name] == [f"{name}{number}" for number in range(8)]
    assert max(map(len, works.events())) <= 3
    record = works.told()[0]["Records"][0]
    kinesis = record.pop("kinesis")
    shard, _, number = record.pop("eventID").partition(":")
    assert record.pop("invokeIdentityArn").startswith("arn:aws:iam::000000000000:role/")
    assert record == {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventName": "aws:kinesis:record",
        "awsRegion": "us-east-1",
        "eventSourceARN": works.outputs["StreamArn"],
    }
    assert shard.startswith("shardId-00000000000")
    assert (kinesis["sequenceNumber"], kinesis["kinesisSchemaVersion"]) == (number, "1.0")
    assert kinesis["partitionKey"] in ("a", "b")
    assert isinstance(kinesis["approximateArrivalTimestamp"], float)


def test_changes_of_a_table_come_in_order_and_in_lambdas_shape(works: Works) -> None:
    works.deploy("DynamoDB")
    table = works.cloud.client("dynamodb")
    key = {"id": {"S": "one"}}
    works.write("one")
    table.update_item(
        TableName=works.outputs["Table"],
        Key=key,
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    table.delete_item(TableName=works.outputs["Table"], Key=key)
    works.until(lambda: len(works.seen()) == 3)
    records = [record for event in works.told() for record in event["Records"]]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert all(record["eventSourceARN"] == works.outputs["TableArn"] for record in records)
    assert {record["eventSource"] for record in records} == {"aws:dynamodb"}
    modified = records[1]["dynamodb"]
    assert modified["Keys"] == key
    assert modified["OldImage"] == key
    assert modified["NewImage"] == {**key, "n": {"N": "1"}}
    assert modified["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert records[0]["dynamodb"]["SequenceNumber"] < modified["SequenceNumber"]


def test_a_batch_that_fails_holds_its_shard_up_until_it_is_done(works: Works) -> None:
    works.deploy(shards=2, BatchSize=1)
    works.put("raise", "after", key="a")
    works.until(lambda: works.events().count(["raise"]) >= 2)
    works.put("elsewhere", key="b")
    works.until(lambda: "elsewhere" in works.seen())
    assert "after" not in works.seen()
    (works.folder / "mended").touch()
    works.until(lambda: "after" in works.seen())


@pytest.mark.parametrize("kind", ["Kinesis", "DynamoDB"])
def test_what_fails_too_often_is_given_up_and_told_of(works: Works, kind: str) -> None:
    works.deploy(kind, dead=True, MaximumRetryAttempts=2, BatchSize=1)
    (works.put if kind == "Kinesis" else works.write)("raise", "after")
    works.until(lambda: "after" in works.seen())
    assert works.events() == [["raise"], ["raise"], ["raise"], ["after"]]
    document = works.dead()
    batch = document.pop("KinesisBatchInfo" if kind == "Kinesis" else "DDBStreamBatchInfo")
    record = works.told()[0]["Records"][0]
    number = record["kinesis"]["sequenceNumber"] if kind == "Kinesis" else record["dynamodb"]["SequenceNumber"]
    assert (batch["startSequenceNumber"], batch["endSequenceNumber"], batch["batchSize"]) == (number, number, 1)
    assert batch["streamArn"] == works.outputs["StreamArn" if kind == "Kinesis" else "TableArn"]
    assert batch["approximateArrivalOfFirstRecord"] == batch["approximateArrivalOfLastRecord"]
    asked = document["requestContext"]
    assert (asked["condition"], asked["approximateInvokeCount"]) == ("RetryAttemptsExhausted", 3)
    assert asked["functionArn"] == works.outputs["FunctionArn"]
    assert document["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert document["version"] == "1.0"


def test_a_topic_is_told_of_what_was_given_up(works: Works) -> None:
    works.deploy(MaximumRetryAttempts=0)
    sns, sqs = works.cloud.client("sns"), works.cloud.client("sqs")
    topic = sns.create_topic(Name="lost")["TopicArn"]
    queue = "arn:aws:sqs:us-east-1:000000000000:" + works.outputs["Dead"].rpartition("/")[2]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=works.outputs["Dead"], Attributes={"Policy": document})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    text = (works.folder / "template.yaml").read_text()
    text = text.replace(
        "SQSSendMessagePolicy: {QueueName: !GetAtt Dead.QueueName}", "SNSPublishMessagePolicy: {TopicName: lost}"
    )
    wired = DEAD.replace("SQS", "SNS").replace("!GetAtt Dead.Arn", topic)
    text = text.replace("            MaximumRetryAttempts: 0\n", f"            MaximumRetryAttempts: 0\n{wired}")
    works.cloud.inner.deploy(write(works.folder, text), {}, progress=lambda _: None)
    works.put("raise")
    assert json.loads(works.dead()["Message"])["KinesisBatchInfo"]["batchSize"] == 1


def test_a_batch_is_split_until_the_poison_is_alone(works: Works) -> None:
    works.deploy(dead=True, MaximumRetryAttempts=0, BatchSize=4, BisectBatchOnFunctionError=True)
    works.put("a", "b", "raise", "d")
    works.until(lambda: works.events()[-1:] == [["d"]])
    assert works.events() == [["a", "b", "raise", "d"], ["a", "b"], ["raise", "d"], ["raise"], ["d"]]
    assert works.dead()["KinesisBatchInfo"]["batchSize"] == 1


def test_what_a_function_reports_as_failed_is_where_it_goes_on(works: Works) -> None:
    works.deploy(dead=True, MaximumRetryAttempts=1, BatchSize=4, FunctionResponseTypes=["ReportBatchItemFailures"])
    works.put("a", "bad", "c")
    works.until(lambda: len(works.events()) == 2)
    assert works.events() == [["a", "bad", "c"], ["bad", "c"]]
    assert works.dead()["KinesisBatchInfo"]["batchSize"] == 2
    works.put("later")
    works.until(lambda: works.events()[2:] == [["later"]])


def test_what_is_too_old_is_given_up(works: Works) -> None:
    works.deploy(dead=True, MaximumRecordAgeInSeconds=60, BatchSize=1)
    works.put("raise")
    works.until(works.events)
    works.cloud.clock.advance(timedelta(seconds=61))
    works.put("fresh")
    works.until(lambda: "fresh" in works.seen())
    assert works.dead()["requestContext"]["condition"] == "RecordAgeExceeded"


def test_latest_is_from_now_on_and_a_time_is_from_then_on(works: Works) -> None:
    works.deploy(Enabled=False)
    works.put("before")
    works.cloud.clock.advance(timedelta(minutes=1))
    at = works.cloud.clock()
    works.put("then")
    text = (works.folder / "template.yaml").read_text()
    for position in ("LATEST", f"AT_TIMESTAMP\n            StartingPositionTimestamp: {at.timestamp()}"):
        changed = text.replace("TRIM_HORIZON", position).replace("Enabled: false", "Enabled: true")
        works.cloud.inner.deploy(write(works.folder, changed), {}, progress=lambda _: None)
        if position == "LATEST":
            works.put("now")
            works.until(works.seen)
            assert works.seen() == ["now"]
    works.until(lambda: len(works.seen()) == 3)
    assert works.seen() == ["now", "then", "now"]


def test_a_mapping_that_is_changed_goes_on_where_it_was(works: Works) -> None:
    works.deploy(BatchSize=1)
    works.put("one", "two")
    works.until(lambda: len(works.seen()) == 2)
    works.deploy(BatchSize=10)
    works.put("three")
    works.until(lambda: "three" in works.seen())
    assert works.seen() == ["one", "two", "three"]


def test_what_the_function_was_not_run_with_is_no_try(works: Works) -> None:
    works.deploy(MaximumRetryAttempts=0, Enabled=False)
    works.put("patient")
    text = (works.folder / "template.yaml").read_text().replace("Enabled: false", "Enabled: true")
    closed = text.replace("Runtime:", "ReservedConcurrentExecutions: 0\n      Runtime:")
    works.cloud.inner.deploy(write(works.folder, closed), {}, progress=lambda _: None)
    kinesis = works.cloud.inner.moto.stream("kinesis")
    for _ in range(3):
        kinesis.wait(0.2)
    assert works.events() == []
    works.cloud.inner.deploy(write(works.folder, text), {}, progress=lambda _: None)
    works.until(works.events)
    assert works.seen() == ["patient"]


def test_a_function_is_told_no_more_at_once_than_it_may(works: Works) -> None:
    works.deploy()
    for _ in range(2):
        works.put(*["x" * 1_000_000] * 5)
    works.until(lambda: len(works.seen()) == 10)
    assert max(map(len, works.events())) == 4


def test_children_of_a_shard_come_after_it(works: Works) -> None:
    works.deploy(BatchSize=1)
    works.put("raise", key="a")
    works.until(works.events)
    kinesis = works.cloud.client("kinesis")
    stream = works.outputs["Stream"]
    kinesis.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    works.put("child", key="a")
    works.until(lambda: works.events().count(["raise"]) >= 3)
    assert "child" not in works.seen()
    (works.folder / "mended").touch()
    works.until(lambda: "child" in works.seen())


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as cloud:
        works = Works(cloud, tmp_path).deploy("DynamoDB", BatchSize=1)
        works.write("one", "raise")
        works.until(lambda: works.events()[:2] == [["one"], ["raise"]])
        works.write("three")
    (tmp_path / "mended").touch()
    with testing.cloud(config=config) as cloud:
        again = Works(cloud, tmp_path)
        again.until(lambda: "three" in again.seen())
        assert again.seen().count("one") == 1
        assert again.seen()[-2:] == ["raise", "three"]


def test_an_end_cuts_off_a_function_and_that_is_no_try(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as cloud:
        works = Works(cloud, tmp_path)
        worker = WORKER.replace("    records =", '    while (here / "hangs").exists(): pass\n    records =')
        assert worker != WORKER
        (tmp_path / "worker.py").write_text(worker)
        (tmp_path / "hangs").touch()
        works.deploy(dead=True, MaximumRetryAttempts=0, timeout=900)
        works.put("one")
        works.until(works.told)
    (tmp_path / "hangs").unlink()
    with testing.cloud(config=config) as cloud:
        again = Works(cloud, tmp_path)
        again.outputs = works.outputs
        again.until(lambda: len(again.told()) == 2)
        again.put("two")
        again.until(lambda: len(again.told()) == 3)
        assert again.seen() == ["one", "one", "two"]
        assert again.cloud.client("sqs").receive_message(QueueUrl=again.outputs["Dead"]).get("Messages") is None


BARE = """
  Bare:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
Outputs:"""


READS = """    Properties:
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole']
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace("Runtime:", "Role: !GetAtt Bare.Arn\n      Runtime:").replace("Outputs:", BARE),
            "Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams",
        ),
        (
            lambda text: text.replace(
                "!GetAtt Stream.Arn\n   ", "arn:aws:kinesis:us-east-1:000000000000:stream/x\n   "
            ),
            "Stream not found: arn:aws:kinesis:us-east-1:000000000000:stream/x",
        ),
        (
            lambda text: (
                text.replace("            BatchSize: 1\n", DEAD)
                .replace("Runtime:", "Role: !GetAtt Bare.Arn\n      Runtime:")
                .replace("Outputs:", BARE.replace("    Properties:\n", READS))
            ),
            "The provided execution role does not have permissions to call SendMessage on SQS",
        ),
        (
            lambda text: text.replace("            BatchSize: 1\n", DEAD.replace("!GetAtt Dead.Arn", "arn:aws:s3:::b")),
            "buckets are not built yet",
        ),
        (lambda text: text.replace("TRIM_HORIZON", "AT_TIMESTAMP"), "AT_TIMESTAMP takes a StartingPositionTimestamp"),
        (lambda text: text.replace("BatchSize: 1", "TumblingWindowInSeconds: 5"), "TumblingWindowInSeconds"),
    ],
)
def test_what_cannot_be_wired_is_refused(works: Works, change: Callable[[str], str], said: str) -> None:
    works.deploy(BatchSize=1)
    works.cloud.inner.deploy(
        write(works.folder, "Resources: {Key: {Type: AWS::KMS::Key}}"), {}, progress=lambda _: None
    )
    text = TEMPLATE.replace("CODE", str(works.folder)).replace("SHARDS", "1").replace("KIND", "Kinesis")
    text = text.replace("SOURCE", "Stream.Arn").replace("OPTIONS", "            BatchSize: 1")
    with pytest.raises(CommandError, match=said):
        works.cloud.inner.deploy(write(works.folder, change(text)), {}, progress=lambda _: None)


def test_a_mapping_that_is_gone_leaves_nothing(works: Works) -> None:
    works.deploy()
    works.put("one")
    works.until(works.seen)
    works.cloud.inner.deploy(
        write(works.folder, "Resources: {Key: {Type: AWS::KMS::Key}}"), {}, progress=lambda _: None
    )
    assert works.cloud.inner.store.shard_positions.count() == 0
