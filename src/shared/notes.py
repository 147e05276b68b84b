"""The notes table: each identity's notes, under its id.

Identities write here by themselves too, with their own keys, and what they write need not be a note. A row that is
none is not shown; PUT replaces it and DELETE removes it. Each write asks for the row it has read, by its version.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared import aws, etags
from shared.config import settings
from shared.errors import NotFound, PreconditionFailed, Unavailable
from shared.models import Note
from shared.tables import dynamodb, tries

Row = Mapping[str, Any]
Tags = frozenset[str] | None
# A row has changed, or is in a transaction of its owner's own
CONTENTION = {aws.CONDITION_FAILED, "TransactionConflictException"}


def find(owner: str, note_id: str) -> Note | None:
    """A note of this owner, None when there is none."""
    return _note(_get(owner, note_id))


def page(owner: str, *, limit: int, after: str | None) -> tuple[list[Note], bool]:
    """An owner's notes by their ids, after that one; and whether there may be more.

    A page may be shorter than its limit: DynamoDB reads a megabyte at a time.
    """
    start: dict[str, Any] | None = _key(owner, after) if after else None
    notes: list[Note] = []
    while not notes:
        answer = dynamodb().query(
            TableName=_table(),
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},  # a reserved word of DynamoDB's
            ExpressionAttributeValues={":owner": {"S": owner}},
            ConsistentRead=True,
            Limit=limit + 1,
            **({"ExclusiveStartKey": start} if start else {}),
        )
        notes = [note for row in answer["Items"] if (note := _note(row))]
        start = answer.get("LastEvaluatedKey")
        if start is None:
            break
    return notes[:limit], len(notes) > limit or start is not None


def put(owner: str, note_id: str, text: str, expected: Tags, *, now: datetime) -> Note:
    """Write a note, in the place of the one there is. Raises PreconditionFailed when that is none of those expected."""
    for _ in tries():
        row = _get(owner, note_id)
        version = _checked_version(row, expected)
        note = Note(id=note_id, text=text, version=(version or 0) + 1, updated_at=now)
        try:
            dynamodb().put_item(TableName=_table(), Item=_row(owner, note), **_if_still(row))
        except aws.Refusal as refusal:
            if refusal.code not in CONTENTION:
                raise
            continue
        return note
    raise Unavailable


def remove(owner: str, note_id: str, expected: Tags) -> None:
    """Remove a note. Raises NotFound, or PreconditionFailed when it is none of those expected."""
    for _ in tries():
        row = _get(owner, note_id)
        _checked_version(row, expected)
        if row is None:
            raise NotFound
        try:
            dynamodb().delete_item(TableName=_table(), Key=_key(owner, note_id), **_if_still(row))
        except aws.Refusal as refusal:
            if refusal.code not in CONTENTION:
                raise
            continue
        return
    raise Unavailable


def _checked_version(row: Row | None, expected: Tags) -> int | None:
    note = _note(row)
    version = note.version if note else None
    if not etags.matches(expected, version):
        raise PreconditionFailed
    return version


def _if_still(row: Row | None) -> dict[str, Any]:
    """The condition that a row is as it was read; `version` may be anything in a row that is no note."""
    if row is None:
        return {"ConditionExpression": "attribute_not_exists(id)"}
    if "version" not in row:
        return {"ConditionExpression": "attribute_not_exists(version)"}
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": row["version"]},
    }


def _get(owner: str, note_id: str) -> Row | None:
    row: Row | None = dynamodb().get_item(TableName=_table(), Key=_key(owner, note_id), ConsistentRead=True).get("Item")
    return row


def _table() -> str:
    return settings().notes_table


def _key(owner: str, note_id: str) -> dict[str, Any]:
    return {"owner": {"S": owner}, "id": {"S": note_id}}


def _row(owner: str, note: Note) -> dict[str, Any]:
    return {
        **_key(owner, note.id),
        "text": {"S": note.text},
        "version": {"N": str(note.version)},
        "updated_at": {"S": note.updated_at.isoformat()},
    }


def _note(row: Row | None) -> Note | None:
    if row is None:
        return None
    try:
        return Note(
            id=row["id"]["S"],
            text=row["text"]["S"],
            version=int(row["version"]["N"]),
            updated_at=datetime.fromisoformat(row["updated_at"]["S"]).astimezone(UTC),
        )
    except (KeyError, ValueError, OverflowError):
        return None
