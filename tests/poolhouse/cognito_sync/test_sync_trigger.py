"""The pool's function: what it is told, what it may change, and how its failures are told."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from poolhouse.testing import LocalCloud

from .devices import Device, Synced, put, refusal, remove

SERVICE = "cognito-sync.amazonaws.com"
INVALID = (
    400,
    "InvalidLambdaFunctionOutputException",
    "The AWS Lambda function returned invalid output or an exception.",
)


@pytest.fixture
def people(cloud: LocalCloud) -> Synced:
    return Synced(cloud)


@pytest.fixture
def phone(people: Synced) -> Device:
    return people.device()


def trigger(people: Synced, body: str, name: str = "sync", invokers: tuple[str, ...] = (SERVICE,)) -> str:
    source = f"import json, time\ndef handler(event, context):\n    records = event['datasetRecords']\n    {body}\n"
    arn = people.cloud.function(name, source, invokers=invokers)
    people.sync.set_cognito_events(IdentityPoolId=people.pool_id, Events={"SyncTrigger": arn})
    return arn


def test_it_is_told_of_all_records_and_of_what_becomes_of_them(people: Synced, phone: Device) -> None:
    phone.update(put("kept", "1"), put("changed", "1"), put("removed", "1"))
    trigger(people, "return {**event, 'datasetRecords': {'told': {'newValue': json.dumps(event), 'op': 'replace'}}}")

    [told] = phone.update(put("changed", "2", 1), remove("removed", 1), put("new", "1"))
    assert json.loads(told["Value"]) == {
        "version": 2,
        "eventType": "SyncTrigger",
        "region": "us-east-1",
        "identityPoolId": people.pool_id,
        "identityId": phone.identity_id,
        "datasetName": "game",
        "datasetRecords": {
            "kept": {"oldValue": "1", "newValue": "1", "op": "replace"},
            "changed": {"oldValue": "1", "newValue": "2", "op": "replace"},
            "removed": {"oldValue": "1", "newValue": None, "op": "remove"},
            "new": {"oldValue": None, "newValue": "1", "op": "replace"},
        },
    }


def test_what_it_leaves_as_it_is_is_done(people: Synced, phone: Device) -> None:
    phone.update(put("a", "1"), put("b", "1"))
    trigger(people, "return event")

    phone.update(put("a", "2", 1), remove("b", 1))
    assert phone.values() == {"a": ("2", 2), "b": (None, 2)}


def test_it_changes_adds_removes_and_passes_over_records(people: Synced, phone: Device) -> None:
    phone.update(put("old", "1"), put("untouched", "1"), put("passed", "1"))
    trigger(
        people,
        "records['mine'].update(newValue='better'); records['award'] = {'newValue': 'gold', 'op': 'replace'}; "
        "records['old']['op'] = 'remove'; del records['passed']; return event",
    )

    updated = phone.update(put("mine", "1"), put("passed", "2", 1))
    assert {one["Key"] for one in updated} == {"mine", "award", "old"}
    assert phone.values() == {
        "mine": ("better", 2),
        "award": ("gold", 2),
        "old": (None, 2),
        "untouched": ("1", 1),
        "passed": ("1", 1),
    }


def test_a_developers_updates_are_not_shown_to_it(people: Synced, phone: Device) -> None:
    trigger(people, "raise ValueError('it ran')")

    people.developer(phone).update(put("a", "1"))
    assert phone.values() == {"a": ("1", 1)}


def test_a_stale_update_does_not_reach_it(people: Synced, phone: Device) -> None:
    phone.update(put("a", "1"))
    trigger(people, "raise ValueError('it ran')")

    assert refusal(lambda: phone.update(put("a", "2")))[1] == "ResourceConflictException"


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError('secret')",
        "return None",
        "return []",
        "return {'datasetRecords': records}",
        "return {**event, 'identityId': 'x'}",
        "return {**event, 'more': 1}",
        "return {**event, 'datasetRecords': []}",
        "return {**event, 'datasetRecords': {'a': None}}",
        "return {**event, 'datasetRecords': {'a': {'newValue': 1, 'op': 'replace'}}}",
        "return {**event, 'datasetRecords': {'a': {'newValue': '1', 'op': 'add'}}}",
        "return {**event, 'datasetRecords': {'a': {'newValue': '1', 'op': []}}}",
        "return {**event, 'datasetRecords': {'': {'newValue': '1', 'op': 'replace'}}}",
        "return {**event, 'datasetRecords': {'a' * 1025: {'newValue': '1', 'op': 'replace'}}}",
    ],
)
def test_what_it_must_not_answer_fails_the_update(people: Synced, phone: Device, body: str) -> None:
    trigger(people, body)

    assert refusal(lambda: phone.update(put("a", "1"))) == INVALID
    assert phone.records()["DatasetExists"] is False


def test_what_it_adds_must_fit(people: Synced, phone: Device) -> None:
    trigger(people, "records['big'] = {'newValue': 'x' * 1048575, 'op': 'replace'}; return event")

    assert refusal(lambda: phone.update(put("a", "1")))[:2] == (400, "LimitExceededException")
    assert phone.records()["DatasetExists"] is False


def test_one_that_does_not_let_cognito_sync_invoke_it(people: Synced, phone: Device) -> None:
    trigger(people, "return event", invokers=())

    assert refusal(lambda: phone.update(put("a", "1")))[:2] == (403, "NotAuthorizedException")
    assert phone.records()["DatasetExists"] is False


def test_one_that_is_not_there(people: Synced, phone: Device) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:gone"
    people.sync.set_cognito_events(IdentityPoolId=people.pool_id, Events={"SyncTrigger": arn})

    assert refusal(lambda: phone.update(put("a", "1")))[:2] == (404, "ResourceNotFoundException")


def test_one_that_takes_longer_than_five_seconds(people: Synced, phone: Device) -> None:
    source = "import threading\ndef handler(event, context):\n    threading.Event().wait()\n"
    arn = people.cloud.function("slow", source, timeout=60, invokers=(SERVICE,))
    people.sync.set_cognito_events(IdentityPoolId=people.pool_id, Events={"SyncTrigger": arn})

    assert refusal(lambda: phone.update(put("a", "1")))[1] == "LambdaSocketTimeoutException"
    assert phone.records()["DatasetExists"] is False


def test_an_empty_value_takes_it_away(people: Synced, phone: Device) -> None:
    arn = trigger(people, "raise ValueError('it ran')")
    pool: dict[str, Any] = {"IdentityPoolId": people.pool_id}
    assert people.sync.get_cognito_events(**pool)["Events"] == {"SyncTrigger": arn}

    people.sync.set_cognito_events(**pool, Events={})
    assert people.sync.get_cognito_events(**pool)["Events"] == {"SyncTrigger": arn}
    people.sync.set_cognito_events(**pool, Events={"SyncTrigger": ""})
    assert people.sync.get_cognito_events(**pool)["Events"] == {}
    phone.update(put("a", "1"))


def test_what_changed_while_it_ran_is_a_conflict(people: Synced, phone: Device) -> None:
    """Both functions are told of the same records; only one of the updates may be made."""
    phone.update(put("score", "0"))
    trigger(people, "return event")
    devices = [people.device(), people.device()]
    tokens = [device.token() for device in devices]
    start = threading.Barrier(2)

    def one(number: int) -> str:
        start.wait()
        try:
            devices[number].update(put("score", str(number), 1), SyncSessionToken=tokens[number])
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return str(number)

    with ThreadPoolExecutor(2) as pool:
        seen = set(pool.map(one, range(2)))

    assert "ResourceConflictException" in seen
    [winner] = seen - {"ResourceConflictException"}
    assert phone.values() == {"score": (winner, 2)}


def test_one_that_may_not_run_now(people: Synced, phone: Device) -> None:
    trigger(people, "return event")
    functions = people.cloud.inner.functions
    functions.put(replace(people.cloud.inner.store.functions.get(name="sync"), reserved_concurrency=0), None)

    assert refusal(lambda: phone.update(put("a", "1")))[:2] == (429, "LambdaThrottledException")
    assert phone.records()["DatasetExists"] is False
