"""Sign-up, confirmation, and codes sent again."""

import base64
import hmac
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.poolhouse.cognito_idp.accounts import (
    ALIAS_POOL,
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
NO_CODE = "Invalid code provided, please request a code again."
WRONG_CODE = "Invalid verification code provided, please try again."
LIMIT = "Attempt limit exceeded, please try after some time."


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client_id(cognito: Any, pool_id: str) -> str:
    return make_client(cognito, pool_id)


def test_sign_up_sends_a_code_that_confirms(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    answer = sign_up(cognito, client_id, ANN, email=ANN)

    assert answer["UserConfirmed"] is False
    assert answer["CodeDeliveryDetails"] == {
        "Destination": "a***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-70[0-9a-f]{2}-[0-9a-f]{4}-[0-9a-f]{12}", answer["UserSub"])
    (mail,) = cloud.outbox(to=ANN)
    assert re.fullmatch("[0-9]{6}", mail.code)
    assert (mail.subject, mail.body) == ("Your verification code", f"Your confirmation code is {mail.code}")
    assert (mail.medium, mail.trigger_source, mail.pool) == ("EMAIL", "CustomMessage_SignUp", pool_id)

    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=mail.code)

    assert status(cognito, pool_id, ANN) == "CONFIRMED"
    assert user_attributes(cognito, pool_id, ANN) == {"sub": answer["UserSub"], "email": ANN, "email_verified": "true"}


def test_where_the_email_is_the_user_name_the_stored_one_is_the_sub(cognito: Any, pool_id: str, client_id: str) -> None:
    sub = sign_up(cognito, client_id, ANN)["UserSub"]

    user = cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)

    assert user["Username"] == sub
    assert cognito.admin_get_user(UserPoolId=pool_id, Username=sub)["Username"] == sub
    assert user_attributes(cognito, pool_id, ANN) == {"sub": sub, "email": ANN, "email_verified": "false"}


def test_a_plain_user_name_is_stored_as_it_is(cognito: Any) -> None:
    pool_id = make_pool(cognito)
    client_id = make_client(cognito, pool_id)

    answer = sign_up(cognito, client_id, "ann", email=ANN)

    assert "CodeDeliveryDetails" not in answer
    assert cognito.admin_get_user(UserPoolId=pool_id, Username="ann")["Username"] == "ann"


def test_with_both_attributes_verified_by_the_pool_only_the_phone_gets_a_code(cloud: Any, cognito: Any) -> None:
    sms = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}
    pool_id = make_pool(cognito, AutoVerifiedAttributes=["email", "phone_number"], SmsConfiguration=sms)
    client_id = make_client(cognito, pool_id)

    answer = sign_up(cognito, client_id, "ann", email=ANN, phone_number="+15555559934")

    assert answer["CodeDeliveryDetails"]["Destination"] == "+*******9934"
    assert cloud.outbox(to=ANN) == []
    assert cloud.outbox(to="+15555559934")[0].medium == "SMS"


def test_a_taken_name_is_refused(cognito: Any, client_id: str) -> None:
    sign_up(cognito, client_id, ANN)

    with refused("UsernameExistsException", "An account with the given email already exists."):
        sign_up(cognito, client_id, ANN)


def test_a_taken_plain_name_is_refused(cognito: Any) -> None:
    client_id = make_client(cognito, make_pool(cognito))
    sign_up(cognito, client_id, "ann")

    with refused("UsernameExistsException", "User already exists"):
        sign_up(cognito, client_id, "ann")


def test_a_case_insensitive_pool_folds_names(cognito: Any) -> None:
    pool_id = make_pool(cognito, UsernameConfiguration={"CaseSensitive": False}, **EMAIL_POOL)
    client_id = make_client(cognito, pool_id)
    sign_up(cognito, client_id, ANN)

    with refused("UsernameExistsException", "An account with the given email already exists."):
        sign_up(cognito, client_id, ANN.upper())
    assert user_attributes(cognito, pool_id, "Ann@Example.com")["email"] == ANN


def test_of_two_sign_ups_at_once_exactly_one_wins(cloud: Any, cognito: Any, client_id: str) -> None:
    def attempt(_: int) -> str:
        try:
            return str(sign_up(cognito, client_id, ANN)["UserSub"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(attempt, range(16)))

    assert answers.count("UsernameExistsException") == 15
    assert len(cloud.outbox(to=ANN)) == 1


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Aa1-", "Password not long enough"),
        ("correct-horse-1", "Password must have uppercase characters"),
        ("CORRECT-HORSE-1", "Password must have lowercase characters"),
        ("Correct-horse-", "Password must have numeric characters"),
        ("Correcthorse1", "Password must have symbol characters"),
    ],
)
def test_a_password_against_the_policy_is_refused(
    cloud: Any, cognito: Any, pool_id: str, client_id: str, password: str, reason: str
) -> None:
    with refused("InvalidPasswordException", f"Password did not conform with policy: {reason}"):
        sign_up(cognito, client_id, ANN, password)

    assert cognito.list_users(UserPoolId=pool_id)["Users"] == []
    assert cloud.outbox() == []


def test_sign_up_can_be_closed(cognito: Any) -> None:
    pool_id = make_pool(cognito, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})

    with refused("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        sign_up(cognito, make_client(cognito, pool_id), "ann")


def test_an_unknown_client_is_refused(cognito: Any) -> None:
    with refused("ResourceNotFoundException", "User pool client nosuchclient does not exist."):
        sign_up(cognito, "nosuchclient", ANN)


@pytest.mark.parametrize(
    ("settings", "username", "message"),
    [
        ({"UsernameAttributes": ["email"]}, "ann", "Username should be an email."),
        (
            {"UsernameAttributes": ["email", "phone_number"]},
            "ann",
            "Username should be either an email or a phone number.",
        ),
        (
            {"AliasAttributes": ["email"]},
            ANN,
            "Username cannot be of email format, since user pool is configured for email alias.",
        ),
    ],
)
def test_a_user_name_must_have_the_pools_form(
    cognito: Any, settings: dict[str, Any], username: str, message: str
) -> None:
    client_id = make_client(cognito, make_pool(cognito, **settings))

    with refused("InvalidParameterException", message):
        sign_up(cognito, client_id, username)


def test_a_client_writes_only_the_attributes_it_may(cognito: Any, pool_id: str) -> None:
    client_id = make_client(cognito, pool_id, WriteAttributes=["email", "name"])
    sign_up(cognito, client_id, ANN, email=ANN, name="Ann")

    with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        sign_up(cognito, client_id, "bob@example.com", nickname="bob")


@pytest.mark.parametrize("name", ["email_verified", "phone_number_verified", "sub"])
def test_nobody_verifies_themselves(cognito: Any, client_id: str, name: str) -> None:
    with refused("InvalidParameterException", f"Cannot modify the non-mutable attribute {name}"):
        sign_up(cognito, client_id, ANN, email=ANN, **{name: "true"})


def test_required_attributes_are_required(cognito: Any) -> None:
    schema = [{"Name": "family_name", "Required": True, "Mutable": True, "AttributeDataType": "String"}]
    client_id = make_client(cognito, make_pool(cognito, Schema=schema))

    with refused(
        "InvalidParameterException",
        "Attributes did not conform to the schema: name.familyName: The attribute name.familyName is required",
    ):
        sign_up(cognito, client_id, "ann")


def test_a_client_with_a_secret_needs_the_secret_hash(cognito: Any, pool_id: str) -> None:
    created = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="c", GenerateSecret=True)
    client_id, secret = (created["UserPoolClient"][name] for name in ("ClientId", "ClientSecret"))
    digest = hmac.digest(secret.encode(), f"{ANN}{client_id}".encode(), "sha256")
    right = base64.b64encode(digest).decode()

    with refused(
        "NotAuthorizedException", f"Client {client_id} is configured with secret but SECRET_HASH was not received"
    ):
        cognito.sign_up(ClientId=client_id, Username=ANN, Password=PASSWORD)
    with refused("NotAuthorizedException", f"Unable to verify secret hash for client {client_id}"):
        cognito.sign_up(ClientId=client_id, Username=ANN, Password=PASSWORD, SecretHash=right.swapcase())

    assert cognito.sign_up(ClientId=client_id, Username=ANN, Password=PASSWORD, SecretHash=right)["UserSub"]


def test_a_wrong_code_is_refused_and_the_right_one_works_after_it(
    cloud: Any, cognito: Any, pool_id: str, client_id: str
) -> None:
    sign_up(cognito, client_id, ANN)
    code = code_for(cloud, ANN)

    with refused("CodeMismatchException", WRONG_CODE):
        cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=wrong(code))

    assert status(cognito, pool_id, ANN) == "UNCONFIRMED"
    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code)


def test_a_code_lives_for_a_day(cloud: Any, cognito: Any, client_id: str) -> None:
    sign_up(cognito, client_id, ANN)
    sign_up(cognito, client_id, "bob@example.com")

    cloud.clock.advance(timedelta(hours=24, seconds=-5))
    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code_for(cloud, ANN))
    cloud.clock.advance(timedelta(seconds=5))

    with refused("ExpiredCodeException", NO_CODE):
        code = code_for(cloud, "bob@example.com")
        cognito.confirm_sign_up(ClientId=client_id, Username="bob@example.com", ConfirmationCode=code)


def test_a_user_is_confirmed_once(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, ANN, ANN)

    with refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"):
        cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code_for(cloud, ANN))
    with refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"):
        cognito.admin_confirm_sign_up(UserPoolId=pool_id, Username=ANN)


def test_fifteen_guesses_an_hour_and_no_more(cloud: Any, cognito: Any, client_id: str) -> None:
    sign_up(cognito, client_id, ANN)
    code = code_for(cloud, ANN)
    for _ in range(15):
        with refused("CodeMismatchException", WRONG_CODE):
            cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=wrong(code))

    with refused("LimitExceededException", LIMIT):
        cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code)

    cloud.clock.advance(timedelta(hours=1))
    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code)


def test_a_code_sent_again_voids_the_one_before(cloud: Any, cognito: Any, client_id: str) -> None:
    sign_up(cognito, client_id, ANN)
    first = code_for(cloud, ANN)

    answer = cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)

    assert answer["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    newest, _ = cloud.outbox(to=ANN)
    assert newest.trigger_source == "CustomMessage_ResendCode"
    if newest.code != first:
        with refused("CodeMismatchException", WRONG_CODE):
            cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=first)
    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=newest.code)


def test_codes_are_sent_again_five_times_an_hour(cognito: Any, client_id: str) -> None:
    sign_up(cognito, client_id, ANN)
    for _ in range(5):
        cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)

    with refused("LimitExceededException", LIMIT):
        cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)


def test_no_code_is_sent_again_to_the_confirmed(cloud: Any, cognito: Any, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, ANN, ANN)

    with refused("InvalidParameterException", "User is already confirmed."):
        cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)


def test_no_code_is_sent_again_where_the_pool_verifies_nothing(cognito: Any) -> None:
    client_id = make_client(cognito, make_pool(cognito))
    sign_up(cognito, client_id, "ann", email=ANN)

    with refused("InvalidParameterException", "Cannot resend codes. Auto verification not turned on."):
        cognito.resend_confirmation_code(ClientId=client_id, Username="ann")


def test_an_unknown_user_is_told_of_by_a_client_that_does_not_hide_them(cognito: Any, client_id: str) -> None:
    message = "Username/client id combination not found."

    with refused("UserNotFoundException", message):
        cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode="123456")
    with refused("UserNotFoundException", message):
        cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)


def test_a_client_that_hides_users_answers_for_a_name_nobody_has_as_if_somebody_had(
    cloud: Any, cognito: Any, pool_id: str
) -> None:
    client_id = make_client(cognito, pool_id, PreventUserExistenceErrors="ENABLED")

    with refused("ExpiredCodeException", NO_CODE):
        cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode="123456")
    first = cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)["CodeDeliveryDetails"]
    with refused("CodeMismatchException", WRONG_CODE):
        cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode="123456")

    assert first == {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    assert cognito.resend_confirmation_code(ClientId=client_id, Username=ANN)["CodeDeliveryDetails"] == first
    assert cloud.outbox() == []
    sign_up(cognito, client_id, ANN)
    cognito.confirm_sign_up(ClientId=client_id, Username=ANN, ConfirmationCode=code_for(cloud, ANN))


def test_an_administrator_confirms_without_verifying(cognito: Any, pool_id: str, client_id: str) -> None:
    sign_up(cognito, client_id, ANN)

    cognito.admin_confirm_sign_up(UserPoolId=pool_id, Username=ANN)

    assert status(cognito, pool_id, ANN) == "CONFIRMED"
    assert user_attributes(cognito, pool_id, ANN)["email_verified"] == "false"


def test_an_alias_belongs_to_whoever_verified_it_first(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, **ALIAS_POOL)
    client_id = make_client(cognito, pool_id)
    confirmed(cloud, cognito, client_id, "ann", ANN)
    sign_up(cognito, client_id, "another", email=ANN)
    request = {"ClientId": client_id, "Username": "another", "ConfirmationCode": code_for(cloud, ANN)}

    with refused("AliasExistsException", "An account with the email already exists."):
        cognito.confirm_sign_up(**request)
    assert status(cognito, pool_id, "another") == "UNCONFIRMED"
    assert cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)["Username"] == "ann"

    cognito.confirm_sign_up(**request, ForceAliasCreation=True)

    assert cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)["Username"] == "another"
    assert user_attributes(cognito, pool_id, "ann")["email_verified"] == "false"


def test_a_link_may_take_the_place_of_the_code(cloud: Any, cognito: Any) -> None:
    template = {"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessageByLink": "Go {##here##}"}
    client_id = make_client(cognito, make_pool(cognito, VerificationMessageTemplate=template, **EMAIL_POOL))

    sub = sign_up(cognito, client_id, ANN)["UserSub"]

    (mail,) = cloud.outbox(to=ANN)
    query = f"client_id={client_id}&user_name={sub}&confirmation_code={mail.code}"
    assert mail.link.endswith(f"/confirmUser/?{query}")
    assert mail.body.startswith('Go <a href="')


def test_hostile_names_and_values_are_kept_as_they_are(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, AutoVerifiedAttributes=["email"])
    client_id = make_client(cognito, pool_id)
    name = "x'\"--;<b>{####}\\%00"

    cognito.sign_up(
        ClientId=client_id, Username=name, Password=PASSWORD, UserAttributes=attributes(email=ANN, name="{username}")
    )

    assert user_attributes(cognito, pool_id, name)["name"] == "{username}"
    assert cloud.outbox(to=ANN)[0].username == name
