"""Identity pools: made, told, changed, listed, tagged, deleted."""

from typing import Any

import pytest

from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_idp.accounts import refused

NOWHERE = "us-east-1:00000000-0000-4000-8000-000000000000"


@pytest.fixture
def identity(cloud: LocalCloud) -> Any:
    return cloud.client("cognito-identity")


def make(identity: Any, **settings: Any) -> str:
    given = {"IdentityPoolName": "people", "AllowUnauthenticatedIdentities": True, **settings}
    return str(identity.create_identity_pool(**given)["IdentityPoolId"])


def test_a_pool_is_made_told_changed_and_deleted(identity: Any) -> None:
    pool_id = make(identity, DeveloperProviderName="our.backend", IdentityPoolTags={"a": "b"})

    told = identity.describe_identity_pool(IdentityPoolId=pool_id)
    assert (told["IdentityPoolName"], told["AllowUnauthenticatedIdentities"]) == ("people", True)
    assert (told["DeveloperProviderName"], told["IdentityPoolTags"]) == ("our.backend", {"a": "b"})
    changed = {"IdentityPoolId": pool_id, "IdentityPoolName": "others", "AllowUnauthenticatedIdentities": False}
    with refused("InvalidParameterException", "The developer provider name can not be changed."):
        identity.update_identity_pool(**changed, DeveloperProviderName="other")
    identity.update_identity_pool(**changed, DeveloperProviderName="our.backend")
    assert identity.describe_identity_pool(IdentityPoolId=pool_id)["IdentityPoolName"] == "others"
    identity.delete_identity_pool(IdentityPoolId=pool_id)
    with refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found."):
        identity.describe_identity_pool(IdentityPoolId=pool_id)


def test_pools_and_identities_are_listed_by_page(identity: Any) -> None:
    pools = sorted(make(identity) for _ in range(3))
    people = sorted(identity.get_id(IdentityPoolId=pools[0])["IdentityId"] for _ in range(3))

    first = identity.list_identity_pools(MaxResults=2)
    rest = identity.list_identity_pools(MaxResults=2, NextToken=first["NextToken"])
    assert [one["IdentityPoolId"] for one in first["IdentityPools"] + rest["IdentityPools"]] == pools
    first = identity.list_identities(IdentityPoolId=pools[0], MaxResults=2)
    rest = identity.list_identities(IdentityPoolId=pools[0], MaxResults=2, NextToken=first["NextToken"])
    assert [one["IdentityId"] for one in first["Identities"] + rest["Identities"]] == people
    with refused("InvalidParameterException", "Invalid pagination token."):
        identity.list_identities(IdentityPoolId=pools[1], MaxResults=2, NextToken=first["NextToken"])


def test_tags_are_set_and_taken_away(identity: Any) -> None:
    arn = f"arn:aws:cognito-identity:us-east-1:000000000000:identitypool/{make(identity)}"

    identity.tag_resource(ResourceArn=arn, Tags={"team": "red", "cost": "1"})
    identity.untag_resource(ResourceArn=arn, TagKeys=["cost"])
    assert identity.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "red"}


OPERATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("describe_identity_pool", {}),
    ("update_identity_pool", {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": True}),
    ("delete_identity_pool", {}),
    ("get_identity_pool_roles", {}),
    ("set_identity_pool_roles", {"Roles": {}}),
    ("list_identities", {"MaxResults": 1}),
    ("get_id", {}),
    ("get_principal_tag_attribute_map", {"IdentityProviderName": "x"}),
    ("set_principal_tag_attribute_map", {"IdentityProviderName": "x"}),
    ("lookup_developer_identity", {"IdentityId": NOWHERE}),
    ("get_open_id_token_for_developer_identity", {"Logins": {"x": "y"}}),
    (
        "unlink_developer_identity",
        {"IdentityId": NOWHERE, "DeveloperProviderName": "x", "DeveloperUserIdentifier": "y"},
    ),
    (
        "merge_developer_identities",
        {"SourceUserIdentifier": "x", "DestinationUserIdentifier": "y", "DeveloperProviderName": "z"},
    ),
)


@pytest.mark.parametrize(("operation", "params"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_a_pool_that_is_not_there_is_said_so(identity: Any, operation: str, params: dict[str, Any]) -> None:
    with refused("ResourceNotFoundException", f"IdentityPool '{NOWHERE}' not found."):
        getattr(identity, operation)(IdentityPoolId=NOWHERE, **params)
