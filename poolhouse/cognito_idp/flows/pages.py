"""Page tokens: where a list goes on, sealed, good for an hour and for the same question only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag

from poolhouse.call import Call
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.store.table import Table, Value

_TTL = timedelta(hours=1)
MOST = 60
T = TypeVar("T")


class _Place(msgspec.Struct):
    position: list[Value]
    expires_at: datetime


def token(call: Call, question: str, position: Sequence[Value]) -> str:
    """What a client sends to go on after `position` in the answer to `question`."""
    place = _Place(list(position), call.now + _TTL)
    return call.store.sealer.seal(msgspec.json.encode(place), _purpose(question))


def parse(call: Call, question: str, given: str | None) -> list[Value]:
    """The position in a token, none for the first page. Raises InvalidParameterException for any other token."""
    if given is None:
        return []
    try:
        place = msgspec.json.decode(call.store.sealer.unseal(given, _purpose(question)), type=_Place)
    except (InvalidTag, ValueError, msgspec.DecodeError) as error:
        # The wording is a guess; the error is the one the operation declares.
        raise InvalidParameterException("Invalid pagination token.") from error
    if call.now >= place.expires_at:
        raise InvalidParameterException("Pagination token has expired.")  # as above
    return place.position


def page(
    call: Call, table: Table[T], question: str, given: str | None, limit: int | None, **where: Any
) -> tuple[list[T], dict[str, str]]:
    """One page of a table in the order of its keys, and `NextToken` for the next one where there is more."""
    most = MOST if limit is None else limit
    items = table.list(after=parse(call, question, given), limit=most + 1, **where)
    if len(items) <= most:
        return items, {}
    return items[:most], {"NextToken": token(call, question, table.position(items[most - 1]))}


def _purpose(question: str) -> str:
    return f"page:{question}"
