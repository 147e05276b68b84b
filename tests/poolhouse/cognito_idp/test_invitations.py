"""Users whom an administrator creates."""

from datetime import timedelta
from typing import Any

import pytest

from tests.poolhouse.cognito_idp.accounts import (
    ALIAS_POOL,
    EMAIL_POOL,
    PASSWORD,
    as_dict,
    attributes,
    confirmed,
    make_client,
    make_pool,
    refused,
    status,
    user_attributes,
)

ANN = "ann@example.com"
PHONE = "+15555559934"


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client_id(cognito: Any, pool_id: str) -> str:
    return make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])


def sign_in(cognito: Any, client_id: str, password: str, username: str = ANN) -> dict[str, Any]:
    answer: dict[str, Any] = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    return answer


def test_an_invited_user_gets_a_temporary_password_by_mail(
    cloud: Any, cognito: Any, pool_id: str, client_id: str
) -> None:
    user = cognito.admin_create_user(
        UserPoolId=pool_id, Username=ANN, DesiredDeliveryMediums=["EMAIL"], UserAttributes=attributes(name="Ann")
    )["User"]

    assert (user["UserStatus"], user["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    assert as_dict(user["Attributes"]) == {"sub": user["Username"], "email": ANN, "name": "Ann"}
    (mail,) = cloud.outbox(to=ANN)
    assert mail.trigger_source == "CustomMessage_AdminCreateUser"
    assert mail.subject == "Your temporary password"
    assert mail.body == f"Your username is {ANN} and temporary password is {mail.code}."
    assert sign_in(cognito, client_id, mail.code)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_without_a_medium_the_invitation_goes_where_it_can(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito)
    for name, values in (("a", {"email": ANN}), ("b", {"email": ANN, "phone_number": PHONE}), ("c", {})):
        cognito.admin_create_user(UserPoolId=pool_id, Username=name, UserAttributes=attributes(**values))

    assert [(mail.username, mail.medium) for mail in cloud.outbox()] == [("b", "SMS"), ("a", "EMAIL")]


def test_an_invitation_may_go_both_ways_with_one_password(cloud: Any, cognito: Any) -> None:
    cognito.admin_create_user(
        UserPoolId=make_pool(cognito),
        Username="ann",
        DesiredDeliveryMediums=["SMS", "EMAIL"],
        UserAttributes=attributes(email=ANN, phone_number=PHONE),
    )

    first, second = cloud.outbox()
    assert {first.to, second.to} == {ANN, PHONE}
    assert first.code == second.code


def test_a_medium_needs_its_attribute_and_nobody_is_created_without(cognito: Any) -> None:
    pool_id = make_pool(cognito)

    with refused("InvalidParameterException", "User has no email to deliver the invitation to."):
        cognito.admin_create_user(UserPoolId=pool_id, Username="ann", DesiredDeliveryMediums=["EMAIL"])

    assert cognito.list_users(UserPoolId=pool_id)["Users"] == []


def test_an_invitation_may_be_suppressed(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    cognito.admin_create_user(UserPoolId=pool_id, Username=ANN, MessageAction="SUPPRESS", TemporaryPassword=PASSWORD)

    assert cloud.outbox() == []
    assert sign_in(cognito, client_id, PASSWORD)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_an_existing_user_is_not_created_again(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, ANN, ANN)

    with refused("UsernameExistsException", "User account already exists"):
        cognito.admin_create_user(UserPoolId=pool_id, Username=ANN)


def test_a_temporary_password_keeps_to_the_policy(cognito: Any, pool_id: str) -> None:
    with refused("InvalidPasswordException", "Password did not conform with password policy: Password not long enough"):
        cognito.admin_create_user(UserPoolId=pool_id, Username=ANN, TemporaryPassword="Aa1-")


def test_a_temporary_password_expires_and_resending_renews_it(
    cloud: Any, cognito: Any, pool_id: str, client_id: str
) -> None:
    cognito.admin_create_user(UserPoolId=pool_id, Username=ANN)
    first = cloud.outbox(to=ANN)[0].code
    cloud.clock.advance(timedelta(days=7))
    with refused("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."):
        sign_in(cognito, client_id, first)

    cognito.admin_create_user(UserPoolId=pool_id, Username=ANN, MessageAction="RESEND")

    second = cloud.outbox(to=ANN)[0].code
    assert second != first
    assert sign_in(cognito, client_id, second)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    with refused("NotAuthorizedException", "Incorrect username or password."):
        sign_in(cognito, client_id, first)


def test_only_the_invited_are_invited_again(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        cognito.admin_create_user(UserPoolId=pool_id, Username=ANN, MessageAction="RESEND")
    confirmed(cloud, cognito, client_id, ANN, ANN)

    with refused("UnsupportedUserStateException", f"Resend not possible. {ANN} status is not FORCE_CHANGE_PASSWORD"):
        cognito.admin_create_user(UserPoolId=pool_id, Username=ANN, MessageAction="RESEND")
    assert status(cognito, pool_id, ANN) == "CONFIRMED"


def test_a_verified_alias_moves_only_by_force(cognito: Any) -> None:
    pool_id = make_pool(cognito, **ALIAS_POOL)
    verified = attributes(email=ANN, email_verified="true")
    cognito.admin_create_user(UserPoolId=pool_id, Username="ann", MessageAction="SUPPRESS", UserAttributes=verified)
    another = {"UserPoolId": pool_id, "Username": "another", "MessageAction": "SUPPRESS", "UserAttributes": verified}

    with refused("AliasExistsException", "An account with the email already exists."):
        cognito.admin_create_user(**another)
    assert len(cognito.list_users(UserPoolId=pool_id)["Users"]) == 1
    cognito.admin_create_user(**another, ForceAliasCreation=True)

    assert cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)["Username"] == "another"
    assert user_attributes(cognito, pool_id, "ann")["email_verified"] == "false"


def test_an_unknown_attribute_is_refused(cognito: Any, pool_id: str) -> None:
    with refused(
        "InvalidParameterException",
        "Attributes did not conform to the schema: Type for attribute {custom:x} could not be determined",
    ):
        cognito.admin_create_user(UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(custom__x="1"))
