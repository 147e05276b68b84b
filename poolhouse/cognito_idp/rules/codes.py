"""Confirmation codes: what each is for, how long it lives, and how often an hour a user may ask or guess."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from poolhouse.cognito_idp.entities import Attempts
from poolhouse.cognito_idp.errors import LimitExceededException

SIGN_UP = "sign_up"
FORGOT_PASSWORD = "forgot_password"  # noqa: S105
DIGITS = 6

_FORGOT_PASSWORD_TTL = timedelta(hours=1)
_DEFAULT_TTL = timedelta(hours=24)
_HOUR = timedelta(hours=1)

# Attempts an hour for each user (Cognito developer guide, "Quotas in Amazon Cognito"). Forgetting and confirming share
# one count, which AWS sets between 5 and 20 by a risk score; nothing here scores risk, so it is the most lenient.
CONFIRM_SIGN_UP = "confirm_sign_up"
RESEND = "resend"
RECOVERY = "recovery"
ASK_ATTRIBUTE_CODE = "ask_attribute_code"
VERIFY_ATTRIBUTE = "verify_attribute"
SIGN_IN_MAIL = "sign_in_mail"  # 5 to 20 as well
LIMITS = {
    CONFIRM_SIGN_UP: 15,
    RESEND: 5,
    RECOVERY: 20,
    ASK_ATTRIBUTE_CODE: 5,
    VERIFY_ATTRIBUTE: 15,
    SIGN_IN_MAIL: 20,
}


def spelled(number: int, digits: int = DIGITS) -> str:
    """A random number as a person reads it."""
    return f"{number:0{digits}d}"


def attribute(name: str) -> str:
    """The purpose of a code that verifies a changed attribute."""
    return f"attribute:{name}"


def ttl(purpose: str) -> timedelta:
    """How long a code for this purpose lives."""
    return _FORGOT_PASSWORD_TTL if purpose == FORGOT_PASSWORD else _DEFAULT_TTL


def counted(before: Attempts | None, *, pool_id: str, username: str, kind: str, now: datetime) -> Attempts:
    """The count with one attempt more. Raises LimitExceededException when this hour's are used up."""
    if before is None or now - before.since >= _HOUR:
        return Attempts(pool_id, username, kind, count=1, since=now, last_at=now)
    if before.count >= LIMITS[kind]:
        raise LimitExceededException("Attempt limit exceeded, please try after some time.")
    return replace(before, count=before.count + 1, last_at=now)
