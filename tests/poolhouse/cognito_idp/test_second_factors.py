"""MFA by SMS, e-mail and app: asked for, chosen between, set up during sign-in."""

import json
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from tests.poolhouse.cognito_idp.accounts import PASSWORD, code_for, make_client, refused, sign_up, user_attributes
from tests.poolhouse.cognito_idp.sign_ins import ANN, BY_ADMIN, FLOWS, PHONE, SES, SMS, House, is_in, wrong

WRONG = ("CodeMismatchException", "Invalid code or auth state for the user.")
FACTORS = [
    ("SMS_MFA", PHONE, "SMS_MFA_CODE", "SMS", "+*******4567", "phone_number"),
    ("EMAIL_OTP", ANN, "EMAIL_OTP_CODE", "EMAIL", "a***@e***", "email"),
]
by_message = pytest.mark.parametrize(("factor", "to", "member", "medium", "masked", "attribute"), FACTORS)


@pytest.fixture
def house(cloud: Any, cognito: Any) -> House:
    return House(cloud, cognito)


@by_message
def test_a_code_is_sent_and_lets_its_user_in(
    house: House, factor: str, to: str, member: str, medium: str, masked: str, attribute: str
) -> None:
    house.mfa("ON", factor)
    house.user(**{attribute: to})

    asked = house.begin()
    assert asked["ChallengeName"] == factor
    assert asked["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium,
        "CODE_DELIVERY_DESTINATION": masked,
        "USER_ID_FOR_SRP": "ann",
    }
    assert len(house.code(to)) == 6

    assert is_in(house.answer(asked, **{member: house.code(to)}))
    assert user_attributes(house.cognito, house.pool_id, "ann")[f"{attribute}_verified"] == "true"


@by_message
def test_a_wrong_code_is_refused_and_the_session_stays(
    house: House, factor: str, to: str, member: str, medium: str, masked: str, attribute: str
) -> None:
    house.mfa("ON", factor)
    house.user(**{attribute: to})
    asked = house.begin()

    with refused(*WRONG):
        house.answer(asked, **{member: wrong(house.code(to))})
    with refused("InvalidParameterException", f"Missing required parameter {member}"):
        house.answer(asked, OTHER="x")
    assert f"{attribute}_verified" not in user_attributes(house.cognito, house.pool_id, "ann")

    assert is_in(house.answer(asked, **{member: house.code(to)}))
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        house.answer(asked, **{member: house.code(to)})


@by_message
def test_wrong_codes_shut_out_as_wrong_passwords_do(
    house: House, factor: str, to: str, member: str, medium: str, masked: str, attribute: str
) -> None:
    house.cloud.clock.stop(house.cloud.clock())
    house.mfa("ON", factor)
    house.user(**{attribute: to})
    asked = house.begin()

    for _ in range(5):
        with refused(*WRONG):
            house.answer(asked, **{member: wrong(house.code(to))})
    for given in (wrong(house.code(to)), house.code(to)):
        with refused("NotAuthorizedException", "Password attempts exceeded"):
            house.answer(asked, **{member: given})
    house.cloud.clock.advance(timedelta(seconds=2))
    assert is_in(house.answer(asked, **{member: house.code(to)}))


@by_message
def test_a_code_ends_with_its_session(
    house: House, factor: str, to: str, member: str, medium: str, masked: str, attribute: str
) -> None:
    house.mfa("ON", factor)
    house.user(**{attribute: to})
    asked = house.begin()
    house.cloud.clock.advance(timedelta(minutes=3))

    with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
        house.answer(asked, **{member: house.code(to)})


@by_message
def test_a_code_is_good_in_its_own_session_only(
    house: House, factor: str, to: str, member: str, medium: str, masked: str, attribute: str
) -> None:
    house.mfa("ON", factor)
    house.user(**{attribute: to})
    house.user("bob", **{attribute: to.replace("ann", "bob").replace("4567", "4568")})
    asked, code = house.begin(), house.code(to)
    again = house.begin()
    bobs = house.begin(name="bob")

    if house.code(to) != code:
        with refused(*WRONG):
            house.answer(again, **{member: code})
    with refused("NotAuthorizedException", "Invalid session for the user."):
        house.answer(bobs, **{member: code})
    with refused(*WRONG):
        house.answer(bobs, name="bob", **{member: wrong(house.code(to.replace("ann", "bob").replace("4567", "4568")))})
    assert is_in(house.answer(asked, **{member: code}))


def test_only_the_challenge_that_was_asked_is_answered(house: House) -> None:
    house.mfa("ON", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
    house.user(phone_number=PHONE)
    asked = house.begin()

    for other in (
        "SOFTWARE_TOKEN_MFA",
        "EMAIL_OTP",
        "SMS_OTP",
        "MFA_SETUP",
        "NEW_PASSWORD_REQUIRED",
        "CUSTOM_CHALLENGE",
    ):
        with refused("NotAuthorizedException", "Invalid session for the user."):
            house.answer(
                asked,
                other,
                SMS_MFA_CODE=house.code(PHONE),
                SMS_OTP_CODE=house.code(PHONE),
                EMAIL_OTP_CODE=house.code(PHONE),
                SOFTWARE_TOKEN_MFA_CODE="123456",
                NEW_PASSWORD=PASSWORD,
                ANSWER="x",
            )


def test_a_user_with_two_addresses_chooses(house: House) -> None:
    house.mfa("ON", "SMS_MFA", "EMAIL_OTP")
    house.user(email=ANN, phone_number=PHONE)

    asked = house.begin()
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SMS_MFA", "EMAIL_OTP"]
    assert house.cloud.outbox() == []
    with refused("InvalidParameterException", "Selected MFA type is not available."):
        house.answer(asked, ANSWER="SOFTWARE_TOKEN_MFA")

    chosen = house.answer(asked, ANSWER="EMAIL_OTP")
    assert chosen["ChallengeName"] == "EMAIL_OTP"
    assert is_in(house.answer(chosen, EMAIL_OTP_CODE=house.code(ANN)))
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        house.answer(asked, ANSWER="SMS_MFA")


def test_the_preferred_factor_is_asked_for_at_once(house: House) -> None:
    house.mfa("ON", "SMS_MFA", "EMAIL_OTP")
    house.user(email=ANN, phone_number=PHONE)
    house.prefer(SMSMfaSettings="on", EmailMfaSettings="preferred")

    assert house.told()["UserMFASettingList"] == ["SMS_MFA", "EMAIL_OTP"]
    assert house.told()["PreferredMfaSetting"] == "EMAIL_OTP"
    assert house.begin()["ChallengeName"] == "EMAIL_OTP"

    house.prefer(SMSMfaSettings="preferred")
    assert house.told()["PreferredMfaSetting"] == "SMS_MFA"
    assert house.begin()["ChallengeName"] == "SMS_MFA"


def test_where_mfa_is_optional_only_those_who_switched_a_factor_on_are_asked(house: House) -> None:
    house.mfa("OPTIONAL", "SMS_MFA")
    house.user(phone_number=PHONE)

    assert is_in(house.begin())
    house.prefer(SMSMfaSettings="on")
    assert house.begin()["ChallengeName"] == "SMS_MFA"
    house.prefer(SMSMfaSettings="off")
    assert is_in(house.begin())
    assert "UserMFASettingList" not in house.told()


@pytest.mark.parametrize(
    ("member", "what"),
    [("SMSMfaSettings", "sms"), ("EmailMfaSettings", "email"), ("SoftwareTokenMfaSettings", "software token")],
)
def test_a_factor_without_what_it_takes_is_refused(house: House, member: str, what: str) -> None:
    house.mfa("OPTIONAL", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")
    house.user()

    with refused("InvalidParameterException", f"User has not set up {what} mfa"):
        house.prefer(**{member: "on"})


def test_two_factors_cannot_both_come_first(house: House) -> None:
    house.mfa("OPTIONAL", "SMS_MFA", "EMAIL_OTP")
    house.user(email=ANN, phone_number=PHONE)

    with refused("InvalidParameterException", "Only one MFA factor can be set as preferred."):
        house.prefer(SMSMfaSettings="preferred", EmailMfaSettings="preferred")
    assert "UserMFASettingList" not in house.told()


def test_the_older_operations_switch_sms_on_and_off(house: House) -> None:
    house.mfa("OPTIONAL", "SMS_MFA")
    house.user(phone_number=PHONE)
    options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]

    house.cognito.admin_set_user_settings(UserPoolId=house.pool_id, Username="ann", MFAOptions=options)
    assert house.told()["MFAOptions"] == options
    asked = house.begin()
    assert asked["ChallengeName"] == "SMS_MFA"
    token = house.answer(asked, SMS_MFA_CODE=house.code(PHONE))["AuthenticationResult"]["AccessToken"]
    assert house.cognito.get_user(AccessToken=token)["MFAOptions"] == options

    house.cognito.set_user_settings(AccessToken=token, MFAOptions=[])
    assert is_in(house.begin())
    with refused("InvalidParameterException", "Only SMS by phone_number can be set as an MFA option."):
        house.cognito.set_user_settings(AccessToken=token, MFAOptions=[{"DeliveryMedium": "EMAIL"}])


def test_mfa_by_the_pool_alone_is_by_sms(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito, MfaConfiguration="ON", SmsAuthenticationMessage="Say {####}")
    house.user(phone_number=PHONE)

    assert house.cognito.get_user_pool_mfa_config(UserPoolId=house.pool_id)["SmsMfaConfiguration"] == {
        "SmsConfiguration": SMS,
        "SmsAuthenticationMessage": "Say {####}",
    }
    assert house.begin()["ChallengeName"] == "SMS_MFA"
    assert cloud.outbox(to=PHONE)[0].body == f"Say {house.code(PHONE)}"
    assert cloud.outbox(to=PHONE)[0].trigger_source == "CustomMessage_Authentication"


def test_who_confirmed_a_code_gets_tokens_the_first_time_only(house: House) -> None:
    house.cognito.update_user_pool(
        UserPoolId=house.pool_id,
        AutoVerifiedAttributes=["email"],
        SmsConfiguration=SMS,
        EmailConfiguration=SES,
        AccountRecoverySetting=BY_ADMIN,
    )
    house.mfa("ON", "EMAIL_OTP")
    sign_up(house.cognito, house.client_id, "ann", email=ANN)
    house.cognito.confirm_sign_up(ClientId=house.client_id, Username="ann", ConfirmationCode=code_for(house.cloud, ANN))

    assert is_in(house.begin())
    assert house.begin()["ChallengeName"] == "EMAIL_OTP"


def test_a_new_password_comes_before_the_second_factor(house: House) -> None:
    house.mfa("ON", "SMS_MFA")
    house.cognito.admin_create_user(
        UserPoolId=house.pool_id,
        Username="ann",
        TemporaryPassword="Temporary-1",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "phone_number", "Value": PHONE}],
    )

    asked = house.begin(PASSWORD="Temporary-1")
    asked = house.answer(asked, NEW_PASSWORD=PASSWORD)
    assert asked["ChallengeName"] == "SMS_MFA"
    assert is_in(house.answer(asked, SMS_MFA_CODE=house.code(PHONE)))


class TestSetUp:
    """MFA_SETUP: a user whom the pool wants a second factor of, and who has none."""

    def test_an_app_is_set_up_by_the_session_and_asked_for_from_then_on(self, house: House) -> None:
        house.mfa("ON", "SOFTWARE_TOKEN_MFA")
        house.user()

        asked = house.begin()
        assert asked["ChallengeName"] == "MFA_SETUP"
        assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA"]
        made = house.cognito.associate_software_token(Session=asked["Session"])
        app = pyotp.TOTP(made["SecretCode"])
        done = house.cognito.verify_software_token(
            Session=made["Session"], UserCode=app.at(house.cloud.clock()), FriendlyDeviceName="phone"
        )
        assert done["Status"] == "SUCCESS"

        assert is_in(house.answer({**asked, "Session": done["Session"]}))
        again = house.begin()
        assert again["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        assert again["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"
        assert house.told()["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]

    def test_nobody_gets_by_without_setting_up(self, house: House) -> None:
        house.mfa("ON", "SOFTWARE_TOKEN_MFA")
        house.user()
        asked = house.begin()

        with refused("InvalidParameterException", "User has not set up software token mfa"):
            house.answer(asked)
        made = house.cognito.associate_software_token(Session=asked["Session"])
        with refused("InvalidParameterException", "User has not set up software token mfa"):
            house.answer({**asked, "Session": made["Session"]})
        with refused("InvalidParameterException", "User has not set up software token mfa"):
            house.answer({**asked, "Session": made["Session"]}, email="mallory@example.com")
        with refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"):
            code = pyotp.TOTP(made["SecretCode"]).at(house.cloud.clock())
            house.cognito.verify_software_token(Session=made["Session"], UserCode=wrong(code))

    def test_a_session_is_spent_by_setting_up(self, house: House) -> None:
        house.mfa("ON", "SOFTWARE_TOKEN_MFA")
        house.user()
        asked = house.begin()
        made = house.cognito.associate_software_token(Session=asked["Session"])

        for session in (asked["Session"], "junk" * 8):
            message = "Invalid session for the user" + (
                ", session can only be used once." if session == asked["Session"] else "."
            )
            with refused("NotAuthorizedException", message):
                house.cognito.associate_software_token(Session=session)
        house.cloud.clock.advance(timedelta(minutes=3))
        with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
            house.cognito.verify_software_token(
                Session=made["Session"], UserCode=pyotp.TOTP(made["SecretCode"]).at(house.cloud.clock())
            )

    def test_another_challenges_session_sets_nothing_up(self, house: House) -> None:
        house.mfa("ON", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
        house.user(phone_number=PHONE)
        asked = house.begin()

        with refused("NotAuthorizedException", "Invalid session for the user."):
            house.cognito.associate_software_token(Session=asked["Session"])

    def test_an_email_address_is_set_up_by_the_code_sent_to_it(self, house: House) -> None:
        house.mfa("ON", "EMAIL_OTP")
        house.user()
        asked = house.begin()
        assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["EMAIL_OTP"]

        with refused("InvalidParameterException", "Invalid email address format."):
            house.answer(asked, email="not an address")
        asked = house.answer(asked, email=ANN)
        assert asked["ChallengeName"] == "EMAIL_OTP"
        assert "email" not in user_attributes(house.cognito, house.pool_id, "ann")
        assert is_in(house.answer(asked, EMAIL_OTP_CODE=house.code(ANN)))

        told = user_attributes(house.cognito, house.pool_id, "ann")
        assert (told["email"], told["email_verified"]) == (ANN, "true")
        assert house.begin()["ChallengeName"] == "EMAIL_OTP"


def test_recovery_never_goes_where_the_second_factor_goes(cloud: Any, cognito: Any) -> None:
    recovery = {"RecoveryMechanisms": [{"Name": "verified_phone_number", "Priority": 1}]}
    house = House(cloud, cognito, AccountRecoverySetting=recovery)
    house.mfa("OPTIONAL", "SMS_MFA")
    house.user(phone_number=PHONE, phone_number_verified="true")
    assert house.cognito.forgot_password(ClientId=house.client_id, Username="ann")["CodeDeliveryDetails"]

    house.prefer(SMSMfaSettings="on")
    with refused(
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
    ):
        house.cognito.forgot_password(ClientId=house.client_id, Username="ann")


def test_sms_needs_a_pool_that_sends_sms(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito, SmsConfiguration=SMS)
    house.mfa("ON", "SMS_MFA")
    house.user(phone_number=PHONE)
    cognito.update_user_pool(UserPoolId=house.pool_id, MfaConfiguration="ON")
    assert house.begin()["ChallengeName"] == "SMS_MFA"


REFUSED_POOLS = [
    (
        {"EmailMfaConfiguration": {"Message": "{####}"}},
        "Email MFA requires an EmailConfiguration with EmailSendingAccount DEVELOPER.",
    ),
    (
        {"SoftwareTokenMfaConfiguration": {"Enabled": False}},
        "At least one of [SmsMfaConfiguration] or [SoftwareTokenMfaConfiguration] must be provided.",
    ),
]


@pytest.mark.parametrize(("members", "message"), REFUSED_POOLS)
def test_what_a_pool_cannot_do_is_refused(cloud: Any, cognito: Any, members: dict[str, Any], message: str) -> None:
    house = House(cloud, cognito, EmailConfiguration={"EmailSendingAccount": "COGNITO_DEFAULT"})

    with refused("InvalidParameterException", message):
        cognito.set_user_pool_mfa_config(UserPoolId=house.pool_id, MfaConfiguration="ON", **members)
    assert cognito.get_user_pool_mfa_config(UserPoolId=house.pool_id)["MfaConfiguration"] == "OFF"


def test_where_everybody_owes_a_second_factor_no_code_is_the_first(cloud: Any, cognito: Any) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    house = House(cloud, cognito, Policies=policies)

    with refused("InvalidParameterException", "EMAIL_OTP cannot be first factors when MFA is required."):
        house.mfa("ON", "SMS_MFA")


def test_a_challenge_begun_by_one_entrance_is_answered_by_the_other(house: House) -> None:
    house.mfa("ON", "SMS_MFA")
    house.user(phone_number=PHONE)
    asked = house.cognito.admin_initiate_auth(
        UserPoolId=house.pool_id,
        ClientId=house.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )
    assert is_in(house.answer(asked, SMS_MFA_CODE=house.code(PHONE)))

    asked = house.begin()
    done = house.cognito.admin_respond_to_auth_challenge(
        UserPoolId=house.pool_id,
        ClientId=house.client_id,
        ChallengeName="SMS_MFA",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ann", "SMS_MFA_CODE": house.code(PHONE)},
    )
    assert is_in(done)


def test_another_clients_session_is_no_session(house: House) -> None:
    house.mfa("ON", "SMS_MFA")
    house.user(phone_number=PHONE)
    asked = house.begin()
    house.client_id = make_client(house.cognito, house.pool_id, ExplicitAuthFlows=FLOWS)

    with refused("NotAuthorizedException", "Invalid session for the user."):
        house.answer(asked, SMS_MFA_CODE=house.code(PHONE))


def test_a_session_of_a_user_who_was_deleted_is_not_their_namesakes(house: House) -> None:
    house.mfa("ON", "SMS_MFA")
    house.user(phone_number=PHONE)
    asked = house.begin()
    house.cognito.admin_delete_user(UserPoolId=house.pool_id, Username="ann")
    with refused("NotAuthorizedException", "Invalid session for the user."):
        house.answer(asked, SMS_MFA_CODE=house.code(PHONE))
    house.user(phone_number=PHONE)

    with refused("NotAuthorizedException", "Invalid session for the user."):
        house.answer(asked, SMS_MFA_CODE=house.code(PHONE))
