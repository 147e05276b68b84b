from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from shared.errors import TryAgain
from tests.service_support import CONTEXT, Handler, event
from tests.triggers.conftest import LISTENING

Aws = Callable[..., Any]
Seal = Callable[[str], str]
PHONE = "+36201234567"


@pytest.fixture
def custom_sms_sender(local_aws: Aws, seal: Seal) -> Handler:
    from triggers.custom_sms_sender import lambda_handler  # noqa: PLC0415 - it makes its client when it is imported

    return lambda_handler


def send(handler: Handler, source: str, code: str, **attributes: str) -> None:
    request = event("custom_sms_sender") | {"triggerSource": source}
    request["request"]["code"] = code
    request["request"]["userAttributes"] |= {"locale": "en", **attributes}
    handler(request, CONTEXT)


def messages() -> list[tuple[str, str]]:
    return [(one.to, one.body) for one in reversed(LISTENING[0].outbox())]


TEXTS = {
    "SignUp": "Hello Anna Kovács, your Poolhouse confirmation code is 246810.",
    "ResendCode": "Hello Anna Kovács, your Poolhouse confirmation code is 246810.",
    "UpdateUserAttribute": "Hello Anna Kovács, your Poolhouse confirmation code is 246810.",
    "VerifyUserAttribute": "Hello Anna Kovács, your Poolhouse confirmation code is 246810.",
    "ForgotPassword": "Hello Anna Kovács, your Poolhouse password reset code is 246810.",
    "Authentication": "Hello Anna Kovács, your Poolhouse sign-in code is 246810.",
    "AdminCreateUser": "Poolhouse: sign in as anna+poolhouse@example.com with the temporary password 246810",
}


def test_each_occasion_has_its_short_message(custom_sms_sender: Handler, seal: Seal) -> None:
    sealed = seal("246810")

    for occasion in TEXTS:
        send(custom_sms_sender, f"CustomSMSSender_{occasion}", sealed)

    assert messages() == [(PHONE, text) for text in TEXTS.values()]


def test_a_temporary_password_is_told_as_it_is(custom_sms_sender: Handler, seal: Seal) -> None:
    send(custom_sms_sender, "CustomSMSSender_AdminCreateUser", seal("Aa1&lt;x&gt;"))

    assert messages()[0][1].endswith(" Aa1<x>")


def test_what_goes_wrong_is_an_error_that_logs_neither_code_nor_number(
    custom_sms_sender: Handler, seal: Seal, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    for unknown in ("CustomSMSSender_Party", "CustomEmailSender_SignUp"):
        with pytest.raises(TryAgain):
            send(custom_sms_sender, unknown, seal("246810"))
    with pytest.raises(TryAgain):
        send(custom_sms_sender, "CustomSMSSender_Authentication", seal("246810"), phone_number="not a number")

    assert messages() == []
    written = log.getvalue() + capsys.readouterr().out
    assert written.count("trigger failed") == 3
    assert "246810" not in written
    assert "not a number" not in written
