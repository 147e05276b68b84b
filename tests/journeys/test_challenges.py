"""Each challenge with the clients people use: amazon-cognito-identity-js, pycognito and boto3, right and wrong."""

import base64
import sys
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from pycognito import aws_srp
from pycognito.exceptions import SMSMFAChallengeException, SoftwareTokenMFAChallengeException

from demo.clients import identity_js
from poolhouse import testing
from tests.poolhouse.cognito_idp.accounts import PASSWORD
from tests.poolhouse.cognito_idp.sign_ins import ANN, PHONE, House
from tests.poolhouse.cognito_idp.test_custom_auth import CREATE, DEFINE, VERIFY

AWSSRP: Any = aws_srp.AWSSRP  # pycognito has no types
TOTP = [sys.executable, "-c", "import pyotp, sys; print(pyotp.TOTP(sys.argv[1]).now())"]
node = pytest.mark.node


@pytest.fixture(scope="module")
def cloud() -> Iterator[testing.LocalCloud]:
    with testing.cloud(listen=True) as made:
        yield made


@pytest.fixture
def house(cloud: testing.LocalCloud) -> House:
    return House(cloud, cloud.client("cognito-idp"))


def js(house: House, do: str = "challenges", name: str = "ann", **more: Any) -> dict[str, Any]:
    """One command for amazon-cognito-identity-js."""
    where = {"endpoint": house.cloud.inner.config.origin, "poolId": house.pool_id, "clientId": house.client_id}
    return identity_js(do=do, username=name, **{"password": PASSWORD, **where, **more})


def enrol(house: House) -> pyotp.TOTP:
    """An app for Ann."""
    token = house.begin()["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(house.cognito.associate_software_token(AccessToken=token)["SecretCode"])
    house.cognito.verify_software_token(AccessToken=token, UserCode=app.now())
    return app


def another(code: str) -> str:
    return f"{(int(code) + 500_000) % 1_000_000:06d}"


@node
def test_js_gives_the_code_that_was_sent(house: House) -> None:
    house.mfa("ON", "SMS_MFA")
    house.user(phone_number=PHONE)

    answer = js(house, answers={"SMS_MFA": {"to": PHONE}})
    assert answer["asked"] == ["SMS_MFA"]
    assert house.cognito.get_user(AccessToken=answer["accessToken"])["Username"] == "ann"
    assert js(house, answers={"SMS_MFA": "000000"})["error"] == "CodeMismatchException"
    assert js(house, password="wrong")["error"] == "NotAuthorizedException"


@node
def test_js_gives_the_code_of_the_app(house: House) -> None:
    house.mfa("OPTIONAL", "SOFTWARE_TOKEN_MFA")
    house.user()
    app = enrol(house)

    assert js(house, answers={"SOFTWARE_TOKEN_MFA": another(app.now())})["error"] == "CodeMismatchException"
    house.cognito.admin_delete_software_token(UserPoolId=house.pool_id, Username="ann")
    assert js(house)["asked"] == []


@node
def test_js_chooses_between_factors(house: House) -> None:
    house.mfa("ON", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
    house.user()
    house.cognito.admin_update_user_attributes(
        UserPoolId=house.pool_id, Username="ann", UserAttributes=[{"Name": "phone_number", "Value": PHONE}]
    )
    asked = house.begin()
    token = house.answer(asked, SMS_MFA_CODE=house.code(PHONE))["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(house.cognito.associate_software_token(AccessToken=token)["SecretCode"])
    house.cognito.verify_software_token(AccessToken=token, UserCode=app.now())

    answer = js(house, answers={"SELECT_MFA_TYPE": "SMS_MFA", "SMS_MFA": {"to": PHONE}})
    assert answer["asked"] == ["SELECT_MFA_TYPE", "SMS_MFA"]
    assert js(house, answers={"SELECT_MFA_TYPE": "EMAIL_OTP"})["error"] == "InvalidParameterException"


@node
def test_js_sets_an_app_up(house: House) -> None:
    house.mfa("ON", "SOFTWARE_TOKEN_MFA")
    house.user()

    answer = js(house, totp=TOTP)
    assert answer["asked"] == ["MFA_SETUP"]
    assert house.cognito.get_user(AccessToken=answer["accessToken"])["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    wrong = [sys.executable, "-c", "print('000000')"]
    house.cognito.admin_delete_software_token(UserPoolId=house.pool_id, Username="ann")
    assert js(house, totp=wrong)["error"] == "EnableSoftwareTokenMFAException"


@node
def test_js_chooses_a_new_password(house: House) -> None:
    house.cognito.admin_create_user(
        UserPoolId=house.pool_id, Username="ann", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )

    weak = js(house, password="Temporary-1", answers={"NEW_PASSWORD_REQUIRED": "weak"})
    assert weak["error"] == "InvalidPasswordException"
    answer = js(house, password="Temporary-1", answers={"NEW_PASSWORD_REQUIRED": PASSWORD})
    assert answer["asked"] == ["NEW_PASSWORD_REQUIRED"]


@node
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_js_answers_the_pools_own_challenge(cloud: testing.LocalCloud, password: str | None) -> None:
    sources = {"DefineAuthChallenge": DEFINE, "CreateAuthChallenge": CREATE, "VerifyAuthChallengeResponse": VERIFY}
    arns = {name: cloud.function(f"js-{name.lower()}", source) for name, source in sources.items()}
    house = House(cloud, cloud.client("cognito-idp"), LambdaConfig=arns)
    house.user()

    right = "secret-0" if password is None else "secret-2"
    answer = js(house, flow="CUSTOM_AUTH", password=password, answers={"CUSTOM_CHALLENGE": right})
    assert answer["asked"] == ["CUSTOM_CHALLENGE"]
    wrong = js(house, flow="CUSTOM_AUTH", password=password, answers={"CUSTOM_CHALLENGE": "guess"})
    assert wrong["error"] == "NotAuthorizedException"


@node
def test_js_is_remembered_on_its_device(cloud: testing.LocalCloud) -> None:
    tracking = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    house = House(cloud, cloud.client("cognito-idp"), DeviceConfiguration=tracking)
    house.user(phone_number=PHONE)
    house.mfa("ON", "SMS_MFA")

    answer = js(house, "device", answers={"SMS_MFA": {"to": PHONE}})
    assert (answer["firstAsked"], answer["asked"]) == (["SMS_MFA"], [])
    (device,) = house.cognito.list_devices(AccessToken=answer["accessToken"])["Devices"]
    assert device["DeviceKey"]


def test_pycognito_is_asked_for_a_second_factor_and_gives_it(house: House) -> None:
    house.mfa("OPTIONAL", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
    house.user(phone_number=PHONE)
    house.prefer(SMSMfaSettings="preferred")
    login = AWSSRP("ann", PASSWORD, house.pool_id, house.client_id, client=house.cognito)

    with pytest.raises(SMSMFAChallengeException) as raised:
        login.authenticate_user()
    challenge: Any = raised.value
    asked = challenge.get_tokens()
    assert house.answer(asked, SMS_MFA_CODE=house.code(PHONE))["AuthenticationResult"]

    house.prefer(SMSMfaSettings="off")
    enrol(house)
    house.prefer(SoftwareTokenMfaSettings="preferred")
    login = AWSSRP("ann", PASSWORD, house.pool_id, house.client_id, client=house.cognito)
    with pytest.raises(SoftwareTokenMFAChallengeException):
        login.authenticate_user()


def test_boto3_signs_in_by_a_code_alone(cloud: testing.LocalCloud) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    house = House(cloud, cloud.client("cognito-idp"), Policies=policies)
    house.user(email=ANN)
    asked = house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")

    done = house.answer(asked, EMAIL_OTP_CODE=house.code(ANN))
    assert base64.b64decode(done["AuthenticationResult"]["AccessToken"].split(".")[0] + "==")
