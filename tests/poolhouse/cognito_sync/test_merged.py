"""Datasets of identities that become one: the other's stand beside those that were there."""

import pytest

from poolhouse.testing import LocalCloud

from .devices import Device, Synced, put, refusal


@pytest.fixture
def people(cloud: LocalCloud) -> Synced:
    return Synced(cloud)


def signed_in(people: Synced, guest: Device) -> Device:
    """The device of a guest who signs in as Ann, who was there already."""
    login = people.login("ann")
    answer = people.credentials(guest.identity_id, login)
    return Device(people.client("cognito-sync", answer), people.pool_id, answer["IdentityId"])


def test_a_guests_datasets_stand_beside_those_of_who_they_turn_out_to_be(people: Synced) -> None:
    ann, guest = people.device("ann"), people.guest()
    ann.update(put("score", "10"))
    guest.update(put("score", "1"), put("gone", "1"))
    guest.update(put("score", "2", 1), {"Op": "remove", "Key": "gone", "SyncCount": 1})

    phone = signed_in(people, guest)
    beside = f"game.{guest.identity_id}"
    assert phone.identity_id == ann.identity_id
    assert phone.records()["MergedDatasetNames"] == [beside]
    assert phone.values() == {"score": ("10", 1)}
    assert phone.values(beside) == {"score": ("2", 1)}
    answer = phone.records(beside)
    assert (answer["DatasetSyncCount"], answer["DatasetExists"]) == (1, True)
    assert phone.client.describe_dataset(**phone.of(beside))["Dataset"]["NumRecords"] == 1
    phone.update(put("score", "3", 1), name=beside)
    assert phone.values(beside) == {"score": ("3", 2)}


def test_a_merge_is_reported_until_its_dataset_is_deleted(people: Synced) -> None:
    people.device("ann")
    guest = people.guest()
    guest.update(put("score", "1"))
    phone = signed_in(people, guest)
    answer = phone.records()
    assert (answer["DatasetExists"], len(answer["MergedDatasetNames"])) == (False, 1)

    phone.client.delete_dataset(**phone.of(answer["MergedDatasetNames"][0]))
    assert phone.records()["MergedDatasetNames"] == []


def test_who_was_merged_is_reached_no_more(people: Synced) -> None:
    people.device("ann")
    guest = people.guest()
    guest.update(put("score", "1"))
    signed_in(people, guest)

    forbidden = (403, "NotAuthorizedException", f"Access to Identity '{guest.identity_id}' is forbidden.")
    assert refusal(guest.records) == forbidden
    assert refusal(lambda: people.developer(guest).client.describe_dataset(**guest.of())) == forbidden


def test_a_guest_who_becomes_somebody_new_keeps_their_datasets(people: Synced) -> None:
    guest = people.guest()
    guest.update(put("score", "1"))

    phone = signed_in(people, guest)
    assert phone.identity_id == guest.identity_id
    assert phone.values() == {"score": ("1", 1)}
    assert phone.records()["MergedDatasetNames"] == []


def test_merged_developers_users_bring_their_datasets(people: Synced, cloud: LocalCloud) -> None:
    identity = cloud.client("cognito-identity")
    pool_id = identity.create_identity_pool(
        IdentityPoolName="dev", AllowUnauthenticatedIdentities=False, DeveloperProviderName="login.mine"
    )["IdentityPoolId"]
    devices = {}
    for name in ("source", "destination"):
        made = identity.get_open_id_token_for_developer_identity(IdentityPoolId=pool_id, Logins={"login.mine": name})
        devices[name] = Device(people.sync, pool_id, made["IdentityId"])
        devices[name].update(put("from", name))

    identity.merge_developer_identities(
        IdentityPoolId=pool_id,
        DeveloperProviderName="login.mine",
        SourceUserIdentifier="source",
        DestinationUserIdentifier="destination",
    )
    beside = f"game.{devices['source'].identity_id}"
    assert devices["destination"].records()["MergedDatasetNames"] == [beside]
    assert devices["destination"].values(beside) == {"from": ("source", 1)}
