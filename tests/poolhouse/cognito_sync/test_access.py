"""Who reaches which data: by policy as everywhere, and by whose keys they are."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from poolhouse.requests import services
from poolhouse.requests.asked import Asked, Scope
from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import ACCOUNT

from .devices import OWN, SUB, Device, Synced, put, refusal

NOWHERE = "us-east-1:00000000-0000-4000-8000-000000000000"
KEYS = (403, "NotAuthorizedException", "These credentials are not valid for accessing this resource")
ALL = {"Effect": "Allow", "Action": "cognito-sync:*", "Resource": "*"}
POOL = f"arn:aws:cognito-sync:us-east-1:{ACCOUNT}:identitypool"


@pytest.fixture
def people(cloud: LocalCloud) -> Synced:
    return Synced(cloud)


def of_datasets(device: Device) -> dict[str, Callable[[], Any]]:
    """Every operation on a dataset, by its action."""
    client, of = device.client, device.of()
    return {
        "ListRecords": lambda: client.list_records(**of),
        "UpdateRecords": lambda: client.update_records(**of, SyncSessionToken="x", RecordPatches=[put("a", "1")]),
        "DescribeDataset": lambda: client.describe_dataset(**of),
        "DeleteDataset": lambda: client.delete_dataset(**of),
    }


def of_pool(client: Any, pool_id: str) -> list[Callable[[], Any]]:
    return [
        lambda: client.describe_identity_pool_usage(IdentityPoolId=pool_id),
        lambda: client.get_cognito_events(IdentityPoolId=pool_id),
        lambda: client.set_cognito_events(IdentityPoolId=pool_id, Events={}),
        lambda: client.get_identity_pool_configuration(IdentityPoolId=pool_id),
        lambda: client.set_identity_pool_configuration(IdentityPoolId=pool_id),
    ]


def test_a_role_reaches_the_identitys_own_datasets_and_no_others(people: Synced) -> None:
    ann, bob = people.device("ann"), people.device("bob")
    ann.update(put("secret", "1"))
    other = Device(bob.client, people.pool_id, ann.identity_id)

    for action, ask in of_datasets(other).items():
        assert refusal(ask) == (
            403,
            "AccessDeniedException",
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/users/CognitoIdentityCredentials is not authorized to perform: "
            f"cognito-sync:{action} on resource: {POOL}/{people.pool_id}/identity/{ann.identity_id}/dataset/game "
            f"because no identity-based policy allows the cognito-sync:{action} action",
        )
    assert ann.values() == {"secret": ("1", 1)}


def test_datasets_are_listed_as_of_a_dataset_called_null(people: Synced) -> None:
    """Seen on AWS; a Resource that ends in dataset/* allows it."""
    ann, bob = people.device("ann"), people.device("bob")

    assert ann.client.list_datasets(**ann.whose)["Datasets"] == []
    assert (
        f"/identity/{ann.identity_id}/dataset/null because" in refusal(lambda: bob.client.list_datasets(**ann.whose))[2]
    )


def test_a_guest_has_datasets_of_their_own(people: Synced) -> None:
    one, two = people.guest(), people.guest()

    one.update(put("a", "1"))
    assert one.values() == {"a": ("1", 1)}
    assert refusal(lambda: two.client.list_records(**one.of()))[1] == "AccessDeniedException"


def test_an_identitys_keys_reach_no_others_data_whatever_the_policy_says(people: Synced) -> None:
    people.allow("users", ALL)
    ann, bob = people.device("ann"), people.device("bob")
    ann.update(put("secret", "1"))
    other = Device(bob.client, people.pool_id, ann.identity_id)

    for ask in of_datasets(other).values():
        assert refusal(ask) == KEYS
    assert refusal(lambda: bob.client.list_datasets(**ann.whose)) == KEYS
    assert refusal(lambda: bob.client.describe_identity_usage(**ann.whose)) == KEYS
    assert ann.values() == {"secret": ("1", 1)}


def test_an_identitys_keys_reach_nothing_of_the_pools(people: Synced) -> None:
    people.allow("users", ALL)
    ann = people.device("ann")

    for ask in of_pool(ann.client, people.pool_id):
        assert refusal(ask) == KEYS
    assert refusal(ann.client.list_identity_pool_usage) == KEYS


def test_keys_of_the_basic_flow_are_an_identitys_too(people: Synced, cloud: LocalCloud) -> None:
    people.allow("users", ALL)
    ann, login = people.device("ann"), people.login("bob")
    bob_id = people.get_id(login)
    token = people.identity.get_open_id_token(IdentityId=bob_id, Logins=login)["Token"]
    answer = cloud.client("sts").assume_role_with_web_identity(
        RoleArn=people.roles["authenticated"], RoleSessionName="bob", WebIdentityToken=token
    )
    bob = Device(people.client("cognito-sync", answer), people.pool_id, bob_id)

    bob.update(put("a", "1"))
    assert bob.values() == {"a": ("1", 1)}
    assert refusal(lambda: bob.client.list_records(**ann.of())) == KEYS


def test_a_developer_reaches_every_dataset(people: Synced) -> None:
    ann = people.device("ann")
    ann.update(put("a", "1"))

    [written] = people.developer(ann).update(put("a", "2", 1))
    assert ann.values() == {"a": ("2", 2)}
    assert written["LastModifiedBy"] == ACCOUNT
    [written] = ann.update(put("a", "3", 2), DeviceId="phone")
    assert written["LastModifiedBy"] == "phone"


def test_what_is_not_there_is_said_so(people: Synced) -> None:
    guest = people.guest()
    no_pool = Device(people.sync, NOWHERE, guest.identity_id)
    no_identity = Device(people.sync, people.pool_id, NOWHERE)

    pool_gone, identity_gone = f"IdentityPool '{NOWHERE}' not found.", f"Identity '{NOWHERE}' not found."
    for action, ask in of_datasets(no_pool).items():
        expected = (403, "NotAuthorizedException") if action == "ListRecords" else (404, "ResourceNotFoundException")
        assert refusal(ask) == (*expected, pool_gone)
    for action, ask in of_datasets(no_identity).items():
        expected = (403, "NotAuthorizedException") if action == "ListRecords" else (404, "ResourceNotFoundException")
        assert refusal(ask) == (*expected, identity_gone)
    for ask in of_pool(people.sync, NOWHERE):
        assert refusal(ask) == (404, "ResourceNotFoundException", pool_gone)


def test_an_identity_of_another_pool_is_not_there(people: Synced, cloud: LocalCloud) -> None:
    pool = cloud.client("cognito-identity").create_identity_pool(
        IdentityPoolName="other", AllowUnauthenticatedIdentities=True
    )
    elsewhere = Device(people.sync, pool["IdentityPoolId"], people.guest().identity_id)

    assert refusal(lambda: people.sync.describe_identity_usage(**elsewhere.whose))[:2] == (
        404,
        "ResourceNotFoundException",
    )


def test_an_identity_that_was_deleted_takes_its_data_along(people: Synced) -> None:
    ann = people.device("ann")
    ann.update(put("a", "1"))

    people.identity.delete_identities(IdentityIdsToDelete=[ann.identity_id])
    usage = people.sync.describe_identity_pool_usage(IdentityPoolId=people.pool_id)["IdentityPoolUsage"]
    assert usage["DataStorage"] == 0
    assert refusal(lambda: people.sync.describe_dataset(**ann.of()))[1] == "ResourceNotFoundException"


def test_who_has_not_signed_is_refused(people: Synced, cloud: LocalCloud) -> None:
    response = cloud.fetch("GET", f"/identitypools/{people.pool_id}/events")

    assert response.status == 403
    assert dict(response.headers)["x-amzn-ErrorType"] == "MissingAuthenticationTokenException:"


class TestWire:
    """What no SDK sends."""

    HEADERS: ClassVar = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260924/us-east-1/cognito-sync/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}",
        "X-Amz-Date": "20260924T135000Z",
    }

    def ask(self, people: Synced, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
        response = people.cloud.fetch(method, f"/identitypools/{path}", headers=self.HEADERS, body=body)
        return response.status, dict(response.headers)["x-amzn-ErrorType"].rstrip(":")

    @pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b'{"Events": 1}', b'{"Events": {"SyncTrigger": []}}'])
    def test_junk_in_a_body_is_no_request(self, people: Synced, body: bytes) -> None:
        assert self.ask(people, "POST", f"{people.pool_id}/events", body) == (400, "SerializationException")

    @pytest.mark.parametrize(
        "patch",
        [
            '{"Op": "replace", "Key": "\\ud800", "Value": "x", "SyncCount": 0}',
            '{"Op": "replace", "Key": "k", "Value": "\\udfff", "SyncCount": 0}',
            '{"Op": "replace", "Key": "k", "Value": 1, "SyncCount": 0}',
            '{"Op": "replace", "Key": "k", "Value": "x", "SyncCount": "0"}',
            '{"Op": "replace", "Key": "k", "Value": "x", "SyncCount": 0, "DeviceLastModifiedDate": 1e20}',
            '{"Op": "replace", "Key": "k", "Value": "x", "SyncCount": 0, '
            '"DeviceLastModifiedDate": "0001-01-01T00:00:00+23:59"}',
            '"x"',
        ],
    )
    def test_junk_in_a_patch_is_none(self, people: Synced, patch: str) -> None:
        guest = people.developer(people.guest())
        body = f'{{"SyncSessionToken": "{guest.token()}", "RecordPatches": [{patch}]}}'.encode()
        path = f"{people.pool_id}/identities/{guest.identity_id}/datasets/game"

        assert self.ask(people, "POST", path, body) == (400, "SerializationException")
        assert guest.records()["DatasetExists"] is False

    @pytest.mark.parametrize("query", ["lastSyncCount=x", "lastSyncCount=", "lastSyncCount=%ff", "maxResults=1.5"])
    def test_junk_in_a_query_is_no_number(self, people: Synced, query: str) -> None:
        path = f"{people.pool_id}/identities/{people.guest().identity_id}/datasets/game/records?{query}"

        assert self.ask(people, "GET", path) == (400, "SerializationException")

    @pytest.mark.parametrize("path", ["%ff/events", "x/events", "us-east-1:0/identities/y:0/datasets/z%2fq/records"])
    def test_junk_in_a_path_breaks_the_models_constraints(self, people: Synced, path: str) -> None:
        assert self.ask(people, "GET", path) == (400, "InvalidParameterException")

    @pytest.mark.parametrize("path", ["us-east-1:0/nothing", "/events", "us-east-1:0/events/more"])
    def test_another_path_is_no_operation(self, people: Synced, path: str) -> None:
        assert self.ask(people, "GET", path) == (400, "UnknownOperationException")


POOL_ID, IDENTITY_ID = {"IdentityPoolId": "p"}, {"IdentityId": "i"}


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("ListIdentityPoolUsage", {}, "null"),
        ("SetCognitoEvents", POOL_ID, "p"),
        ("BulkPublish", POOL_ID, "p"),
        ("DescribeIdentityUsage", {**POOL_ID, **IDENTITY_ID}, "p/identity/i"),
        ("RegisterDevice", {**POOL_ID, **IDENTITY_ID}, "p/identity/i"),
        ("ListDatasets", {**POOL_ID, **IDENTITY_ID}, "p/identity/i/dataset/null"),
        ("UpdateRecords", {**POOL_ID, **IDENTITY_ID, "DatasetName": "d"}, "p/identity/i/dataset/d"),
        ("SubscribeToDataset", {**POOL_ID, **IDENTITY_ID, "DatasetName": "d"}, "p/identity/i/dataset/d"),
    ],
)
def test_an_operation_is_asked_for_on_what_it_names(operation: str, params: dict[str, str], resource: str) -> None:
    scope = Scope(ACCOUNT, "us-east-1")

    assert services.asked("cognito-sync", operation, params, scope) == [
        Asked(f"cognito-sync:{operation}", f"{POOL}/{resource}")
    ]


def test_a_policy_may_hold_a_role_to_one_dataset(people: Synced) -> None:
    people.allow("users", {**OWN, "Resource": f"{POOL}/{people.pool_id}/identity/{SUB}/dataset/game"})
    ann = people.device("ann")

    ann.update(put("a", "1"))
    assert refusal(lambda: ann.update(put("a", "1"), name="other"))[1] == "AccessDeniedException"
