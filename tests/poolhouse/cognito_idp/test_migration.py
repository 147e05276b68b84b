"""The UserMigration trigger: who is not in the pool yet is taken over with the password they typed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.poolhouse.cognito_idp.accounts import PASSWORD, code_for, refused, status, user_attributes
from tests.poolhouse.cognito_idp.sign_ins import ANN, FLOWS, House, is_in

LEGACY = """
def handler(event, context):
    if event["userName"] == "broken":
        raise ValueError("no directory")
    by_password = event["triggerSource"] == "UserMigration_Authentication"
    if by_password and event["request"]["password"] != {password!r}:
        return event
    if not by_password and "password" in event["request"]:
        raise ValueError("a password")
    if event["userName"] not in {names!r}:
        return event
    event["response"].update({response!r})
    return event
"""
RESPONSE: dict[str, Any] = {
    "userAttributes": {"email": ANN, "email_verified": "true", "name": "Ann"},
    "finalUserStatus": "CONFIRMED",
    "messageAction": "SUPPRESS",
}
NO_USER = ("UserNotFoundException", "User does not exist.")


def house_with(
    cloud: Any, cognito: Any, client: dict[str, Any] | None = None, pool: dict[str, Any] | None = None, **changes: Any
) -> House:
    response = {name: value for name, value in {**RESPONSE, **changes}.items() if value is not None}
    source = LEGACY.format(password=PASSWORD, names=["ann", ANN], response=response)
    arn = cloud.function("migrate", source)
    recovery = {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
    settings = {"LambdaConfig": {"UserMigration": arn}, "AccountRecoverySetting": recovery, **(pool or {})}
    return House(cloud, cognito, client=client, **settings)


def test_the_first_sign_in_takes_the_user_over(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)

    assert is_in(house.begin())
    assert status(cognito, house.pool_id, "ann") == "CONFIRMED"
    told = user_attributes(cognito, house.pool_id, "ann")
    assert (told["email"], told["email_verified"], told["name"]) == (ANN, "true", "Ann")
    assert cloud.outbox() == []

    cognito.update_user_pool(UserPoolId=house.pool_id)  # without the function
    assert is_in(house.begin())


def test_the_choice_of_a_password_takes_over_as_well(cloud: Any, cognito: Any) -> None:
    hiding = {"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": FLOWS}
    house = house_with(cloud, cognito, client=hiding)

    assert is_in(house.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD))


def test_who_the_function_does_not_know_does_not_exist(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)

    with refused(*NO_USER):
        house.begin(PASSWORD="wrong")
    with refused(*NO_USER):
        house.begin(name="bob")
    assert cognito.list_users(UserPoolId=house.pool_id)["Users"] == []


def test_srp_never_asks_the_function(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)

    with refused(*NO_USER):
        house.begin("USER_SRP_AUTH", SRP_A="ab" * 384)


def test_a_function_that_raises_refuses(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    sentence = f"Exception migrating user in app client {house.client_id}"

    with refused("UserNotFoundException", sentence):
        house.begin(name="broken")
    with refused("UserLambdaValidationException", sentence):
        cognito.forgot_password(ClientId=house.client_id, Username="broken")


def test_a_client_that_hides_users_hears_the_same_for_all(cloud: Any, cognito: Any) -> None:
    hiding = {"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": FLOWS}
    house = house_with(cloud, cognito, client=hiding)

    for name in ("broken", "nobody"):
        with refused("NotAuthorizedException", "Incorrect username or password."):
            house.begin(name=name)


def test_without_a_final_status_the_password_must_be_reset(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, finalUserStatus=None)

    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        house.begin()
    assert status(cognito, house.pool_id, "ann") == "RESET_REQUIRED"


def test_a_lost_password_takes_the_user_over_and_sends_the_code(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)

    cognito.forgot_password(ClientId=house.client_id, Username="ann")
    cognito.confirm_forgot_password(
        ClientId=house.client_id, Username="ann", ConfirmationCode=code_for(cloud, ANN), Password="Another-1-now"
    )
    assert is_in(house.begin(PASSWORD="Another-1-now"))


def test_a_welcome_is_sent_unless_suppressed_and_tells_no_password(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, messageAction=None, desiredDeliveryMediums=["EMAIL"])

    house.begin()
    (welcome,) = cloud.outbox(to=ANN)
    assert welcome.trigger_source == "CustomMessage_AdminCreateUser"
    assert "ann" in welcome.body
    assert PASSWORD not in welcome.body + welcome.code


def test_where_addresses_are_user_names_the_typed_one_counts(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, pool={"UsernameAttributes": ["email"]})

    assert is_in(house.begin(name=ANN))
    (user,) = cognito.list_users(UserPoolId=house.pool_id)["Users"]
    assert user["Username"] != ANN


def test_another_address_than_the_typed_one_is_refused(cloud: Any, cognito: Any) -> None:
    house = house_with(
        cloud, cognito, pool={"UsernameAttributes": ["email"]}, userAttributes={"email": "else@example.com"}
    )

    with refused("InvalidParameterException", "User attribute email does not match the username."):
        house.begin(name=ANN)


@pytest.mark.parametrize("attributes", [{"sub": "x", "email": ANN}, {"email": 7}, "ann"])
def test_senseless_answers_are_refused(cloud: Any, cognito: Any, attributes: Any) -> None:
    house = house_with(cloud, cognito, userAttributes=attributes)

    with refused("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        house.begin()
    assert cognito.list_users(UserPoolId=house.pool_id)["Users"] == []


def test_sms_may_come_with_the_user(cloud: Any, cognito: Any) -> None:
    attributes = {"phone_number": "+41791234567"}
    house = house_with(cloud, cognito, userAttributes=attributes, enableSMSMFA=True)
    house.mfa("OPTIONAL", "SMS_MFA")

    assert house.begin()["ChallengeName"] == "SMS_MFA"


def test_two_first_sign_ins_at_once_make_one_user(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: house.begin(), range(4)))

    assert all(is_in(answer) for answer in answers)
    assert len(cognito.list_users(UserPoolId=house.pool_id)["Users"]) == 1
