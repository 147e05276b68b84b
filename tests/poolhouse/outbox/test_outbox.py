"""The outbox: what was sent, newest first, to programs and to people."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolhouse import testing
from poolhouse.outbox import mailbox
from poolhouse.outbox.entities import Message

NOON = datetime(2026, 9, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def listening() -> Iterator[testing.LocalCloud]:
    with testing.cloud(listen=True) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def empty(listening: testing.LocalCloud) -> None:
    listening.inner.store.clear()


def deliver(cloud: testing.LocalCloud, number: int, *, to: str = "ann@example.com", **more: str) -> None:
    message = {"subject": "Your code", "body": "It is 123456.", "code": "123456", **more}
    at = NOON + timedelta(seconds=number)
    mailbox.deliver(
        cloud.inner.store,
        Message(
            id=f"m{number}", to=to, medium="EMAIL", trigger_source="X", pool="p", username="ann", sent_at=at, **message
        ),
    )


def listed(cloud: testing.LocalCloud, query: str = "") -> list[dict[str, Any]]:
    response = cloud.fetch("GET", f"/_poolhouse/outbox{query}")
    assert response.status == 200
    found: list[dict[str, Any]] = json.loads(response.body)
    return found


def command(cloud: testing.LocalCloud, *arguments: str) -> str:
    environment = os.environ | {"POOLHOUSE_ENDPOINT": cloud.inner.config.origin}
    ended = subprocess.run(
        [sys.executable, "-m", "poolhouse", "outbox", *arguments],
        capture_output=True,
        env=environment,
        timeout=60,
        check=True,
    )
    return ended.stdout.decode()


def test_a_message_is_listed_whole(listening: testing.LocalCloud) -> None:
    deliver(listening, 1, link="https://app.example.com/?code=123456")

    assert listed(listening) == [
        {
            "to": "ann@example.com",
            "medium": "EMAIL",
            "subject": "Your code",
            "body": "It is 123456.",
            "code": "123456",
            "link": "https://app.example.com/?code=123456",
            "trigger_source": "X",
            "pool": "p",
            "username": "ann",
            "sent_at": "2026-09-24T12:00:01+00:00",
            "id": "m1",
        }
    ]


def test_the_newest_comes_first_and_two_hundred_at_most(listening: testing.LocalCloud) -> None:
    for number in range(205):
        deliver(listening, number)

    assert [message["id"] for message in listed(listening)] == [f"m{number}" for number in range(204, 4, -1)]


def test_one_recipients_messages_are_found(listening: testing.LocalCloud) -> None:
    deliver(listening, 1)
    deliver(listening, 2, to="bob+x@example.com")

    assert [message["id"] for message in listed(listening, "?to=bob%2Bx%40example.com")] == ["m2"]
    assert listed(listening, "?to=nobody") == []


def test_the_command_prints_the_newest_last(listening: testing.LocalCloud) -> None:
    deliver(listening, 1)
    deliver(listening, 2, code="", subject="Welcome")

    assert command(listening) == (
        "2026-09-24T12:00:01  EMAIL  to ann@example.com  (X)\n  subject  Your code\n  code     123456\n\n"
        "2026-09-24T12:00:02  EMAIL  to ann@example.com  (X)\n  subject  Welcome\n  body     It is 123456.\n\n"
    )


def test_the_command_prints_json_for_programs(listening: testing.LocalCloud) -> None:
    deliver(listening, 1)

    assert json.loads(command(listening, "--json", "--to", "ann@example.com")) == listed(listening)


def test_the_command_says_that_there_is_nothing(listening: testing.LocalCloud) -> None:
    assert command(listening) == "The outbox is empty.\n"
    assert json.loads(command(listening, "--json")) == []


def test_what_a_stranger_wrote_does_not_steer_the_terminal(listening: testing.LocalCloud) -> None:
    subject, body = "\x1b]0;owned\x07 é\r\nx\u202e", "a\x1b[2J\nb\x07" + " long" * 50
    deliver(listening, 1, to="a\x1b[2J@example.com", subject=subject, body=body, code="")

    assert command(listening) == (
        "2026-09-24T12:00:01  EMAIL  to a?[2J@example.com  (X)\n  subject  ?]0;owned? é??x?\n"
        f"  body     a?[2J b?{' long' * 37} ...\n\n"
    )
