"""Codes to sign in with: eight digits, for ten minutes, three tries, once.

A code is kept as an HMAC, whose key Cognito keeps in the sign-in's own state: neither the table nor that state tells
the code. Tries are counted in the table and not by the sign-in's state alone, for an old state may be sent again, and
many answers at once.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from shared import aws, limits
from shared.config import settings

DIGITS = 8
CODE_TTL = timedelta(minutes=10)
MAX_TRIES = 3
# Of one user, so that neither their mailbox is flooded nor their codes are guessed at by asking for many
MAX_CODES, CODES_PERIOD = 5, timedelta(minutes=15)


class Challenge(NamedTuple):
    """What an answer is held against: the row's id, and the key that the row lacks."""

    id: str
    key: str


def may_have_another(username: str, *, now: datetime) -> bool:
    """Count a code for this user, whether they exist or not; False when they have had enough for now."""
    key = {"id": {"S": f"codes#{username}"}}
    return limits.take(settings().sign_in_codes_table, key, most=MAX_CODES, period=CODES_PERIOD, now=now)


def make(username: str, *, now: datetime) -> tuple[Challenge, str]:
    """A new challenge, and the code that answers it."""
    challenge = Challenge(secrets.token_hex(16), secrets.token_hex(32))
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    aws.hurried("dynamodb").put_item(
        TableName=settings().sign_in_codes_table,
        Item={
            "id": {"S": challenge.id},
            "digest": {"B": _digest(challenge, username, code)},
            "tries": {"N": "0"},
            "expires_at": {"N": str(int((now + CODE_TTL).timestamp()))},
        },
    )
    return challenge, code


def consume(challenge: Challenge, username: str, answer: str, *, now: datetime) -> bool:
    """Whether the answer is the code; a right one is used up, and of several at once one is right."""
    key = {"id": {"S": challenge.id}}
    row = limits.count(settings().sign_in_codes_table, key, "tries", most=MAX_TRIES, now=now)
    if row is None or not hmac.compare_digest(_digest(challenge, username, answer), row["digest"]["B"]):
        return False
    dynamodb = aws.hurried("dynamodb")
    try:
        dynamodb.delete_item(
            TableName=settings().sign_in_codes_table, Key=key, ConditionExpression="attribute_exists(id)"
        )
    except aws.Refusal as refusal:
        if refusal.code != aws.CONDITION_FAILED:
            raise
        return False
    return True


def _digest(challenge: Challenge, username: str, code: str) -> bytes:
    return hmac.digest(bytes.fromhex(challenge.key), f"{username}\n{code}".encode(), "sha256")
