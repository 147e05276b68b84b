"""The texts of messages, and where they go."""

import pytest

from poolhouse.cognito_idp.rules import destinations, messages
from poolhouse.cognito_idp.rules.messages import Texts

TEXTS = Texts("subject", "mail {####}", "sms {####}")


def test_templates_come_before_the_older_members_and_the_defaults() -> None:
    older = {"EmailVerificationMessage": "old {####}", "EmailVerificationSubject": "old", "SmsVerificationMessage": "s"}
    newer = {**older, "VerificationMessageTemplate": {"EmailMessage": "new {####}", "SmsMessage": "n {####}"}}

    assert messages.verification({}, by_link=False).email == "Your confirmation code is {####}"
    assert messages.verification(older, by_link=False) == Texts("old", "old {####}", "s")
    assert messages.verification(newer, by_link=False) == Texts("old", "new {####}", "n {####}")


def test_an_invitation_names_the_user_and_the_password() -> None:
    filled = messages.filled(messages.invitation({}).email, code="Pa55word!", username="ann")

    assert filled == "Your username is ann and temporary password is Pa55word!."


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({}, TEXTS),
        ({"emailMessage": None, "emailSubject": "", "smsMessage": None}, TEXTS),
        ({"emailMessage": "hi {####}", "emailSubject": "yes"}, Texts("yes", "hi {####}", "sms {####}")),
        ({"emailMessage": "no code"}, None),
        ({"smsMessage": "no code"}, None),
        ({"smsMessage": "{####}" + "x" * 140}, None),
        ({"emailSubject": "x" * 141}, None),
        ({"emailMessage": 5}, None),
        ({"emailMessage": ["{####}"]}, None),
    ],
)
def test_a_function_may_change_the_texts_but_must_keep_the_code(
    response: dict[str, object], expected: Texts | None
) -> None:
    assert messages.customized(TEXTS, response, is_invitation=False, by_link=False) == expected


def test_an_invitation_must_keep_the_user_name_too() -> None:
    without_name = {"emailMessage": "your password: {####}"}
    whole = {"emailMessage": "{username}: {####}"}

    assert messages.customized(TEXTS, without_name, is_invitation=True, by_link=False) is None
    assert messages.customized(TEXTS, whole, is_invitation=True, by_link=False) is not None


def test_a_confirmation_link_takes_the_place_of_its_placeholder() -> None:
    body = messages.filled("Go: {##Confirm it##}", code="123456", link="http://x/confirmUser/?a=1&code=123456")

    assert body == 'Go: <a href="http://x/confirmUser/?a=1&amp;code=123456">Confirm it</a>'
    assert messages.first_link(body, "123456") == "http://x/confirmUser/?a=1&code=123456"


def test_the_link_of_a_message_is_the_one_that_carries_the_code() -> None:
    body = "<a href='https://example.com/'>us</a> or https://example.com/activate?email=a%40b&amp;code=042042."

    assert messages.first_link(body, "042042") == "https://example.com/activate?email=a%40b&code=042042"
    assert messages.first_link("see https://example.com/help", "042042") == "https://example.com/help"
    assert messages.first_link("no link", "042042") == ""


@pytest.mark.parametrize(
    ("destination", "masked"),
    [
        (destinations.Destination("email", "fred@example.com"), "f***@e***"),
        (destinations.Destination("phone_number", "+15555559934"), "+*******9934"),
    ],
)
def test_destinations_are_masked(destination: destinations.Destination, masked: str) -> None:
    assert destination.masked == masked


def test_a_made_up_destination_follows_the_name_and_the_pool() -> None:
    digest = "00ff" * 16

    assert destinations.simulated("ann@example.com", digest, ["email"]).masked == "a***@e***"
    assert destinations.simulated("+15550109934", digest, ["email"]).masked == "+*******9934"
    assert destinations.simulated("ann", digest, ["email"]) == destinations.simulated("ann", digest, ["email"])
    assert destinations.simulated("ann", digest, ["phone_number"]).medium == "SMS"
