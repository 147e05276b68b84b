"""Rows of a user import: the CSV header a pool wants, and what a row must be to become a user.

Cognito developer guide, "Importing users into user pools from a CSV file". The sentence about auto-verified attributes
is AWS's; the others are made after it.
"""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from poolhouse.cognito_idp.entities import Password, User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.rules import imported_hashes, new_users, schema
from poolhouse.cognito_idp.rules.challenges import SMS_MFA

MOST_ROWS = 500_000
LONGEST_ROW = 16_000
USERNAME, MFA = "cognito:username", "cognito:mfa_enabled"
# The column that a job with a PasswordHashingAlgorithm has besides. No page of AWS's names it: this is how others call
# it, and the only place where it stands.
PASSWORD_HASH = "cognito:password_hash"  # noqa: S105
_STANDARD = (
    *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
    *("website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number"),
    *("phone_number_verified", "address", "updated_at"),
)
_FLAGS = frozenset({"email_verified", "phone_number_verified", MFA})
_COMMA = re.compile(r"(?<!\\),")


class RowFailed(Exception):
    """A row that makes no user; its text is the reason."""


def header(pool: UserPool) -> list[str]:
    """The columns a pool's file has, in AWS's order."""
    names = [item["Name"] for item in pool.settings.get("SchemaAttributes", ())]
    own = [name for name in names if name.startswith(("custom:", "dev:"))]
    return [*_STANDARD, *own, MFA, USERNAME]


def split(line: str) -> list[str]:
    """The values of a row: a comma inside one stands behind a backslash, and quotes mean nothing."""
    if "\\" not in line:
        return line.split(",")
    return [value.replace("\\,", ",") for value in _COMMA.split(line)]


@dataclass(frozen=True, slots=True)
class Hashes:
    """The algorithm of a file's password hashes, and what is kept of a user's."""

    algorithm: str
    kept: Callable[[User, str], Password]


class Rows:
    """Makes users of a file's rows. Made once for each file: what follows from pool and header is worked out here."""

    def __init__(self, pool: UserPool, columns: Sequence[str], hashes: Hashes | None = None) -> None:
        if sorted(columns) != sorted(header(pool) + ([PASSWORD_HASH] if hashes else [])):
            raise RowFailed("The header row does not have the columns of this user pool.")
        self._pool, self._hashes = pool, hashes
        self._columns = tuple(columns)
        self._schema = schema.of(pool)
        self._flags = [f"{name}_verified" for name in pool.auto_verified_attributes or ("email", "phone_number")]

    def user(self, line: str, now: datetime) -> User:
        """The user of a row, who must set a password before anything else unless they bring one. Raises RowFailed."""
        if len(line) > LONGEST_ROW:
            raise RowFailed(f"The row is longer than {LONGEST_ROW} characters.")
        values = split(line)
        if len(values) != len(self._columns):
            raise RowFailed("The row does not have as many values as the header.")
        given = {name: value for name, value in zip(self._columns, values, strict=True) if value}
        username = given.pop(USERNAME, "")
        if not username:
            raise RowFailed("The User Record does not set cognito:username.")
        text = given.pop(PASSWORD_HASH, "")
        for name in _FLAGS & given.keys():
            given[name] = given[name].lower()
        self._check(given)
        return self._with_password(self._made(username, given, given.pop(MFA, "") == "true", now), text)

    def _with_password(self, user: User, text: str) -> User:
        """The user with the password of their row's hash, with which they sign in as they did elsewhere."""
        if self._hashes is None or not text:
            return user
        try:
            imported_hashes.check(self._hashes.algorithm, text)
        except ValueError as error:
            raise RowFailed(str(error)) from None
        return replace(user, status="CONFIRMED", password=self._hashes.kept(user, text))

    def _check(self, given: dict[str, str]) -> None:
        reason = self._complaint(given)
        if reason is not None:
            raise RowFailed(f"The User Record {reason}")
        for name in _FLAGS & given.keys():
            if given[name] not in {"true", "false"}:
                raise RowFailed(f"The value of {name} must be true or false.")
        try:
            schema.check_values(self._schema, {name: value for name, value in given.items() if name != MFA})
        except InvalidParameterException as error:
            raise RowFailed(str(error.message)) from error

    def _complaint(self, given: dict[str, str]) -> str | None:
        if MFA not in given:
            return "does not set cognito:mfa_enabled."
        if not any(given.get(flag) == "true" for flag in self._flags):
            return "does not set any of the auto verified attributes to true. (Example: email_verified to true)."
        for name in ("email", "phone_number"):
            if given.get(f"{name}_verified") == "true" and name not in given:
                return f"does not set {name}, which is verified."
        if given[MFA] == "true" and "phone_number" not in given:
            return "does not set phone_number, which MFA needs."
        return None

    def _made(self, username: str, attributes: dict[str, str], has_mfa: bool, now: datetime) -> User:  # noqa: FBT001
        sub = new_users.make_sub(now, str(uuid.uuid4()))
        try:
            user = new_users.draft(self._pool, username, attributes, status="RESET_REQUIRED", sub=sub, now=now)
            schema.check_complete(self._pool, user.attributes)
        except InvalidParameterException as error:
            raise RowFailed(str(error.message)) from error
        return replace(user, second_factors=(SMS_MFA,)) if has_mfa else user
