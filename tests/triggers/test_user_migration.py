from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from shared.errors import TryAgain
from tests.service_support import ARGON2ID, BCRYPT, CONTEXT, PASSWORD, Event, Handler, event

Aws = Callable[[str], Any]
Configure = Callable[..., None]
ANNA = {"email": "anna@example.com", "email_verified": "true", "name": "Anna", "locale": "hu"}


@pytest.fixture
def user_migration(aws: Aws, configure: Configure) -> Handler:
    configure(LEGACY_ARGON2ID_COST="m=64,t=1,p=1", LEGACY_BCRYPT_COST="4")
    from triggers.user_migration import lambda_handler  # noqa: PLC0415 - it makes its client when it is imported

    return lambda_handler


def legacy(aws: Aws, password_hash: str = ARGON2ID, **more: Any) -> None:
    row = {"email": {"S": "anna@example.com"}, "password_hash": {"S": password_hash}, "email_verified": {"BOOL": True}}
    known = {"name": {"S": "Anna"}, "locale": {"S": "hu"}, "salary": {"N": "1"}}
    aws("dynamodb").put_item(TableName="LegacyUsers", Item=row | known | more)


def sign_in(handler: Handler, username: str = "anna@example.com", password: str = PASSWORD) -> Event:
    request = event("user_migration") | {"userName": username}
    request["request"]["password"] = password
    response: Event = handler(request, CONTEXT)["response"]
    return response


def lost_password(handler: Handler, username: str = "anna@example.com") -> Event:
    request = event("user_migration") | {"userName": username, "triggerSource": "UserMigration_ForgotPassword"}
    del request["request"]["password"]
    response: Event = handler(request, CONTEXT)["response"]
    return response


NOBODY = event("user_migration")["response"]


@pytest.mark.parametrize("password_hash", [ARGON2ID, BCRYPT])
@pytest.mark.parametrize("username", ["anna@example.com", "Anna@Example.COM"])
def test_who_knows_their_password_comes_over_with_it(
    aws: Aws, user_migration: Handler, password_hash: str, username: str
) -> None:
    legacy(aws, password_hash)

    response = sign_in(user_migration, username)

    assert response["userAttributes"] == ANNA
    assert response["finalUserStatus"] == "CONFIRMED"
    assert response["messageAction"] == "SUPPRESS"
    assert response["forceAliasCreation"] is False


@pytest.mark.parametrize("password_hash", [ARGON2ID, BCRYPT, "$1$unknown$kind", ""])
def test_a_wrong_password_and_an_unknown_address_are_one_answer(
    aws: Aws, user_migration: Handler, password_hash: str
) -> None:
    legacy(aws, password_hash)

    assert sign_in(user_migration, password="Wrong-horse-7-battery") == NOBODY
    assert sign_in(user_migration, "nobody@example.com") == NOBODY


@pytest.mark.parametrize("username", ["anna@example.com", "nobody@example.com"])
def test_after_ten_passwords_even_the_right_one_is_wrong_for_a_while(
    aws: Aws, user_migration: Handler, username: str
) -> None:
    legacy(aws)
    for _ in range(10):
        assert sign_in(user_migration, username, "Wrong-horse-7-battery") == NOBODY

    assert sign_in(user_migration, username.title()) == NOBODY

    key = {"username": {"S": username}, "id": {"S": "legacy_tries"}}
    over = {"UpdateExpression": "SET expires_at = :past", "ExpressionAttributeValues": {":past": {"N": "1"}}}
    aws("dynamodb").update_item(TableName="SignInsTable", Key=key, **over)
    assert (sign_in(user_migration, username) != NOBODY) is (username == "anna@example.com")


def test_the_count_of_passwords_blocks_nobody_from_the_pool(aws: Aws, user_migration: Handler) -> None:
    sign_in(user_migration, password="Wrong-horse-7-battery")
    (row,) = aws("dynamodb").scan(TableName="SignInsTable")["Items"]

    assert row["id"] == {"S": "legacy_tries"}
    assert row.keys() == {"username", "id", "taken", "expires_at"}


def test_who_was_shut_out_stays_out(aws: Aws, user_migration: Handler) -> None:
    legacy(aws, disabled={"BOOL": True})

    assert sign_in(user_migration) == NOBODY
    assert lost_password(user_migration) == NOBODY


def test_who_has_lost_their_password_comes_over_to_get_another(aws: Aws, user_migration: Handler) -> None:
    legacy(aws)

    assert lost_password(user_migration)["userAttributes"] == ANNA
    assert lost_password(user_migration, "nobody@example.com") == NOBODY


@pytest.mark.parametrize("flag", [{"BOOL": False}, {"S": "true"}, {"NULL": True}])
def test_an_address_is_verified_only_where_it_was(aws: Aws, user_migration: Handler, flag: Any) -> None:
    legacy(aws, email_verified=flag)

    assert sign_in(user_migration)["userAttributes"]["email_verified"] == "false"


def test_a_source_we_do_not_know_brings_nobody_over(aws: Aws, user_migration: Handler) -> None:
    legacy(aws)
    request = event("user_migration") | {"triggerSource": "UserMigration_Tomorrow"}

    assert user_migration(request, CONTEXT)["response"] == NOBODY


def test_a_hash_nobody_can_check_is_said_to_the_operator(
    aws: Aws, user_migration: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    legacy(aws, "$1$unknown$kind")

    sign_in(user_migration)

    assert "legacy password hash of an unknown kind" in log.getvalue()
    assert '"LegacyHashUnknown":[1.0]' in capsys.readouterr().out


def test_neither_password_nor_hash_nor_address_is_logged(
    aws: Aws, user_migration: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    legacy(aws, "$1$unknown$kind")
    sign_in(user_migration)
    aws("dynamodb").delete_table(TableName="LegacyUsers")
    with pytest.raises(TryAgain):
        sign_in(user_migration)

    written = log.getvalue() + capsys.readouterr().out
    assert '"operation":"GetItem"' in written
    for secret in (PASSWORD, "$1$", "anna"):
        assert secret not in written
