import os
import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from demo.clients import fetch
from shared.errors import CodeRefused, TryAgain
from tests.service_support import CONTEXT, Event, Handler, event

Aws = Callable[..., Any]
Configure = Callable[..., None]
ANNA, SIMULATOR = "anna+poolhouse@example.com", "success@simulator.amazonses.com"


@pytest.fixture
def create_auth_challenge(local_aws: Aws, configure: Configure) -> Handler:
    configure(
        SENDER_EMAIL="Poolhouse <no-reply@example.com>",
        SENDER_EMAIL_ARN="arn:aws:ses:us-east-1:123456789012:identity/example.com",
    )
    local_aws("ses").verify_domain_identity(Domain="example.com")
    from triggers.create_auth_challenge import lambda_handler  # noqa: PLC0415 - it makes its clients when it is imported

    return lambda_handler


def asked(handler: Handler, *, user_not_found: bool = False, session: Any = (), **attributes: str | None) -> Event:
    request = event("create_auth_challenge")
    request["request"] |= {"session": list(session), "userNotFound": user_not_found}
    known = request["request"]["userAttributes"] | attributes
    request["request"]["userAttributes"] = {name: value for name, value in known.items() if value is not None}
    response: Event = handler(request, CONTEXT)["response"]
    return response


def mails() -> list[dict[str, Any]]:
    return list(fetch("GET", f"{os.environ['AWS_ENDPOINT_URL']}/_poolhouse/outbox").body)


def test_a_code_is_mailed_in_the_persons_language(create_auth_challenge: Handler) -> None:
    response = asked(create_auth_challenge, locale="de-AT")

    (mail,) = mails()
    assert (mail["to"], mail["subject"]) == (ANNA, "Ihr Anmeldecode für Poolhouse")
    assert len(set(re.findall(r"\b\d{8}\b", mail["body"]))) == 1
    assert response["publicChallengeParameters"] == {"medium": "EMAIL", "digits": "8"}


def test_neither_the_table_nor_the_sign_ins_state_tells_the_code(
    local_aws: Aws, create_auth_challenge: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    response = asked(create_auth_challenge)

    (code,) = re.findall(r"\b\d{8}\b", mails()[0]["body"])[:1]
    rows = local_aws("dynamodb").scan(TableName="SignInCodesTable")["Items"]
    assert response["privateChallengeParameters"]["key"] not in str(rows)
    for told in (str(rows), str(response), log.getvalue(), capsys.readouterr().out):
        assert code not in told


def test_after_a_wrong_answer_the_same_code_is_asked_for_and_no_mail_sent(create_auth_challenge: Handler) -> None:
    first = asked(create_auth_challenge)
    wrong = {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False}

    again = asked(create_auth_challenge, session=[{**wrong, "challengeMetadata": first["challengeMetadata"]}])

    assert again == first
    assert len(mails()) == 1


@pytest.mark.parametrize(
    "attributes",
    [
        {"user_not_found": True, "email": None, "sub": None, "cognito:user_status": None, "email_verified": None},
        {"user_not_found": True},
        {"email_verified": "false"},
        {"email_verified": None},
        {"email": None},
        {"cognito:user_status": "UNCONFIRMED"},
        {"cognito:user_status": "RESET_REQUIRED"},
        {"cognito:user_status": "FORCE_CHANGE_PASSWORD"},
    ],
)
def test_who_may_not_have_a_code_is_asked_for_one_that_goes_to_nobody(
    create_auth_challenge: Handler, attributes: dict[str, Any]
) -> None:
    response = asked(create_auth_challenge, **attributes)

    assert [mail["to"] for mail in mails()] == [SIMULATOR]
    assert response["publicChallengeParameters"] == {"medium": "EMAIL", "digits": "8"}
    assert response["privateChallengeParameters"].keys() == {"id", "key"}


@pytest.mark.parametrize("user_not_found", [True, False])
def test_five_codes_are_sent_and_no_more_for_a_quarter_of_an_hour(
    local_aws: Aws, create_auth_challenge: Handler, user_not_found: bool, log: StringIO
) -> None:
    for _ in range(5):
        asked(create_auth_challenge, user_not_found=user_not_found)

    with pytest.raises(CodeRefused, match=r"^Too many codes were asked for, try again later$"):
        asked(create_auth_challenge, user_not_found=user_not_found)
    assert len(mails()) == 5

    _let_the_period_end(local_aws)
    asked(create_auth_challenge, user_not_found=user_not_found)
    assert len(mails()) == 6


def _let_the_period_end(aws: Aws) -> None:
    key = {"id": {"S": f"codes#{event('create_auth_challenge')['userName']}"}}
    change = {"UpdateExpression": "SET expires_at = :past", "ExpressionAttributeValues": {":past": {"N": "1"}}}
    aws("dynamodb").update_item(TableName="SignInCodesTable", Key=key, **change)


def test_a_mail_that_cannot_be_sent_is_logged_without_whose_it_was(
    local_aws: Aws, create_auth_challenge: Handler, log: StringIO
) -> None:
    local_aws("ses").delete_identity(Identity="example.com")

    with pytest.raises(TryAgain):
        asked(create_auth_challenge)
    assert '"error_code":"MessageRejected"' in log.getvalue()
    assert "example.com" not in log.getvalue()
