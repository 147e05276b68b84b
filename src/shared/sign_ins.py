"""Sign-ins: who is barred from them, and the record of who made them.

Both are rows under a username: `block`, put there by an administrator, and one for each sign-in, its id rising with
time. A block with `expires_at` ends then; DynamoDB removes the row days later. Beside them `legacy_users` counts tries.
"""

import secrets
from datetime import datetime, timedelta

from shared import aws
from shared.config import settings

BLOCK = "block"
RECORD_TTL = timedelta(days=90)


def is_blocked(username: str, *, now: datetime) -> bool:
    """Whether this user may not sign in now; read consistently, so that a block holds from the moment it is there."""
    answer = aws.hurried("dynamodb").get_item(
        TableName=settings().sign_ins_table,
        Key={"username": {"S": username}, "id": {"S": BLOCK}},
        ConsistentRead=True,
    )
    if "Item" not in answer:
        return False
    end = answer["Item"].get("expires_at", {}).get("N")
    return end is None or int(end) > now.timestamp()


def record(username: str, *, app_client: str, is_new_device: bool, now: datetime) -> None:
    """Record that a user has signed in."""
    aws.hurried("dynamodb").put_item(
        TableName=settings().sign_ins_table,
        Item={
            "username": {"S": username},
            # Two sign-ins of the same millisecond are two rows
            "id": {"S": f"sign_in#{now.isoformat(timespec='milliseconds')}#{secrets.token_hex(4)}"},
            "at": {"S": now.isoformat(timespec="milliseconds")},
            "app_client": {"S": app_client},
            "is_new_device": {"BOOL": is_new_device},
            "expires_at": {"N": str(int((now + RECORD_TTL).timestamp()))},
        },
    )
