import pytest

from tests.service_support import CONTEXT, Event, event
from triggers.pre_token_generation import lambda_handler

SCOPES = ["transactions/get", "transactions/post"]
API_SIGN_INS = ["Authentication", "AuthenticateDevice", "NewPasswordChallenge", "RefreshTokens"]
PEOPLE = [*API_SIGN_INS, "HostedAuth"]
API = "aws.cognito.signin.user.admin"


def overrides(
    source: str, *, status: str = "CONFIRMED", scopes: list[str] | None = None, groups: list[str] | None = None,
    tenant: str | None = None,
) -> Event:  # fmt: skip
    request = event("pre_token_generation") | {"triggerSource": f"TokenGeneration_{source}"}
    request["request"]["userAttributes"]["cognito:user_status"] = status
    request["request"]["scopes"] = [API] if scopes is None else scopes
    request["request"]["groupConfiguration"]["groupsToOverride"] = ["free"] if groups is None else groups
    if tenant is not None:
        request["request"]["userAttributes"]["custom:tenant"] = tenant
    response: Event = lambda_handler(request, CONTEXT)["response"]["claimsAndScopeOverrideDetails"]
    return response


def added(override: Event) -> object:
    return override["accessTokenGeneration"].get("scopesToAdd")


def claims(override: Event) -> object:
    both = [override[token]["claimsToAddOrOverride"] for token in ("idTokenGeneration", "accessTokenGeneration")]
    assert both[0] == both[1]
    return both[0]


@pytest.mark.parametrize("source", API_SIGN_INS)
def test_a_confirmed_user_who_signs_in_through_the_api_gets_the_scopes(source: str) -> None:
    assert added(overrides(source)) == SCOPES


@pytest.mark.parametrize("status", ["UNCONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"])
@pytest.mark.parametrize("source", ["Authentication", "RefreshTokens"])
def test_whoever_is_not_confirmed_gets_none(source: str, status: str) -> None:
    assert added(overrides(source, status=status, groups=["admin"])) is None


@pytest.mark.parametrize("status", ["FORCE_CHANGE_PASSWORD", "CONFIRMED"])
def test_choosing_ones_own_password_confirms(status: str) -> None:
    assert added(overrides("NewPasswordChallenge", status=status)) == SCOPES


@pytest.mark.parametrize("scopes", [["openid", "email"], [API, "openid"], ["transactions/get"], []])
@pytest.mark.parametrize("source", ["HostedAuth", "RefreshTokens"])
def test_the_scopes_the_hosted_pages_granted_are_left_as_they_are(source: str, scopes: list[str]) -> None:
    override = overrides(source, scopes=scopes, groups=["admin"])

    assert set(override["accessTokenGeneration"]) == {"claimsToAddOrOverride"}


def test_the_hosted_pages_never_add_the_scopes() -> None:
    assert added(overrides("HostedAuth", scopes=[API])) is None


def test_a_machine_clients_token_is_left_as_it_is() -> None:
    request = event("pre_token_generation") | {"triggerSource": "TokenGeneration_ClientCredentials", "version": "3"}
    request["request"] |= {"userAttributes": {}, "groupConfiguration": None, "scopes": ["transactions/post"]}

    assert lambda_handler(request, CONTEXT)["response"] == {"claimsAndScopeOverrideDetails": None}


def test_a_refresh_that_lists_the_added_scopes_keeps_them() -> None:
    override = overrides("RefreshTokens", scopes=[API, *SCOPES, "titles/stream"], groups=["premium"])

    assert added(override) == [*SCOPES, "titles/stream"]
    assert "scopesToSuppress" not in override["accessTokenGeneration"]


@pytest.mark.parametrize(
    ("groups", "more"),
    [
        ([], []),
        (["free"], []),
        (["premium"], ["titles/stream"]),
        (["admin"], ["users/read", "users/write"]),
        (["admin", "free", "premium"], ["titles/stream", "users/read", "users/write"]),
        (["Admin", "admins", "admin "], []),
    ],
)
def test_a_group_brings_its_scopes(groups: list[str], more: list[str]) -> None:
    assert added(overrides("Authentication", groups=groups)) == [*SCOPES, *more]


def test_who_has_left_a_group_loses_its_scopes_at_the_next_refresh() -> None:
    override = overrides("RefreshTokens", scopes=[API, *SCOPES, "titles/stream", "users/read"], groups=["premium"])

    assert added(override) == [*SCOPES, "titles/stream"]
    assert override["accessTokenGeneration"]["scopesToSuppress"] == ["users/read"]


@pytest.mark.parametrize("source", PEOPLE)
@pytest.mark.parametrize(
    ("groups", "plan"),
    [([], "free"), (["free"], "free"), (["admin"], "free"), (["free", "premium"], "premium"), (["premium2"], "free")],
)
def test_the_plan_follows_from_the_groups_in_every_persons_tokens(source: str, groups: list[str], plan: str) -> None:
    assert claims(overrides(source, groups=groups)) == {"plan": plan}


@pytest.mark.parametrize("source", PEOPLE)
def test_the_tenant_is_told_where_there_is_one(source: str) -> None:
    assert claims(overrides(source, tenant="acme")) == {"plan": "free", "tenant": "acme"}
    assert claims(overrides(source, tenant="")) == {"plan": "free"}


def test_groups_are_not_touched() -> None:
    answer = lambda_handler(event("pre_token_generation"), CONTEXT)

    assert set(answer["response"]) == {"claimsAndScopeOverrideDetails"}
    assert "groupOverrideDetails" not in answer["response"]["claimsAndScopeOverrideDetails"]


def test_somebody_without_any_group_is_on_the_free_plan() -> None:
    request = event("pre_token_generation")
    request["request"]["groupConfiguration"] = {"groupsToOverride": None}

    override = lambda_handler(request, CONTEXT)["response"]["claimsAndScopeOverrideDetails"]

    assert claims(override) == {"plan": "free"}
