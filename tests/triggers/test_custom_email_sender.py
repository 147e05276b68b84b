import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from shared.errors import TryAgain
from tests.service_support import CONTEXT, Handler, event
from tests.triggers.conftest import LISTENING, sealed_under

Aws = Callable[..., Any]
Seal = Callable[[str], str]
ANNA = "anna+poolhouse@example.com"


@pytest.fixture
def custom_email_sender(local_aws: Aws, seal: Seal, configure: Callable[..., None]) -> Handler:
    configure(
        ACTIVATION_URL="https://app.example.com/activate",
        SENDER_EMAIL="Poolhouse <no-reply@example.com>",
        SENDER_EMAIL_ARN="arn:aws:ses:us-east-1:123456789012:identity/example.com",
    )
    local_aws("ses").verify_domain_identity(Domain="example.com")
    from triggers.custom_email_sender import lambda_handler  # noqa: PLC0415 - makes its clients when it is imported

    return lambda_handler


def send(handler: Handler, source: str, code: str, **attributes: str) -> dict[str, str]:
    """The mail that goes out for an event."""
    request = event("custom_email_sender") | {"triggerSource": f"CustomEmailSender_{source}"}
    request["request"]["code"] = code
    request["request"]["userAttributes"] |= {"locale": "en", **attributes}
    handler(request, CONTEXT)
    return mails()[-1]


def mails() -> list[dict[str, str]]:
    sent = reversed(LISTENING[0].outbox())
    return [{"to": one.to, "subject": one.subject, "body": one.body} for one in sent]


SUBJECTS = {
    "SignUp": "Activate your Poolhouse account",
    "ResendCode": "Activate your Poolhouse account",
    "ForgotPassword": "Reset your Poolhouse password",
    "UpdateUserAttribute": "Confirm your e-mail address",
    "VerifyUserAttribute": "Confirm your e-mail address",
    "AdminCreateUser": "Your invitation to Poolhouse",
    "Authentication": "Your Poolhouse sign-in code",
}


def test_each_occasion_has_its_mail_with_the_code(custom_email_sender: Handler, seal: Seal) -> None:
    sealed = seal("246810")

    sent = {source: send(custom_email_sender, source, sealed) for source in SUBJECTS}

    assert {source: mail["subject"] for source, mail in sent.items()} == SUBJECTS
    for mail in sent.values():
        assert mail["to"] == ANNA
        assert "246810" in mail["body"]
    assert send(custom_email_sender, "ForgotPassword", sealed) == sent["ForgotPassword"]  # when Lambda runs it again


def test_only_a_new_user_gets_the_activation_link_and_in_their_language(
    custom_email_sender: Handler, seal: Seal
) -> None:
    mail = send(custom_email_sender, "SignUp", seal("246810"), locale="hu-HU")

    assert mail["subject"] == "Aktiválja Poolhouse-fiókját"
    assert "https://app.example.com/activate?email=anna%2Bpoolhouse%40example.com&amp;code=246810" in mail["body"]

    mail = send(custom_email_sender, "ResendCode", seal("246810"), **{"cognito:user_status": "CONFIRMED"})

    assert mail["subject"] == "Confirm your e-mail address"
    assert "activate" not in mail["body"]


def test_an_invitation_names_the_address_and_the_password_as_it_is(custom_email_sender: Handler, seal: Seal) -> None:
    mail = send(custom_email_sender, "AdminCreateUser", seal("Aa1&lt;&gt;'x&amp;"))

    assert ANNA in mail["body"]
    assert "Aa1&lt;&gt;&#x27;x&amp;</strong>" in mail["body"]


def test_an_unusual_sign_in_is_told_without_a_code(custom_email_sender: Handler) -> None:
    mail = send(custom_email_sender, "AccountTakeOverNotification", "")

    assert mail["subject"] == "Unusual sign-in to your Poolhouse account"


def test_a_source_that_is_not_known_is_an_error_and_sends_nothing(
    custom_email_sender: Handler, seal: Seal, log: StringIO
) -> None:
    for source in ("CustomEmailSender_Party", "CustomSMSSender_SignUp", ""):
        request = event("custom_email_sender") | {"triggerSource": source}
        request["request"]["code"] = seal("246810")

        with pytest.raises(TryAgain):
            custom_email_sender(request, CONTEXT)
        assert f'"source":"{source}"' in log.getvalue()
    assert mails() == []


def test_what_another_key_or_nobody_has_sealed_is_not_opened(
    local_aws: Aws, custom_email_sender: Handler, seal: Seal
) -> None:
    another = sealed_under(local_aws("kms").create_key()["KeyMetadata"]["Arn"], "246810")
    good = seal("246810")
    changed = f"{good[:-8]}{'A' * 8}"

    for code in (another, changed, good[:40], "246810", ""):
        with pytest.raises(TryAgain):
            send(custom_email_sender, "SignUp", code)
    assert mails() == []


def test_neither_code_nor_address_is_in_any_log(
    local_aws: Aws,
    custom_email_sender: Handler,
    seal: Seal,
    log: StringIO,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    send(custom_email_sender, "SignUp", seal("246810"))
    local_aws("ses").delete_identity(Identity="example.com")
    with pytest.raises(TryAgain):  # so that Lambda runs it again
        send(custom_email_sender, "SignUp", seal("246810"))

    written = log.getvalue() + caplog.text + capsys.readouterr().out
    assert '"error_code":"MessageRejected"' in written
    assert "246810" not in written
    assert ANNA not in written
