"""People of an old directory come over to the service's pool, its hashes checked by the deployed function."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo import clients
from poolhouse import testing
from tests.service_support import ARGON2ID, BCRYPT, PASSWORD, ROOT

TABLE = "legacy-users"
HASHES = {"argon2id": ARGON2ID, "bcrypt": BCRYPT}
PARAMETERS = {"LegacyUsersTable": TABLE, "LegacyArgon2idCost": "m=64,t=1,p=1", "LegacyBcryptCost": "4"}


@pytest.fixture(scope="module")
def house() -> Iterator[testing.LocalCloud]:
    with testing.cloud(ROOT / "template.yaml", parameters=PARAMETERS, listen=True) as cloud:
        dynamodb = cloud.client("dynamodb")
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "email", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "email", "KeyType": "HASH"}],
        )
        for name, encoded in (*HASHES.items(), ("lost", HASHES["bcrypt"])):
            row = {"email": {"S": f"{name}@example.com"}, "password_hash": {"S": encoded}, "name": {"S": name}}
            dynamodb.put_item(TableName=TABLE, Item={**row, "email_verified": {"BOOL": True}})
        yield cloud


def sign_in(house: testing.LocalCloud, email: str, password: str = PASSWORD) -> dict[str, Any]:
    answer = house.client("cognito-idp").initiate_auth(
        ClientId=house.outputs["WebClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return dict(answer["AuthenticationResult"])


@pytest.mark.parametrize("kind", HASHES)
def test_who_signs_in_once_with_the_old_password_is_in_the_pool(house: testing.LocalCloud, kind: str) -> None:
    cognito, pool, email = house.client("cognito-idp"), house.outputs["UserPoolId"], f"{kind}@example.com"
    with pytest.raises(ClientError, match="Incorrect username or password"):
        sign_in(house, email, "Wrong-horse-7-battery")
    with pytest.raises(ClientError, match="User does not exist"):
        cognito.admin_get_user(UserPoolId=pool, Username=email)

    assert sign_in(house, email)["TokenType"] == "Bearer"

    user = cognito.admin_get_user(UserPoolId=pool, Username=email)
    attributes = {one["Name"]: one["Value"] for one in user["UserAttributes"]}
    assert (user["UserStatus"], attributes["email_verified"], attributes["name"]) == ("CONFIRMED", "true", kind)
    house.client("dynamodb").delete_item(TableName=TABLE, Key={"email": {"S": email}})
    assert clients.srp(cognito, pool, house.outputs["WebClientId"], email, PASSWORD)["TokenType"] == "Bearer"


def test_an_unknown_address_gets_the_answer_of_a_wrong_password(house: testing.LocalCloud) -> None:
    with pytest.raises(ClientError) as refused:
        sign_in(house, "nobody@example.com")

    assert refused.value.response["Error"] == {
        "Code": "NotAuthorizedException",
        "Message": "Incorrect username or password.",
    }


def test_who_has_lost_the_old_password_gets_a_new_one(house: testing.LocalCloud) -> None:
    cognito, app_client, email = house.client("cognito-idp"), house.outputs["WebClientId"], "lost@example.com"

    cognito.forgot_password(ClientId=app_client, Username=email)
    (mail,) = house.outbox(email)
    cognito.confirm_forgot_password(
        ClientId=app_client, Username=email, ConfirmationCode=str(mail.code), Password="Another-horse-8"
    )

    assert sign_in(house, email, "Another-horse-8")["TokenType"] == "Bearer"
