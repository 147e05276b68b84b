from typing import Any

import pytest

from shared import sign_in_codes
from tests.service_support import CONTEXT, Event, event
from triggers import define_auth_challenge
from triggers.define_auth_challenge import lambda_handler

WRONG, RIGHT = (
    {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": result, "challengeMetadata": None}
    for result in (False, True)
)
ASKED = {"challengeName": "CUSTOM_CHALLENGE", "issueTokens": False, "failAuthentication": False}
IN = {"challengeName": None, "issueTokens": True, "failAuthentication": False}
OUT = {"challengeName": None, "issueTokens": False, "failAuthentication": True}


def define(session: list[dict[str, Any]] | None, **more: object) -> Event:
    request = event("define_auth_challenge")
    request["request"] |= {"session": session, **more}
    response: Event = lambda_handler(request, CONTEXT)["response"]
    return response


@pytest.mark.parametrize(
    ("session", "answer"),
    [
        ([], ASKED),
        (None, ASKED),
        ([WRONG], ASKED),
        ([WRONG, WRONG], ASKED),
        ([WRONG, WRONG, WRONG], OUT),
        ([RIGHT], IN),
        ([WRONG, RIGHT], IN),
        ([WRONG, WRONG, RIGHT], IN),
    ],
)
def test_three_tries_and_the_right_one_issues_tokens(session: list[dict[str, Any]] | None, answer: Event) -> None:
    assert define(session) == answer


@pytest.mark.parametrize(
    "session",
    [
        [RIGHT, WRONG, WRONG],
        [WRONG, WRONG, WRONG, WRONG],
        [{"challengeName": "SRP_A", "challengeResult": True, "challengeMetadata": None}],
        [{"challengeName": "SRP_A", "challengeResult": True, "challengeMetadata": None}, RIGHT],
        [{"challengeName": "PASSWORD_VERIFIER", "challengeResult": True, "challengeMetadata": None}],
        [{"challengeName": "PASSWORD_VERIFIER", "challengeResult": True, "challengeMetadata": None}, WRONG],
    ],
)
def test_any_other_way_ends_without_tokens(session: list[dict[str, Any]]) -> None:
    assert define(session) == OUT


@pytest.mark.parametrize("result", [None, "true", 1, "false"])
def test_only_true_is_right(result: object) -> None:
    assert define([{**WRONG, "challengeResult": result}]) == ASKED


def test_nobody_never_gets_tokens() -> None:
    assert define([RIGHT], userNotFound=True)["issueTokens"] is False


def test_a_sign_in_has_as_many_tries_as_its_code() -> None:
    assert define_auth_challenge.MAX_TRIES == sign_in_codes.MAX_TRIES
