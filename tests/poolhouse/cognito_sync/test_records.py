"""Records of datasets: their counts, conflicts, limits, sessions, and what devices hear of each other."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud

from .devices import Device, Synced, put, refusal, remove

INVALID = "InvalidParameterException"
CONFLICT = "ResourceConflictException"


@pytest.fixture
def people(cloud: LocalCloud) -> Synced:
    return Synced(cloud)


@pytest.fixture
def phone(people: Synced) -> Device:
    return people.device()


def test_a_dataset_that_nobody_has_written_to_is_empty(phone: Device) -> None:
    answer = phone.records()

    assert answer["Records"] == []
    assert (answer["Count"], answer["DatasetSyncCount"]) == (0, 0)
    assert (answer["DatasetExists"], answer["DatasetDeletedAfterRequestedSyncCount"]) == (False, False)


def test_what_one_device_writes_the_other_hears_of(people: Synced, phone: Device) -> None:
    at = datetime(2026, 5, 1, 12, 30, 15, tzinfo=UTC)
    people.cloud.clock.stop(datetime(2026, 5, 2, tzinfo=UTC))
    tablet = people.device()

    written = phone.update(put("score", "10", DeviceLastModifiedDate=at), put("name", "Änn"))

    record = {
        "Key": "score",
        "Value": "10",
        "SyncCount": 1,
        "LastModifiedDate": datetime(2026, 5, 2, tzinfo=UTC),
        "LastModifiedBy": phone.identity_id,
        "DeviceLastModifiedDate": at,
    }
    assert written[0] == record
    answer = tablet.records()
    assert record in answer["Records"]
    assert tablet.values() == {"score": ("10", 1), "name": ("Änn", 1)}
    assert (answer["Count"], answer["DatasetSyncCount"], answer["DatasetExists"]) == (2, 1, True)
    assert answer["LastModifiedBy"] == phone.identity_id


def test_the_count_rises_by_one_with_each_update_and_is_that_of_what_was_touched(phone: Device) -> None:
    phone.update(put("a", "1"), put("b", "1"))
    phone.update(put("a", "2", 1))
    phone.update(put("c", "1"))

    assert phone.values() == {"a": ("2", 2), "b": ("1", 1), "c": ("1", 3)}


def test_changes_since_a_count_are_listed_with_removed_ones_as_null(phone: Device) -> None:
    phone.update(put("a", "1"), put("b", "1"), put("c", "1"))
    phone.update(put("a", "2", 1), remove("b", 1))

    answer = phone.records(LastSyncCount=1)
    assert {one["Key"]: one.get("Value") for one in answer["Records"]} == {"a": "2", "b": None}
    assert all("Value" not in one for one in answer["Records"] if one["Key"] == "b")
    assert phone.records(LastSyncCount=2)["Records"] == []


def test_a_stale_count_is_refused(phone: Device) -> None:
    phone.update(put("score", "1"))
    phone.update(put("score", "2", 1))

    assert refusal(lambda: phone.update(put("score", "9", 1))) == (
        409,
        CONFLICT,
        "Current SyncCount for: score is: 2 not: 1",
    )
    assert refusal(lambda: phone.update(put("score", "9")))[1] == CONFLICT
    assert refusal(lambda: phone.update(remove("score", 3)))[1] == CONFLICT
    assert refusal(lambda: phone.update(put("other", "9", 2)))[2] == "Current SyncCount for: other is: 0 not: 2"
    assert phone.values() == {"score": ("2", 2)}


def test_a_removed_record_keeps_its_count(phone: Device) -> None:
    phone.update(put("score", "1"))
    phone.update(remove("score", 1))

    assert refusal(lambda: phone.update(put("score", "2")))[1] == CONFLICT
    phone.update(put("score", "2", 2))
    assert phone.values() == {"score": ("2", 3)}


def test_patches_are_made_all_or_none(phone: Device) -> None:
    phone.update(put("a", "1"))

    assert refusal(lambda: phone.update(put("b", "1"), remove("c", 0), put("a", "2", 7)))[1] == CONFLICT
    assert phone.values() == {"a": ("1", 1)}
    assert phone.records()["DatasetSyncCount"] == 1


def test_of_two_updates_at_the_same_time_one_wins(people: Synced, phone: Device) -> None:
    phone.update(put("score", "0"))
    devices = [people.device() for _ in range(8)]
    tokens = [device.token() for device in devices]
    start = threading.Barrier(len(devices))

    def one(number: int) -> str:
        start.wait()
        try:
            devices[number].update(put("score", str(number), 1), SyncSessionToken=tokens[number])
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return str(number)

    with ThreadPoolExecutor(len(devices)) as pool:
        seen = Counter(pool.map(one, range(len(devices))))

    assert seen.pop(CONFLICT) == len(devices) - 1
    [winner] = seen
    assert phone.values() == {"score": (winner, 2)}


@pytest.mark.parametrize(
    ("patches", "sentence"),
    [
        ([{"Op": "replace", "Key": "a", "SyncCount": 0}], "Value is missing for: a"),
        ([put("a", "1"), put("a", "2")], "Each record can be patched only once."),
        (
            [{**put("a", "1"), "Op": "add"}],
            "1 validation error detected: Value 'add' at 'recordPatches.1.member.op' failed to satisfy constraint: "
            "Member must satisfy enum value set: [replace, remove]",
        ),
    ],
)
def test_what_is_no_patch_is_refused(phone: Device, patches: list[dict[str, Any]], sentence: str) -> None:
    assert refusal(lambda: phone.update(*patches)) == (400, INVALID, sentence)
    assert phone.records()["DatasetExists"] is False


def test_no_patches_make_no_dataset(phone: Device) -> None:
    assert phone.update() == []
    assert phone.records()["DatasetExists"] is False


class TestSessions:
    """Records are changed with the token of having listed them."""

    REFUSED = (400, INVALID, "SyncSessionToken not valid for these inputs")

    @pytest.mark.parametrize("token", ["junk", "AAAA" * 20, "ä", "x" * 4000])
    def test_one_that_was_not_given_out(self, phone: Device, token: str) -> None:
        assert refusal(lambda: phone.update(put("a", "1"), SyncSessionToken=token)) == self.REFUSED
        assert refusal(lambda: phone.records(SyncSessionToken=token)) == self.REFUSED

    def test_one_of_another_dataset_or_identity(self, people: Synced, phone: Device) -> None:
        for token in (phone.token("other"), people.device("bob").token()):
            assert refusal(lambda given=token: phone.update(put("a", "1"), SyncSessionToken=given)) == self.REFUSED

    def test_an_old_one(self, people: Synced, phone: Device) -> None:
        token = phone.token()
        people.cloud.clock.advance(timedelta(minutes=59))
        phone.update(put("a", "1"), SyncSessionToken=token)
        people.cloud.clock.advance(timedelta(minutes=2))

        assert refusal(lambda: people.developer(phone).update(put("b", "1"), SyncSessionToken=token)) == self.REFUSED

    def test_it_goes_on_with_the_list(self, phone: Device) -> None:
        token = phone.token()

        assert phone.records(SyncSessionToken=token)["SyncSessionToken"] == token


class TestPages:
    def test_a_list_goes_on_where_it_was(self, phone: Device) -> None:
        phone.update(*(put(f"key-{number}", "x") for number in range(5)))
        phone.update(put("key-0", "y", 1))
        first = phone.records(MaxResults=2)
        second = phone.records(MaxResults=2, NextToken=first["NextToken"])
        last = phone.records(MaxResults=2, NextToken=second["NextToken"])

        keys = [one["Key"] for page in (first, second, last) for one in page["Records"]]
        assert keys == ["key-1", "key-2", "key-3", "key-4", "key-0"]
        assert "NextToken" not in last

    def test_a_token_of_another_question(self, phone: Device) -> None:
        phone.update(put("a", "1"), put("b", "1"))
        token = phone.records(MaxResults=1)["NextToken"]

        for more in ({"name": "other"}, {"LastSyncCount": 1}):
            assert refusal(lambda given=more: phone.records(NextToken=token, **given))[1] == INVALID

    def test_none_at_all_is_no_page(self, phone: Device) -> None:
        for number in (0, -1):
            assert refusal(lambda given=number: phone.records(MaxResults=given))[1] == INVALID

    @pytest.mark.parametrize("count", [2, -1, 2**63])
    def test_a_count_that_never_was(self, phone: Device, count: int) -> None:
        phone.update(put("a", "1"))

        assert refusal(lambda: phone.records(LastSyncCount=count)) == (
            400,
            INVALID,
            f"No such SyncCount: {count} exists for this Dataset",
        )


class TestLimits:
    def test_a_dataset_holds_a_megabyte_and_not_a_byte_more(self, phone: Device) -> None:
        phone.update(put("k", "x" * 1_048_575))
        assert phone.client.describe_dataset(**phone.of())["Dataset"]["DataStorage"] == 1_048_576

        assert refusal(lambda: phone.update(put("b", "")))[:2] == (400, "LimitExceededException")
        phone.update(put("k", "small", 1))
        phone.update(put("b", "ä"))
        assert phone.client.describe_dataset(**phone.of())["Dataset"]["DataStorage"] == 1 + 5 + 1 + 2

    def test_a_dataset_holds_1024_records(self, phone: Device) -> None:
        phone.update(*(put(str(number), "x") for number in range(1024)))

        assert refusal(lambda: phone.update(put("more", "x")))[:2] == (400, "LimitExceededException")
        phone.update(put("more", "x"), remove("7", 1))
        assert phone.client.describe_dataset(**phone.of())["Dataset"]["NumRecords"] == 1024

    def test_an_identity_has_20_datasets(self, phone: Device) -> None:
        for number in range(20):
            phone.update(put("a", "1"), name=f"set-{number}")

        assert refusal(lambda: phone.update(put("a", "1")))[:2] == (400, "LimitExceededException")
        phone.client.delete_dataset(**phone.of("set-3"))
        phone.update(put("a", "1"))

    @pytest.mark.parametrize("patch", [put("k" * 1025, "x"), put("k", "x" * 1_048_576)])
    def test_a_key_and_a_value_have_their_length(self, phone: Device, patch: dict[str, Any]) -> None:
        status, code, sentence = refusal(lambda: phone.update(patch))

        assert (status, code) == (400, INVALID)
        assert "Member must have length less than or equal to" in sentence

    @pytest.mark.parametrize("name", ["a/b", "ä", "a b", "x" * 129, "../../events"])
    def test_a_dataset_has_a_plain_name(self, phone: Device, name: str) -> None:
        assert refusal(lambda: phone.records(name))[:2] == (400, INVALID)


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    config = Config(state=tmp_path, reraise=True)
    with testing.cloud(config=config) as cloud:
        people = Synced(cloud)
        phone = people.device()
        phone.update(put("a", "1"), put("b", "1"))
        phone.update(remove("b", 1))
        token, pool_id = phone.token(), people.pool_id

    with testing.cloud(config=config) as cloud:
        again = Device(cloud.client("cognito-sync"), pool_id, phone.identity_id)
        assert again.values() == {"a": ("1", 1), "b": (None, 2)}
        again.update(put("a", "2", 1), SyncSessionToken=token)
        assert again.values()["a"] == ("2", 3)
