"""The token endpoint with client_credentials: a machine's token, and every way not to get one."""

from typing import Any

import jwt
import pytest

from tests.poolhouse.oauth.support import Server, error

GRANT = {"grant_type": "client_credentials"}


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_a_machine_client_gets_an_access_token_for_the_scope_it_asks_for(server: Server) -> None:
    document = server.machine_token("api/write")

    claims = claims_of(document["access_token"])
    assert list(document) == ["access_token", "expires_in", "token_type"]
    assert (document["expires_in"], document["token_type"]) == (1800, "Bearer")
    assert claims.pop("exp") - claims["iat"] == 1800
    assert claims.pop("iat") == claims.pop("auth_time")
    assert isinstance(claims.pop("jti"), str)
    assert claims == {
        "sub": server.client_id,
        "token_use": "access",
        "scope": "api/write",
        "iss": server.issuer,
        "version": 2,
        "client_id": server.client_id,
    }


def test_the_secret_may_stand_in_the_body(server: Server) -> None:
    form = GRANT | {"client_id": server.client_id, "client_secret": server.secret}

    assert server.token(form).status == 200


def test_the_response_has_cognitos_headers(server: Server) -> None:
    headers = dict(server.token(GRANT, authorization=server.basic()).headers)

    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "no-cache, no-store, max-age=0, must-revalidate"
    assert headers["x-amz-cognito-request-id"]


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", "api/read api/write"),
        ("   ", "api/read api/write"),
        ("api/write api/read", "api/write api/read"),
        ("api/read api/read", "api/read"),
        ("api/read api/delete openid", "api/read"),
    ],
)
def test_scopes_the_client_may_not_have_are_left_out(server: Server, asked: str, granted: str) -> None:
    assert claims_of(server.machine_token(asked)["access_token"])["scope"] == granted


@pytest.mark.parametrize("scope", ["api/delete", "openid", "aws.cognito.signin.user.admin", "api", "API/READ", "/"])
def test_only_scopes_it_may_not_have_are_an_invalid_scope(server: Server, scope: str) -> None:
    response = server.token(GRANT | {"scope": scope}, authorization=server.basic())

    assert error(response) == (400, {"error": "invalid_scope"})


def test_a_scope_deleted_from_its_resource_server_is_no_longer_granted(server: Server) -> None:
    server.cognito.update_resource_server(
        UserPoolId=server.pool_id,
        Identifier="api",
        Name="API",
        Scopes=[{"ScopeName": "read", "ScopeDescription": "read"}],
    )

    assert claims_of(server.machine_token()["access_token"])["scope"] == "api/read"


def test_a_wrong_secret_is_an_invalid_client(server: Server) -> None:
    last = "b" if server.secret[-1] == "a" else "a"
    for secret in ("", "wrong", server.secret[:-1], server.secret[:-1] + last, server.secret + "a", "\u00e9"):
        response = server.token(GRANT, authorization=server.basic(secret=secret))

        assert error(response) == (400, {"error": "invalid_client"})


def test_a_secret_client_without_its_secret_is_an_invalid_client(server: Server) -> None:
    assert error(server.token(GRANT | {"client_id": server.client_id})) == (400, {"error": "invalid_client"})


def test_an_unknown_client_is_an_invalid_client(server: Server) -> None:
    response = server.token(GRANT, authorization=server.basic("unknown", "secret"))

    assert error(response) == (400, {"error": "invalid_client"})


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic /w==", "basic YQ", "Basic YWJj"])
def test_a_broken_basic_header_is_an_invalid_client(server: Server, header: str) -> None:
    assert error(server.token(GRANT, authorization=header)) == (400, {"error": "invalid_client"})


def test_another_client_in_the_body_than_in_the_header_is_an_invalid_client(server: Server) -> None:
    form = GRANT | {"client_id": server.web_id}

    assert error(server.token(form, authorization=server.basic())) == (400, {"error": "invalid_client"})


def test_authenticating_in_two_ways_at_once_is_an_invalid_request(server: Server) -> None:
    form = GRANT | {"client_id": server.client_id, "client_secret": server.secret}

    assert error(server.token(form, authorization=server.basic())) == (400, {"error": "invalid_request"})


def test_without_a_client_the_request_is_invalid(server: Server) -> None:
    assert error(server.token(GRANT)) == (400, {"error": "invalid_request"})
    assert error(server.token(GRANT, authorization="Bearer abc")) == (400, {"error": "invalid_request"})


def test_a_public_client_that_sends_a_secret_is_an_invalid_client(server: Server) -> None:
    form = GRANT | {"client_id": server.web_id, "client_secret": "made-up"}

    assert error(server.token(form)) == (400, {"error": "invalid_client"})


def test_a_client_without_the_flow_is_unauthorized(server: Server) -> None:
    assert error(server.token(GRANT | {"client_id": server.web_id})) == (400, {"error": "unauthorized_client"})


def test_the_domain_in_the_host_has_to_be_the_clients_own(server: Server) -> None:
    other = server.cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    server.cognito.create_user_pool_domain(UserPoolId=other, Domain="elsewhere")

    def ask(host: str) -> int:
        return server.token(GRANT, authorization=server.basic(), host=host).status

    assert ask("acme.auth.localhost:4566") == 200
    assert ask("elsewhere.auth.localhost:4566") == 400
    assert ask("nowhere.auth.localhost:4566") == 400


def test_the_token_is_signed_by_the_pools_published_access_key(server: Server) -> None:
    token = server.machine_token()["access_token"]

    jwks = jwt.PyJWKSet.from_json(server.get(f"/{server.pool_id}/.well-known/jwks.json").body.decode())
    key = jwks[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_iat": False}
    assert jwt.decode(token, key, algorithms=["RS256"], issuer=server.issuer, options=options)["token_use"] == "access"
