"""Datasets: listed, described, deleted; usage and configuration of pools."""

from datetime import UTC, datetime
from typing import Any

import pytest

from poolhouse.testing import LocalCloud

from .devices import Device, Synced, put, refusal

GONE = (404, "ResourceNotFoundException", "Dataset 'game' not found.")


@pytest.fixture
def people(cloud: LocalCloud) -> Synced:
    return Synced(cloud)


@pytest.fixture
def phone(people: Synced) -> Device:
    return people.device()


def test_a_dataset_is_described_by_its_size_and_times(people: Synced, phone: Device) -> None:
    first, second = datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 2, 0, 10, tzinfo=UTC)
    people.cloud.clock.stop(first)
    phone = people.device()
    phone.update(put("key", "value"), put("other", "x"))
    people.cloud.clock.stop(second)
    phone.update({"Op": "remove", "Key": "other", "SyncCount": 1})

    described = {
        "IdentityId": phone.identity_id,
        "DatasetName": "game",
        "CreationDate": first,
        "LastModifiedDate": second,
        "LastModifiedBy": phone.identity_id,
        "DataStorage": 8,
        "NumRecords": 1,
    }
    assert phone.client.describe_dataset(**phone.of())["Dataset"] == described
    listed = phone.client.list_datasets(**phone.whose)
    assert (listed["Datasets"], listed["Count"]) == ([described], 1)


def test_datasets_are_listed_by_page(phone: Device) -> None:
    for name in ("a", "b", "c"):
        phone.update(put("k", "v"), name=name)

    first = phone.client.list_datasets(**phone.whose, MaxResults=2)
    last = phone.client.list_datasets(**phone.whose, MaxResults=2, NextToken=first["NextToken"])
    assert [one["DatasetName"] for page in (first, last) for one in page["Datasets"]] == ["a", "b", "c"]
    assert "NextToken" not in last
    assert refusal(lambda: phone.client.list_datasets(**phone.whose, NextToken="junk"))[:2] == (
        400,
        "InvalidParameterException",
    )


def test_one_that_is_not_there_is_said_so(phone: Device) -> None:
    assert refusal(lambda: phone.client.describe_dataset(**phone.of())) == GONE
    assert refusal(lambda: phone.client.delete_dataset(**phone.of())) == GONE


def test_a_deleted_dataset_is_gone_and_other_devices_hear_of_it(phone: Device) -> None:
    phone.update(put("a", "1"))
    phone.update(put("a", "2", 1))

    deleted = phone.client.delete_dataset(**phone.of())["Dataset"]
    assert (deleted["DatasetName"], deleted["NumRecords"]) == ("game", 1)
    assert refusal(lambda: phone.client.describe_dataset(**phone.of())) == GONE
    assert refusal(lambda: phone.client.delete_dataset(**phone.of())) == GONE
    assert phone.client.list_datasets(**phone.whose)["Datasets"] == []
    answer = phone.records(LastSyncCount=2)
    assert (answer["Records"], answer["DatasetExists"]) == ([], False)
    assert answer["DatasetDeletedAfterRequestedSyncCount"] is True


def test_one_that_is_made_anew_has_nothing_of_the_old(phone: Device) -> None:
    phone.update(put("a", "1"), put("b", "1"))
    phone.client.delete_dataset(**phone.of())

    assert refusal(lambda: phone.update(put("a", "2", 1)))[1] == "ResourceConflictException"
    phone.update(put("a", "2"))
    answer = phone.records(LastSyncCount=1)
    assert {one["Key"]: one["Value"] for one in answer["Records"]} == {"a": "2"}
    assert (answer["DatasetExists"], answer["DatasetDeletedAfterRequestedSyncCount"]) == (True, True)
    last = answer["DatasetSyncCount"]
    assert phone.records(LastSyncCount=last)["DatasetDeletedAfterRequestedSyncCount"] is False


def test_an_identitys_usage(people: Synced, phone: Device) -> None:
    phone.update(put("key", "value"), name="a")
    phone.update(put("ä", "12"), name="b")

    usage = phone.client.describe_identity_usage(**phone.whose)["IdentityUsage"]
    assert (usage["IdentityPoolId"], usage["IdentityId"]) == (people.pool_id, phone.identity_id)
    assert (usage["DatasetCount"], usage["DataStorage"]) == (2, 12)
    assert people.sync.describe_identity_usage(**people.guest().whose)["IdentityUsage"]["DatasetCount"] == 0


def test_a_pools_usage(people: Synced, phone: Device) -> None:
    token = phone.token()
    phone.update(put("key", "value"), SyncSessionToken=token)
    people.device("bob").update(put("key", "1234"))

    usage = people.sync.describe_identity_pool_usage(IdentityPoolId=people.pool_id)["IdentityPoolUsage"]
    assert usage["IdentityPoolId"] == people.pool_id
    assert (usage["DataStorage"], usage["SyncSessionsCount"]) == (15, 2)
    listed = people.sync.list_identity_pool_usage(MaxResults=5)
    assert (listed["IdentityPoolUsages"], listed["MaxResults"], listed["Count"]) == ([usage], 5, 1)


def test_a_deleted_pools_data_is_gone(people: Synced, phone: Device) -> None:
    phone.update(put("a", "1"))

    people.identity.delete_identity_pool(IdentityPoolId=people.pool_id)
    assert people.sync.list_identity_pool_usage()["IdentityPoolUsages"] == []
    assert refusal(lambda: people.sync.describe_dataset(**phone.of()))[:2] == (404, "ResourceNotFoundException")


class TestConfiguration:
    def test_it_is_kept_by_part(self, people: Synced) -> None:
        sync, pool = people.sync, {"IdentityPoolId": people.pool_id}
        push = {
            "ApplicationArns": ["arn:aws:sns:us-east-1:000000000000:app/GCM/app"],
            "RoleArn": people.roles["authenticated"],
        }
        off = {"StreamName": "s", "RoleArn": people.roles["authenticated"], "StreamingStatus": "DISABLED"}

        before = sync.get_identity_pool_configuration(**pool)
        assert (before["IdentityPoolId"], "PushSync" in before) == (people.pool_id, False)
        assert sync.set_identity_pool_configuration(**pool, PushSync=push)["PushSync"] == push
        sync.set_identity_pool_configuration(**pool, CognitoStreams=off)
        after = sync.get_identity_pool_configuration(**pool)
        assert (after["PushSync"], after["CognitoStreams"]) == (push, off)

    def test_what_is_no_function_or_event_is_refused(self, people: Synced) -> None:
        wrong: list[dict[str, Any]] = [
            {"SyncTrigger": "x"},
            {"PreSignUp": "arn:aws:lambda:us-east-1:000000000000:function:f"},
        ]

        for events in wrong:
            status, code, _ = refusal(
                lambda given=events: people.sync.set_cognito_events(IdentityPoolId=people.pool_id, Events=given)
            )
            assert (status, code) == (400, "InvalidParameterException")
        assert people.sync.get_cognito_events(IdentityPoolId=people.pool_id)["Events"] == {}
