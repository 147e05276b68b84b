"""The texts people get: a subject, HTML for mail and one short line for SMS, in their own language.

The wording is in `mails/<language>.json`, the page around it in `mails/mail.html`. Names come from strangers, so a name
is cut to what a name needs before it is put anywhere: letters, no address a mail program would turn into a link, no
placeholder Cognito would fill in, no line break. Subjects carry no name at all.
"""

import json
import re
import unicodedata
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, NamedTuple
from urllib.parse import quote

MAILS = Path(__file__).parent / "mails"
LANGUAGES = frozenset(path.stem for path in MAILS.glob("*.json"))
DEFAULT_LANGUAGE = "en"
MAX_NAME = 40  # an SMS has 140 characters in all
# What is written on an occasion, which a trigger's source ends with
KINDS = {
    "SignUp": "activation",
    "ResendCode": "activation",
    "AdminCreateUser": "invitation",
    "ForgotPassword": "password_reset",
    "UpdateUserAttribute": "new_address",
    "VerifyUserAttribute": "new_address",
    "Authentication": "sign_in",
}


class Message(NamedTuple):
    """One message: `html` for mail, `text` for SMS, `subject` for mail alone."""

    subject: str
    html: str
    text: str


def write(kind: str, *, name: str, locale: str, code: str, username: str = "", link: str = "") -> Message:
    """The message of one kind; `code` and `username` as they are, or as the placeholders Cognito fills in."""
    language = parse_language(locale)
    words = _words(language)
    mail = words["mails"][kind]
    known_name = clean_name(name)
    greeting = Template(words["greeting"]).substitute(name=known_name) if known_name else words["greeting_nameless"]
    return Message(
        subject=mail["subject"],
        html=_page("mail").substitute(
            language=language,
            subject=escape(mail["subject"]),
            greeting=escape(greeting),
            lead=escape(mail["lead"]),
            username=_part("username", label=words["username"], username=username),
            code=_part("code", label=mail.get("code_label", ""), code=code),
            action=_part("action", link=link, label=mail.get("action", "")),
            closing=escape(words["closing"]),
        ),
        text=Template(mail["text"]).substitute(greeting=greeting, code=code, username=username),
    )


def activation_link(url: str, email: str, code: str) -> str:
    """Where the mail sends people to confirm their address."""
    return f"{url}?email={quote(email, safe='')}&code={code}"


def parse_language(locale: str) -> str:
    """The language to write in for a locale such as "de-AT" or "de_AT"; English when we have no other."""
    language = re.split(r"[-_]", locale.strip().lower(), maxsplit=1)[0]
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def clean_name(name: str) -> str:
    """What of a name may stand in a message: letters and marks, spaces, and ' - . between them."""
    kept = "".join(char if char in "'\u2019-." or unicodedata.category(char)[0] in "LM" else " " for char in name)
    kept = re.sub(r"\.(?=\S)", " ", kept)  # "J. Smith" stays, "evil.com" is no link
    return " ".join(kept.split())[:MAX_NAME].rstrip()


def _part(part: str, **values: str) -> str:
    """A part of the page, or nothing when one of its values is empty."""
    if not all(values.values()):
        return ""
    return _page(part).substitute({key: escape(value) for key, value in values.items()})


@cache
def _page(name: str) -> Template:
    return Template((MAILS / f"{name}.html").read_text("utf-8"))


@cache
def _words(language: str) -> dict[str, Any]:
    words: dict[str, Any] = json.loads((MAILS / f"{language}.json").read_text("utf-8"))
    return words
