"""What people get while AWS fails behind the service: every route that calls AWS, by one table."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import pytest

from demo.clients import Answer, fetch
from demo.stage import cloud as running_cloud
from tests.journeys.test_service_routes import NEW, Callers

PATCHES = {"patches": [{"op": "replace", "key": "k", "value": "v", "sync_count": 0}]}
# Who asks, what, and the first operation of AWS that it needs; how it is answered once that works
ROUTES: list[tuple[str, str, str, object, str, int]] = [
    ("user_id", "PATCH", "/me", {"given_name": "Ann"}, "cognito-idp:AdminUpdateUserAttributes", 204),
    ("user_id", "GET", "/me/devices", None, "cognito-idp:AdminListDevices", 200),
    ("user_id", "PUT", "/me/plan", {"plan": "free"}, "cognito-idp:AdminAddUserToGroup", 204),
    ("admin_id", "GET", "/users", None, "cognito-idp:ListUsers", 200),
    ("admin_id", "GET", "/users/{username}", None, "cognito-idp:AdminListGroupsForUser", 200),
    ("user_id", "GET", "/titles", None, "dynamodb:Scan", 200),
    ("user_id", "GET", "/titles/{title}/stream", None, "dynamodb:GetItem", 200),
    ("user_at", "GET", "/transactions", None, "dynamodb:Query", 200),
    ("user_at", "GET", "/transactions/{id}", None, "dynamodb:GetItem", 404),
    ("user_at", "POST", "/transactions", NEW, "dynamodb:PutItem", 201),
    ("identity", "GET", "/notes", None, "dynamodb:Query", 200),
    ("identity", "GET", "/notes/absent", None, "dynamodb:GetItem", 404),
    ("identity", "PUT", "/notes/kept", {"text": "Milk"}, "dynamodb:PutItem", 201),
    ("identity", "DELETE", "/notes/absent", None, "dynamodb:GetItem", 404),
    ("identity", "GET", "/datasets", None, "dynamodb:GetItem", 200),
    ("identity", "GET", "/datasets/absent", None, "dynamodb:GetItem", 404),
    ("identity", "PATCH", "/datasets/kept", PATCHES, "dynamodb:TransactWriteItems", 200),
    ("identity", "DELETE", "/datasets/absent", None, "dynamodb:GetItem", 404),
]


class House:
    """Callers, and the faults they meet."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.url = f"{callers.stage.endpoint}/_poolhouse/faults"

    def put(self, target: str, kind: str, **how_long: float) -> None:
        service, _, operation = target.partition(":")
        fault = {"service": service, "operation": operation or "*", "kind": kind, **how_long}
        assert fetch("POST", self.url, body=fault).status == 201

    def command(self, *arguments: str) -> str:
        """What `poolhouse faults` prints."""
        command = [sys.executable, "-m", "poolhouse", "faults", *arguments, "--endpoint", self.callers.stage.endpoint]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def ask_all(self) -> list[Answer]:
        """The answers to the table, all asked at once."""
        with ThreadPoolExecutor(len(ROUTES)) as pool:
            return list(pool.map(lambda row: self.callers.ask(row[0], row[1], row[2], row[3]), ROUTES))

    def post(self, key: str) -> Answer:
        """A transaction, by its idempotency key."""
        token, url = self.callers.tokens["user_at"], f"{self.callers.stage.api}/transactions"
        return fetch("POST", url, token=token, body=NEW, headers={"Idempotency-Key": key})

    def kept(self) -> list[dict[str, Any]]:
        """The caller's transactions."""
        items: list[dict[str, Any]] = self.callers.ask("user_at", "GET", "/transactions?limit=100").body["items"]
        return items


@pytest.fixture(scope="module")
def callers() -> Iterator[Callers]:
    with running_cloud() as stage:
        yield Callers(stage)


@pytest.fixture
def house(callers: Callers) -> Iterator[House]:
    made = House(callers)
    yield made
    fetch("DELETE", made.url)


def test_while_aws_fails_every_route_says_so_and_when_to_come_back(house: House) -> None:
    for service in ("dynamodb", "cognito-idp"):
        house.put(service, "unavailable", seconds=600)

    answers = house.ask_all()

    told = [(answer.status, answer.body.get("code"), answer.headers.get("retry-after")) for answer in answers]
    assert told == [(503, "unavailable", "1")] * len(ROUTES)
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


def test_what_fails_once_is_tried_again_and_nobody_notices(house: House) -> None:
    operations = sorted({row[4] for row in ROUTES})
    for operation, kind in zip(operations, cycle(["throttled", "internal", "unavailable"]), strict=False):
        house.put(operation, kind)

    answers = house.ask_all()

    assert [answer.status for answer in answers] == [row[5] for row in ROUTES]
    assert fetch("GET", house.url).body == []


def test_a_transaction_that_failed_halfway_is_made_once_however_often_it_is_sent(house: House) -> None:
    before = len(house.kept())
    answers = []
    for fault, how_long in (("throttled", 9), ("unavailable", 9), ("internal", 2)):
        house.put("dynamodb:TransactWriteItems", fault, times=how_long)
        answers.append(house.post("halfway"))
        fetch("DELETE", house.url)
    again = house.post("halfway")

    assert [answer.status for answer in answers] == [503, 503, 201]
    assert (again.status, again.body) == (201, answers[-1].body)
    assert len(house.kept()) == before + 1


def test_a_function_that_times_out_is_a_gateways_error_and_the_same_request_is_good_again(house: House) -> None:
    before = len(house.kept())
    told = house.command("lambda:TransactionsFunction", "--kind", "timeout")

    late, done, again = (house.post("late") for _ in range(3))

    assert re.fullmatch(r"lambda:\S+ timeout, 1 times more\n", told)
    assert (late.status, late.body) == (502, {"message": "Internal server error"})
    assert (done.status, again.body) == (201, done.body)
    assert len(house.kept()) == before + 1
    assert house.command("s3", "--times", "2") == "s3:* throttled, 2 times more\n"
    assert house.command("--clear") == ""


def test_a_sign_in_goes_on_while_its_record_cannot_be_written(house: House) -> None:
    house.callers.make("unrecorded@example.com")
    house.put("dynamodb:PutItem", "unavailable", seconds=600)

    assert house.callers.sign_in("unrecorded@example.com")["AccessToken"]


def test_nobody_signs_in_while_it_cannot_be_told_whether_they_may(house: House) -> None:
    house.callers.make("unknown@example.com")
    house.put("dynamodb:GetItem", "unavailable", seconds=600)

    with pytest.raises(Exception, match="Something went wrong, try again in a moment"):
        house.callers.sign_in("unknown@example.com")
    fetch("DELETE", house.url)
    assert house.callers.sign_in("unknown@example.com")["AccessToken"]
