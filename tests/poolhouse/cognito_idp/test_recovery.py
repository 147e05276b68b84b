"""Passwords lost, reset and set."""

from datetime import timedelta
from typing import Any

import pytest

from tests.poolhouse.cognito_idp.accounts import (
    EMAIL_POOL,
    PASSWORD,
    attributes,
    code_for,
    confirmed,
    make_client,
    make_pool,
    refused,
    sign_up,
    status,
    user_attributes,
    wrong,
)

ANN = "ann@example.com"
PHONE = "+15555559934"
NEW = "Another-horse-2"
NO_CODE = "Invalid code provided, please request a code again."
WRONG_CODE = "Invalid verification code provided, please try again."
LIMIT = "Attempt limit exceeded, please try after some time."
UNVERIFIED = "Cannot reset password for the user as there is no registered/verified email or phone_number"


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client_id(cognito: Any, pool_id: str) -> str:
    return make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])


@pytest.fixture
def ann(cloud: Any, cognito: Any, client_id: str) -> str:
    confirmed(cloud, cognito, client_id, ANN, ANN)
    return ANN


def sign_in(cognito: Any, client_id: str, username: str, password: str) -> dict[str, Any]:
    answer: dict[str, Any] = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    return answer


def confirm(cognito: Any, client_id: str, code: str, password: str = NEW, username: str = ANN) -> None:
    cognito.confirm_forgot_password(ClientId=client_id, Username=username, ConfirmationCode=code, Password=password)


def test_a_forgotten_password_is_replaced_by_code(cloud: Any, cognito: Any, client_id: str, ann: str) -> None:
    answer = cognito.forgot_password(ClientId=client_id, Username=ann)

    assert answer["CodeDeliveryDetails"] == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert cloud.outbox(to=ann)[0].trigger_source == "CustomMessage_ForgotPassword"

    confirm(cognito, client_id, code_for(cloud, ann))

    with refused("NotAuthorizedException", "Incorrect username or password."):
        sign_in(cognito, client_id, ann, PASSWORD)
    assert sign_in(cognito, client_id, ann, NEW)["AuthenticationResult"]["AccessToken"]


def test_a_code_works_once(cloud: Any, cognito: Any, client_id: str, ann: str) -> None:
    cognito.forgot_password(ClientId=client_id, Username=ann)
    code = code_for(cloud, ann)
    confirm(cognito, client_id, code)

    with refused("ExpiredCodeException", NO_CODE):
        confirm(cognito, client_id, code, "Third-horse-3")


def test_a_wrong_code_changes_nothing(cloud: Any, cognito: Any, client_id: str, ann: str) -> None:
    cognito.forgot_password(ClientId=client_id, Username=ann)

    with refused("CodeMismatchException", WRONG_CODE):
        confirm(cognito, client_id, wrong(code_for(cloud, ann)))

    assert sign_in(cognito, client_id, ann, PASSWORD)["AuthenticationResult"]


def test_a_code_for_a_forgotten_password_lives_an_hour(cloud: Any, cognito: Any, client_id: str, ann: str) -> None:
    cognito.forgot_password(ClientId=client_id, Username=ann)

    cloud.clock.advance(timedelta(hours=1))

    with refused("ExpiredCodeException", NO_CODE):
        confirm(cognito, client_id, code_for(cloud, ann))


def test_the_code_of_a_sign_up_resets_no_password(cloud: Any, cognito: Any, client_id: str, pool_id: str) -> None:
    sign_up(cognito, client_id, ANN)
    code = code_for(cloud, ANN)
    cognito.admin_update_user_attributes(
        UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(email_verified="true")
    )

    with refused("ExpiredCodeException", NO_CODE):
        confirm(cognito, client_id, code)


def test_a_password_against_the_policy_leaves_the_code_usable(
    cloud: Any, cognito: Any, client_id: str, ann: str
) -> None:
    cognito.forgot_password(ClientId=client_id, Username=ann)
    code = code_for(cloud, ann)

    with refused("InvalidPasswordException", "Password does not conform to policy: Password not long enough"):
        confirm(cognito, client_id, code, "Aa1-")

    confirm(cognito, client_id, code)


def test_attempts_are_limited(cloud: Any, cognito: Any, client_id: str, ann: str) -> None:
    cognito.forgot_password(ClientId=client_id, Username=ann)
    code = code_for(cloud, ann)
    for _ in range(19):
        with refused("CodeMismatchException", WRONG_CODE):
            confirm(cognito, client_id, wrong(code))

    with refused("LimitExceededException", LIMIT):
        confirm(cognito, client_id, code)
    with refused("LimitExceededException", LIMIT):
        cognito.forgot_password(ClientId=client_id, Username=ann)


def test_who_has_nothing_verified_cannot_reset(cognito: Any, client_id: str) -> None:
    sign_up(cognito, client_id, ANN)

    with refused("InvalidParameterException", UNVERIFIED):
        cognito.forgot_password(ClientId=client_id, Username=ANN)


def test_an_invited_user_has_no_password_to_forget(cognito: Any, pool_id: str, client_id: str) -> None:
    cognito.admin_create_user(
        UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(email=ANN, email_verified="true")
    )

    with refused("NotAuthorizedException", "User password cannot be reset in the current state."):
        cognito.forgot_password(ClientId=client_id, Username=ANN)
    with refused("NotAuthorizedException", "User password cannot be reset in the current state."):
        cognito.admin_reset_user_password(UserPoolId=pool_id, Username=ANN)


def test_recovery_may_be_left_to_administrators(cognito: Any) -> None:
    recovery = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    client_id = make_client(cognito, make_pool(cognito, AccountRecoverySetting=recovery))

    with refused("NotAuthorizedException", "Contact administrator to reset password."):
        cognito.forgot_password(ClientId=client_id, Username="ann")


@pytest.mark.parametrize(("first", "to"), [("verified_email", ANN), ("verified_phone_number", PHONE)])
def test_the_code_goes_where_the_pool_prefers(cloud: Any, cognito: Any, first: str, to: str) -> None:
    second = {"verified_email", "verified_phone_number"} - {first}
    mechanisms = [{"Name": second.pop(), "Priority": 2}, {"Name": first, "Priority": 1}]
    pool_id = make_pool(cognito, AccountRecoverySetting={"RecoveryMechanisms": mechanisms})
    client_id = make_client(cognito, pool_id)
    cognito.admin_create_user(
        UserPoolId=pool_id,
        Username="ann",
        MessageAction="SUPPRESS",
        UserAttributes=attributes(email=ANN, email_verified="true", phone_number=PHONE, phone_number_verified="true"),
    )
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="ann", Password=PASSWORD, Permanent=True)

    cognito.forgot_password(ClientId=client_id, Username="ann")

    (message,) = cloud.outbox()
    assert message.to == to


def test_an_unknown_user_is_told_of(cognito: Any, client_id: str) -> None:
    message = "Username/client id combination not found."

    with refused("UserNotFoundException", message):
        cognito.forgot_password(ClientId=client_id, Username=ANN)
    with refused("UserNotFoundException", message):
        confirm(cognito, client_id, "123456")


@pytest.mark.parametrize("who", ["nobody", "the unverified", "the disabled"])
def test_a_client_that_hides_users_pretends_to_send_a_code(
    cloud: Any, cognito: Any, pool_id: str, client_id: str, who: str
) -> None:
    hiding = make_client(cognito, pool_id, PreventUserExistenceErrors="ENABLED")
    if who != "nobody":
        sign_up(cognito, client_id, ANN)
    if who == "the disabled":
        cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code_for(cloud, ANN))
        cognito.admin_disable_user(UserPoolId=pool_id, Username=ANN)
    mails = len(cloud.outbox())

    with refused("ExpiredCodeException", NO_CODE):
        confirm(cognito, hiding, "123456")
    answer = cognito.forgot_password(ClientId=hiding, Username=ANN)
    with refused("CodeMismatchException", WRONG_CODE):
        confirm(cognito, hiding, "123456")

    assert answer["CodeDeliveryDetails"] == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert len(cloud.outbox()) == mails


def test_an_administrator_voids_a_password(cloud: Any, cognito: Any, pool_id: str, client_id: str, ann: str) -> None:
    cognito.admin_reset_user_password(UserPoolId=pool_id, Username=ann)

    assert status(cognito, pool_id, ann) == "RESET_REQUIRED"
    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        sign_in(cognito, client_id, ann, PASSWORD)
    confirm(cognito, client_id, code_for(cloud, ann))
    assert status(cognito, pool_id, ann) == "CONFIRMED"
    assert sign_in(cognito, client_id, ann, NEW)["AuthenticationResult"]


def test_a_permanent_password_confirms(cognito: Any, pool_id: str, client_id: str) -> None:
    cognito.admin_create_user(UserPoolId=pool_id, Username=ANN, MessageAction="SUPPRESS")

    answer = cognito.admin_set_user_password(UserPoolId=pool_id, Username=ANN, Password=NEW, Permanent=True)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert status(cognito, pool_id, ANN) == "CONFIRMED"
    assert sign_in(cognito, client_id, ANN, NEW)["AuthenticationResult"]


def test_a_password_for_one_sign_in_must_be_changed_and_expires(
    cloud: Any, cognito: Any, pool_id: str, client_id: str, ann: str
) -> None:
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=ann, Password=NEW)

    assert status(cognito, pool_id, ann) == "FORCE_CHANGE_PASSWORD"
    assert sign_in(cognito, client_id, ann, NEW)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    cloud.clock.advance(timedelta(days=7))
    with refused("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."):
        sign_in(cognito, client_id, ann, NEW)


def test_an_administrators_password_keeps_to_the_policy(cognito: Any, pool_id: str, ann: str) -> None:
    with refused(
        "InvalidPasswordException", "Password does not conform to policy: Password must have uppercase characters"
    ):
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=ann, Password="another-horse-2")


def test_a_reset_by_code_verifies_the_address(cloud: Any, cognito: Any, pool_id: str, client_id: str, ann: str) -> None:
    cognito.forgot_password(ClientId=client_id, Username=ann)

    confirm(cognito, client_id, code_for(cloud, ann))

    assert user_attributes(cognito, pool_id, ann)["email_verified"] == "true"
