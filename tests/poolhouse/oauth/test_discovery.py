"""What relying parties read before anything else."""

import base64

import msgspec

from tests.poolhouse.oauth.support import Server, error

ORIGIN = "http://localhost:4566"


def test_the_configuration_of_a_pool_with_a_domain(server: Server) -> None:
    response = server.get(f"/{server.pool_id}/.well-known/openid-configuration")

    expected = {
        "authorization_endpoint": f"{ORIGIN}/oauth2/authorize",
        "end_session_endpoint": f"{ORIGIN}/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": f"{ORIGIN}/{server.pool_id}",
        "jwks_uri": f"{ORIGIN}/{server.pool_id}/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": f"{ORIGIN}/oauth2/revoke",
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": f"{ORIGIN}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{ORIGIN}/oauth2/userInfo",
    }
    assert response.status == 200
    assert response.body == msgspec.json.encode(expected)
    assert ("Content-Type", "application/json") in response.headers


def test_the_configuration_of_a_pool_without_a_domain_points_below_its_issuer(server: Server) -> None:
    pool_id = server.cognito.create_user_pool(PoolName="bare")["UserPool"]["Id"]

    document = msgspec.json.decode(server.get(f"/{pool_id}/.well-known/openid-configuration").body)

    names = ("authorization", "end_session", "revocation", "token", "userinfo")
    assert [document[f"{name}_endpoint"] for name in names] == [
        f"{ORIGIN}/{pool_id}/{path}" for path in ("authorize", "logout", "revoke", "token", "userInfo")
    ]


def test_a_pool_publishes_two_keys_of_its_own(server: Server) -> None:
    other = server.cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]

    sets = [
        msgspec.json.decode(server.get(f"/{pool}/.well-known/jwks.json").body)["keys"]
        for pool in (server.pool_id, other)
    ]

    keys = [key for published in sets for key in published]
    assert [list(key) for key in keys] == [["alg", "e", "kid", "kty", "n", "use"]] * 4
    assert len({key["kid"] for key in keys}) == 4
    assert len({key["n"] for key in keys}) == 4
    assert {(key["alg"], key["e"], key["kty"], key["use"]) for key in keys} == {("RS256", "AQAB", "RSA", "sig")}
    assert {len(base64.b64decode(key["kid"])) for key in keys} == {32}


def test_an_unknown_pool_has_no_documents(server: Server) -> None:
    for document in ("openid-configuration", "jwks.json"):
        response = server.get(f"/us-east-1_Nowhere00/.well-known/{document}")

        assert error(response) == (400, {"message": "User pool us-east-1_Nowhere00 does not exist."})
