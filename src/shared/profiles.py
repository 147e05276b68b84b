"""Profiles: a row for each user, made when they are confirmed."""

from datetime import datetime

from shared import aws
from shared.config import settings


def create(subject: str, *, now: datetime) -> None:
    """Make the user's profile; one that is there already stays as it is."""
    dynamodb = aws.hurried("dynamodb")
    try:
        dynamodb.put_item(
            TableName=settings().profiles_table,
            Item={"subject": {"S": subject}, "created_at": {"S": now.isoformat(timespec="seconds")}},
            ConditionExpression="attribute_not_exists(subject)",
        )
    except aws.Refusal as refusal:
        if refusal.code != aws.CONDITION_FAILED:
            raise
