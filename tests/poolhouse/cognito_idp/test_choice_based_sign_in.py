"""USER_AUTH: the user chooses between a password, an SRP proof and a code; and signs up without a password."""

import re
from datetime import timedelta
from typing import Any

import pytest
from pycognito import aws_srp

from tests.poolhouse.cognito_idp.accounts import PASSWORD, attributes, code_for, refused, status, user_attributes
from tests.poolhouse.cognito_idp.sign_ins import ANN, FLOWS, PHONE, House, is_in, wrong

AWSSRP: Any = aws_srp.AWSSRP  # pycognito has no types
FACTORS = ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]
POOL: dict[str, Any] = {
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": FACTORS}},
    "AutoVerifiedAttributes": ["email"],
}
WRONG = ("CodeMismatchException", "Invalid code or auth state for the user.")
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def house(cloud: Any, cognito: Any) -> House:
    return House(cloud, cognito, **POOL)


@pytest.fixture
def hidden(cloud: Any, cognito: Any) -> House:
    return House(cloud, cognito, client={"PreventUserExistenceErrors": "ENABLED"}, **POOL)


def test_a_user_is_offered_what_they_have(house: House) -> None:
    house.user("ann", email=ANN, phone_number=PHONE)
    house.user("bob", email=ANN)
    house.user("eve")

    asked = house.begin("USER_AUTH")
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"]
    assert asked["ChallengeParameters"] == {}
    assert house.begin("USER_AUTH", "bob")["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]
    assert house.begin("USER_AUTH", "eve")["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]


def test_a_password_signs_in_by_each_way_of_saying_so(house: House) -> None:
    house.user(email=ANN)

    assert is_in(house.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD))
    assert is_in(house.answer(house.begin("USER_AUTH"), ANSWER="PASSWORD", PASSWORD=PASSWORD))
    assert is_in(house.answer(house.begin("USER_AUTH"), "PASSWORD", PASSWORD=PASSWORD))
    asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    assert is_in(house.answer(asked, PASSWORD=PASSWORD))


def test_a_wrong_password_is_refused_by_each_way(house: House) -> None:
    house.user(email=ANN)

    with refused(*INCORRECT):
        house.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD", PASSWORD="wrong")
    with refused(*INCORRECT):
        house.answer(house.begin("USER_AUTH"), ANSWER="PASSWORD", PASSWORD="wrong")
    asked = house.begin("USER_AUTH")
    with refused(*INCORRECT):
        house.answer(asked, "PASSWORD", PASSWORD="wrong")
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        house.answer(asked, "PASSWORD", PASSWORD=PASSWORD)


@pytest.mark.parametrize("way", ["preferred", "answer", "challenge"])
def test_an_srp_proof_signs_in(house: House, way: str) -> None:
    house.user(email=ANN)
    srp = AWSSRP("ann", PASSWORD, house.pool_id, house.client_id, client=house.cognito)
    srp_a = srp.get_auth_params()["SRP_A"]

    if way == "preferred":
        asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=srp_a)
    elif way == "answer":
        asked = house.answer(house.begin("USER_AUTH"), ANSWER="PASSWORD_SRP", SRP_A=srp_a)
    else:
        asked = house.answer(house.begin("USER_AUTH"), "PASSWORD_SRP", SRP_A=srp_a)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    responses = srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ann"})
    done = house.cognito.respond_to_auth_challenge(
        ClientId=house.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
    )

    assert is_in(done)


@pytest.mark.parametrize(
    ("factor", "to", "digits", "masked"), [("EMAIL_OTP", ANN, 8, "a***@e***"), ("SMS_OTP", PHONE, 6, "+*******4567")]
)
def test_a_code_signs_in_without_a_password(house: House, factor: str, to: str, digits: int, masked: str) -> None:
    house.user(email=ANN, phone_number=PHONE)

    for asked in (
        house.begin("USER_AUTH", PREFERRED_CHALLENGE=factor),
        house.answer(house.begin("USER_AUTH"), ANSWER=factor),
    ):
        assert asked["ChallengeName"] == factor
        assert asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == masked
        code = next(message.code for message in house.cloud.outbox(to=to))
        assert re.fullmatch(rf"[0-9]{{{digits}}}", code)
    with refused(*WRONG):
        house.answer(asked, **{f"{factor}_CODE": wrong(house.code(to))})
    assert is_in(house.answer(asked, **{f"{factor}_CODE": house.code(to)}))
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        house.answer(asked, **{f"{factor}_CODE": house.code(to)})


def test_what_is_preferred_but_not_there_leaves_the_choice(house: House) -> None:
    house.user()

    asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert (asked["ChallengeName"], asked["AvailableChallenges"]) == ("SELECT_CHALLENGE", ["PASSWORD_SRP", "PASSWORD"])
    with refused("InvalidParameterException", "Selected challenge is not available."):
        house.answer(asked, ANSWER="EMAIL_OTP")
    with refused("NotAuthorizedException", "Invalid session for the user."):
        house.answer(asked, "EMAIL_OTP", EMAIL_OTP_CODE="12345678")


def test_whoever_owes_a_second_factor_or_a_new_password_gives_their_password_first(house: House) -> None:
    house.mfa("OPTIONAL", "SMS_MFA")
    house.user(email=ANN, phone_number=PHONE)
    house.prefer(SMSMfaSettings="on")
    house.cognito.admin_create_user(
        UserPoolId=house.pool_id,
        Username="new",
        TemporaryPassword="Temporary-1",
        MessageAction="SUPPRESS",
        UserAttributes=attributes(email=ANN),
    )

    for name in ("ann", "new"):
        asked = house.begin("USER_AUTH", name, PREFERRED_CHALLENGE="EMAIL_OTP")
        assert asked["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]
    asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert asked["ChallengeName"] == "SMS_MFA"
    assert is_in(house.answer(asked, SMS_MFA_CODE=house.code(PHONE)))


def test_a_code_asked_for_before_a_second_factor_was_switched_on_still_owes_it(house: House) -> None:
    house.mfa("OPTIONAL", "SMS_MFA")
    house.user(email=ANN, phone_number=PHONE)
    asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    house.prefer(SMSMfaSettings="on")

    assert house.answer(asked, EMAIL_OTP_CODE=house.code(ANN))["ChallengeName"] == "SMS_MFA"


def test_a_first_code_confirms_whoever_signed_up(house: House) -> None:
    house.cognito.sign_up(
        ClientId=house.client_id, Username="ann", Password=PASSWORD, UserAttributes=attributes(email=ANN)
    )
    with refused("UserNotConfirmedException", "User is not confirmed."):
        house.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)

    asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert status(house.cognito, house.pool_id, "ann") == "UNCONFIRMED"
    assert is_in(house.answer(asked, EMAIL_OTP_CODE=house.code(ANN)))
    assert status(house.cognito, house.pool_id, "ann") == "CONFIRMED"
    assert user_attributes(house.cognito, house.pool_id, "ann")["email_verified"] == "true"


def test_a_disabled_user_is_refused(house: House) -> None:
    house.user(email=ANN)
    asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    house.cognito.admin_disable_user(UserPoolId=house.pool_id, Username="ann")

    with refused("NotAuthorizedException", "User is disabled."):
        house.begin("USER_AUTH")
    with refused("NotAuthorizedException", "User is disabled."):
        house.answer(asked, EMAIL_OTP_CODE=house.code(ANN))


def test_nobody_is_told_from_somebody_only_where_the_client_allows_it(house: House) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        house.begin("USER_AUTH", "nobody")


def test_a_name_that_nobody_has_gets_answers_like_any_other(hidden: House) -> None:
    name = "nobody@example.com"

    asked = hidden.begin("USER_AUTH", name)
    assert asked["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"]
    with refused(*INCORRECT):
        hidden.answer(asked, name=name, ANSWER="PASSWORD", PASSWORD=PASSWORD)
    asked = hidden.begin("USER_AUTH", name, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL",
        "CODE_DELIVERY_DESTINATION": "n***@e***",
    }
    assert hidden.cloud.outbox() == []
    with refused(*WRONG):
        hidden.answer(asked, name=name, EMAIL_OTP_CODE="12345678")
    asked = hidden.begin("USER_AUTH", name, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A="ab" * 384)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"


def test_a_session_of_nobody_is_not_that_of_whoever_takes_the_name(hidden: House) -> None:
    asked = hidden.begin("USER_AUTH")
    hidden.user(email=ANN)

    with refused("NotAuthorizedException", "Invalid session for the user."):
        hidden.answer(asked, ANSWER="PASSWORD", PASSWORD=PASSWORD)


def test_mails_at_sign_in_are_limited(house: House) -> None:
    house.user(email=ANN)
    for _ in range(20):
        house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")

    with refused("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    house.cloud.clock.advance(timedelta(hours=1))
    assert house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")


def test_a_client_that_does_not_allow_it_is_refused(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito, client={"ExplicitAuthFlows": [flow for flow in FLOWS if flow != "ALLOW_USER_AUTH"]})

    with refused("InvalidParameterException", "USER_AUTH is not enabled for the client."):
        house.begin("USER_AUTH")


class TestSignUp:
    """Signing up without a password, and signing in by the code that confirms it."""

    def sign_up(self, house: House, **values: str) -> None:
        house.cognito.sign_up(ClientId=house.client_id, Username="ann", UserAttributes=attributes(**values))

    def test_the_code_that_confirms_signs_in(self, house: House) -> None:
        self.sign_up(house, email=ANN)
        confirmed = house.cognito.confirm_sign_up(
            ClientId=house.client_id, Username="ann", ConfirmationCode=code_for(house.cloud, ANN)
        )

        def begin() -> dict[str, Any]:
            answer: dict[str, Any] = house.cognito.initiate_auth(
                ClientId=house.client_id,
                AuthFlow="USER_AUTH",
                AuthParameters={"USERNAME": "ann"},
                Session=confirmed["Session"],
            )
            return answer

        assert is_in(begin())
        with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
            begin()

    def test_a_user_without_a_password_is_offered_codes_only(self, house: House) -> None:
        self.sign_up(house, email=ANN)
        assert house.begin("USER_AUTH")["AvailableChallenges"] == ["EMAIL_OTP"]
        with refused("UserNotConfirmedException", "User is not confirmed."):
            house.begin(PASSWORD="anything")
        house.cognito.admin_confirm_sign_up(UserPoolId=house.pool_id, Username="ann")
        with refused(*INCORRECT):
            house.begin(PASSWORD="anything")

    def test_a_user_without_a_password_sets_their_first(self, house: House) -> None:
        self.sign_up(house, email=ANN)
        asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
        token = house.answer(asked, EMAIL_OTP_CODE=house.code(ANN))["AuthenticationResult"]["AccessToken"]

        house.cognito.change_password(AccessToken=token, ProposedPassword=PASSWORD)
        assert is_in(house.begin())

    def test_without_an_address_for_codes_a_password_is_wanted(self, house: House) -> None:
        for values in ({}, {"phone_number": PHONE}):  # the phone number is not verified by the pool
            with refused("InvalidParameterException", "Missing required parameter Password"):
                self.sign_up(house, **values)

    def test_the_session_of_another_challenge_signs_nobody_in(self, house: House) -> None:
        house.user(email=ANN)
        session = house.begin("USER_AUTH")["Session"]

        for bad in (session, "junk" * 8):
            with refused("NotAuthorizedException", "Invalid session for the user."):
                house.cognito.initiate_auth(
                    ClientId=house.client_id,
                    AuthFlow="USER_AUTH",
                    AuthParameters={"USERNAME": "ann"},
                    Session=bad,
                )

    def test_an_administrator_makes_users_without_a_password(self, house: House) -> None:
        made = house.cognito.admin_create_user(
            UserPoolId=house.pool_id, Username="ann", UserAttributes=attributes(email=ANN)
        )
        assert made["User"]["UserStatus"] == "CONFIRMED"
        assert house.cloud.outbox(to=ANN)[0].body == "Your username is ann."
        assert house.begin("USER_AUTH")["AvailableChallenges"] == ["EMAIL_OTP"]
        with refused("InvalidParameterException", "Missing required parameter TemporaryPassword"):
            house.cognito.admin_create_user(UserPoolId=house.pool_id, Username="bob", MessageAction="SUPPRESS")
