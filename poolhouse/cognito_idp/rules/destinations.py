"""Where a message goes, as a client may see it: masked, or made up for a user who is not there."""

import re
from collections.abc import Collection
from dataclasses import dataclass

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE_NUMBER = re.compile(r"\+[0-9]{1,15}")
MEDIUMS = {"email": "EMAIL", "phone_number": "SMS"}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Destination:
    """An attribute that a message is sent by, and its value in clear."""

    attribute: str
    value: str

    @property
    def medium(self) -> str:
        return MEDIUMS[self.attribute]

    @property
    def masked(self) -> str:
        return mask_email(self.value) if self.attribute == "email" else mask_phone_number(self.value)


def is_email(text: str) -> bool:
    """Whether this has the form of an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """Whether this has the form of a phone number, E.164 with its plus."""
    return _PHONE_NUMBER.fullmatch(text) is not None


def mask_email(address: str) -> str:
    """`f***@e***`"""
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain[:1]}***"


def mask_phone_number(number: str) -> str:
    """`+*******9934`: a star for every digit but the last four."""
    digits = number.removeprefix("+")
    return "+" + "*" * max(len(digits) - 4, 0) + digits[-4:]


def simulated(username: str, digest: str, auto_verified: Collection[str]) -> Destination:
    """A destination for a name nobody has: its medium follows the name's form, then the pool's verified attributes.

    `digest` is a keyed digest of the name in hex: the same name always gets the same answer.
    """
    if is_email(username):
        return Destination("email", username)
    if is_phone_number(username):
        return Destination("phone_number", username)
    by_phone = "phone_number" in auto_verified and "email" not in auto_verified
    return simulated_for(username, digest, "phone_number" if by_phone else "email")


def simulated_for(username: str, digest: str, attribute: str) -> Destination:
    """`simulated` with the medium given: the name itself where it has the form, otherwise an address made up."""
    has_form = is_email if attribute == "email" else is_phone_number
    if has_form(username):
        return Destination(attribute, username)
    number = int(digest, 16)
    if attribute == "phone_number":
        return Destination(attribute, f"+1{number % 10**10:010d}")
    local, domain = _LETTERS[number % 26], _LETTERS[number // 26 % 26]
    return Destination(attribute, f"{local}@{domain}")
