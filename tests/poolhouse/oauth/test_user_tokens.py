"""What the authorization server does with a user's tokens from the API: refresh, revoke, userInfo."""

from datetime import timedelta
from typing import Any

import jwt
import msgspec
import pytest

from poolhouse.web import Response
from tests.poolhouse.oauth.support import Server, error

REFRESH = {"grant_type": "refresh_token"}


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def sign_in(server: Server) -> dict[str, Any]:
    """The tokens of a user of the web client."""
    server.cognito.admin_create_user(UserPoolId=server.pool_id, Username="ada", MessageAction="SUPPRESS")
    server.cognito.admin_set_user_password(
        UserPoolId=server.pool_id, Username="ada", Password="Correct-Horse-9", Permanent=True
    )
    tokens: dict[str, Any] = server.cognito.admin_initiate_auth(
        UserPoolId=server.pool_id,
        ClientId=server.web_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": "Correct-Horse-9"},
    )["AuthenticationResult"]
    return tokens


def refresh(server: Server, refresh_token: str) -> Response:
    return server.token(REFRESH | {"client_id": server.web_id, "refresh_token": refresh_token})


def user_info(server: Server, access_token: str) -> Response:
    return server.get("/oauth2/userInfo", authorization=f"Bearer {access_token}")


def test_a_refresh_token_gives_new_tokens_of_the_same_sign_in(server: Server) -> None:
    tokens = sign_in(server)

    response = refresh(server, tokens["RefreshToken"])

    document = msgspec.json.decode(response.body)
    assert response.status == 200
    assert list(document) == ["id_token", "access_token", "expires_in", "token_type"]
    assert (document["expires_in"], document["token_type"]) == (3600, "Bearer")
    old, new = claims_of(tokens["AccessToken"]), claims_of(document["access_token"])
    assert old["jti"] != new["jti"]
    assert [old[name] for name in ("sub", "origin_jti", "event_id", "auth_time")] == [
        new[name] for name in ("sub", "origin_jti", "event_id", "auth_time")
    ]
    assert claims_of(document["id_token"])["cognito:username"] == "ada"


def test_an_unknown_or_missing_refresh_token_gives_nothing(server: Server) -> None:
    assert error(refresh(server, "junk")) == (400, {"error": "invalid_grant"})
    assert error(refresh(server, "")) == (400, {"error": "invalid_request"})


def test_an_access_token_is_no_refresh_token(server: Server) -> None:
    assert error(refresh(server, sign_in(server)["AccessToken"])) == (400, {"error": "invalid_grant"})


def test_an_expired_refresh_token_gives_nothing(server: Server) -> None:
    tokens = sign_in(server)
    server.cloud.clock.advance(timedelta(days=30))

    assert error(refresh(server, tokens["RefreshToken"])) == (400, {"error": "invalid_grant"})


def test_another_client_cannot_use_a_refresh_token(server: Server) -> None:
    form = REFRESH | {"refresh_token": sign_in(server)["RefreshToken"]}

    assert error(server.token(form, authorization=server.basic())) == (400, {"error": "invalid_grant"})


def test_a_client_outside_the_authorization_server_may_not_refresh_here(server: Server) -> None:
    made = server.cognito.create_user_pool_client(UserPoolId=server.pool_id, ClientName="api")["UserPoolClient"]
    form = REFRESH | {"client_id": made["ClientId"], "refresh_token": "any"}

    assert error(server.token(form)) == (400, {"error": "unauthorized_client"})


def test_a_revoked_refresh_token_gives_nothing(server: Server) -> None:
    tokens = sign_in(server)
    form = {"client_id": server.web_id, "token": tokens["RefreshToken"]}

    responses = [server.post("/oauth2/revoke", form) for _ in range(2)]

    assert [(response.status, response.body) for response in responses] == [(200, b""), (200, b"")]
    assert error(refresh(server, tokens["RefreshToken"])) == (400, {"error": "invalid_grant"})
    with pytest.raises(server.cognito.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        server.cognito.get_user(AccessToken=tokens["AccessToken"])


def test_an_unknown_token_counts_as_revoked(server: Server) -> None:
    assert server.post("/oauth2/revoke", {"client_id": server.web_id, "token": "junk"}).status == 200


def test_only_refresh_tokens_can_be_revoked(server: Server) -> None:
    form = {"client_id": server.web_id, "token": sign_in(server)["AccessToken"]}

    assert error(server.post("/oauth2/revoke", form)) == (400, {"error": "unsupported_token_type"})


def test_revoking_needs_a_token_and_a_client(server: Server) -> None:
    def revoke(**form: str) -> tuple[int, dict[str, str]]:
        return error(server.post("/oauth2/revoke", form))

    assert revoke(client_id=server.web_id) == (400, {"error": "invalid_request"})
    assert revoke(token="t") == (400, {"error": "invalid_request"})
    assert revoke(token="t", client_id="unknown") == (401, {"error": "invalid_client"})
    assert revoke(token="t", client_id=server.client_id) == (401, {"error": "invalid_client"})
    assert server.get("/oauth2/revoke").status == 405


def test_another_client_cannot_revoke_a_token(server: Server) -> None:
    tokens = sign_in(server)

    response = server.post("/oauth2/revoke", {"token": tokens["RefreshToken"]}, authorization=server.basic())

    assert error(response) == (400, {"error": "unauthorized_client"})
    assert refresh(server, tokens["RefreshToken"]).status == 200


def test_user_info_refuses_an_api_sign_ins_token_for_want_of_openid(server: Server) -> None:
    response = user_info(server, sign_in(server)["AccessToken"])

    description = "Access token does not contain openid scope"
    assert error(response) == (401, {"error": "invalid_token", "error_description": description})
    challenge = f'error="invalid_token", error_description="{description}"'
    assert ("WWW-Authenticate", challenge) in response.headers


@pytest.mark.parametrize(
    ("scopes", "shown"),
    [
        (["openid"], {"email", "email_verified", "name"}),
        (["openid", "email"], {"email", "email_verified"}),
        (["openid", "phone"], set()),
    ],
)
def test_user_info_tells_as_much_as_the_scopes_name(server: Server, scopes: list[str], shown: set[str]) -> None:
    source = f"""
def handler(event, context):
    added = {{"scopesToAdd": {scopes!r}}}
    event["response"]["claimsAndScopeOverrideDetails"] = {{"accessTokenGeneration": added}}
    return event
"""
    arn = server.cloud.function("openid", source)
    trigger = {"LambdaArn": arn, "LambdaVersion": "V2_0"}
    server.cognito.update_user_pool(UserPoolId=server.pool_id, LambdaConfig={"PreTokenGenerationConfig": trigger})
    tokens = sign_in(server)
    profile = {"email": "ada@example.com", "email_verified": "true", "name": "Ada"}
    server.cognito.admin_update_user_attributes(
        UserPoolId=server.pool_id,
        Username="ada",
        UserAttributes=[{"Name": name, "Value": value} for name, value in profile.items()],
    )

    response = user_info(server, tokens["AccessToken"])

    assert response.status == 200
    assert msgspec.json.decode(response.body) == {
        "sub": claims_of(tokens["IdToken"])["sub"],
        **{name: profile[name] for name in shown},
        "username": "ada",
    }


def test_user_info_refuses_tokens_that_are_not_good(server: Server) -> None:
    tokens = sign_in(server)
    server.cognito.admin_user_global_sign_out(UserPoolId=server.pool_id, Username="ada")
    description = "Access token is expired, disabled, or deleted, or the user has globally signed out."

    for token in ("junk", tokens["IdToken"], tokens["AccessToken"], server.machine_token()["access_token"]):
        refused = {"error": "invalid_token", "error_description": description}
        assert error(user_info(server, token)) == (401, refused)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "token"])
def test_user_info_without_a_bearer_token_is_a_bad_request(server: Server, header: str) -> None:
    response = server.get("/oauth2/userInfo", authorization=header)

    description = "Bad OAuth2 request at UserInfo Endpoint"
    assert error(response) == (400, {"error": "invalid_request", "error_description": description})
