"""Two secrets of one app client: either proves it, until one is taken away."""

import base64
import re
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.cognito_idp.rules import secret_hash

from .accounts import EMAIL_POOL, PASSWORD, confirmed, make_pool, refused

OWN = "an-own-secret-of-24-chars".replace("-", "_")


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client(cognito: Any, pool_id: str) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="service",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return dict(made["UserPoolClient"])


def named(client: dict[str, Any]) -> dict[str, str]:
    return {"UserPoolId": client["UserPoolId"], "ClientId": client["ClientId"]}


def add(cognito: Any, client: dict[str, Any], **more: str) -> dict[str, Any]:
    return dict(cognito.add_user_pool_client_secret(**named(client), **more)["ClientSecretDescriptor"])


def ids(cognito: Any, client: dict[str, Any]) -> list[str]:
    listed = cognito.list_user_pool_client_secrets(**named(client))
    assert set(listed) - {"ResponseMetadata"} == {"ClientSecrets"}
    return [secret["ClientSecretId"] for secret in listed["ClientSecrets"]]


def test_the_secret_of_the_beginning_is_listed_without_its_value(cognito: Any, client: dict[str, Any]) -> None:
    (secret,) = cognito.list_user_pool_client_secrets(**named(client))["ClientSecrets"]

    assert set(secret) == {"ClientSecretId", "ClientSecretCreateDate"}
    assert re.fullmatch(f"{client['ClientId']}--[0-9]+", secret["ClientSecretId"])
    assert isinstance(secret["ClientSecretCreateDate"], datetime)


def test_a_second_secret_is_made_and_told_once(cognito: Any, client: dict[str, Any]) -> None:
    made = add(cognito, client)

    assert re.fullmatch(r"[a-z0-9]{51,52}", made["ClientSecretValue"])
    assert made["ClientSecretValue"] != client["ClientSecret"]
    assert ids(cognito, client)[1] == made["ClientSecretId"]
    assert len(set(ids(cognito, client))) == 2


def test_a_secret_of_ones_own_is_not_repeated(cognito: Any, client: dict[str, Any]) -> None:
    made = add(cognito, client, ClientSecret=OWN)

    assert set(made) == {"ClientSecretId", "ClientSecretCreateDate"}


def test_there_are_two_at_most(cognito: Any, client: dict[str, Any]) -> None:
    add(cognito, client)

    with refused("LimitExceededException", "User pool client cannot have more than 2 secrets."):
        add(cognito, client)
    assert len(ids(cognito, client)) == 2


def test_a_public_client_gets_none(cognito: Any, pool_id: str) -> None:
    public = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="web")["UserPoolClient"]

    with refused("InvalidParameterException", "User pool client does not have a client secret."):
        add(cognito, public)
    assert ids(cognito, public) == []


@pytest.mark.parametrize("secret", ["x" * 65, "with a space and more than that"])
def test_a_secret_of_ones_own_has_24_to_64_characters_of_a_kind(
    cognito: Any, client: dict[str, Any], secret: str
) -> None:
    with pytest.raises(ClientError, match="Value at 'clientSecret' failed to satisfy constraint"):
        add(cognito, client, ClientSecret=secret)


def test_either_secret_proves_the_client_and_a_deleted_one_no_more(
    cloud: Any, cognito: Any, pool_id: str, client: dict[str, Any]
) -> None:
    public = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="web")["UserPoolClient"]["ClientId"]
    confirmed(cloud, cognito, public, "ann@example.com", "ann@example.com")
    add(cognito, client, ClientSecret=OWN)

    def sign_in(secret: str) -> dict[str, Any]:
        proof = secret_hash.make(client["ClientId"], secret, "ann@example.com")
        parameters = {"USERNAME": "ann@example.com", "PASSWORD": PASSWORD, "SECRET_HASH": proof}
        answer = cognito.initiate_auth(
            ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        return dict(answer["AuthenticationResult"])

    message = f"Unable to verify secret hash for client {client['ClientId']}"
    tokens = sign_in(client["ClientSecret"])
    assert sign_in(OWN)
    with refused("NotAuthorizedException", message):
        sign_in("x" * 51)

    cognito.delete_user_pool_client_secret(**named(client), ClientSecretId=ids(cognito, client)[0])

    with refused("NotAuthorizedException", message):
        sign_in(client["ClientSecret"])
    assert sign_in(OWN)
    refresh = {"ClientId": client["ClientId"], "RefreshToken": tokens["RefreshToken"]}
    with refused("NotAuthorizedException", message):
        cognito.get_tokens_from_refresh_token(**refresh, ClientSecret=client["ClientSecret"])
    assert cognito.get_tokens_from_refresh_token(**refresh, ClientSecret=OWN)["AuthenticationResult"]
    with refused("UnauthorizedException", "Invalid client or secret"):
        cognito.revoke_token(
            ClientId=client["ClientId"], Token=tokens["RefreshToken"], ClientSecret=client["ClientSecret"]
        )
    cognito.revoke_token(ClientId=client["ClientId"], Token=tokens["RefreshToken"], ClientSecret=OWN)


def test_the_token_endpoint_takes_either_secret(cloud: Any, cognito: Any, pool_id: str) -> None:
    cognito.create_resource_server(
        UserPoolId=pool_id, Identifier="api", Name="API", Scopes=[{"ScopeName": "get", "ScopeDescription": "Read"}]
    )
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="service",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["api/get"],
    )["UserPoolClient"]

    def status(secret: str) -> int:
        basic = base64.b64encode(f"{client['ClientId']}:{secret}".encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
        answer = cloud.fetch("POST", "/oauth2/token", headers=headers, body=b"grant_type=client_credentials")
        return int(answer.status)

    second = add(cognito, client)["ClientSecretValue"]
    assert [status(client["ClientSecret"]), status(second), status("x" * 51), status("")] == [200, 200, 400, 400]

    cognito.delete_user_pool_client_secret(**named(client), ClientSecretId=ids(cognito, client)[0])
    assert [status(client["ClientSecret"]), status(second)] == [400, 200]


def test_the_last_secret_stays(cognito: Any, client: dict[str, Any]) -> None:
    (only,) = ids(cognito, client)

    with refused("InvalidParameterException", "The last secret of a user pool client cannot be deleted."):
        cognito.delete_user_pool_client_secret(**named(client), ClientSecretId=only)
    assert ids(cognito, client) == [only]


def test_a_secret_that_is_not_there_is_not_found(cognito: Any, client: dict[str, Any]) -> None:
    second = add(cognito, client)["ClientSecretId"]
    cognito.delete_user_pool_client_secret(**named(client), ClientSecretId=second)

    with refused("ResourceNotFoundException", "Client secret does not exist."):
        cognito.delete_user_pool_client_secret(**named(client), ClientSecretId=second)


def test_an_update_of_the_client_keeps_both(cognito: Any, client: dict[str, Any]) -> None:
    add(cognito, client)
    before = ids(cognito, client)

    cognito.update_user_pool_client(**named(client), ClientName="renamed")

    assert ids(cognito, client) == before


@pytest.mark.parametrize("operation", ["add", "list", "delete"])
def test_a_client_of_another_pool_is_not_found(cognito: Any, client: dict[str, Any], operation: str) -> None:
    name = f"{operation}_user_pool_client_secret{'s' if operation == 'list' else ''}"
    more = {"ClientSecretId": "x"} if operation == "delete" else {}
    elsewhere = {**named(client), "UserPoolId": make_pool(cognito)}

    with refused("ResourceNotFoundException", "User pool client does not exist."):
        getattr(cognito, name)(**elsewhere, **more)
    with refused("ResourceNotFoundException", "User pool us-east-1_gone00000 does not exist."):
        getattr(cognito, name)(**{**elsewhere, "UserPoolId": "us-east-1_gone00000"}, **more)


def test_no_secret_is_kept_in_clear(cloud: Any, cognito: Any, client: dict[str, Any]) -> None:
    add(cognito, client, ClientSecret=OWN)

    kept = str(cloud.inner.store.app_clients.get(id=client["ClientId"]))
    assert client["ClientSecret"] not in kept
    assert OWN not in kept
