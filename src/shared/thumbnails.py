"""The files table: what has become of the thumbnail of each file, under the identity that uploaded it.

S3 tells of uploads at least once and in any order; a row knows which one was told of last, and an older one changes
nothing.
"""

from datetime import datetime
from typing import Any, NamedTuple

from shared import aws
from shared.config import settings

READY, REFUSED = "ready", "refused"
SEQUENCER = 32  # digits that every sequencer is brought to


class State(NamedTuple):
    """Of a file in the version of `etag`: ready, or refused for a reason."""

    name: str
    etag: str
    status: str
    reason: str = ""


def states(owner: str, first: str, last: str) -> dict[str, State]:
    """What is known of an identity's files from one name to another, by name."""
    answer = aws.client("dynamodb").query(
        TableName=settings().files_table,
        KeyConditionExpression="#owner = :owner AND id BETWEEN :first AND :last",
        ExpressionAttributeNames={"#owner": "owner"},  # a reserved word of DynamoDB's
        ExpressionAttributeValues={":owner": {"S": owner}, ":first": {"S": first}, ":last": {"S": last}},
    )
    found = [_state(row) for row in answer["Items"]]
    return {state.name: state for state in found}


def record(owner: str, state: State, sequencer: str, *, now: datetime) -> bool:
    """Write down what became of a thumbnail; False when a later upload has been written down already."""
    # "right pad the shorter value with zeros and then do a lexicographical comparison":
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    order = sequencer.upper().ljust(SEQUENCER, "0")
    try:
        aws.client("dynamodb").put_item(
            TableName=settings().files_table,
            Item={
                "owner": {"S": owner},
                "id": {"S": state.name},
                "etag": {"S": state.etag},
                "status": {"S": state.status},
                "reason": {"S": state.reason},
                "sequencer": {"S": order},
                "recorded_at": {"S": now.isoformat()},
            },
            ConditionExpression="attribute_not_exists(id) OR sequencer <= :order",
            ExpressionAttributeValues={":order": {"S": order}},
        )
    except aws.Refusal as refusal:
        if refusal.code != aws.CONDITION_FAILED:
            raise
        return False
    return True


def _state(row: dict[str, Any]) -> State:
    return State(row["id"]["S"], row["etag"]["S"], row["status"]["S"], row["reason"]["S"])
