"""The filter of ListUsers: one attribute, `=` or `^=`, one quoted value.

Cognito developer guide, "Managing and searching for user accounts".
"""

import re
from dataclasses import dataclass

from poolhouse.cognito_idp.errors import InvalidParameterException

_GRAMMAR = re.compile(r'\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

# The searchable attributes and the column each is kept in.
_COLUMNS = {
    "username": "username",
    "email": "email",
    "phone_number": "phone_number",
    "name": "name",
    "given_name": "given_name",
    "family_name": "family_name",
    "preferred_username": "preferred_username",
    "cognito:user_status": "status",
    "status": "enabled",
    "sub": "sub",
}
_CASE_SENSITIVE = frozenset({"username"})
_ENABLED_WORDS = {"Enabled": 1, "Disabled": 0}
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What to look for: `value` as the column keeps it, whole or (`is_prefix`) as its beginning."""

    column: str
    value: str | int
    is_prefix: bool


def parse(text: str) -> UserFilter | None:
    """The filter, or None for an empty one. Raises InvalidParameterException with the service's sentences."""
    if not text.strip():
        return None
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        raise InvalidParameterException("Error while parsing filter")
    attribute, comparison, quoted = match.groups()
    column = _COLUMNS.get(attribute)
    if column is None:
        raise InvalidParameterException(f"Invalid search attribute: {attribute}")
    value = _ESCAPED.sub(r"\1", quoted)
    if column == "enabled":
        return UserFilter(column, _enabled(value, is_prefix=comparison == "^="), is_prefix=False)
    return UserFilter(column, _kept(column, value), is_prefix=comparison == "^=")


def _kept(column: str, value: str) -> str:
    if column in _CASE_SENSITIVE:
        return value
    return value.upper() if column == "status" else value.lower()


def _enabled(value: str, *, is_prefix: bool) -> int:
    """The words are case-sensitive; a value that is neither finds nobody."""
    for word, flag in _ENABLED_WORDS.items():
        if word == value or (is_prefix and value and word.startswith(value)):
            return flag
    return _NOBODY
