from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from shared.errors import SignInRefused, TryAgain
from tests.service_support import CONTEXT, USER, Handler, event

Aws = Callable[[str], Any]
LONG_AGO, ONE_DAY = "1000000000", "4000000000"


@pytest.fixture
def pre_authentication(aws: Aws) -> Handler:
    from triggers.pre_authentication import lambda_handler  # noqa: PLC0415 - it makes its client when it is imported

    return lambda_handler


def block(aws: Aws, username: str, **more: Any) -> None:
    item = {"username": {"S": username}, "id": {"S": "block"}, "reason": {"S": "Fraud, see case 7"}, **more}
    aws("dynamodb").put_item(TableName="SignInsTable", Item=item)


def test_a_sign_in_goes_on_unchanged(pre_authentication: Handler) -> None:
    assert pre_authentication(event("pre_authentication"), CONTEXT) == event("pre_authentication")


@pytest.mark.parametrize("more", [{}, {"expires_at": {"N": ONE_DAY}}])
def test_a_blocked_user_may_not_sign_in_and_is_not_told_why(
    aws: Aws, pre_authentication: Handler, more: dict[str, Any]
) -> None:
    block(aws, USER, **more)

    with pytest.raises(SignInRefused, match=r"^Sign-in is not possible$"):
        pre_authentication(event("pre_authentication"), CONTEXT)


def test_a_block_that_has_ended_bars_nobody(aws: Aws, pre_authentication: Handler) -> None:
    block(aws, USER, expires_at={"N": LONG_AGO})

    assert pre_authentication(event("pre_authentication"), CONTEXT) == event("pre_authentication")


def test_a_block_bars_nobody_else(aws: Aws, pre_authentication: Handler) -> None:
    block(aws, "00000000-c021-7049-51b0-d218e66ffecd")

    assert pre_authentication(event("pre_authentication"), CONTEXT) == event("pre_authentication")


def test_somebody_unknown_is_left_to_cognito(pre_authentication: Handler) -> None:
    request = event("pre_authentication") | {"userName": "nobody@example.com"}
    request["request"] |= {"userAttributes": {}, "userNotFound": True}

    assert pre_authentication(request, CONTEXT) == request


def test_a_block_holds_for_whoever_has_no_attributes(aws: Aws, pre_authentication: Handler) -> None:
    block(aws, "nobody@example.com")
    request = event("pre_authentication") | {"userName": "nobody@example.com"}
    request["request"] |= {"userAttributes": None, "userNotFound": True}

    with pytest.raises(SignInRefused):
        pre_authentication(request, CONTEXT)


def test_nobody_signs_in_while_the_blocks_cannot_be_read(aws: Aws, pre_authentication: Handler, log: StringIO) -> None:
    aws("dynamodb").delete_table(TableName="SignInsTable")

    with pytest.raises(TryAgain):
        pre_authentication(event("pre_authentication"), CONTEXT)
    assert '"operation":"GetItem"' in log.getvalue()


def test_a_refusal_is_counted_and_logged_without_an_address(
    aws: Aws, pre_authentication: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    block(aws, USER)

    with pytest.raises(SignInRefused):
        pre_authentication(event("pre_authentication"), CONTEXT)

    assert '"SignInRefused":[1.0]' in capsys.readouterr().out
    assert USER in log.getvalue()
    assert "anna" not in log.getvalue()
    assert "case 7" not in log.getvalue()
