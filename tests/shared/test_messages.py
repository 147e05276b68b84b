import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import messages

KINDS = sorted(set(messages.KINDS.values()))
LINK = "https://app.example.com/activate?email=anna%40example.com&code={####}"


def written(kind: str, *, name: str = "Anna Kovács", locale: str = "en") -> messages.Message:
    return messages.write(
        kind,
        name=name,
        locale=locale,
        code="{####}",
        username="{username}" if kind == "invitation" else "",
        link=LINK if kind == "activation" else "",
    )


@pytest.mark.parametrize("language", sorted(messages.LANGUAGES))
@pytest.mark.parametrize("kind", KINDS)
def test_every_message_in_every_language_keeps_cognitos_limits(kind: str, language: str) -> None:
    message = written(kind, name="W" * 200, locale=language)

    assert 0 < len(message.subject) <= 140
    assert len(message.html) <= 20_000
    assert len(message.text) <= 140
    for text in (message.html, message.text):
        assert "{####}" in text
        assert "$" not in text
        assert ("{username}" in text) is (kind == "invitation")
    assert f'lang="{language}"' in message.html


def test_every_language_has_the_same_messages() -> None:
    files = [json.loads((messages.MAILS / f"{language}.json").read_text("utf-8")) for language in messages.LANGUAGES]

    assert {tuple(sorted(words)) for words in files} == {tuple(sorted(files[0]))}
    assert [sorted(words["mails"]) for words in files] == [sorted([*KINDS, "unusual_sign_in"])] * len(files)
    assert {frozenset(mail) for words in files for mail in words["mails"].values()} == {
        frozenset({"subject", "lead", "code_label", "text"}),
        frozenset({"subject", "lead", "code_label", "text", "action"}),
        frozenset({"subject", "lead", "text"}),
    }


@pytest.mark.parametrize("language", sorted(messages.LANGUAGES))
def test_a_message_without_a_code_has_no_place_for_one(language: str) -> None:
    message = messages.write("unusual_sign_in", name="W" * 200, locale=language, code="")

    assert "<strong" not in message.html
    assert "$" not in message.html + message.text
    assert len(message.text) <= 140


def test_a_password_is_text_in_the_page_and_in_the_short_message() -> None:
    message = messages.write("invitation", name="", locale="en", code="<b>&1Aa", username="ann@example.com")

    assert "&lt;b&gt;&amp;1Aa</strong>" in message.html
    assert "<b>&1Aa" in message.text


def test_the_person_is_greeted_by_name_in_html_and_text() -> None:
    message = written("password_reset", locale="hu-HU")

    assert "Kedves Anna Kovács!" in message.html
    assert message.text.startswith("Kedves Anna Kovács! Poolhouse jelszó-visszaállító kódja: {####}")


def test_who_gave_no_name_is_greeted_without_one() -> None:
    assert "<p>Hello,</p>" in written("sign_in", name="").html


def test_the_activation_link_is_a_button_and_can_be_read() -> None:
    message = written("activation")

    escaped = html.escape(LINK)
    assert f'<a href="{escaped}"' in message.html
    assert f">{escaped}</p>" in message.html


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "activation"])
def test_other_messages_have_no_link(kind: str) -> None:
    assert "href" not in written(kind).html


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de-AT", "de"), ("fr_CA", "fr"), ("HU", "hu"), (" es ", "es"), ("ja-JP", "en"), ("", "en"), ("../en", "en")],
)
def test_a_locale_is_answered_in_its_language_or_in_english(locale: str, language: str) -> None:
    assert messages.parse_language(locale) == language


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Anna Kovács", "Anna Kovács"),
        ("  Jean-Luc   O'Neill ", "Jean-Luc O'Neill"),
        ("J. R. Smith", "J. R. Smith"),
        ("田中 さくら", "田中 さくら"),
        ("प्रिया", "प्रिया"),
        ("<script>alert(1)</script>", "script alert script"),
        ("Win at https://evil.com/x now", "Win at https evil com x now"),
        ("{####} {##Click##} {username} $code", "Click username code"),
        ("Anna\r\nBcc: all@example.com", "Anna Bcc all example com"),
        ("\u202eannA", "annA"),
        ("1234", ""),
    ],
)
def test_a_name_is_cut_to_what_a_name_needs(name: str, kept: str) -> None:
    assert messages.clean_name(name) == kept


@given(st.text())
def test_no_name_adds_markup_placeholders_or_lines(name: str) -> None:
    message = written("sign_in", name=name)

    assert message.html.count("{") == message.html.count("}") == written("sign_in", name="").html.count("{")
    assert message.html.count("<") == written("sign_in").html.count("<")
    assert "\n" not in message.text
    assert len(message.text) <= 140


def test_an_address_is_encoded_in_the_link() -> None:
    link = messages.activation_link("https://app.example.com/activate", "a+b&c=d@example.com", "{####}")

    assert link == "https://app.example.com/activate?email=a%2Bb%26c%3Dd%40example.com&code={####}"
