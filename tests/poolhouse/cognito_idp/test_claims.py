"""Claims of ID and access tokens, by tables."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolhouse.cognito_idp.entities import Group, User
from poolhouse.cognito_idp.errors import InvalidLambdaResponseException
from poolhouse.cognito_idp.rules import claims, token_overrides
from poolhouse.cognito_idp.rules.claims import ADMIN_SCOPE, GroupClaims, Issue

SIGNED_IN = datetime(2026, 9, 24, 13, 50, 4, 900_000, tzinfo=UTC)
NOW = SIGNED_IN + timedelta(minutes=10)
EXPIRES = int(NOW.timestamp()) + 3600
NOBODY_IN_GROUPS = GroupClaims()
USER = User(
    "us-east-1_p",
    "owned-user",
    "64684428-c021-7049-51b0-d218e66ffecd",
    "CONFIRMED",
    SIGNED_IN,
    SIGNED_IN,
    attributes={
        "email": "a@example.com",
        "email_verified": "true",
        "phone_number": "",
        "phone_number_verified": "false",
        "address": "1 High Street",
        "updated_at": "1790257804",
        "custom:plan": "7",
    },
)


def issue(**changes: Any) -> Issue:
    values = {
        "issuer": "https://issuer/us-east-1_p",
        "client_id": "client",
        "event_id": "event",
        "origin_jti": "origin",
        "scopes": (ADMIN_SCOPE,),
        "authenticated_at": SIGNED_IN,
        "issued_at": NOW,
    }
    return Issue(**{**values, **changes})


def access(issued: Issue | None = None, groups: GroupClaims = NOBODY_IN_GROUPS) -> claims.Claims:
    return claims.access_claims(USER, issued or issue(), groups, jti="jti", expires_at=EXPIRES)


def identity(issued: Issue | None = None, groups: GroupClaims = NOBODY_IN_GROUPS, **changes: Any) -> claims.Claims:
    values = {"jti": "jti", "expires_at": EXPIRES, "readable": None, **changes}
    return claims.id_claims(USER, issued or issue(), groups, **values)


def group(name: str, precedence: int | None = None, role: str | None = None) -> Group:
    return Group("us-east-1_p", name, SIGNED_IN, SIGNED_IN, None, role, precedence)


def test_an_access_token_has_these_claims_in_this_order_and_no_other() -> None:
    assert list(access().items()) == [
        ("sub", "64684428-c021-7049-51b0-d218e66ffecd"),
        ("iss", "https://issuer/us-east-1_p"),
        ("client_id", "client"),
        ("origin_jti", "origin"),
        ("event_id", "event"),
        ("token_use", "access"),
        ("scope", "aws.cognito.signin.user.admin"),
        ("auth_time", 1790257804),
        ("exp", EXPIRES),
        ("iat", 1790258404),
        ("jti", "jti"),
        ("username", "owned-user"),
    ]


def test_an_id_token_has_these_claims_then_the_attributes_and_no_other() -> None:
    assert list(identity().items()) == [
        ("origin_jti", "origin"),
        ("sub", "64684428-c021-7049-51b0-d218e66ffecd"),
        ("aud", "client"),
        ("event_id", "event"),
        ("token_use", "id"),
        ("auth_time", 1790257804),
        ("iss", "https://issuer/us-east-1_p"),
        ("cognito:username", "owned-user"),
        ("exp", EXPIRES),
        ("iat", 1790258404),
        ("jti", "jti"),
        ("email", "a@example.com"),
        ("email_verified", True),
        ("phone_number_verified", False),
        ("address", {"formatted": "1 High Street"}),
        ("updated_at", 1790257804),
        ("custom:plan", "7"),
    ]


def test_a_machines_token_is_the_clients_own() -> None:
    machine = claims.machine_claims(issue(scopes=("api/read", "api/write")), jti="jti", expires_at=EXPIRES)

    assert machine["sub"] == machine["client_id"] == "client"
    assert machine["scope"] == "api/read api/write"
    assert machine["version"] == 2
    assert not {"username", "origin_jti", "cognito:groups", "aud"} & set(machine)


def test_tokens_that_cannot_be_revoked_carry_neither_origin_jti_nor_jti() -> None:
    for token in (access(issue(origin_jti=None)), identity(issue(origin_jti=None))):
        assert not {"origin_jti", "jti"} & set(token)
        assert token["event_id"] == "event"


def test_tokens_of_the_authorization_server_carry_version_and_nonce() -> None:
    assert access(issue(version=2))["version"] == 2
    assert identity(issue(nonce="n"))["nonce"] == "n"


def test_the_id_token_shows_what_the_client_may_read() -> None:
    shown = identity(readable={"email", "phone_number"})

    assert shown["email"] == "a@example.com"
    assert not {"email_verified", "address", "custom:plan", "phone_number"} & set(shown)


@pytest.mark.parametrize(
    ("scopes", "shown"),
    [
        (("openid",), {"email", "email_verified", "phone_number_verified", "address", "updated_at", "custom:plan"}),
        (("openid", "email"), {"email", "email_verified"}),
        (("openid", "phone"), {"phone_number_verified"}),
        (("openid", "profile"), {"updated_at", "custom:plan"}),
        (("openid", "email", "profile"), {"email", "email_verified", "updated_at", "custom:plan"}),
    ],
)
def test_narrower_scopes_beside_openid_show_only_their_attributes(scopes: tuple[str, ...], shown: set[str]) -> None:
    assert (
        set(identity(issue(scopes=scopes)))
        - set(
            claims.id_claims(
                User("p", "u", "s", "CONFIRMED", NOW, NOW),
                issue(),
                NOBODY_IN_GROUPS,
                jti="j",
                expires_at=1,
                readable=None,
            )
        )
        == shown
    )


@pytest.mark.parametrize(
    ("groups", "names", "roles", "preferred"),
    [
        ([], (), (), None),
        ([group("g")], ("g",), (), None),
        ([group("g", 1, "r1")], ("g",), ("r1",), "r1"),
        ([group("b", 2, "r2"), group("a", 1, "r1")], ("a", "b"), ("r1", "r2"), "r1"),
        ([group("free", 0), group("b", 2, "r2")], ("free", "b"), ("r2",), "r2"),
        ([group("a", 1, "r1"), group("b", 1, "r2")], ("a", "b"), ("r1", "r2"), None),
        ([group("a", 1, "r1"), group("b", 1, "r1")], ("a", "b"), ("r1",), "r1"),
        ([group("a", None, "r1")], ("a",), ("r1",), None),
        ([group("a", None, "r1"), group("b", 5, "r2")], ("b", "a"), ("r2", "r1"), "r2"),
    ],
)
def test_groups_give_names_roles_and_one_preferred_role_by_precedence(
    groups: list[Group], names: tuple[str, ...], roles: tuple[str, ...], preferred: str | None
) -> None:
    assert claims.group_claims(groups) == GroupClaims(names, roles, preferred)


def test_groups_are_in_both_tokens_and_roles_in_the_id_token_alone() -> None:
    groups = GroupClaims(("a",), ("r",), "r")

    assert access(groups=groups)["cognito:groups"] == ["a"]
    assert not {"cognito:roles", "cognito:preferred_role"} & set(access(groups=groups))
    assert identity(groups=groups)["cognito:groups"] == ["a"]
    assert identity(groups=groups)["cognito:roles"] == ["r"]
    assert identity(groups=groups)["cognito:preferred_role"] == "r"


def overridden(details: Mapping[str, Any] | None, version: str = "2") -> tuple[claims.Claims, claims.Claims]:
    """The ID and access token after a function answered with these details."""
    overrides = token_overrides.parse({token_overrides.response_key(version): details}, version)
    groups = GroupClaims(("a",), ("r",), "r") if overrides.groups is None else overrides.groups
    return (
        token_overrides.id_token(identity(groups=groups), overrides.id),
        token_overrides.access_token(access(groups=groups), overrides.access),
    )


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_an_answer_without_details_changes_nothing(version: str) -> None:
    assert overridden(None, version) == overridden({}, version)
    assert overridden(None, version)[1] == access(groups=GroupClaims(("a",)))


def test_version_1_changes_the_id_token_alone() -> None:
    details = {"claimsToAddOrOverride": {"plan": "gold", "email": "b@example.com"}, "claimsToSuppress": ["address"]}

    id_token, access_token = overridden(details, "1")

    assert id_token["plan"] == "gold"
    assert id_token["email"] == "b@example.com"
    assert "address" not in id_token
    assert access_token == overridden(None, "1")[1]


def test_version_2_changes_each_token_and_takes_values_that_are_no_text() -> None:
    details = {
        "idTokenGeneration": {"claimsToAddOrOverride": {"list": [1, {"a": True}]}, "claimsToSuppress": ["email"]},
        "accessTokenGeneration": {"claimsToAddOrOverride": {"email": "a@example.com", "limit": 5}},
    }

    id_token, access_token = overridden(details)

    assert id_token["list"] == [1, {"a": True}]
    assert "email" not in id_token
    assert access_token["email"] == "a@example.com"
    assert access_token["limit"] == 5


def test_scopes_are_added_once_and_suppressed() -> None:
    details = {
        "accessTokenGeneration": {"scopesToAdd": ["t/get", "t/post", ADMIN_SCOPE], "scopesToSuppress": ["t/get"]}
    }

    assert overridden(details)[1]["scope"] == f"{ADMIN_SCOPE} t/post"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "acr",
            "amr",
            "at_hash",
            "aud",
            "auth_time",
            "azp",
            "client_id",
            "cognito:username",
            "device_key",
            "event_id",
        ),
        *("exp", "iat", "identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use", "username"),
        *("version", "cognito:groups", "cognito:roles", "cognito:anything", "dev:x"),
    ],
)
def test_a_forbidden_claim_is_left_as_it_is(name: str) -> None:
    change = {"claimsToAddOrOverride": {name: "forged"}}
    suppress = {} if name in {"cognito:groups", "dev:x"} else {"claimsToSuppress": [name]}
    for one in (change, suppress):
        assert overridden({"idTokenGeneration": one, "accessTokenGeneration": one}) == overridden(None)


def test_the_access_tokens_scope_changes_by_the_scope_lists_alone() -> None:
    change = {"claimsToAddOrOverride": {"scope": "everything"}, "claimsToSuppress": ["scope"]}

    assert overridden({"accessTokenGeneration": change})[1]["scope"] == ADMIN_SCOPE


def test_an_audience_may_be_added_to_the_access_token_when_it_is_the_client() -> None:
    def audience(value: str) -> object:
        return overridden({"accessTokenGeneration": {"claimsToAddOrOverride": {"aud": value}}})[1].get("aud")

    assert audience("client") == "client"
    assert audience("another") is None


def test_suppressing_wins_over_adding() -> None:
    both = {"claimsToAddOrOverride": {"plan": "gold"}, "claimsToSuppress": ["plan"]}

    assert "plan" not in overridden({"idTokenGeneration": both})[0]


def test_suppressing_the_groups_takes_the_roles_along() -> None:
    id_token, _ = overridden({"idTokenGeneration": {"claimsToSuppress": ["cognito:groups"]}})

    assert not {"cognito:groups", "cognito:roles", "cognito:preferred_role"} & set(id_token)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("details", "groups", "roles", "preferred"),
    [
        ({}, ["a"], ["r"], "r"),
        ({"groupOverrideDetails": None}, None, None, None),
        ({"groupOverrideDetails": {}}, None, None, None),
        ({"groupOverrideDetails": {"groupsToOverride": ["x", "y"]}}, ["x", "y"], None, None),
        (
            {"groupOverrideDetails": {"groupsToOverride": ["x"], "iamRolesToOverride": ["q"], "preferredRole": "q"}},
            ["x"],
            ["q"],
            "q",
        ),
    ],
)
def test_group_overrides_replace_suppress_or_keep(
    version: str, details: dict[str, Any], groups: object, roles: object, preferred: object
) -> None:
    id_token, access_token = overridden(details, version)

    assert id_token.get("cognito:groups") == access_token.get("cognito:groups") == groups
    assert id_token.get("cognito:roles") == roles
    assert id_token.get("cognito:preferred_role") == preferred


@pytest.mark.parametrize(
    ("version", "details"),
    [
        ("1", {"claimsToAddOrOverride": {"n": 5}}),
        ("1", {"claimsToSuppress": "email"}),
        ("1", "text"),
        ("2", {"idTokenGeneration": []}),
        ("2", {"accessTokenGeneration": {"scopesToAdd": "t/get"}}),
        ("2", {"groupOverrideDetails": {"groupsToOverride": [1]}}),
    ],
)
def test_details_of_the_wrong_type_are_unrecognizable(version: str, details: Any) -> None:
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        overridden(details, version)
