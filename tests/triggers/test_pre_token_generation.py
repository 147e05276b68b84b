import pytest

from tests.service_support import CONTEXT, Event, event
from triggers.pre_token_generation import lambda_handler

ADDED = {"accessTokenGeneration": {"scopesToAdd": ["transactions/get", "transactions/post"]}}
API_SIGN_INS = ["Authentication", "AuthenticateDevice", "NewPasswordChallenge", "RefreshTokens"]
API = "aws.cognito.signin.user.admin"


def overrides(source: str, *, status: str = "CONFIRMED", scopes: list[str] | None = None) -> object:
    request = event("pre_token_generation") | {"triggerSource": f"TokenGeneration_{source}"}
    request["request"]["userAttributes"]["cognito:user_status"] = status
    request["request"]["scopes"] = [API] if scopes is None else scopes
    response: Event = lambda_handler(request, CONTEXT)["response"]
    return response["claimsAndScopeOverrideDetails"]


@pytest.mark.parametrize("source", API_SIGN_INS)
def test_a_confirmed_user_who_signs_in_through_the_api_gets_the_scopes(source: str) -> None:
    assert overrides(source) == ADDED


@pytest.mark.parametrize("status", ["UNCONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"])
@pytest.mark.parametrize("source", ["Authentication", "RefreshTokens"])
def test_whoever_is_not_confirmed_gets_none(source: str, status: str) -> None:
    assert overrides(source, status=status) is None


@pytest.mark.parametrize("status", ["FORCE_CHANGE_PASSWORD", "CONFIRMED"])
def test_choosing_ones_own_password_confirms(status: str) -> None:
    assert overrides("NewPasswordChallenge", status=status) == ADDED


@pytest.mark.parametrize("scopes", [["openid", "email"], [API, "openid"], ["transactions/get"], []])
@pytest.mark.parametrize("source", ["HostedAuth", "RefreshTokens"])
def test_what_the_hosted_pages_granted_is_left_as_it_is(source: str, scopes: list[str]) -> None:
    assert overrides(source, scopes=scopes) is None


def test_the_hosted_pages_never_add_the_scopes() -> None:
    assert overrides("HostedAuth", scopes=[API]) is None


def test_a_machine_clients_token_is_left_as_it_is() -> None:
    assert overrides("ClientCredentials", scopes=["transactions/post"]) is None


def test_a_refresh_that_lists_the_added_scopes_keeps_them() -> None:
    assert overrides("RefreshTokens", scopes=[API, "transactions/get", "transactions/post"]) == ADDED


def test_groups_and_the_id_token_are_not_touched() -> None:
    answer = lambda_handler(event("pre_token_generation"), CONTEXT)

    assert set(answer["response"]) == {"claimsAndScopeOverrideDetails"}
    assert answer["response"]["claimsAndScopeOverrideDetails"] == ADDED
