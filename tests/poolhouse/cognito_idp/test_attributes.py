"""Attributes changed by administrators and users, and addresses verified."""

from datetime import timedelta
from typing import Any

import pytest

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
    user_attributes,
    wrong,
)

ANN = "ann@example.com"
NEW = "new@example.com"
WAITING = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client_id(cognito: Any, pool_id: str) -> str:
    return client_of(cognito, pool_id)


def client_of(cognito: Any, pool_id: str, **settings: Any) -> str:
    return make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], **settings)


def access_token(cognito: Any, client_id: str, username: str) -> str:
    answer = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


@pytest.fixture
def token(cloud: Any, cognito: Any, client_id: str) -> str:
    confirmed(cloud, cognito, client_id, ANN, ANN)
    return access_token(cognito, client_id, ANN)


def test_an_administrator_changes_deletes_and_verifies(cognito: Any, pool_id: str, token: str) -> None:
    def change(**values: str) -> None:
        cognito.admin_update_user_attributes(UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(**values))

    change(name="Ann", nickname="A", email_verified="false")
    change(nickname="", locale="fr")

    found = user_attributes(cognito, pool_id, ANN)
    found.pop("sub")
    assert found == {"email": ANN, "email_verified": "false", "name": "Ann", "locale": "fr"}


def test_of_a_name_given_twice_the_last_value_counts(cognito: Any, pool_id: str, token: str) -> None:
    cognito.admin_update_user_attributes(
        UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(name="A") + attributes(name="B")
    )

    assert user_attributes(cognito, pool_id, ANN)["name"] == "B"


def test_an_address_an_administrator_verifies_signs_in_at_once(
    cloud: Any, cognito: Any, pool_id: str, client_id: str, token: str
) -> None:
    cognito.admin_update_user_attributes(
        UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(email=NEW, email_verified="true")
    )

    assert access_token(cognito, client_id, NEW)
    assert cloud.outbox(to=NEW) == []
    with refused("UserNotFoundException", "User does not exist."):
        cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)


def test_an_address_an_administrator_does_not_verify_gets_a_code(
    cloud: Any, cognito: Any, pool_id: str, token: str
) -> None:
    cognito.admin_update_user_attributes(UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(email=NEW))

    assert user_attributes(cognito, pool_id, NEW)["email_verified"] == "false"
    assert cloud.outbox(to=NEW)[0].trigger_source == "CustomMessage_UpdateUserAttribute"


def test_a_taken_address_cannot_be_taken_again(
    cloud: Any, cognito: Any, pool_id: str, client_id: str, token: str
) -> None:
    confirmed(cloud, cognito, client_id, NEW, NEW)

    with refused("AliasExistsException", "An account with the email already exists."):
        cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email=NEW, name="x"))

    assert "name" not in user_attributes(cognito, pool_id, ANN)


def test_users_change_their_address_and_verify_it(
    cloud: Any, cognito: Any, pool_id: str, client_id: str, token: str
) -> None:
    answer = cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email=NEW))

    assert [details["Destination"] for details in answer["CodeDeliveryDetailsList"]] == ["n***@e***"]
    assert user_attributes(cognito, pool_id, NEW)["email_verified"] == "false"
    code = code_for(cloud, NEW)
    with refused("CodeMismatchException", "Invalid verification code provided, please try again."):
        cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=wrong(code))
    cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
    assert user_attributes(cognito, pool_id, NEW)["email_verified"] == "true"
    with refused("ExpiredCodeException", "Invalid code provided, please request a code again."):
        cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)


def test_an_address_may_wait_until_it_is_verified(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, **EMAIL_POOL, **WAITING)
    client_id = client_of(cognito, pool_id)
    confirmed(cloud, cognito, client_id, ANN, ANN)
    token = access_token(cognito, client_id, ANN)

    cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email=NEW))

    before = user_attributes(cognito, pool_id, ANN)
    assert (before["email"], before["email_verified"]) == (ANN, "true")
    cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code_for(cloud, NEW))
    assert user_attributes(cognito, pool_id, NEW)["email_verified"] == "true"
    with refused("UserNotFoundException", "User does not exist."):
        cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)


def test_a_changed_alias_signs_nobody_in_until_verified(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, **ALIAS_POOL)
    client_id = client_of(cognito, pool_id)
    confirmed(cloud, cognito, client_id, "ann", ANN)
    token = access_token(cognito, client_id, ANN)

    cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email=NEW))

    for address in (ANN, NEW):
        with refused("UserNotFoundException", "User does not exist."):
            cognito.admin_get_user(UserPoolId=pool_id, Username=address)
    cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code_for(cloud, NEW))
    assert access_token(cognito, client_id, NEW)


def test_a_preferred_user_name_is_an_alias_nobody_elses_name_can_be(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, **ALIAS_POOL)
    client_id = client_of(cognito, pool_id)
    confirmed(cloud, cognito, client_id, "ann", ANN)
    confirmed(cloud, cognito, client_id, "bob", NEW)
    token = access_token(cognito, client_id, "ann")

    with refused("AliasExistsException", "User account already exists for the alias."):
        cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(preferred_username="bob"))
    cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(preferred_username="annie"))

    assert access_token(cognito, client_id, "annie")


def test_a_changed_address_voids_the_codes_sent_to_the_old_one(
    cloud: Any, cognito: Any, pool_id: str, client_id: str, token: str
) -> None:
    cognito.forgot_password(ClientId=client_id, Username=ANN)
    code = code_for(cloud, ANN)

    cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email=NEW))

    with refused("ExpiredCodeException", "Invalid code provided, please request a code again."):
        cognito.confirm_forgot_password(
            ClientId=client_id, Username=NEW, ConfirmationCode=code, Password="Another-horse-2"
        )


def test_users_ask_for_a_code_anew(cloud: Any, cognito: Any, pool_id: str, token: str) -> None:
    answer = cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")

    assert answer["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    assert cloud.outbox(to=ANN)[0].trigger_source == "CustomMessage_VerifyUserAttribute"
    cloud.clock.advance(timedelta(minutes=30))
    cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code_for(cloud, ANN))


def test_only_addresses_are_verified(cognito: Any, token: str) -> None:
    message = "Invalid attribute name. Only phone_number and email can be verified."

    with refused("InvalidParameterException", message):
        cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="name")
    with refused("InvalidParameterException", message):
        cognito.verify_user_attribute(AccessToken=token, AttributeName="name", Code="123456")


def test_users_do_not_verify_themselves(cognito: Any, pool_id: str, token: str) -> None:
    with refused("InvalidParameterException", "Cannot modify the non-mutable attribute email_verified"):
        cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email_verified="true"))


def test_users_change_only_what_their_client_may_write(cloud: Any, cognito: Any, pool_id: str) -> None:
    client_id = client_of(cognito, pool_id, WriteAttributes=["email"])
    confirmed(cloud, cognito, client_id, ANN, ANN)
    token = access_token(cognito, client_id, ANN)

    with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(name="Ann"))
    with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        cognito.delete_user_attributes(AccessToken=token, UserAttributeNames=["name"])


def test_deleting_what_is_not_there_succeeds(cognito: Any, pool_id: str, token: str) -> None:
    cognito.admin_update_user_attributes(UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(name="Ann"))

    cognito.delete_user_attributes(AccessToken=token, UserAttributeNames=["name", "nickname"])
    cognito.admin_delete_user_attributes(UserPoolId=pool_id, Username=ANN, UserAttributeNames=["name"])

    assert "name" not in user_attributes(cognito, pool_id, ANN)


def test_an_unknown_attribute_is_refused_by_name(cognito: Any, pool_id: str, token: str) -> None:
    with refused("InvalidParameterException", "user.custom:x: Attribute does not exist in the schema.\n"):
        cognito.admin_update_user_attributes(
            UserPoolId=pool_id, Username=ANN, UserAttributes=attributes(custom__x="1", name="Ann")
        )

    assert "name" not in user_attributes(cognito, pool_id, ANN)
