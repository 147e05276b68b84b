"""How often something may be tried: a count in a row, which starts anew when its period is over."""

from datetime import datetime, timedelta
from typing import Any

from shared import aws


def take(table: str, key: dict[str, Any], *, most: int, period: timedelta, now: datetime) -> bool:
    """Count one more; False when there were `most` of them in this period. Many at once are counted one by one."""
    dynamodb = aws.hurried("dynamodb")
    ends = {"N": str(int((now + period).timestamp()))}
    at = {":now": {"N": str(int(now.timestamp()))}}
    try:
        dynamodb.put_item(
            TableName=table,
            Item={**key, "taken": {"N": "1"}, "expires_at": ends},
            ConditionExpression="attribute_not_exists(expires_at) OR expires_at <= :now",
            ExpressionAttributeValues=at,
        )
    except aws.Refusal as refusal:
        if refusal.code != aws.CONDITION_FAILED:
            raise
        return count(table, key, "taken", most=most, now=now) is not None
    return True


def count(table: str, key: dict[str, Any], name: str, *, most: int, now: datetime) -> dict[str, Any] | None:
    """Count one more in a row, which is returned; None when it is not there, has expired, or has `most` already."""
    dynamodb = aws.hurried("dynamodb")
    try:
        answer = dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="ADD #name :one",
            ConditionExpression="expires_at > :now AND #name < :most",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={
                ":now": {"N": str(int(now.timestamp()))},
                ":most": {"N": str(most)},
                ":one": {"N": "1"},
            },
            ReturnValues="ALL_NEW",
        )
    except aws.Refusal as refusal:
        if refusal.code != aws.CONDITION_FAILED:
            raise
        return None
    row: dict[str, Any] = answer["Attributes"]
    return row
