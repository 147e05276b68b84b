"""Functions run with messages of queues, and what becomes of messages they cannot handle."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from poolhouse.errors import CommandError
from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import write

# Writes down what it gets; fails as a message says.
WORKER = """
import json, pathlib
told = pathlib.Path(__file__).parent / "told"
def handler(event, context):
    with told.open("a") as file:
        file.write(json.dumps(event) + "\\n")
    failed = [one["messageId"] for one in event.get("Records", []) if "bad" in one["body"]]
    if event.get("fail") or any("raise" in one["body"] for one in event.get("Records", [])):
        raise ValueError("no")
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 3
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: CODE
      Handler: worker.handler
      Runtime: python3.11
      Timeout: 3
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      Events:
        Job:
          Type: SQS
          Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: 10, FunctionResponseTypes: [ReportBatchItemFailures]}
Outputs:
  Jobs: {Value: !Ref Jobs}
  Dead: {Value: !Ref Dead}
  Worker: {Value: !Ref Worker}
"""


class Works:
    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        (folder / "worker.py").write_text(WORKER)
        file = write(folder, TEMPLATE.replace("CODE", str(folder)))
        deployed = cloud.inner.deploy(file, {}, progress=lambda _: None)
        assert deployed is not None
        self.outputs = deployed.outputs
        self.sqs = cloud.client("sqs")

    @property
    def told(self) -> list[dict[str, Any]]:
        path = self.folder / "told"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def records(self) -> list[dict[str, Any]]:
        return [record for event in self.told for record in event.get("Records", [])]

    def send(self, *bodies: str) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.outputs["Jobs"], Entries=entries)

    def dead(self, wait: int = 20) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=self.outputs["Dead"], WaitTimeSeconds=wait, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait for the mapping's thread to have done its work."""
        ends = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < ends
            self.cloud.inner.moto.sqs.wait(0.05)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.outputs["Jobs"], AttributeNames=names)["Attributes"]
        return sum(int(value) for value in told.values())


@pytest.fixture
def works(cloud: LocalCloud, tmp_path: Path) -> Works:
    return Works(cloud, tmp_path)


def test_messages_are_handled_and_gone(works: Works) -> None:
    works.send("one", "two")
    works.until(lambda: len(works.records()) == 2 and works.left() == 0)
    record = next(record for record in works.records() if record["body"] == "one")
    assert record["eventSource"] == "aws:sqs"
    assert (record["eventSourceARN"].rpartition(":")[2], record["awsRegion"]) == (
        works.outputs["Jobs"].rpartition("/")[2],
        "us-east-1",
    )
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"messageId", "receiptHandle", "messageAttributes", "md5OfBody"} <= record.keys()


def test_what_a_function_reports_as_failed_comes_back_and_ends_with_the_dead(works: Works) -> None:
    works.send("good", "bad")
    works.until(lambda: works.left() == 1)
    assert works.dead() == ["bad"]
    assert works.left() == 0


def test_a_batch_that_fails_comes_back_whole(works: Works) -> None:
    works.send("raise", "along")
    first = works.dead()
    assert sorted(first + (works.dead() if len(first) == 1 else [])) == ["along", "raise"]


def test_an_event_that_is_given_up_goes_to_the_functions_dead_letters(works: Works) -> None:
    later = works.cloud.inner.functions.later
    works.cloud.client("lambda").invoke(
        FunctionName=works.outputs["Worker"], InvocationType="Event", Payload=b'{"fail": true}'
    )
    for minutes in (0, 1, 2):
        works.cloud.clock.advance(timedelta(minutes=minutes))
        assert later.join()
    assert len(works.told) == 3
    (message,) = works.sqs.receive_message(
        QueueUrl=works.outputs["Dead"], WaitTimeSeconds=5, MessageAttributeNames=["All"]
    )["Messages"]
    assert json.loads(message["Body"]) == {"fail": True}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"


def test_a_role_that_may_not_receive_is_refused_when_it_is_wired(cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    role = """
  Bare:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
"""
    text = TEMPLATE.replace("CODE", str(tmp_path)).replace("      Timeout: 3", "      Role: !GetAtt Bare.Arn")
    text = text.replace("Outputs:", f"{role}Outputs:")
    said = "The provided execution role does not have permissions to call ReceiveMessage on SQS"
    with pytest.raises(CommandError, match=said):
        cloud.inner.deploy(write(tmp_path, text), {}, progress=lambda _: None)


def test_a_queue_that_shows_messages_again_too_soon_is_refused(cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    text = TEMPLATE.replace("CODE", str(tmp_path)).replace("Timeout: 3\n      Dead", "Timeout: 60\n      Dead")
    said = "Queue visibility timeout: 3 seconds is less than Function timeout: 60 seconds"
    with pytest.raises(CommandError, match=said):
        cloud.inner.deploy(write(tmp_path, text), {}, progress=lambda _: None)


def test_a_mapping_that_is_gone_polls_no_longer(works: Works) -> None:
    works.cloud.inner.deploy(
        write(works.folder, "Resources: {Key: {Type: AWS::KMS::Key}}"), {}, progress=lambda _: None
    )
    assert works.cloud.inner.store.event_source_mappings.count() == 0


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("BisectBatchOnFunctionError: true", "Unsupported BisectBatchOnFunctionError parameter for given event source"),
        ("StartingPosition: LATEST", "StartingPosition is not valid for SQS event sources."),
    ],
)
def test_what_is_of_streams_alone_is_refused(cloud: LocalCloud, tmp_path: Path, properties: str, said: str) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    mapping = f"""
  Other:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {{EventSourceArn: !GetAtt Dead.Arn, FunctionName: !Ref Worker, {properties}}}
Outputs:"""
    text = TEMPLATE.replace("CODE", str(tmp_path)).replace("Outputs:", mapping)
    with pytest.raises(CommandError, match=said):
        cloud.inner.deploy(write(tmp_path, text), {}, progress=lambda _: None)
