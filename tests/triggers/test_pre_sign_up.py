from collections.abc import Callable

import pytest

from shared.errors import SignUpRefused
from tests.service_support import CONTEXT, Event, event
from triggers.pre_sign_up import lambda_handler


def sign_up(email: str, source: str = "PreSignUp_SignUp") -> Event:
    request = event("pre_sign_up") | {"triggerSource": source}
    request["request"]["userAttributes"]["email"] = email
    return lambda_handler(request, CONTEXT)


def test_a_sign_up_passes_unchanged() -> None:
    assert lambda_handler(event("pre_sign_up"), CONTEXT) == event("pre_sign_up")


@pytest.mark.parametrize("email", ["eve@blocked.example", "Eve@BLOCKED.example", "eve@mx.blocked.example"])
def test_a_blocked_domain_may_not_sign_up(configure: Callable[..., None], email: str) -> None:
    configure(BLOCKED_EMAIL_DOMAINS="other.example,blocked.example")

    with pytest.raises(SignUpRefused, match=r"^Email domain is not allowed$"):
        sign_up(email)


def test_only_allowed_domains_may_sign_up_once_there_are_any(configure: Callable[..., None]) -> None:
    configure(ALLOWED_EMAIL_DOMAINS="example.com")

    assert sign_up("anna@example.com")["response"]["autoConfirmUser"] is False
    with pytest.raises(SignUpRefused, match=r"^Email domain is not allowed$"):
        sign_up("anna@example.org")


@pytest.mark.parametrize("email", ["", "anna", "anna@localhost", "anna@example.com\r\nBcc: x@example.org"])
def test_what_is_no_address_may_not_sign_up(email: str) -> None:
    with pytest.raises(SignUpRefused, match=r"^Invalid email address$"):
        sign_up(email)


def test_somebody_federated_is_held_to_the_same_rule(configure: Callable[..., None]) -> None:
    configure(BLOCKED_EMAIL_DOMAINS="blocked.example")

    with pytest.raises(SignUpRefused):
        sign_up("eve@blocked.example", "PreSignUp_ExternalProvider")


def test_an_administrator_may_invite_anybody(configure: Callable[..., None]) -> None:
    configure(ALLOWED_EMAIL_DOMAINS="example.com", BLOCKED_EMAIL_DOMAINS="blocked.example")

    answer = sign_up("partner@blocked.example", "PreSignUp_AdminCreateUser")

    assert answer["request"]["userAttributes"]["email"] == "partner@blocked.example"


def test_a_refusal_is_counted_and_the_address_is_not_logged(
    configure: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    configure(BLOCKED_EMAIL_DOMAINS="blocked.example")

    with pytest.raises(SignUpRefused):
        sign_up("eve.adams@blocked.example")

    written = capsys.readouterr().out
    assert '"SignUpRefused":[1.0]' in written
    assert "eve.adams" not in written
