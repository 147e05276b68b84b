from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import sign_in_codes
from shared.sign_in_codes import Challenge
from tests.service_support import CONTEXT, USER, Handler, event

Aws = Callable[..., Any]


@pytest.fixture
def verify_auth_challenge(aws: Aws) -> Handler:
    from triggers.verify_auth_challenge import lambda_handler  # noqa: PLC0415 - it makes its client when it is imported

    return lambda_handler


def made(username: str = USER, *, ago: timedelta = timedelta(0)) -> tuple[Challenge, str]:
    return sign_in_codes.make(username, now=datetime.now(UTC) - ago)


def is_right(handler: Handler, challenge: Challenge, answer: str, **more: object) -> bool:
    request = event("verify_auth_challenge")
    private = {"id": challenge.id, "key": challenge.key}
    request["request"] |= {"privateChallengeParameters": private, "challengeAnswer": answer, **more}
    answered = handler(request, CONTEXT)["response"]["answerCorrect"]
    assert isinstance(answered, bool)
    return answered


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def test_the_code_is_right_once(verify_auth_challenge: Handler) -> None:
    challenge, code = made()

    assert is_right(verify_auth_challenge, challenge, code)
    assert not is_right(verify_auth_challenge, challenge, code)


@pytest.mark.parametrize("written", ["{0}", " {0} ", "{1} {2}", "{1}\u00a0{2}\n"])
def test_a_code_may_be_written_in_groups(verify_auth_challenge: Handler, written: str) -> None:
    challenge, code = made()

    assert is_right(verify_auth_challenge, challenge, written.format(code, code[:4], code[4:]))


@pytest.mark.parametrize("answer", ["", "0", "x" * 2048, "\0", "١٢٣٤٥٦٧٨", "-1", "{digest}", "' OR 1=1"])
def test_what_is_not_the_code_is_wrong(verify_auth_challenge: Handler, answer: str) -> None:
    challenge, code = made()

    assert not is_right(verify_auth_challenge, challenge, answer)
    assert not is_right(verify_auth_challenge, challenge, wrong(code))
    assert is_right(verify_auth_challenge, challenge, code)


def test_after_three_wrong_answers_the_right_one_is_too_late(verify_auth_challenge: Handler) -> None:
    challenge, code = made()
    for _ in range(3):
        assert not is_right(verify_auth_challenge, challenge, wrong(code))

    assert not is_right(verify_auth_challenge, challenge, code)


def test_a_code_ends_after_ten_minutes(verify_auth_challenge: Handler) -> None:
    fresh, code = made(ago=timedelta(minutes=9))
    old, old_code = made(ago=timedelta(minutes=10, seconds=1))

    assert not is_right(verify_auth_challenge, old, old_code)
    assert is_right(verify_auth_challenge, fresh, code)


def test_a_code_is_of_one_sign_in_and_one_user(verify_auth_challenge: Handler) -> None:
    challenge, code = made()
    other, _ = made()
    elsewhere, elsewhere_code = made("00000000-c021-7049-51b0-d218e66ffecd")

    assert not is_right(verify_auth_challenge, other, code)
    assert not is_right(verify_auth_challenge, elsewhere, elsewhere_code)
    assert not is_right(verify_auth_challenge, Challenge(challenge.id, other.key), code)
    assert not is_right(verify_auth_challenge, Challenge("0" * 32, challenge.key), code)


def test_nobodys_code_is_never_right(verify_auth_challenge: Handler) -> None:
    challenge, code = made()

    assert not is_right(verify_auth_challenge, challenge, code, userNotFound=True)


def test_of_the_right_answer_many_times_at_once_one_is_right(verify_auth_challenge: Handler) -> None:
    challenge, code = made()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: is_right(verify_auth_challenge, challenge, code), range(8)))

    assert results.count(True) == 1


def test_answers_at_once_have_three_tries_together(verify_auth_challenge: Handler, aws: Aws) -> None:
    challenge, code = made()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: is_right(verify_auth_challenge, challenge, wrong(code)), range(8)))

    row = aws("dynamodb").get_item(TableName="SignInCodesTable", Key={"id": {"S": challenge.id}})["Item"]
    assert row["tries"] == {"N": "3"}
