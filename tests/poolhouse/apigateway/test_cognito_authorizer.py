"""COGNITO_USER_POOLS: who may call a method, and that a function does not run for anyone else."""

import base64
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from poolhouse.jose import keys
from poolhouse.jose.sign import sign
from poolhouse.web import Response
from tests.poolhouse.apigateway.support import ISSUER_BASE, OTHER_POOL, POOL, SECURITY, Api, authorizer, rest_api

DEEP = base64.urlsafe_b64encode(b'{"a":' + b"[" * 60_000).rstrip(b"=").decode() + ".e30.AAAA"
UNAUTHORIZED = b'{"message":"Unauthorized"}'


def part(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def forged(api: Api) -> str:
    """Signed by a stranger who took the pool's kid."""
    stranger = keys.KeyPair(api.key("id").kid, keys.generate().private)
    return sign(stranger, {"token_use": "id", "iss": f"{ISSUER_BASE}/{POOL}", "exp": 9_999_999_999})


def unsigned(api: Api) -> str:
    claims = api.token("id").split(".")[1]
    return f"{part({'kid': api.key('id').kid, 'alg': 'none'})}.{claims}."


def altered(api: Api) -> str:
    header, _, signature = api.token("id").split(".")
    return f"{header}.{part({'token_use': 'id', 'iss': f'{ISSUER_BASE}/{POOL}', 'exp': 9_999_999_999})}.{signature}"


def crossed(api: Api) -> str:
    """Another pool's key, signing for this pool."""
    claims = {"token_use": "id", "iss": f"{ISSUER_BASE}/{POOL}", "exp": 9_999_999_999}
    return sign(api.key("id", OTHER_POOL), claims)


def check_refused(api: Api, response: Response, body: bytes = UNAUTHORIZED) -> None:
    assert (response.status, response.body) == (401, body)
    assert ("x-amzn-ErrorType", "UnauthorizedException") in response.headers
    assert api.functions.calls == []


@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_an_id_token_opens_a_method_without_scopes(api: Api, prefix: str) -> None:
    response = api.request("GET", "/items", authorization=prefix + api.token("id"))

    assert response.status == 200
    assert api.functions.event["requestContext"]["authorizer"]["claims"]["token_use"] == "id"


@pytest.mark.parametrize("scope", ["items/write", "items/admin openid", "openid items/write items/admin"])
def test_an_access_token_with_any_one_of_the_scopes_opens_a_method(api: Api, scope: str) -> None:
    response = api.request("POST", "/items", authorization=f"Bearer {api.token('access', scope=scope)}")

    assert response.status == 200


@pytest.mark.parametrize(
    "token",
    [
        "",
        "junk",
        "a.b.c",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "..",
        "\xff\xfe.é.ü",
        DEEP,
    ],
)
def test_junk_for_a_token_is_unauthorized(api: Api, token: str) -> None:
    check_refused(api, api.request("GET", "/items", authorization=token))


def test_no_token_is_unauthorized(api: Api) -> None:
    check_refused(api, api.request("GET", "/items"))


@pytest.mark.parametrize("make", [forged, unsigned, altered, crossed])
def test_a_token_the_pool_did_not_sign_is_unauthorized(api: Api, make: Callable[[Api], str]) -> None:
    check_refused(api, api.request("GET", "/items", authorization=make(api)))


def test_another_pools_token_is_unauthorized(api: Api) -> None:
    check_refused(api, api.request("GET", "/items", authorization=api.token("id", pool_id=OTHER_POOL)))


def test_any_of_the_authorizers_pools_may_have_issued_the_token(api: Api) -> None:
    arns = [f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool}" for pool in (POOL, OTHER_POOL)]
    api.deploy(rest_api(securityDefinitions=SECURITY | {"Pool": authorizer(providerARNs=arns)}))

    for pool in (POOL, OTHER_POOL):
        assert api.request("GET", "/items", authorization=api.token("id", pool_id=pool)).status == 200


def test_an_access_token_is_unauthorized_where_no_scopes_are_set(api: Api) -> None:
    token = api.token("access", scope="items/write")

    check_refused(api, api.request("GET", "/items", authorization=token))


def test_an_id_token_is_unauthorized_where_scopes_are_set(api: Api) -> None:
    check_refused(api, api.request("POST", "/items", authorization=api.token("id", scope="items/write")))


@pytest.mark.parametrize("scope", ["", "openid", "items", "items/writer", "ITEMS/WRITE", "items/write,items/admin"])
def test_an_access_token_without_the_scope_is_unauthorized(api: Api, scope: str) -> None:
    check_refused(api, api.request("POST", "/items", authorization=api.token("access", scope=scope)))


def test_an_expired_token_is_told_so(api: Api) -> None:
    token = api.token("id")
    api.now += timedelta(hours=1)

    response = api.request("GET", "/items", authorization=token)

    check_refused(api, response, b'{"message":"The incoming token has expired"}')


def test_an_expired_token_of_another_pool_is_only_unauthorized(api: Api) -> None:
    token = api.token("id", pool_id=OTHER_POOL)
    api.now += timedelta(hours=2)

    check_refused(api, api.request("GET", "/items", authorization=token))


@pytest.mark.parametrize(("audience", "status"), [("web-client", 200), ("other-web-", 401), ("", 401)])
def test_the_identity_validation_expression_is_held_against_the_audience(api: Api, audience: str, status: int) -> None:
    response = api.request("GET", "/narrow", authorization=api.token("id", aud=audience))

    assert response.status == status


def test_the_token_may_be_asked_for_in_another_header(api: Api) -> None:
    elsewhere = authorizer() | {"name": "X-Token"}
    api.deploy(rest_api(securityDefinitions=SECURITY | {"Pool": elsewhere}))
    token = api.token("id")

    assert api.request("GET", "/items", x_token=token).status == 200
    assert api.request("GET", "/items", authorization=token).status == 401


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/keyed", "API key api_key"),
        ("/undefined", "authorizer Nowhere, which the API does not define"),
    ],
)
def test_a_method_whose_authorizer_is_not_built_says_so_and_stays_shut(api: Api, path: str, named: str) -> None:
    response = api.request("GET", path, authorization=api.token("id"))

    assert response.status == 501
    assert msgspec.json.decode(response.body) == {"message": f"{named}: not implemented yet"}
    assert api.functions.calls == []


def test_a_refusal_says_nothing_of_the_reason(api: Api) -> None:
    refusals = {
        api.request("GET", "/items", authorization=token).body
        for token in ("junk", forged(api), unsigned(api), crossed(api), api.token("access"))
    }

    assert refusals == {UNAUTHORIZED}


def test_security_schemes_of_openapi_3_count_as_well(api: Api) -> None:
    api.deploy(rest_api(securityDefinitions={}, components={"securitySchemes": SECURITY}))

    assert api.request("GET", "/items", authorization=api.token("id")).status == 200
    assert api.request("GET", "/items").status == 401


def test_an_expression_that_cannot_be_read_opens_nothing(api: Api) -> None:
    broken = authorizer(identityValidationExpression="web-(")
    api.deploy(rest_api(securityDefinitions=SECURITY | {"Pool": broken}))

    response = api.request("GET", "/items", authorization=api.token("id"))

    message = "the identityValidationExpression of authorizer Pool: not implemented yet"
    assert (response.status, msgspec.json.decode(response.body)) == (501, {"message": message})
