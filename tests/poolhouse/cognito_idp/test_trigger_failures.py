"""What a client hears of a trigger that fails, answers nonsense or may not be run: every operation, every trigger."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from poolhouse import testing
from tests.poolhouse.cognito_idp.accounts import PASSWORD, attributes, refused
from tests.poolhouse.cognito_idp.sign_ins import ANN, BY_ADMIN, PHONE, SES, SMS, House
from tests.poolhouse.cognito_idp.test_custom_auth import DEFINE

SOURCES = {
    "fails": "def handler(event, context):\n    raise ValueError('no')\n",
    "nonsense": "def handler(event, context):\n    return 'done'\n",
    "barred": "def handler(event, context):\n    return event\n",
    "define": DEFINE,
}
NEW = "new@example.com"
BY_MAIL = {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
CODE = {"AttributesRequireVerificationBeforeUpdate": ["email"]}


class Failing(House):
    """A house whose trigger is put in once everything else is ready."""

    def arm(self, **functions: str) -> None:
        self.cognito.update_user_pool(
            UserPoolId=self.pool_id,
            AutoVerifiedAttributes=["email"],
            UserAttributeUpdateSettings=CODE,
            SmsConfiguration=SMS,
            EmailConfiguration=SES,
            AccountRecoverySetting=self.recovery,
            LambdaConfig=functions,
        )

    recovery: dict[str, Any] = BY_MAIL

    @property
    def ann(self) -> dict[str, str]:
        return {"UserPoolId": self.pool_id, "Username": "ann"}

    def signed_in(self) -> dict[str, str]:
        self.known()
        tokens: dict[str, str] = self.begin()["AuthenticationResult"]
        return tokens

    def known(self, *, status: str = "CONFIRMED") -> None:
        self.user(email=ANN, email_verified="true", phone_number=PHONE)
        if status == "RESET_REQUIRED":
            self.cognito.admin_reset_user_password(**self.ann)

    def signed_up(self) -> None:
        self.cognito.sign_up(
            ClientId=self.client_id, Username="ann", Password=PASSWORD, UserAttributes=attributes(email=ANN)
        )

    def custom(self, house_flow: str = "CUSTOM_AUTH") -> dict[str, Any]:
        return {
            "ClientId": self.client_id,
            "AuthFlow": house_flow,
            "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
        }


Ask = Callable[[], object]


# Each makes the house ready and gives the call that runs the trigger.
def sign_up(house: Failing) -> Ask:
    return house.signed_up


def invite(house: Failing) -> Ask:
    return lambda: house.cognito.admin_create_user(**house.ann, UserAttributes=attributes(email=ANN))


def confirm(house: Failing) -> Ask:
    house.signed_up()
    code = house.code(ANN)
    return lambda: house.cognito.confirm_sign_up(ClientId=house.client_id, Username="ann", ConfirmationCode=code)


def confirm_by_admin(house: Failing) -> Ask:
    house.signed_up()
    return lambda: house.cognito.admin_confirm_sign_up(**house.ann)


def resend(house: Failing) -> Ask:
    house.signed_up()
    return lambda: house.cognito.resend_confirmation_code(ClientId=house.client_id, Username="ann")


def forget(house: Failing) -> Ask:
    house.known()
    return lambda: house.cognito.forgot_password(ClientId=house.client_id, Username="ann")


def set_by_code(house: Failing) -> Ask:
    house.known()
    house.cognito.forgot_password(ClientId=house.client_id, Username="ann")
    given = {"ClientId": house.client_id, "Username": "ann", "ConfirmationCode": house.code(ANN)}
    return lambda: house.cognito.confirm_forgot_password(**given, Password=PASSWORD)


def reset_by_admin(house: Failing) -> Ask:
    house.known()
    return lambda: house.cognito.admin_reset_user_password(**house.ann)


def change_address(house: Failing) -> Ask:
    token = house.signed_in()["AccessToken"]
    return lambda: house.cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email=NEW))


def change_address_by_admin(house: Failing) -> Ask:
    house.known()
    return lambda: house.cognito.admin_update_user_attributes(**house.ann, UserAttributes=attributes(email=NEW))


def ask_for_code(house: Failing) -> Ask:
    token = house.signed_in()["AccessToken"]
    return lambda: house.cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")


def sign_in(house: Failing) -> Ask:
    house.known()
    return house.begin


def sign_in_by_admin(house: Failing) -> Ask:
    house.known()
    given = house.custom("ADMIN_USER_PASSWORD_AUTH")
    return lambda: house.cognito.admin_initiate_auth(UserPoolId=house.pool_id, **given)


def begin_custom(house: Failing) -> Ask:
    house.known()
    return lambda: house.cognito.initiate_auth(**house.custom())


def begin_custom_by_admin(house: Failing) -> Ask:
    house.known()
    return lambda: house.cognito.admin_initiate_auth(UserPoolId=house.pool_id, **house.custom())


def answer_code(house: Failing) -> Ask:
    house.known()
    house.mfa("ON", "SMS_MFA")
    asked = house.begin()
    code = house.code(PHONE)
    return lambda: house.answer(asked, SMS_MFA_CODE=code)


def answer_code_by_admin(house: Failing) -> Ask:
    house.known()
    house.mfa("ON", "SMS_MFA")
    asked = house.begin()
    given = {"USERNAME": "ann", "SMS_MFA_CODE": house.code(PHONE)}
    return lambda: house.cognito.admin_respond_to_auth_challenge(
        UserPoolId=house.pool_id,
        ClientId=house.client_id,
        ChallengeName="SMS_MFA",
        Session=asked["Session"],
        ChallengeResponses=given,
    )


def refresh(house: Failing) -> Ask:
    given = {"REFRESH_TOKEN": house.signed_in()["RefreshToken"]}
    return lambda: house.cognito.initiate_auth(
        ClientId=house.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=given
    )


def rotate(house: Failing) -> Ask:
    token = house.signed_in()["RefreshToken"]
    return lambda: house.cognito.get_tokens_from_refresh_token(ClientId=house.client_id, RefreshToken=token)


def exchange(house: Failing) -> Ask:
    given = {"SubjectToken": house.signed_in()["AccessToken"], "SubjectTokenType": "ACCESS_TOKEN"}
    return lambda: house.cognito.get_derived_token(ClientId=house.client_id, **given)


ROWS: list[tuple[str, str, Callable[[Failing], Ask]]] = [
    ("SignUp", "PreSignUp", sign_up),
    ("SignUp", "CustomMessage", sign_up),
    ("AdminCreateUser", "PreSignUp", invite),
    ("AdminCreateUser", "CustomMessage", invite),
    ("ConfirmSignUp", "PostConfirmation", confirm),
    ("AdminConfirmSignUp", "PostConfirmation", confirm_by_admin),
    ("ResendConfirmationCode", "CustomMessage", resend),
    ("ForgotPassword", "CustomMessage", forget),
    ("ConfirmForgotPassword", "PostConfirmation", set_by_code),
    ("AdminResetUserPassword", "CustomMessage", reset_by_admin),
    ("UpdateUserAttributes", "CustomMessage", change_address),
    ("AdminUpdateUserAttributes", "CustomMessage", change_address_by_admin),
    ("GetUserAttributeVerificationCode", "CustomMessage", ask_for_code),
    ("InitiateAuth", "PreAuthentication", sign_in),
    ("InitiateAuth", "PostAuthentication", sign_in),
    ("InitiateAuth", "PreTokenGeneration", sign_in),
    ("InitiateAuth", "DefineAuthChallenge", begin_custom),
    ("InitiateAuth", "CreateAuthChallenge", begin_custom),
    ("InitiateAuth (refresh)", "PreTokenGeneration", refresh),
    ("AdminInitiateAuth", "PreAuthentication", sign_in_by_admin),
    ("AdminInitiateAuth", "PostAuthentication", sign_in_by_admin),
    ("AdminInitiateAuth", "PreTokenGeneration", sign_in_by_admin),
    ("AdminInitiateAuth", "DefineAuthChallenge", begin_custom_by_admin),
    ("AdminInitiateAuth", "CreateAuthChallenge", begin_custom_by_admin),
    ("RespondToAuthChallenge", "PostAuthentication", answer_code),
    ("RespondToAuthChallenge", "PreTokenGeneration", answer_code),
    ("AdminRespondToAuthChallenge", "PostAuthentication", answer_code_by_admin),
    ("AdminRespondToAuthChallenge", "PreTokenGeneration", answer_code_by_admin),
    ("GetTokensFromRefreshToken", "PreTokenGeneration", rotate),
    ("GetDerivedToken", "PreTokenGeneration", exchange),
]
HEARD = {
    "fails": ("UserLambdaValidationException", "{} failed with error no."),
    "nonsense": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "barred": ("UnexpectedLambdaException", "{} invocation failed due to error AccessDeniedException."),
}


@pytest.fixture(scope="module")
def failing() -> Iterator[tuple[testing.LocalCloud, dict[str, str]]]:
    with testing.cloud() as cloud:
        functions = {name: cloud.function(name, source) for name, source in SOURCES.items()}
        cloud.inner.functions.remove_permission("barred", "statement-0")  # that of cognito-idp.amazonaws.com
        yield cloud, functions


@pytest.mark.parametrize("how", HEARD)
@pytest.mark.parametrize(("operation", "trigger", "ready"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_the_client_hears_of_it(
    failing: Any, operation: str, trigger: str, ready: Callable[[Failing], Ask], how: str
) -> None:
    cloud, functions = failing
    house = Failing(
        cloud,
        cloud.client("cognito-idp"),
        AutoVerifiedAttributes=["email"],
        AccountRecoverySetting=BY_ADMIN if "Challenge" in operation else BY_MAIL,
        client={"EnableTokenRevocation": True, **_client(operation)},
    )
    house.recovery = BY_ADMIN if "Challenge" in operation else BY_MAIL
    ask = ready(house)
    others = {"DefineAuthChallenge": functions["define"]} if trigger == "CreateAuthChallenge" else {}
    house.arm(**others, **{trigger: functions[how]})

    code, message = HEARD[how]
    with refused(code, message.format(trigger)):
        ask()


def _client(operation: str) -> dict[str, Any]:
    """Only a client that rotates has its tokens from GetTokensFromRefreshToken, and exchange is asked for."""
    if operation == "GetDerivedToken":
        return {"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"]}
    if operation != "GetTokensFromRefreshToken":
        return {}
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    return {
        "ExplicitAuthFlows": flows,
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    }
