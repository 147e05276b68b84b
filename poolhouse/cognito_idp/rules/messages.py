"""The texts of a pool's messages: which template, which placeholders it must have, and what takes their place.

Cognito developer guide, "Customizing user pool messages" (email and SMS message settings).
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CODE = "{####}"
USERNAME = "{username}"
LINK = "{##Click Here##}"
MAX_LENGTHS = {"smsMessage": 140, "emailMessage": 20_000, "emailSubject": 140}

_LINK = re.compile(r"\{##([^#{}]+)##\}")
_URL = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Texts:
    """What one message says by e-mail and by SMS, placeholders still in it."""

    subject: str
    email: str
    sms: str


def verification(settings: Mapping[str, Any], *, by_link: bool) -> Texts:
    """The pool's texts for a code, or for an e-mail that confirms by a link. `settings` are the pool's."""
    template: Mapping[str, Any] = settings.get("VerificationMessageTemplate") or {}
    sms = template.get("SmsMessage") or settings.get("SmsVerificationMessage") or f"Your confirmation code is {CODE}"
    if by_link:
        return Texts(
            template.get("EmailSubjectByLink") or "Your verification link",
            template.get("EmailMessageByLink")
            or "Please click the link below to verify your email address. {##Verify Email##} ",
            sms,
        )
    return Texts(
        template.get("EmailSubject") or settings.get("EmailVerificationSubject") or "Your verification code",
        template.get("EmailMessage") or settings.get("EmailVerificationMessage") or f"Your confirmation code is {CODE}",
        sms,
    )


def authentication(settings: Mapping[str, Any]) -> Texts:
    """The pool's texts for a code asked for at sign-in."""
    default = f"Your authentication code is {CODE}"
    sms: Mapping[str, Any] = settings.get("SmsMfaConfiguration") or {}
    email: Mapping[str, Any] = settings.get("EmailMfaConfiguration") or {}
    return Texts(
        email.get("Subject") or "Your authentication code",
        email.get("Message") or default,
        sms.get("SmsAuthenticationMessage") or settings.get("SmsAuthenticationMessage") or default,
    )


def invitation(settings: Mapping[str, Any], *, has_password: bool = True) -> Texts:
    """The pool's texts for a user whom an administrator created, with a password or to sign in by codes."""
    template: Mapping[str, Any] = (settings.get("AdminCreateUserConfig") or {}).get("InviteMessageTemplate") or {}
    default = f"Your username is {USERNAME} and temporary password is {CODE}."
    if not has_password:
        default = f"Your username is {USERNAME}."
    return Texts(
        template.get("EmailSubject") or ("Your temporary password" if has_password else "Your new account"),
        template.get("EmailMessage") or default,
        template.get("SMSMessage") or default,
    )


def is_by_link(settings: Mapping[str, Any]) -> bool:
    """Whether the pool confirms sign-ups by a link rather than a code."""
    template: Mapping[str, Any] = settings.get("VerificationMessageTemplate") or {}
    return template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK"


def customized(texts: Texts, response: Mapping[str, Any], *, is_invitation: bool, by_link: bool) -> Texts | None:
    """The texts as a CustomMessage function changed them; None when its answer breaks the rules.

    A text that is null or empty leaves the pool's own.
    """
    for key, longest in MAX_LENGTHS.items():
        value = response.get(key)
        if not (value is None or (isinstance(value, str) and len(value) <= longest)):
            return None
    required = (CODE, USERNAME) if is_invitation else (CODE,)
    sms, email = response.get("smsMessage") or "", response.get("emailMessage") or ""
    if sms and any(placeholder not in sms for placeholder in required):
        return None
    if email and (_LINK.search(email) is None if by_link else any(part not in email for part in required)):
        return None
    return Texts(response.get("emailSubject") or texts.subject, email or texts.email, sms or texts.sms)


def filled(text: str, *, code: str, username: str | None = None, link: str | None = None) -> str:
    """The text with code, user name (invitations) and confirmation link (an HTML anchor) in place."""
    if link is not None:
        target = html.escape(link)
        text = _LINK.sub(lambda match: f'<a href="{target}">{match[1]}</a>', text)
    if username is not None:
        text = text.replace(USERNAME, username)
    return text.replace(CODE, code)


def first_link(body: str, code: str) -> str:
    """The address a person would follow: the first that carries the code, else the first, else empty."""
    links = [html.unescape(match[0]).rstrip(".,;:!?)") for match in _URL.finditer(body)]
    return next((link for link in links if code in link), links[0] if links else "")
