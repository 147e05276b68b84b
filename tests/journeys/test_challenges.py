"""Every challenge with the clients people use, over HTTP, by the right answer and by a wrong one.

The clients are boto3, pycognito and amazon-cognito-identity-js. What a client has no way to answer stands in CANNOT,
and `test_every_challenge_is_answered_by_every_client_that_can` holds the two tables to all challenges there are.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pycognito
import pyotp
import pytest
from botocore.exceptions import ClientError
from pycognito.exceptions import SMSMFAChallengeException, SoftwareTokenMFAChallengeException

from demo.clients import identity_js
from poolhouse import testing
from poolhouse.cognito_idp.rules.challenges import ANSWERS
from tests.poolhouse.cognito_idp.accounts import PASSWORD
from tests.poolhouse.cognito_idp.sign_ins import ANN, PHONE, House, is_in, wrong
from tests.poolhouse.cognito_idp.test_custom_auth import CREATE, DEFINE, VERIFY
from tests.poolhouse.cognito_idp.test_devices import ALWAYS, AWSSRP, Phone
from tests.poolhouse.cognito_idp.test_passkeys import Passkeys

FUNCTIONS = {"DefineAuthChallenge": DEFINE, "CreateAuthChallenge": CREATE, "VerifyAuthChallengeResponse": VERIFY}
TEMPORARY = "Temporary-1"


class Play:
    """One sign-in of Ann's, up to a challenge, which is then answered rightly or wrongly."""

    def __init__(self, cloud: testing.LocalCloud) -> None:
        self.cloud, self.cognito = cloud, cloud.client("cognito-idp")
        self.is_right = True

    def build(self, **pool: Any) -> House:
        self.house = House(self.cloud, self.cognito, **pool)
        return self.house

    def one_of(self, right: str, other: str) -> str:
        return right if self.is_right else other

    @property
    def password(self) -> str:
        return self.one_of(PASSWORD, "Wrong-horse-1")

    def code(self, to: str) -> str:
        sent = self.house.code(to)
        return self.one_of(sent, wrong(sent))

    def app_code(self, app: pyotp.TOTP) -> str:
        """The app's next code: it was set up with the present one, which is used."""
        shown = app.at(self.cloud.clock(), 1)
        return self.one_of(shown, wrong(shown))

    def enrol(self, answer: dict[str, Any]) -> pyotp.TOTP:
        """An app for whoever these tokens are of."""
        token = answer["AuthenticationResult"]["AccessToken"]
        app = pyotp.TOTP(self.cognito.associate_software_token(AccessToken=token)["SecretCode"])
        self.cognito.verify_software_token(AccessToken=token, UserCode=app.now())
        return app

    def js(self, do: str = "challenges", **more: Any) -> None:
        """Sign in with amazon-cognito-identity-js, and use the token. Raises Refused by the error's name."""
        house = self.house
        where = {"endpoint": self.cloud.inner.config.origin, "poolId": house.pool_id, "clientId": house.client_id}
        answer = identity_js(do=do, username="ann", **{"password": PASSWORD, **where, **more})
        if "error" in answer:
            raise Refused(answer["error"])
        self.js_asked = answer["asked"]
        assert self.cognito.get_user(AccessToken=answer["accessToken"])["Username"] == "ann"

    def pycognito(self) -> Any:
        """pycognito's own client of this cloud."""
        made: Any = pycognito.Cognito
        return made(
            self.house.pool_id,
            self.house.client_id,
            user_pool_region="us-east-1",
            username="ann",
            access_key="test",
            secret_key="test",
            boto3_client_kwargs={"endpoint_url": self.cloud.inner.config.origin},
        )

    def srp(self, password: str = PASSWORD) -> Any:
        """pycognito's half of SRP."""
        return AWSSRP("ann", password, self.house.pool_id, self.house.client_id, client=self.cognito)

    @staticmethod
    def of(user: Any) -> dict[str, Any]:
        """The tokens that pycognito has got and verified."""
        tokens = {"AccessToken": user.access_token, "IdToken": user.id_token, "RefreshToken": user.refresh_token}
        return {"AuthenticationResult": tokens}


class Refused(Exception):
    """The name of the error a client came back with."""


def sms_house(play: Play) -> House:
    """Ann's code is sent to her telephone."""
    house = play.build()
    house.mfa("ON", "SMS_MFA")
    house.user(phone_number=PHONE)
    return house


def app_house(play: Play) -> pyotp.TOTP:
    """Ann has an app."""
    house = play.build()
    house.mfa("OPTIONAL", "SOFTWARE_TOKEN_MFA")
    house.user()
    app = play.enrol(house.begin())
    house.prefer(SoftwareTokenMfaSettings="preferred")
    return app


def both_house(play: Play) -> House:
    """Ann has an app and a telephone, and prefers neither."""
    house = play.build()
    house.mfa("ON", "SMS_MFA", "SOFTWARE_TOKEN_MFA")
    house.user(phone_number=PHONE)
    asked = house.begin()
    play.enrol(house.answer(asked, SMS_MFA_CODE=house.code(PHONE)))
    return house


def setup_house(play: Play) -> House:
    """Ann must set an app up."""
    house = play.build()
    house.mfa("ON", "SOFTWARE_TOKEN_MFA")
    house.user()
    return house


def temporary_house(play: Play) -> House:
    """Ann has a password of an administrator's."""
    house = play.build()
    made = {"UserPoolId": house.pool_id, "Username": "ann", "TemporaryPassword": TEMPORARY}
    house.cognito.admin_create_user(**made, MessageAction="SUPPRESS")
    return house


def riddle_house(play: Play) -> House:
    """The pool's functions ask a riddle, after the password."""
    arns = {name: play.cloud.function(f"journey-{name.lower()}", source) for name, source in FUNCTIONS.items()}
    house = play.build(LambdaConfig=arns)
    house.user()
    return house


def device_house(play: Play) -> House:
    """A remembered device stands in for Ann's second factor."""
    house = play.build(DeviceConfiguration=ALWAYS)
    house.user(phone_number=PHONE)
    house.mfa("OPTIONAL", "SMS_MFA")
    house.prefer(SMSMfaSettings="on")
    return house


def choice_house(play: Play) -> House:
    """Ann may sign in by password, by a code to either address."""
    factors = ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]
    house = play.build(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": factors}})
    house.user(email=ANN, phone_number=PHONE)
    return house


# --- boto3 ----------------------------------------------------------------------------------------------------------


def b_password_verifier(play: Play) -> dict[str, Any]:
    house = play.build()
    house.user()
    half = AWSSRP("ann", play.password, house.pool_id, house.client_id, client=play.cognito)
    asked = house.begin("USER_SRP_AUTH", SRP_A=half.get_auth_params()["SRP_A"])
    proof = half.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ann"})
    return _respond(play, "PASSWORD_VERIFIER", proof)


def b_new_password(play: Play) -> dict[str, Any]:
    house = temporary_house(play)
    return house.answer(house.begin(PASSWORD=TEMPORARY), NEW_PASSWORD=play.one_of(PASSWORD, "weak"))


def b_sms(play: Play) -> dict[str, Any]:
    house = sms_house(play)
    return house.answer(house.begin(), SMS_MFA_CODE=play.code(PHONE))


def b_app(play: Play) -> dict[str, Any]:
    app = app_house(play)
    return play.house.answer(play.house.begin(), SOFTWARE_TOKEN_MFA_CODE=play.app_code(app))


def b_email_as_second_factor(play: Play) -> dict[str, Any]:
    house = play.build()
    house.mfa("OPTIONAL", "EMAIL_OTP")
    house.user(email=ANN, email_verified="true")
    house.prefer(EmailMfaSettings="preferred")
    return house.answer(house.begin(), EMAIL_OTP_CODE=play.code(ANN))


def b_select_factor(play: Play) -> dict[str, Any]:
    house = both_house(play)
    asked = house.answer(house.begin(), ANSWER=play.one_of("SMS_MFA", "EMAIL_OTP"))
    return house.answer(asked, SMS_MFA_CODE=house.code(PHONE))


def b_setup(play: Play) -> dict[str, Any]:
    house = setup_house(play)
    asked = house.begin()
    begun = play.cognito.associate_software_token(Session=asked["Session"])
    code = pyotp.TOTP(begun["SecretCode"]).now()
    done = play.cognito.verify_software_token(Session=begun["Session"], UserCode=play.one_of(code, wrong(code)))
    return house.answer({"ChallengeName": "MFA_SETUP", "Session": done["Session"]})


def b_riddle(play: Play) -> dict[str, Any]:
    house = riddle_house(play)
    asked = house.begin("CUSTOM_AUTH")
    if play.is_right:
        return house.answer(asked, ANSWER="secret-0")
    for _ in range(2):  # three tries, says the pool's function
        asked = house.answer(asked, ANSWER="guess")
    return house.answer(asked, ANSWER="guess")


def b_device(play: Play) -> dict[str, Any]:
    phone = Phone(device_house(play)).enrol()
    return phone.prove(phone.sign_in(), play.one_of("", "guessed"))


def b_device_public_value(play: Play) -> dict[str, Any]:
    phone = Phone(device_house(play)).enrol()
    asked, half = phone.sign_in(), phone.half()
    public = play.one_of(half.get_auth_params()["SRP_A"], "no number")
    proof = half.process_device_challenge(phone.ask_proof(asked, half, SRP_A=public)["ChallengeParameters"])
    return phone.send(proof)


def b_passkey(play: Play) -> dict[str, Any]:
    play.house = house = Passkeys(play.cloud, play.cognito)
    passkey = house.enrol()
    asked, options = house.ask()
    changes = {} if play.is_right else {"challenge": "YW5vdGhlcg"}
    return house.answer(asked, CREDENTIAL=json.dumps(passkey.sign(options, **changes)))


def b_choose(play: Play) -> dict[str, Any]:
    house = choice_house(play)
    asked = house.answer(house.begin("USER_AUTH"), ANSWER=play.one_of("SMS_OTP", "WEB_AUTHN"))
    return house.answer(asked, SMS_OTP_CODE=house.code(PHONE))


def b_chosen_password(play: Play) -> dict[str, Any]:
    house = choice_house(play)
    return house.answer(house.begin("USER_AUTH"), "PASSWORD", PASSWORD=play.password)


def b_chosen_srp(play: Play) -> dict[str, Any]:
    house = choice_house(play)
    half = AWSSRP("ann", play.password, house.pool_id, house.client_id, client=play.cognito)
    public = half.get_auth_params()["SRP_A"]
    asked = house.answer(house.begin("USER_AUTH"), "PASSWORD_SRP", SRP_A=public)
    return _respond(
        play, "PASSWORD_VERIFIER", half.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ann"})
    )


def b_sms_alone(play: Play) -> dict[str, Any]:
    house = choice_house(play)
    return house.answer(house.begin("USER_AUTH", PREFERRED_CHALLENGE="SMS_OTP"), SMS_OTP_CODE=play.code(PHONE))


def b_email_alone(play: Play) -> dict[str, Any]:
    house = choice_house(play)
    return house.answer(house.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP"), EMAIL_OTP_CODE=play.code(ANN))


def _respond(play: Play, challenge: str, responses: dict[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = play.cognito.respond_to_auth_challenge(
        ClientId=play.house.client_id, ChallengeName=challenge, ChallengeResponses=responses
    )
    return answer


# --- pycognito ------------------------------------------------------------------------------------------------------


def p_password_verifier(play: Play) -> dict[str, Any]:
    play.build().user()
    return dict(play.srp(play.password).authenticate_user())


def p_new_password(play: Play) -> dict[str, Any]:
    temporary_house(play)
    return dict(play.srp(TEMPORARY).set_new_password_challenge(play.one_of(PASSWORD, "weak")))


def p_sms(play: Play) -> dict[str, Any]:
    sms_house(play)
    user = play.pycognito()
    with pytest.raises(SMSMFAChallengeException) as raised:
        play.srp().authenticate_user()
    challenge: Any = raised.value
    user.respond_to_sms_mfa_challenge(play.code(PHONE), challenge.get_tokens())
    return play.of(user)


def p_app(play: Play) -> dict[str, Any]:
    app = app_house(play)
    user = play.pycognito()
    with pytest.raises(SoftwareTokenMFAChallengeException) as raised:
        play.srp().authenticate_user()
    challenge: Any = raised.value
    user.respond_to_software_token_mfa_challenge(play.app_code(app), challenge.get_tokens())
    return play.of(user)


def p_device(play: Play) -> dict[str, Any]:
    phone = Phone(device_house(play)).enrol()
    return dict(phone.half(play.one_of("", "guessed")).authenticate_user())


# --- amazon-cognito-identity-js -------------------------------------------------------------------------------------


def j_password_verifier(play: Play) -> None:
    play.build().user()
    play.js(password=play.password)
    assert play.js_asked == []


def j_new_password(play: Play) -> None:
    temporary_house(play)
    play.js(password=TEMPORARY, answers={"NEW_PASSWORD_REQUIRED": play.one_of(PASSWORD, "weak")})
    assert play.js_asked == ["NEW_PASSWORD_REQUIRED"]


def j_sms(play: Play) -> None:
    sms_house(play)
    play.js(answers={"SMS_MFA": {"to": PHONE} if play.is_right else "000000"})
    assert play.js_asked == ["SMS_MFA"]


def j_app(play: Play) -> None:
    app = app_house(play)
    play.js(answers={"SOFTWARE_TOKEN_MFA": play.app_code(app)})
    assert play.js_asked == ["SOFTWARE_TOKEN_MFA"]


def j_select_factor(play: Play) -> None:
    both_house(play)
    play.js(answers={"SELECT_MFA_TYPE": play.one_of("SMS_MFA", "EMAIL_OTP"), "SMS_MFA": {"to": PHONE}})
    assert play.js_asked == ["SELECT_MFA_TYPE", "SMS_MFA"]


def j_setup(play: Play) -> None:
    house = setup_house(play)
    shown = "pyotp.TOTP(sys.argv[1]).now()" if play.is_right else "'000000'"
    play.js(totp=[sys.executable, "-c", f"import pyotp, sys; print({shown})"])
    assert play.js_asked == ["MFA_SETUP"]
    assert house.told()["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def j_riddle(play: Play) -> None:
    riddle_house(play)
    play.js(flow="CUSTOM_AUTH", password=None, answers={"CUSTOM_CHALLENGE": play.one_of("secret-0", "guess")})
    assert play.js_asked == ["CUSTOM_CHALLENGE"]


def j_riddle_after_password(play: Play) -> None:
    riddle_house(play)
    play.js(flow="CUSTOM_AUTH", answers={"CUSTOM_CHALLENGE": play.one_of("secret-2", "guess")})
    assert play.js_asked == ["CUSTOM_CHALLENGE"]


def j_device(play: Play) -> None:
    device_house(play)
    play.js("device", answers={"SMS_MFA": {"to": PHONE}}, secret=play.one_of("", "guessed"))
    assert play.js_asked == []


# --------------------------------------------------------------------------------------------------------------------

Attempt = Callable[[Play], dict[str, Any] | None]
# Challenge, client, what it does, and the error after the wrong answer.
ROWS: list[tuple[str, str, Attempt, str]] = [
    ("PASSWORD_VERIFIER", "boto3", b_password_verifier, "NotAuthorizedException"),
    ("PASSWORD_VERIFIER", "pycognito", p_password_verifier, "NotAuthorizedException"),
    ("PASSWORD_VERIFIER", "js", j_password_verifier, "NotAuthorizedException"),
    ("NEW_PASSWORD_REQUIRED", "boto3", b_new_password, "InvalidPasswordException"),
    ("NEW_PASSWORD_REQUIRED", "pycognito", p_new_password, "InvalidPasswordException"),
    ("NEW_PASSWORD_REQUIRED", "js", j_new_password, "InvalidPasswordException"),
    ("SMS_MFA", "boto3", b_sms, "CodeMismatchException"),
    ("SMS_MFA", "pycognito", p_sms, "CodeMismatchException"),
    ("SMS_MFA", "js", j_sms, "CodeMismatchException"),
    ("SOFTWARE_TOKEN_MFA", "boto3", b_app, "CodeMismatchException"),
    ("SOFTWARE_TOKEN_MFA", "pycognito", p_app, "CodeMismatchException"),
    ("SOFTWARE_TOKEN_MFA", "js", j_app, "CodeMismatchException"),
    ("EMAIL_OTP", "boto3", b_email_as_second_factor, "CodeMismatchException"),
    ("EMAIL_OTP", "boto3", b_email_alone, "CodeMismatchException"),
    ("SMS_OTP", "boto3", b_sms_alone, "CodeMismatchException"),
    ("SELECT_MFA_TYPE", "boto3", b_select_factor, "InvalidParameterException"),
    ("SELECT_MFA_TYPE", "js", j_select_factor, "InvalidParameterException"),
    ("MFA_SETUP", "boto3", b_setup, "EnableSoftwareTokenMFAException"),
    ("MFA_SETUP", "js", j_setup, "EnableSoftwareTokenMFAException"),
    ("CUSTOM_CHALLENGE", "boto3", b_riddle, "NotAuthorizedException"),
    ("CUSTOM_CHALLENGE", "js", j_riddle, "NotAuthorizedException"),
    ("CUSTOM_CHALLENGE", "js", j_riddle_after_password, "NotAuthorizedException"),
    ("DEVICE_SRP_AUTH", "boto3", b_device_public_value, "InvalidParameterException"),
    ("DEVICE_PASSWORD_VERIFIER", "boto3", b_device, "NotAuthorizedException"),
    # These two answer both in one go; what can be wrong of it is the secret.
    ("DEVICE_SRP_AUTH", "pycognito", p_device, "NotAuthorizedException"),
    ("DEVICE_PASSWORD_VERIFIER", "pycognito", p_device, "NotAuthorizedException"),
    ("DEVICE_SRP_AUTH", "js", j_device, "NotAuthorizedException"),
    ("DEVICE_PASSWORD_VERIFIER", "js", j_device, "NotAuthorizedException"),
    ("WEB_AUTHN", "boto3", b_passkey, "NotAuthorizedException"),
    ("SELECT_CHALLENGE", "boto3", b_choose, "InvalidParameterException"),
    ("PASSWORD", "boto3", b_chosen_password, "NotAuthorizedException"),
    ("PASSWORD_SRP", "boto3", b_chosen_srp, "NotAuthorizedException"),
]
_NO_CHOICE = "knows nothing of USER_AUTH"
CANNOT: dict[tuple[str, str], str] = {
    ("EMAIL_OTP", "pycognito"): "has no answer to it",
    ("EMAIL_OTP", "js"): "has no answer to it",
    ("SMS_OTP", "pycognito"): _NO_CHOICE,
    ("SMS_OTP", "js"): _NO_CHOICE,
    ("SELECT_MFA_TYPE", "pycognito"): "has no answer to it",
    ("MFA_SETUP", "pycognito"): "sets an app up only with an access token",
    ("CUSTOM_CHALLENGE", "pycognito"): "knows nothing of CUSTOM_AUTH",
    ("WEB_AUTHN", "pycognito"): _NO_CHOICE,
    ("WEB_AUTHN", "js"): _NO_CHOICE,
    ("SELECT_CHALLENGE", "pycognito"): _NO_CHOICE,
    ("SELECT_CHALLENGE", "js"): _NO_CHOICE,
    ("PASSWORD", "pycognito"): _NO_CHOICE,
    ("PASSWORD", "js"): _NO_CHOICE,
    ("PASSWORD_SRP", "pycognito"): _NO_CHOICE,
    ("PASSWORD_SRP", "js"): _NO_CHOICE,
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[testing.LocalCloud]:
    with testing.cloud(listen=True) as made:
        yield made


def _cases() -> Iterator[Any]:
    for challenge, client, attempt, error in ROWS:
        marks = [pytest.mark.node] if client == "js" else []
        yield pytest.param(attempt, error, id=f"{challenge}-{attempt.__name__}", marks=marks)


@pytest.mark.parametrize(("attempt", "error"), list(_cases()))
def test_the_right_answer_lets_in_and_a_wrong_one_does_not(
    cloud: testing.LocalCloud, attempt: Attempt, error: str
) -> None:
    answer = attempt(Play(cloud))
    assert answer is None or is_in(answer)  # the JavaScript client's tokens were used where it was played

    play = Play(cloud)
    play.is_right = False
    with pytest.raises((ClientError, Refused)) as raised:
        attempt(play)
    failure: Any = raised.value
    assert (failure.response["Error"]["Code"] if isinstance(failure, ClientError) else str(failure)) == error


def test_every_challenge_is_answered_by_every_client_that_can() -> None:
    played = {(challenge, client) for challenge, client, _, _ in ROWS}
    wanted = {(challenge, client) for challenge, _ in ANSWERS for client in ("boto3", "pycognito", "js")}

    assert played.isdisjoint(CANNOT)
    assert played | CANNOT.keys() == wanted
