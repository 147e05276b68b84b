"""A token's claims as a function gets them: every value is text.

Recorded from real events: times as Java prints a Date, lists joined by commas, `identities` as JSON objects joined by
commas without brackets, booleans and numbers as their text.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from poolhouse.apigateway.times import DAYS, MONTHS

_DATES = frozenset({"exp", "iat", "nbf"})  # nbf is a guess: Cognito sets none; auth_time is seen as plain digits


def texts(claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims, as text. Claims that are null are left out (a guess: Cognito issues none)."""
    return {name: _text(name, value) for name, value in claims.items() if value is not None}


def _text(name: str, value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if name in _DATES:
            return _java_date(value)
        case list():
            return ",".join(_text("", item) for item in value)
        case _:
            return msgspec.json.encode(value).decode()


def _java_date(seconds: int) -> str:
    """Such as `Fri Mar 05 12:40:16 UTC 2021`; English whatever the machine's language is."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at:%d %H:%M:%S} UTC {at:%Y}"
