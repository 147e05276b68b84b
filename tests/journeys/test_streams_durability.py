"""`kill -9` in the middle: functions are told of every record that was acknowledged, and in order."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.clients import aws
from demo.stage import Stage, cloud
from tests.journeys.test_durability import until_gone

KILLS = 4
AT_LEAST = 15  # records acknowledged before each kill
WORKER = """
import base64, pathlib
here = pathlib.Path(__file__).parent
def clicked(event, context):
    with (here / "clicks").open("a") as file:
        for record in event["Records"]:
            file.write(base64.b64decode(record["kinesis"]["data"]).decode() + "\\n")
def written(event, context):
    with (here / "notes").open("a") as file:
        for record in event["Records"]:
            file.write(record["dynamodb"]["Keys"]["id"]["N"] + "\\n")
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: CODE, Runtime: python3.11}}
Resources:
  Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: notes
      AttributeDefinitions: [{AttributeName: id, AttributeType: N}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: KEYS_ONLY}
  Clicked:
    Type: AWS::Serverless::Function
    Properties:
      Handler: worker.clicked
      Events:
        Click:
          Type: Kinesis
          Properties: {Stream: !GetAtt Clicks.Arn, StartingPosition: TRIM_HORIZON, BatchSize: 5}
  Written:
    Type: AWS::Serverless::Function
    Properties:
      Handler: worker.written
      Events:
        Note:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Notes.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 5}
"""


class Writer:
    """Counts into a stream, or a table, until the cloud is gone."""

    def __init__(self, write: Callable[[str], object], numbers: list[int]) -> None:
        self._write, self.numbers = write, numbers  # those that were acknowledged
        self._next = (numbers[-1] if numbers else 0) + 1
        self.acknowledged = threading.Semaphore(0)

    def count(self) -> None:
        number, self._next = self._next, self._next + 1
        self._write(str(number))
        self.numbers.append(number)
        self.acknowledged.release()


def writers(stage: Stage, seen: dict[str, list[int]]) -> list[Writer]:
    kinesis, dynamodb = aws("kinesis", stage.endpoint), aws("dynamodb", stage.endpoint)
    return [
        Writer(
            lambda text: kinesis.put_record(StreamName="clicks", Data=text.encode(), PartitionKey="k"), seen["clicks"]
        ),
        Writer(lambda text: dynamodb.put_item(TableName="notes", Item={"id": {"N": text}}), seen["notes"]),
    ]


def told(folder: Path, name: str) -> list[int]:
    """What a function was told of, each number once; the last line may be cut off."""
    lines = (folder / name).read_text().split("\n")[:-1] if (folder / name).exists() else []
    return list(dict.fromkeys(map(int, lines)))


@pytest.mark.slow_journey
def test_functions_are_told_of_every_record_in_order(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE.replace("CODE", str(tmp_path)))
    options = (str(template), "--state", str(tmp_path / "state"))
    seen: dict[str, list[int]] = {"clicks": [], "notes": []}
    for _ in range(KILLS):
        with cloud(*options, log=tmp_path / "log.txt") as stage:
            counting = writers(stage, seen)
            threads = [threading.Thread(target=until_gone, args=(one.count,), daemon=True) for one in counting]
            for thread in threads:
                thread.start()
            for one in counting:
                for _ in range(AT_LEAST):
                    assert one.acknowledged.acquire(timeout=60)
            stage.process.send_signal(signal.SIGKILL)
            stage.process.wait()
            for thread in threads:
                thread.join(30)

    with cloud(*options, log=tmp_path / "log.txt"):
        for name, numbers in seen.items():
            ends = time.monotonic() + 60
            while not set(numbers) <= set(told(tmp_path, name)) and time.monotonic() < ends:
                threading.Event().wait(0.1)
            found = told(tmp_path, name)
            assert set(numbers) <= set(found)
            assert found == sorted(found)
            assert len(numbers) >= KILLS * AT_LEAST
