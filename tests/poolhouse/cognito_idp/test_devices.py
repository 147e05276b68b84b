"""Devices: confirmed after a sign-in, remembered, proven by SRP in place of a second factor, forgotten."""

import base64
import re
from datetime import timedelta
from typing import Any

import jwt
import pytest
from pycognito import aws_srp

from tests.poolhouse.cognito_idp.accounts import PASSWORD, refused
from tests.poolhouse.cognito_idp.sign_ins import PHONE, SMS, House, is_in

AWSSRP: Any = aws_srp.AWSSRP  # pycognito has no types
generate_hash_device: Any = aws_srp.generate_hash_device
ALWAYS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
ON_REQUEST = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
BESIDE_MFA = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
NO_DEVICE = ("ResourceNotFoundException", "Device does not exist.")
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
INVALID = ("NotAuthorizedException", "Invalid Refresh Token")
VERIFIER = {"PasswordVerifier": base64.b64encode(b"\x17" * 384).decode(), "Salt": base64.b64encode(b"salt").decode()}


class Phone:
    """A device of Ann's: what it was given, and pycognito's half of the exchange."""

    def __init__(self, house: House, name: str = "ann") -> None:
        self.house, self.name = house, name
        self.key = self.group = self.password = ""
        self.tokens: dict[str, Any] = {}

    def sign_in(self, **parameters: str) -> dict[str, Any]:
        known = {"DEVICE_KEY": self.key} if self.key else {}
        answer = self.house.begin(name=self.name, **known, **parameters)
        if answer.get("ChallengeName") == "SMS_MFA":
            answer = self.house.answer(answer, name=self.name, SMS_MFA_CODE=self.house.code(PHONE), **known)
        return answer

    def enrol(self) -> "Phone":
        """Sign in for the first time and confirm."""
        self.tokens = self.sign_in()["AuthenticationResult"]
        metadata = self.tokens["NewDeviceMetadata"]
        self.key, self.group = metadata["DeviceKey"], metadata["DeviceGroupKey"]
        self.confirm()
        return self

    def confirm(self) -> dict[str, Any]:
        self.password, config = generate_hash_device(self.group, self.key)
        answer: dict[str, Any] = self.house.cognito.confirm_device(
            AccessToken=self.tokens["AccessToken"],
            DeviceKey=self.key,
            DeviceName="phone",
            DeviceSecretVerifierConfig=config,
        )
        return answer

    def half(self, password: str = "") -> Any:
        return AWSSRP(
            self.name,
            PASSWORD,
            self.house.pool_id,
            self.house.client_id,
            client=self.house.cognito,
            device_key=self.key,
            device_group_key=self.group,
            device_password=password or self.password,
        )

    def ask_proof(self, asked: dict[str, Any], half: Any, **changes: str) -> dict[str, Any]:
        responses = {"SRP_A": half.get_auth_params()["SRP_A"], "DEVICE_KEY": self.key, **changes}
        return self.house.answer(asked, name=self.name, **responses)

    def prove(self, asked: dict[str, Any], password: str = "", **changes: str) -> dict[str, Any]:
        half = self.half(password)
        return self.send(half.process_device_challenge(self.ask_proof(asked, half)["ChallengeParameters"]), **changes)

    def send(self, responses: dict[str, str], **changes: str) -> dict[str, Any]:
        done: dict[str, Any] = self.house.cognito.respond_to_auth_challenge(
            ClientId=self.house.client_id,
            ChallengeName="DEVICE_PASSWORD_VERIFIER",
            ChallengeResponses={**responses, **changes},
        )
        return done


def house_with(cloud: Any, cognito: Any, configuration: dict[str, bool] | None = None, *, mfa: bool = False) -> House:
    house = House(cloud, cognito, DeviceConfiguration=configuration or ALWAYS)
    house.user(phone_number=PHONE)
    if mfa:
        house.mfa("OPTIONAL", "SMS_MFA")
        house.prefer(SMSMfaSettings="on")
    return house


def test_a_device_that_was_never_seen_is_given_a_key(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)

    first, second = (house.begin()["AuthenticationResult"] for _ in range(2))
    keys = [tokens["NewDeviceMetadata"]["DeviceKey"] for tokens in (first, second)]
    assert re.fullmatch(r"us-east-1_[0-9a-f-]{36}", keys[0])
    assert keys[0] != keys[1]
    assert re.fullmatch(r"-[0-9a-zA-Z]{8}", first["NewDeviceMetadata"]["DeviceGroupKey"])
    assert jwt.decode(first["AccessToken"], options={"verify_signature": False})["device_key"] == keys[0]


def test_a_pool_that_tracks_no_devices_gives_none(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito)
    house.user()

    tokens = house.begin()["AuthenticationResult"]
    assert "NewDeviceMetadata" not in tokens
    assert "device_key" not in jwt.decode(tokens["AccessToken"], options={"verify_signature": False})
    assert is_in(house.begin(DEVICE_KEY="us-east-1_1f0e0b7a-0000-4000-8000-000000000000"))


def test_a_remembered_device_proves_itself_in_place_of_the_second_factor(cloud: Any, cognito: Any) -> None:
    phone = Phone(house_with(cloud, cognito, mfa=True)).enrol()
    sent = len(cloud.outbox())

    asked = phone.sign_in()
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    done = phone.prove(asked)
    assert is_in(done)
    assert "NewDeviceMetadata" not in done["AuthenticationResult"]
    assert len(cloud.outbox()) == sent


def test_where_the_pool_says_so_the_second_factor_comes_first(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, BESIDE_MFA, mfa=True)
    phone = Phone(house).enrol()

    asked = house.begin(DEVICE_KEY=phone.key)
    assert asked["ChallengeName"] == "SMS_MFA"
    asked = house.answer(asked, SMS_MFA_CODE=house.code(PHONE))
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert is_in(phone.prove(asked))


def test_the_device_may_be_named_with_the_srp_proof(cloud: Any, cognito: Any) -> None:
    phone = Phone(house_with(cloud, cognito, mfa=True)).enrol()

    answer = phone.half().authenticate_user()
    assert is_in(answer)


def test_without_a_session_only_a_device_that_was_asked_goes_on(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, mfa=True)
    phone = Phone(house).enrol()

    with refused("NotAuthorizedException", "Invalid session for the user."):
        cognito.respond_to_auth_challenge(
            ClientId=house.client_id,
            ChallengeName="DEVICE_SRP_AUTH",
            ChallengeResponses={"USERNAME": "ann", "DEVICE_KEY": phone.key, "SRP_A": "ab" * 384},
        )
    phone.sign_in()
    cloud.clock.advance(timedelta(minutes=3))
    with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
        cognito.respond_to_auth_challenge(
            ClientId=house.client_id,
            ChallengeName="DEVICE_SRP_AUTH",
            ChallengeResponses={"USERNAME": "ann", "DEVICE_KEY": phone.key, "SRP_A": "ab" * 384},
        )


def test_a_wrong_device_secret_is_refused(cloud: Any, cognito: Any) -> None:
    phone = Phone(house_with(cloud, cognito, mfa=True)).enrol()

    with refused(*INCORRECT):
        phone.prove(phone.sign_in(), password="x" * 40)
    assert is_in(phone.prove(phone.sign_in()))


@pytest.mark.parametrize("public", ["0", format(int("F" * 768, 16), "x"), "n"])
def test_a_public_value_that_would_make_the_secret_known_is_refused(cloud: Any, cognito: Any, public: str) -> None:
    phone = Phone(house_with(cloud, cognito, mfa=True)).enrol()
    half = phone.half()
    srp_a = format(half.big_n, "x") if public == "n" else public
    given = phone.ask_proof(phone.sign_in(), half, SRP_A=srp_a)["ChallengeParameters"]

    with refused(*INCORRECT):
        phone.send(half.process_device_challenge(given))


def test_a_proof_is_good_once_and_for_its_own_device(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, mfa=True)
    phone, tablet = Phone(house).enrol(), Phone(house).enrol()
    half = phone.half()
    responses = half.process_device_challenge(phone.ask_proof(phone.sign_in(), half)["ChallengeParameters"])

    with refused(*INCORRECT):
        phone.send(responses, DEVICE_KEY=tablet.key)
    with refused(*INCORRECT):
        phone.send(responses)
    with refused(*INCORRECT):
        tablet_asked = tablet.sign_in()
        phone.ask_proof(tablet_asked, half)


def test_another_users_device_is_none(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    phone = Phone(house).enrol()
    house.user("bob")

    with refused(*NO_DEVICE):
        house.begin(name="bob", DEVICE_KEY=phone.key)
    with refused(*INCORRECT):
        house.begin(name="bob", PASSWORD="wrong", DEVICE_KEY=phone.key)
    bob = house.begin(name="bob")["AuthenticationResult"]["AccessToken"]
    for ask in (cognito.get_device, cognito.update_device_status, cognito.forget_device):
        with refused(*NO_DEVICE):
            ask(AccessToken=bob, DeviceKey=phone.key)
    assert cognito.list_devices(AccessToken=bob)["Devices"] == []


def test_a_device_is_confirmed_once_and_only_by_the_sign_in_that_made_it(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    phone = Phone(house).enrol()
    other = house.begin()["AuthenticationResult"]

    with refused("DeviceKeyExistsException", "Device key already exists."):
        phone.confirm()
    for key in (other["NewDeviceMetadata"]["DeviceKey"], "us-east-1_1f0e0b7a-0000-4000-8000-000000000000"):
        with refused(*NO_DEVICE):
            cognito.confirm_device(
                AccessToken=phone.tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=VERIFIER
            )
    with refused(*NO_DEVICE):  # never confirmed
        house.begin(DEVICE_KEY=other["NewDeviceMetadata"]["DeviceKey"])


BAD_VERIFIERS = [
    ({}, "Missing required parameter PasswordVerifier"),
    ({"PasswordVerifier": VERIFIER["PasswordVerifier"]}, "Missing required parameter Salt"),
    ({**VERIFIER, "PasswordVerifier": "!!"}, "Invalid device password verifier."),
    ({**VERIFIER, "PasswordVerifier": base64.b64encode(b"\0").decode()}, "Invalid device password verifier."),
    ({**VERIFIER, "PasswordVerifier": base64.b64encode(b"\x01").decode()}, "Invalid device password verifier."),
    ({**VERIFIER, "PasswordVerifier": base64.b64encode(b"\xff" * 384).decode()}, "Invalid device password verifier."),
    ({**VERIFIER, "Salt": "\u00e9"}, "Invalid device salt."),
]


@pytest.mark.parametrize(("config", "message"), BAD_VERIFIERS)
def test_senseless_verifiers_are_refused(cloud: Any, cognito: Any, config: dict[str, str], message: str) -> None:
    tokens = house_with(cloud, cognito).begin()["AuthenticationResult"]

    with refused("InvalidParameterException", message):
        cognito.confirm_device(
            AccessToken=tokens["AccessToken"],
            DeviceKey=tokens["NewDeviceMetadata"]["DeviceKey"],
            DeviceSecretVerifierConfig=config,
        )
    assert cognito.list_devices(AccessToken=tokens["AccessToken"])["Devices"] == []


def test_where_users_are_asked_a_device_is_remembered_when_they_say_so(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, ON_REQUEST, mfa=True)
    phone = Phone(house)
    phone.tokens = phone.sign_in()["AuthenticationResult"]
    metadata = phone.tokens["NewDeviceMetadata"]
    phone.key, phone.group = metadata["DeviceKey"], metadata["DeviceGroupKey"]
    assert phone.confirm()["UserConfirmationNecessary"] is True

    assert house.begin(DEVICE_KEY=phone.key)["ChallengeName"] == "SMS_MFA"
    done = phone.sign_in()
    assert is_in(done)
    assert "NewDeviceMetadata" not in done["AuthenticationResult"]

    token = phone.tokens["AccessToken"]
    cognito.update_device_status(AccessToken=token, DeviceKey=phone.key, DeviceRememberedStatus="remembered")
    assert house.begin(DEVICE_KEY=phone.key)["ChallengeName"] == "DEVICE_SRP_AUTH"
    cognito.admin_update_device_status(
        UserPoolId=house.pool_id, Username="ann", DeviceKey=phone.key, DeviceRememberedStatus="not_remembered"
    )
    assert house.begin(DEVICE_KEY=phone.key)["ChallengeName"] == "SMS_MFA"


def test_a_device_that_is_no_longer_remembered_does_not_finish_what_it_began(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, mfa=True)
    phone = Phone(house).enrol()
    asked = phone.sign_in()
    cognito.admin_update_device_status(
        UserPoolId=house.pool_id, Username="ann", DeviceKey=phone.key, DeviceRememberedStatus="not_remembered"
    )

    with refused(*INCORRECT):
        phone.prove(asked)


CUSTOM = {
    "DefineAuthChallenge": """
def handler(event, context):
    session, response = event["request"]["session"], event["response"]
    riddles = [answer for answer in session if answer["challengeName"] == "CUSTOM_CHALLENGE"]
    if session[-1]["challengeName"] == "SRP_A":
        response["challengeName"] = "PASSWORD_VERIFIER"
    elif riddles:
        response["issueTokens"] = True
    else:
        response["challengeName"] = "CUSTOM_CHALLENGE"
    return event
""",
    "CreateAuthChallenge": "def handler(event, context):\n    return event\n",
    "VerifyAuthChallengeResponse": """
def handler(event, context):
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == "right"
    return event
""",
}


@pytest.mark.parametrize("is_remembered", [True, False])
def test_a_device_that_was_to_stand_in_is_asked_or_nobody_gets_in(
    cloud: Any, cognito: Any, is_remembered: bool
) -> None:
    house = house_with(cloud, cognito, mfa=True)
    phone = Phone(house).enrol()
    arns = {name: cloud.function(name.lower(), source) for name, source in CUSTOM.items()}
    pool = {"DeviceConfiguration": ALWAYS, "MfaConfiguration": "OPTIONAL", "SmsConfiguration": SMS}
    cognito.update_user_pool(UserPoolId=house.pool_id, LambdaConfig=arns, **pool)
    half = phone.half()
    srp_a = half.get_auth_params()["SRP_A"]
    asked = house.begin("CUSTOM_AUTH", CHALLENGE_NAME="SRP_A", SRP_A=srp_a, DEVICE_KEY=phone.key)
    responses = half.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ann"})
    asked = cognito.respond_to_auth_challenge(
        ClientId=house.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
    )
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"  # and no code: the device stands in for it
    if is_remembered:
        assert house.answer(asked, ANSWER="right")["ChallengeName"] == "DEVICE_SRP_AUTH"
        return

    cognito.admin_update_device_status(
        UserPoolId=house.pool_id, Username="ann", DeviceKey=phone.key, DeviceRememberedStatus="not_remembered"
    )
    with refused(*INCORRECT):
        house.answer(asked, ANSWER="right")


def test_a_device_is_told_to_its_user_and_to_administrators(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    phone = Phone(house).enrol()

    told = cognito.get_device(AccessToken=phone.tokens["AccessToken"], DeviceKey=phone.key)["Device"]
    assert told["DeviceKey"] == phone.key
    assert {item["Name"]: item["Value"] for item in told["DeviceAttributes"]} == {
        "device_status": "valid",
        "device_name": "phone",
        "last_ip_used": "127.0.0.1",
    }
    told = cognito.admin_get_device(UserPoolId=house.pool_id, Username="ann", DeviceKey=phone.key)["Device"]
    assert {"Name": "dev:device_remembered_status", "Value": "remembered"} in told["DeviceAttributes"]
    cloud.clock.advance(timedelta(hours=1))
    phone.prove(phone.sign_in())
    later = cognito.admin_get_device(UserPoolId=house.pool_id, Username="ann", DeviceKey=phone.key)["Device"]
    assert later["DeviceLastAuthenticatedDate"] > told["DeviceLastAuthenticatedDate"]


def test_devices_are_listed_by_page(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    phones = [Phone(house).enrol() for _ in range(3)]
    keys = sorted(phone.key for phone in phones)
    token = phones[0].tokens["AccessToken"]

    first = cognito.list_devices(AccessToken=token, Limit=2)
    rest = cognito.list_devices(AccessToken=token, Limit=2, PaginationToken=first["PaginationToken"])
    assert [device["DeviceKey"] for device in first["Devices"] + rest["Devices"]] == keys
    assert "PaginationToken" not in rest
    listed = cognito.admin_list_devices(UserPoolId=house.pool_id, Username="ann")["Devices"]
    assert [device["DeviceKey"] for device in listed] == keys


@pytest.mark.parametrize("by_admin", [False, True])
def test_a_forgotten_device_is_unknown_and_its_tokens_are_revoked(cloud: Any, cognito: Any, by_admin: bool) -> None:
    house = house_with(cloud, cognito)
    phone, tablet = Phone(house).enrol(), Phone(house).enrol()

    if by_admin:
        cognito.admin_forget_device(UserPoolId=house.pool_id, Username="ann", DeviceKey=phone.key)
    else:
        cognito.forget_device(AccessToken=tablet.tokens["AccessToken"], DeviceKey=phone.key)

    with refused(*NO_DEVICE):
        phone.sign_in()
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=phone.tokens["RefreshToken"], DEVICE_KEY=phone.key)
    assert is_in(tablet.prove(tablet.sign_in()))
    with refused(*NO_DEVICE):
        cognito.admin_forget_device(UserPoolId=house.pool_id, Username="ann", DeviceKey=phone.key)


def test_a_refresh_must_come_from_the_same_device(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    phone, tablet = Phone(house).enrol(), Phone(house).enrol()
    refresh = phone.tokens["RefreshToken"]

    for parameters in ({}, {"DEVICE_KEY": tablet.key}):
        with refused(*INVALID):
            house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=refresh, **parameters)
    with refused(*INVALID):
        cognito.get_tokens_from_refresh_token(RefreshToken=refresh, ClientId=house.client_id)

    renewed = house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=refresh, DEVICE_KEY=phone.key)["AuthenticationResult"]
    assert jwt.decode(renewed["AccessToken"], options={"verify_signature": False})["device_key"] == phone.key
    assert cognito.get_tokens_from_refresh_token(RefreshToken=refresh, ClientId=house.client_id, DeviceKey=phone.key)[
        "AuthenticationResult"
    ]


def test_post_authentication_is_told_of_a_new_device(cloud: Any, cognito: Any) -> None:
    tell = "def handler(event, context):\n    raise ValueError(event['request']['newDeviceUsed'])\n"
    house = house_with(cloud, cognito)
    phone = Phone(house).enrol()
    arn = cloud.function("tell", tell)
    cognito.update_user_pool(
        UserPoolId=house.pool_id, DeviceConfiguration=ALWAYS, LambdaConfig={"PostAuthentication": arn}
    )

    with refused("UserLambdaValidationException", "PostAuthentication failed with error True."):
        house.begin()
    with refused("UserLambdaValidationException", "PostAuthentication failed with error False."):
        phone.prove(phone.sign_in())


def test_the_tokens_of_a_proven_device_say_so_to_the_trigger(cloud: Any, cognito: Any) -> None:
    tell = "def handler(event, context):\n    raise ValueError(event['triggerSource'])\n"
    house = house_with(cloud, cognito)
    phone = Phone(house).enrol()
    arn = cloud.function("tell", tell)
    cognito.update_user_pool(
        UserPoolId=house.pool_id, DeviceConfiguration=ALWAYS, LambdaConfig={"PreTokenGeneration": arn}
    )

    message = "PreTokenGeneration failed with error TokenGeneration_AuthenticateDevice."
    with refused("UserLambdaValidationException", message):
        phone.prove(phone.sign_in())
