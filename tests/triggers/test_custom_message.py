from collections.abc import Callable

import pytest

from tests.service_support import CONTEXT, Event, event
from triggers.custom_message import lambda_handler


@pytest.fixture(autouse=True)
def activation_page(configure: Callable[..., None]) -> None:
    configure(ACTIVATION_URL="https://app.example.com/activate")


def message(source: str, *, username: str | None = None, **attributes: str) -> Event:
    request = event("custom_message") | {"triggerSource": source}
    request["request"]["userAttributes"] |= attributes
    request["request"]["usernameParameter"] = username
    response: Event = lambda_handler(request, CONTEXT)["response"]
    return response


@pytest.mark.parametrize("source", ["CustomMessage_SignUp", "CustomMessage_ResendCode"])
def test_a_new_user_gets_an_activation_link_with_address_and_code(source: str) -> None:
    response = message(source)

    link = "https://app.example.com/activate?email=anna%2Bpoolhouse%40example.com&amp;code={####}"
    assert f'href="{link}"' in response["emailMessage"]
    assert response["emailSubject"] == "Aktiválja Poolhouse-fiókját"
    assert "Kedves Anna Kovács!" in response["emailMessage"]
    assert "{####}" in response["smsMessage"]


@pytest.mark.parametrize("status", ["CONFIRMED", "RESET_REQUIRED", ""])
@pytest.mark.parametrize("source", ["CustomMessage_SignUp", "CustomMessage_ResendCode"])
def test_whoever_is_not_unconfirmed_gets_no_link(source: str, status: str) -> None:
    response = message(source, **{"cognito:user_status": status})

    assert response == {"smsMessage": None, "emailMessage": None, "emailSubject": None}


def test_an_invitation_names_the_sign_in_name_and_the_temporary_password() -> None:
    response = message(
        "CustomMessage_AdminCreateUser",
        username="{username}",
        locale="en",
        **{"cognito:user_status": "FORCE_CHANGE_PASSWORD"},
    )

    assert response["emailSubject"] == "Your invitation to Poolhouse"
    for text in (response["emailMessage"], response["smsMessage"]):
        assert "{username}" in text
        assert "{####}" in text


@pytest.mark.parametrize(
    ("source", "subject"),
    [
        ("CustomMessage_ForgotPassword", "Setzen Sie Ihr Poolhouse-Passwort zurück"),
        ("CustomMessage_UpdateUserAttribute", "Bestätigen Sie Ihre E-Mail-Adresse"),
        ("CustomMessage_VerifyUserAttribute", "Bestätigen Sie Ihre E-Mail-Adresse"),
        ("CustomMessage_Authentication", "Ihr Anmeldecode für Poolhouse"),
    ],
)
def test_every_other_code_comes_in_the_persons_language_without_a_link(source: str, subject: str) -> None:
    response = message(source, locale="de-AT", **{"cognito:user_status": "CONFIRMED"})

    assert response["emailSubject"] == subject
    assert "{####}" in response["emailMessage"]
    assert "href" not in response["emailMessage"]


def test_a_source_we_do_not_know_gets_cognitos_own_text() -> None:
    assert message("CustomMessage_Tomorrow")["emailMessage"] is None


def test_the_rest_of_the_event_is_returned_as_it_came() -> None:
    answer = lambda_handler(event("custom_message"), CONTEXT)

    assert {k: v for k, v in answer.items() if k != "response"} == {
        k: v for k, v in event("custom_message").items() if k != "response"
    }


def test_markup_in_a_name_stays_text() -> None:
    response = message("CustomMessage_SignUp", name="<img src=x onerror=alert(1)>", locale="en")

    assert "<img" not in response["emailMessage"]
    assert "Hello img src x onerror alert," in response["emailMessage"]


def test_a_name_with_line_breaks_adds_no_header() -> None:
    response = message("CustomMessage_SignUp", name="Anna\r\nBcc: eve@example.com")

    assert "\n" not in response["emailSubject"]
    assert "Bcc:" not in response["emailMessage"]
