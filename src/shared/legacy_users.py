"""The directory people were in before: a DynamoDB table of another system's, read and never written.

Its key is `email`, in lower case. A row has `password_hash`, and may have `name`, `locale`, `email_verified` and
`disabled`; whatever else it has is left there.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from shared import aws, limits
from shared.config import settings
from shared.observability import count, logger

# Cognito counts wrong passwords of users it knows; these it does not know yet
MAX_TRIES, TRIES_PERIOD = 10, timedelta(minutes=15)


class LegacyUser(NamedTuple):
    """Somebody of the old directory, and what of them the pool takes over."""

    password_hash: str
    attributes: dict[str, str]


def find(username: str) -> LegacyUser | None:
    """Who has this address there; None when nobody has, or they were shut out."""
    email = username.strip().lower()
    key = {"email": {"S": email}}
    answer = aws.hurried("dynamodb").get_item(TableName=settings().legacy_users_table, Key=key, ConsistentRead=True)
    row = answer.get("Item")
    if row is None or row.get("disabled", {}).get("BOOL"):
        return None
    is_verified = row.get("email_verified", {}).get("BOOL") is True
    attributes = {"email": email, "email_verified": "true" if is_verified else "false"}
    attributes |= {name: row[name]["S"] for name in ("name", "locale") if row.get(name, {}).get("S")}
    return LegacyUser(row.get("password_hash", {}).get("S", ""), attributes)


def may_try(username: str, *, now: datetime) -> bool:
    """Count a password for this address, whether anybody has it or not; False when there were enough for now."""
    key = {"username": {"S": username.strip().lower()}, "id": {"S": "legacy_tries"}}
    return limits.take(settings().sign_ins_table, key, most=MAX_TRIES, period=TRIES_PERIOD, now=now)


def report_unknown_hash() -> None:
    """Somebody cannot be taken over, for nobody here can check their hash."""
    logger.error("legacy password hash of an unknown kind")
    count("LegacyHashUnknown")
