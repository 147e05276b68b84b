"""The catalogue of titles, and where their media are."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared import aws
from shared.config import settings
from shared.models import Stream, Title

LIFETIME = timedelta(minutes=5)  # of an address, within which a player must begin

Row = Mapping[str, Any]


def page(*, limit: int, after: str | None) -> tuple[list[Title], bool]:
    """Titles in the table's own order, after the one of that id; and whether there are more."""
    start: dict[str, Any] = {"ExclusiveStartKey": {"id": {"S": after}}} if after else {}
    answer = aws.client("dynamodb").scan(TableName=settings().titles_table, Limit=limit, **start)
    return [_title(row) for row in answer["Items"]], "LastEvaluatedKey" in answer


def find(title_id: str) -> Title | None:
    """A title, None when there is none."""
    row = aws.client("dynamodb").get_item(TableName=settings().titles_table, Key={"id": {"S": title_id}}).get("Item")
    return _title(row) if row else None


def stream(title: Title, *, now: datetime) -> Stream:
    """An address from which the title's media may be read for a while, by whoever has it."""
    url = aws.object_address(settings().media_bucket, f"titles/{title.plan}/{title.id}", ttl=LIFETIME, now=now)
    return Stream(url=url, expires_at=now + LIFETIME)


def _title(row: Row) -> Title:
    return Title(id=row["id"]["S"], name=row["name"]["S"], plan=row["plan"]["S"], minutes=int(row["minutes"]["N"]))
