"""Resource servers: an API's identifier and the scopes it grants."""

from typing import Any

import pytest

from .accounts import make_client, make_pool, refused

SCOPES = [
    {"ScopeName": "get", "ScopeDescription": "Read transactions"},
    {"ScopeName": "post", "ScopeDescription": "Write transactions"},
]


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito)


def make_server(cognito: Any, pool_id: str, identifier: str = "transactions", **more: Any) -> dict[str, Any]:
    created: dict[str, Any] = cognito.create_resource_server(
        UserPoolId=pool_id, Identifier=identifier, Name="Transactions", **more
    )["ResourceServer"]
    return created


def test_what_was_created_is_described(cognito: Any, pool_id: str) -> None:
    created = make_server(cognito, pool_id, Scopes=SCOPES)

    expected = {"UserPoolId": pool_id, "Identifier": "transactions", "Name": "Transactions", "Scopes": SCOPES}
    assert created == expected
    described = cognito.describe_resource_server(UserPoolId=pool_id, Identifier="transactions")
    assert described["ResourceServer"] == expected


def test_an_identifier_may_be_a_url(cognito: Any, pool_id: str) -> None:
    make_server(cognito, pool_id, "https://api.example.com", Scopes=SCOPES)

    settings = {"AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": ["client_credentials"]}
    scopes = ["https://api.example.com/get"]
    assert make_client(cognito, pool_id, GenerateSecret=True, AllowedOAuthScopes=scopes, **settings)


def test_an_identifier_is_taken_in_its_pool_only(cognito: Any, pool_id: str) -> None:
    make_server(cognito, pool_id)
    make_server(cognito, make_pool(cognito))

    with refused("InvalidParameterException", f"transactions already exists in user pool {pool_id}."):
        make_server(cognito, pool_id)


def test_an_update_replaces_the_name_and_all_scopes(cognito: Any, pool_id: str) -> None:
    make_server(cognito, pool_id, Scopes=SCOPES)
    wanted = {"UserPoolId": pool_id, "Identifier": "transactions", "Name": "New"}

    assert cognito.update_resource_server(**wanted, Scopes=SCOPES[:1])["ResourceServer"]["Scopes"] == SCOPES[:1]
    assert cognito.update_resource_server(**wanted)["ResourceServer"]["Scopes"] == []
    described = cognito.describe_resource_server(UserPoolId=pool_id, Identifier="transactions")["ResourceServer"]
    assert described == {**wanted, "Scopes": []}


@pytest.mark.parametrize("operation", ["describe", "update", "delete"])
def test_one_that_is_not_there_or_of_another_pool_is_not_found(cognito: Any, pool_id: str, operation: str) -> None:
    make_server(cognito, make_pool(cognito))
    more = {"Name": "New"} if operation == "update" else {}

    with refused("ResourceNotFoundException", "Resource server transactions does not exist."):
        getattr(cognito, f"{operation}_resource_server")(UserPoolId=pool_id, Identifier="transactions", **more)


def test_a_deleted_one_is_gone_and_cannot_be_deleted_again(cognito: Any, pool_id: str) -> None:
    make_server(cognito, pool_id)

    cognito.delete_resource_server(UserPoolId=pool_id, Identifier="transactions")

    assert cognito.list_resource_servers(UserPoolId=pool_id, MaxResults=50)["ResourceServers"] == []
    with refused("ResourceNotFoundException", "Resource server transactions does not exist."):
        cognito.delete_resource_server(UserPoolId=pool_id, Identifier="transactions")


def test_scope_names_are_unique(cognito: Any, pool_id: str) -> None:
    with refused("InvalidParameterException", "Scope names must be unique."):
        make_server(cognito, pool_id, Scopes=[SCOPES[0], SCOPES[0]])


@pytest.mark.parametrize("name", ["a/b", "a b", 'a"b', "a\\b"])
def test_a_scope_name_that_could_not_stand_in_a_token_is_refused(cognito: Any, pool_id: str, name: str) -> None:
    with pytest.raises(cognito.exceptions.InvalidParameterException, match=r"scopes\.1\.member\.scopeName"):
        make_server(cognito, pool_id, Scopes=[{"ScopeName": name, "ScopeDescription": "x"}])
    assert cognito.list_resource_servers(UserPoolId=pool_id, MaxResults=50)["ResourceServers"] == []


def test_a_pool_has_twenty_five_at_most_and_lists_them_by_page(cognito: Any, pool_id: str) -> None:
    identifiers = [make_server(cognito, pool_id, f"server-{number:02}")["Identifier"] for number in range(25)]

    listed = cognito.get_paginator("list_resource_servers").paginate(
        UserPoolId=pool_id, PaginationConfig={"PageSize": 10}
    )
    pages = [[server["Identifier"] for server in page["ResourceServers"]] for page in listed]
    assert pages == [identifiers[:10], identifiers[10:20], identifiers[20:]]
    with refused("LimitExceededException", f"User pool {pool_id} cannot have more than 25 resource servers."):
        make_server(cognito, pool_id, "one-more")


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_resource_server", {"Identifier": "a", "Name": "a"}),
        ("describe_resource_server", {"Identifier": "a"}),
        ("update_resource_server", {"Identifier": "a", "Name": "a"}),
        ("delete_resource_server", {"Identifier": "a"}),
        ("list_resource_servers", {}),
    ],
)
def test_a_pool_that_is_not_there_is_named(cognito: Any, operation: str, members: dict[str, str]) -> None:
    with refused("ResourceNotFoundException", "User pool us-east-1_gone00000 does not exist."):
        getattr(cognito, operation)(UserPoolId="us-east-1_gone00000", **members)
