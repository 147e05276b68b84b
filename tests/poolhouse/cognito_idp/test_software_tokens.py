"""Authenticator apps: set up with a first code, asked for at sign-in, each code once."""

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError

from .accounts import EMAIL_POOL, PASSWORD, confirmed, make_client, make_pool, refused

ANN = "ann@example.com"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
WRONG_CODE = ("CodeMismatchException", "Invalid code received for user")


class House:
    """A pool whose users may set up an app, one user, and what their app shows."""

    def __init__(self, cloud: Any, cognito: Any) -> None:
        self.cloud, self.cognito = cloud, cognito
        cloud.clock.stop(datetime(2026, 9, 24, 13, 50, 15, tzinfo=UTC))  # in the middle of a step
        self.pool_id = make_pool(cognito, **EMAIL_POOL)
        self.allow()
        self.client_id = make_client(cognito, self.pool_id, ExplicitAuthFlows=FLOWS)
        confirmed(cloud, cognito, self.client_id, ANN, ANN)

    def allow(self, mode: str = "OPTIONAL", *, is_enabled: bool = True, **more: Any) -> None:
        self.cognito.set_user_pool_mfa_config(
            UserPoolId=self.pool_id,
            MfaConfiguration=mode,
            SoftwareTokenMfaConfiguration={"Enabled": is_enabled},
            **more,
        )

    def sign_in(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": ANN, "PASSWORD": PASSWORD},
        )
        return answer

    def token(self) -> str:
        """An access token of a sign-in that is not asked for more."""
        return str(self.sign_in()["AuthenticationResult"]["AccessToken"])

    def associate(self, token: str) -> str:
        return str(self.cognito.associate_software_token(AccessToken=token)["SecretCode"])

    def code(self, key: str, steps: int = 0) -> str:
        """What the app shows, so many steps of thirty seconds from now."""
        return pyotp.TOTP(key).at(self.cloud.clock(), steps)

    def set_up(self) -> str:
        """Register an app; its key. The codes of now and around it are another's: time goes on."""
        token = self.token()
        key = self.associate(token)
        self.cognito.verify_software_token(AccessToken=token, UserCode=self.code(key), FriendlyDeviceName="phone")
        self.cloud.clock.advance(timedelta(minutes=10))
        return key

    def answer(self, asked: dict[str, Any], code: str) -> dict[str, Any]:
        done: dict[str, Any] = self.cognito.respond_to_auth_challenge(
            ClientId=self.client_id,
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": ANN, "SOFTWARE_TOKEN_MFA_CODE": code},
        )
        return done

    def prefer(self, *, enabled: bool, preferred: bool) -> None:
        self.cognito.admin_set_user_mfa_preference(
            UserPoolId=self.pool_id,
            Username=ANN,
            SoftwareTokenMfaSettings={"Enabled": enabled, "PreferredMfa": preferred},
        )


@pytest.fixture
def house(cloud: Any, cognito: Any) -> House:
    return House(cloud, cognito)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_key_is_base32_as_long_as_cognitos_and_never_the_same(house: House) -> None:
    token = house.token()
    answer = house.cognito.associate_software_token(AccessToken=token)

    assert re.fullmatch(r"[A-Z2-7]{52}", answer["SecretCode"])
    assert "Session" not in answer
    assert house.associate(token) != answer["SecretCode"]


def test_an_app_that_is_set_up_is_asked_for_and_lets_its_user_in(house: House) -> None:
    key = house.set_up()

    asked = house.sign_in()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert asked["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"
    assert "AuthenticationResult" not in asked

    done = house.answer(asked, house.code(key))
    assert set(done["AuthenticationResult"]) >= {"AccessToken", "IdToken", "RefreshToken"}
    assert house.cognito.get_user(AccessToken=done["AuthenticationResult"]["AccessToken"])


def test_the_first_code_must_be_right_and_the_key_waits_for_it(house: House) -> None:
    token = house.token()
    key = house.associate(token)

    with refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"):
        house.cognito.verify_software_token(AccessToken=token, UserCode=wrong(house.code(key)))
    assert "AuthenticationResult" in house.sign_in()

    answer = house.cognito.verify_software_token(AccessToken=token, UserCode=house.code(key))
    assert answer["Status"] == "SUCCESS"
    assert house.sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_without_a_key_there_is_nothing_to_verify(house: House) -> None:
    with refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"):
        house.cognito.verify_software_token(AccessToken=house.token(), UserCode="123456")


def test_a_wrong_code_is_refused_and_the_session_stays(house: House) -> None:
    key = house.set_up()
    asked = house.sign_in()

    with refused(*WRONG_CODE):
        house.answer(asked, wrong(house.code(key)))

    assert "AuthenticationResult" in house.answer(asked, house.code(key))


@pytest.mark.parametrize("code", ["", "1", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "1234567"])
def test_what_is_no_code_is_refused(house: House, code: str) -> None:
    house.set_up()

    with pytest.raises(ClientError, match=r"CodeMismatchException|Missing required parameter"):
        house.answer(house.sign_in(), code)


def test_a_code_counts_once(house: House) -> None:
    key = house.set_up()
    code = house.code(key)
    house.answer(house.sign_in(), code)

    with refused("ExpiredCodeException", "Your software token has already been used once."):
        house.answer(house.sign_in(), code)


def test_the_code_of_the_setup_does_not_sign_in(house: House) -> None:
    token = house.token()
    key = house.associate(token)
    code = house.code(key)
    house.cognito.verify_software_token(AccessToken=token, UserCode=code)

    with refused("ExpiredCodeException", "Your software token has already been used once."):
        house.answer(house.sign_in(), code)


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(house: House, steps: int, *, is_good: bool) -> None:
    key = house.set_up()
    asked = house.sign_in()

    if is_good:
        assert "AuthenticationResult" in house.answer(asked, house.code(key, steps))
    else:
        with refused(*WRONG_CODE):
            house.answer(asked, house.code(key, steps))


def test_the_apps_own_time_is_as_good_as_the_clouds(house: House) -> None:
    key = house.set_up()

    assert "AuthenticationResult" in house.answer(house.sign_in(), pyotp.TOTP(key).now())


def test_before_1970_no_code_is_right_and_nothing_breaks(house: House) -> None:
    key = house.set_up()
    house.cloud.clock.stop(datetime(1960, 1, 1, tzinfo=UTC))

    with refused(*WRONG_CODE):
        house.answer(house.sign_in(), wrong(pyotp.TOTP(key).now()))


def test_of_one_code_sent_many_times_at_once_one_counts(house: House) -> None:
    key = house.set_up()
    asked = [house.sign_in() for _ in range(6)]
    code = house.code(key)

    def ask(one: dict[str, Any]) -> str:
        try:
            house.answer(one, code)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(6) as clients:
        assert Counter(clients.map(ask, asked)) == {"done": 1, "ExpiredCodeException": 5}


def test_a_session_is_answered_once(house: House) -> None:
    key = house.set_up()
    asked = house.sign_in()
    house.answer(asked, house.code(key))

    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        house.answer(asked, house.code(key, 1))


def test_another_users_code_is_refused(house: House) -> None:
    house.set_up()

    with refused(*WRONG_CODE):
        house.answer(house.sign_in(), house.code(pyotp.random_base32()))


def test_five_wrong_codes_shut_the_user_out_and_the_right_password_does_not_help(house: House) -> None:
    key = house.set_up()
    asked = house.sign_in()
    for _ in range(5):
        with refused(*WRONG_CODE):
            house.answer(asked, wrong(house.code(key)))

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        house.answer(asked, house.code(key))
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        house.sign_in()

    house.cloud.clock.advance(timedelta(seconds=2))
    assert "AuthenticationResult" in house.answer(asked, house.code(key))


def test_asking_for_the_code_again_and_again_forgives_nothing(house: House) -> None:
    key = house.set_up()
    for _ in range(5):
        with refused(*WRONG_CODE):
            house.answer(house.sign_in(), wrong(house.code(key)))

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        house.sign_in()


def test_a_new_password_is_followed_by_the_app(house: House) -> None:
    key = house.set_up()
    temporary = "Temporary-1"
    house.cognito.admin_set_user_password(UserPoolId=house.pool_id, Username=ANN, Password=temporary, Permanent=False)
    asked = house.cognito.initiate_auth(
        ClientId=house.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ANN, "PASSWORD": temporary},
    )
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"

    asked = house.cognito.respond_to_auth_challenge(
        ClientId=house.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": ANN, "NEW_PASSWORD": "Another-horse-2"},
    )

    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert "AuthenticationResult" in house.answer(asked, house.code(key))


def test_a_refresh_asks_for_no_code(house: House) -> None:
    key = house.set_up()
    tokens = house.answer(house.sign_in(), house.code(key))["AuthenticationResult"]

    answer = house.cognito.initiate_auth(
        ClientId=house.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )

    assert "AuthenticationResult" in answer


def test_a_new_app_takes_the_place_of_the_old_one_once_it_shows_a_code(house: House) -> None:
    old = house.set_up()
    token = house.answer(house.sign_in(), house.code(old))["AuthenticationResult"]["AccessToken"]
    new = house.associate(token)

    assert "AuthenticationResult" in house.answer(house.sign_in(), house.code(old, 1))
    house.cognito.verify_software_token(AccessToken=token, UserCode=house.code(new))
    house.cloud.clock.advance(timedelta(minutes=10))

    with refused(*WRONG_CODE):
        house.answer(house.sign_in(), house.code(old))
    assert "AuthenticationResult" in house.answer(house.sign_in(), house.code(new))


def test_users_see_their_factor_and_which_they_prefer(house: House) -> None:
    def told() -> tuple[Any, Any]:
        user = house.cognito.admin_get_user(UserPoolId=house.pool_id, Username=ANN)
        return user.get("UserMFASettingList"), user.get("PreferredMfaSetting")

    assert told() == (None, None)
    key = house.set_up()
    assert told() == (["SOFTWARE_TOKEN_MFA"], None)

    token = house.answer(house.sign_in(), house.code(key))["AuthenticationResult"]["AccessToken"]
    house.cognito.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    assert told() == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    own = house.cognito.get_user(AccessToken=token)
    assert (own["UserMFASettingList"], own["PreferredMfaSetting"]) == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")


def test_a_factor_that_is_switched_off_is_not_asked_for_and_may_come_back(house: House) -> None:
    key = house.set_up()

    house.prefer(enabled=False, preferred=False)
    assert "AuthenticationResult" in house.sign_in()

    house.prefer(enabled=True, preferred=False)
    assert "AuthenticationResult" in house.answer(house.sign_in(), house.code(key))


@pytest.mark.parametrize("preferred", [False, True])
def test_nobody_prefers_an_app_they_have_not_set_up(house: House, *, preferred: bool) -> None:
    with refused("InvalidParameterException", "User has not set up software token mfa"):
        house.prefer(enabled=True, preferred=preferred)
    house.associate(house.token())
    with refused("InvalidParameterException", "User has not set up software token mfa"):
        house.prefer(enabled=True, preferred=preferred)
    house.prefer(enabled=False, preferred=False)


def test_an_administrator_deletes_the_app_of_a_lost_phone(house: House) -> None:
    key = house.set_up()
    asked = house.sign_in()

    house.cognito.admin_delete_software_token(UserPoolId=house.pool_id, Username=ANN)

    with refused(*WRONG_CODE):
        house.answer(asked, house.code(key))
    assert "AuthenticationResult" in house.sign_in()
    house.cognito.admin_delete_software_token(UserPoolId=house.pool_id, Username=ANN)  # there may be none


def test_a_user_who_takes_a_deleted_ones_name_has_no_app(house: House) -> None:
    house.set_up()
    house.cognito.admin_delete_user(UserPoolId=house.pool_id, Username=ANN)

    confirmed(house.cloud, house.cognito, house.client_id, ANN, ANN)

    assert "AuthenticationResult" in house.sign_in()


def test_where_the_pool_has_no_apps_none_is_set_up(house: House) -> None:
    token = house.token()
    house.allow("OFF", is_enabled=False)

    message = "Software Token MFA has not been enabled by the userPool"
    for ask in (
        lambda: house.associate(token),
        lambda: house.cognito.verify_software_token(AccessToken=token, UserCode="123456"),
    ):
        with refused("SoftwareTokenMFANotFoundException", message):
            ask()


def test_where_mfa_is_off_a_registered_app_is_not_asked_for(house: House) -> None:
    house.set_up()
    house.allow("OFF")

    assert "AuthenticationResult" in house.sign_in()


REFUSED_TOKENS: list[tuple[str, Callable[[Any, str], object]]] = [
    ("associate", lambda cognito, token: cognito.associate_software_token(AccessToken=token)),
    ("verify", lambda cognito, token: cognito.verify_software_token(AccessToken=token, UserCode="123456")),
    ("prefer", lambda cognito, token: cognito.set_user_mfa_preference(AccessToken=token)),
]


@pytest.mark.parametrize(("name", "ask"), REFUSED_TOKENS, ids=[name for name, _ in REFUSED_TOKENS])
def test_only_the_users_own_access_token_opens_them(house: House, name: str, ask: Callable[[Any, str], object]) -> None:
    tokens = house.sign_in()["AuthenticationResult"]

    for bad in ("junk", tokens["IdToken"]):
        with refused("NotAuthorizedException", "Invalid Access Token"):
            ask(house.cognito, bad)
    house.cognito.global_sign_out(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        ask(house.cognito, tokens["AccessToken"])


def test_no_key_is_kept_in_clear(house: House) -> None:
    key = house.set_up()

    user = house.cognito.admin_get_user(UserPoolId=house.pool_id, Username=ANN)["Username"]
    kept = str(house.cloud.inner.store.software_tokens.get(pool_id=house.pool_id, username=user))
    assert key not in kept
    assert key not in json.dumps(user)
