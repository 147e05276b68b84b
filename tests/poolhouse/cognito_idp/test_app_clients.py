"""App clients: what a new one has, what is refused, and what an update takes back."""

import re
from typing import Any

import pytest

from .accounts import make_client, make_pool, refused

GONE = "User pool us-east-1_gone00000 does not exist."
CODE_GRANT = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "CallbackURLs": ["https://app.example.com/callback"],
}


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito)


def create(cognito: Any, pool_id: str, **settings: Any) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="web", **settings)
    return dict(made["UserPoolClient"])


def describe(cognito: Any, pool_id: str, client_id: str) -> dict[str, Any]:
    found: dict[str, Any] = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)
    return dict(found["UserPoolClient"])


def test_a_client_made_of_a_name_alone_has_awss_defaults(cognito: Any, pool_id: str) -> None:
    made = create(cognito, pool_id)

    assert re.fullmatch(r"[a-z0-9]{25,26}", made.pop("ClientId"))
    del made["CreationDate"], made["LastModifiedDate"]
    assert made == {
        "UserPoolId": pool_id,
        "ClientName": "web",
        "AllowedOAuthFlowsUserPoolClient": False,
        "AuthSessionValidity": 3,
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
    }


def test_a_secret_is_made_when_asked_for_and_told_again(cognito: Any, pool_id: str) -> None:
    made = create(cognito, pool_id, GenerateSecret=True)

    assert re.fullmatch(r"[a-z0-9]{51,52}", made["ClientSecret"])
    assert describe(cognito, pool_id, made["ClientId"])["ClientSecret"] == made["ClientSecret"]
    other = create(cognito, pool_id, GenerateSecret=True)
    assert other["ClientSecret"] != made["ClientSecret"]


def test_a_secret_is_in_no_list(cognito: Any, pool_id: str) -> None:
    made = create(cognito, pool_id, GenerateSecret=True)

    (listed,) = cognito.list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)["UserPoolClients"]

    assert listed == {"ClientId": made["ClientId"], "ClientName": "web", "UserPoolId": pool_id}


def test_an_update_takes_back_what_it_does_not_send_but_name_and_secret(cognito: Any, pool_id: str) -> None:
    made = create(cognito, pool_id, GenerateSecret=True, AccessTokenValidity=2, **CODE_GRANT)

    cognito.update_user_pool_client(UserPoolId=pool_id, ClientId=made["ClientId"], RefreshTokenValidity=5)

    found = describe(cognito, pool_id, made["ClientId"])
    assert (found["ClientName"], found["ClientSecret"]) == ("web", made["ClientSecret"])
    assert (found["RefreshTokenValidity"], found["AllowedOAuthFlowsUserPoolClient"]) == (5, False)
    assert not {"AccessTokenValidity", *CODE_GRANT} - {"AllowedOAuthFlowsUserPoolClient"} & set(found)


def test_an_update_that_is_refused_changes_nothing(cognito: Any, pool_id: str) -> None:
    made = create(cognito, pool_id, **CODE_GRANT)

    with refused("ScopeDoesNotExistException", "Invalid scope requested: transactions/get"):
        cognito.update_user_pool_client(
            UserPoolId=pool_id,
            ClientId=made["ClientId"],
            ClientName="new",
            **{**CODE_GRANT, "AllowedOAuthScopes": ["transactions/get"]},
        )

    assert describe(cognito, pool_id, made["ClientId"])["ClientName"] == "web"


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (
        {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "USER_PASSWORD_AUTH"]},
        "InvalidParameterException",
        "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
    ),
    (
        {"AllowedOAuthFlowsUserPoolClient": True},
        "InvalidOAuthFlowException",
        "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
    ),
    (
        {**CODE_GRANT, "CallbackURLs": []},
        "InvalidOAuthFlowException",
        "CallbackUrls can not be empty when code flow or implicit flow is selected",
    ),
    (
        {**CODE_GRANT, "AllowedOAuthFlows": ["client_credentials"]},
        "InvalidOAuthFlowException",
        "client_credentials flow can not be selected if client does not have a client secret.",
    ),
    (
        {**CODE_GRANT, "AllowedOAuthFlows": ["client_credentials", "code"], "GenerateSecret": True},
        "InvalidOAuthFlowException",
        "client_credentials flow can not be selected along with code flow or implicit flow.",
    ),
    (
        {**CODE_GRANT, "AllowedOAuthScopes": ["nowhere/get"]},
        "ScopeDoesNotExistException",
        "Invalid scope requested: nowhere/get",
    ),
    (
        {**CODE_GRANT, "CallbackURLs": ["http://app.example.com/"]},
        "InvalidParameterException",
        "http://app.example.com/ cannot use the HTTP protocol.",
    ),
    (
        {**CODE_GRANT, "CallbackURLs": ["http://localhost.example.com/"]},
        "InvalidParameterException",
        "http://localhost.example.com/ cannot use the HTTP protocol.",
    ),
    (
        {**CODE_GRANT, "CallbackURLs": ["https://app.example.com/#here"]},
        "InvalidParameterException",
        "https://app.example.com/#here cannot use fragment",
    ),
    (
        {**CODE_GRANT, "DefaultRedirectURI": "https://other.example.com/"},
        "InvalidParameterException",
        "The default redirect URI https://other.example.com/ is not in the callback URIs list.",
    ),
    (
        {"AccessTokenValidity": 2, "TokenValidityUnits": {"AccessToken": "minutes"}},
        "InvalidParameterException",
        "Invalid range for token validity.",
    ),
    (
        {
            "AccessTokenValidity": 2,
            "RefreshTokenValidity": 1,
            "TokenValidityUnits": {"AccessToken": "hours", "RefreshToken": "hours"},
        },
        "InvalidParameterException",
        "Access and Id Token expiration times must be less than or equal to refresh token expiration times.",
    ),
    (
        {"SupportedIdentityProviders": ["Nobody"]},
        "InvalidParameterException",
        "The provider Nobody does not exist for User Pool {pool_id}.",
    ),
    (
        {"WriteAttributes": ["custom:nothing"]},
        "InvalidParameterException",
        "Invalid write attributes specified while creating a client",
    ),
    (
        {"ReadAttributes": ["custom:nothing"]},
        "InvalidParameterException",
        "Invalid read attributes specified while creating a client",
    ),
    (
        {"EnablePropagateAdditionalUserContextData": True},
        "InvalidParameterException",
        "Client Secret is required to set EnablePropagateAdditionalUserContextData as true",
    ),
    (
        {"RefreshTokenRotation": {"Feature": "ENABLED"}, "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]},
        "InvalidParameterException",
        "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.",
    ),
    (
        {"GenerateSecret": True, "ClientSecret": "a" * 30},
        "InvalidParameterException",
        "GenerateSecret cannot be true when ClientSecret is provided.",
    ),
]


@pytest.mark.parametrize(("settings", "code", "message"), REFUSED, ids=[message[:60] for _, _, message in REFUSED])
def test_what_aws_refuses_is_refused_and_nothing_is_made(
    cognito: Any, pool_id: str, settings: dict[str, Any], code: str, message: str
) -> None:
    with refused(code, message.format(pool_id=pool_id) if "pool_id" in message else message):
        create(cognito, pool_id, **settings)
    assert cognito.list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)["UserPoolClients"] == []


@pytest.mark.parametrize("url", ["http://localhost:3000/", "http://127.0.0.1", "http://[::1]:8080/x", "myapp://done"])
def test_plain_http_on_this_machine_and_apps_own_schemes_are_taken(cognito: Any, pool_id: str, url: str) -> None:
    assert create(cognito, pool_id, **{**CODE_GRANT, "CallbackURLs": [url]})["CallbackURLs"] == [url]


def test_a_deleted_client_is_gone(cognito: Any, pool_id: str) -> None:
    client_id = make_client(cognito, pool_id)

    cognito.delete_user_pool_client(UserPoolId=pool_id, ClientId=client_id)

    with refused("ResourceNotFoundException", "User pool client does not exist."):
        cognito.delete_user_pool_client(UserPoolId=pool_id, ClientId=client_id)
    with refused("ResourceNotFoundException", f"User pool client {client_id} does not exist."):
        cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "ann"})


@pytest.mark.parametrize("operation", ["describe", "update", "delete"])
def test_a_client_of_another_pool_is_not_found(cognito: Any, pool_id: str, operation: str) -> None:
    other = make_pool(cognito)
    client_id = make_client(cognito, other)

    with refused("ResourceNotFoundException", "User pool client does not exist."):
        getattr(cognito, f"{operation}_user_pool_client")(UserPoolId=pool_id, ClientId=client_id)
    assert describe(cognito, other, client_id)["ClientId"] == client_id


def test_clients_are_listed_by_page_each_once(cognito: Any, pool_id: str) -> None:
    make_client(cognito, make_pool(cognito))
    made = {make_client(cognito, pool_id) for _ in range(5)}

    found = cognito.get_paginator("list_user_pool_clients").paginate(
        UserPoolId=pool_id, PaginationConfig={"PageSize": 2}
    )

    pages = [[each["ClientId"] for each in page["UserPoolClients"]] for page in found]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {client_id for page in pages for client_id in page} == made


@pytest.mark.parametrize("operation", ["create", "describe", "update", "delete", "list"])
def test_a_pool_that_is_not_there_is_named(cognito: Any, operation: str) -> None:
    members = {"create": {"ClientName": "web"}, "list": {}}.get(operation, {"ClientId": "x" * 26})
    name = f"{operation}_user_pool_client" + ("s" if operation == "list" else "")
    with refused("ResourceNotFoundException", GONE):
        getattr(cognito, name)(UserPoolId="us-east-1_gone00000", **members)
