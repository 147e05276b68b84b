"""Asynchronous invocations: kept, run once, tried again, given up, and taken up after the cloud ended."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud

# Writes a line for each event, and fails as often as the event says.
COUNT = """
import json, pathlib
lines = pathlib.Path({path!r})
def handler(event, context):
    before = lines.read_text().count(event["id"]) if lines.exists() else 0
    with lines.open("a") as file:
        file.write(event["id"] + "\\n")
    if before < event.get("fails", 0):
        raise ValueError("not yet")
"""


class Counter:
    """A function that writes down what it is given."""

    def __init__(self, cloud: LocalCloud, path: Path) -> None:
        self.cloud, self.path = cloud, path
        self.client = cloud.client("lambda")
        cloud.function("count", COUNT.format(path=str(path)))

    def send(self, **event: Any) -> int:
        answer = self.client.invoke(FunctionName="count", InvocationType="Event", Payload=json.dumps(event).encode())
        return int(answer["StatusCode"])

    def settled(self) -> list[str]:
        """What it was given, once nothing is due."""
        assert self.cloud.inner.functions.later.join()
        return self.path.read_text().split() if self.path.exists() else []

    @property
    def queued(self) -> int:
        return self.cloud.inner.store.queued_events.count()


@pytest.fixture
def counter(cloud: LocalCloud, tmp_path: Path) -> Counter:
    return Counter(cloud, tmp_path / "lines")


def test_an_event_is_handled_once(counter: Counter) -> None:
    assert [counter.send(id=f"e{number}") for number in range(20)] == [202] * 20
    assert sorted(counter.settled()) == sorted(f"e{number}" for number in range(20))
    assert counter.queued == 0


def test_a_function_that_fails_is_tried_twice_more(counter: Counter) -> None:
    counter.send(id="a", fails=99)
    counter.send(id="b", fails=1)
    assert sorted(counter.settled()) == ["a", "b"]
    counter.cloud.clock.advance(timedelta(seconds=59))
    assert len(counter.settled()) == 2
    counter.cloud.clock.advance(timedelta(seconds=1))
    assert sorted(counter.settled()) == ["a", "a", "b", "b"]
    counter.cloud.clock.advance(timedelta(seconds=119))
    assert len(counter.settled()) == 4
    counter.cloud.clock.advance(timedelta(seconds=1))
    assert sorted(counter.settled()) == ["a", "a", "a", "b", "b"]
    assert counter.queued == 0


def test_what_is_no_json_or_too_long_is_not_queued(counter: Counter) -> None:
    for payload, code in (
        (b"{", "InvalidRequestContentException"),
        (b'"' + b"x" * 1_048_576 + b'"', "RequestEntityTooLargeException"),
    ):
        with pytest.raises(counter.client.exceptions.ClientError) as raised:
            counter.client.invoke(FunctionName="count", InvocationType="Event", Payload=payload)
        assert raised.value.response["Error"]["Code"] == code
    with pytest.raises(counter.client.exceptions.ResourceNotFoundException):
        counter.client.invoke(FunctionName="nothing", InvocationType="Event", Payload=b"{}")
    assert counter.queued == 0


def test_a_cloud_that_starts_again_goes_on(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as first:
        counter = Counter(first, tmp_path / "lines")
        counter.send(id="a", fails=1)
        assert counter.settled() == ["a"]
        assert counter.queued == 1
        kept = first.folder / "count"
        code = (kept / "index.py").read_text()
    with testing.cloud(config=config) as second:
        kept.mkdir(parents=True)
        (kept / "index.py").write_text(code)
        second.clock.advance(timedelta(minutes=1))
        second.inner.functions.later.wake()
        assert second.inner.functions.later.join()
        assert (tmp_path / "lines").read_text().split() == ["a", "a"]


def test_what_was_forgotten_is_not_tried(counter: Counter) -> None:
    counter.send(id="a", fails=1)
    assert counter.settled() == ["a"]
    counter.cloud.inner.reset()
    counter.cloud.clock.advance(timedelta(minutes=1))
    assert counter.settled() == ["a"]
