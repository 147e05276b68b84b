"""Transactions that were done, by the token of their request: sent again, they are done already.

moto takes the token and forgets it; SDKs make one for each call, and send it again with every retry of that call.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from poolhouse.errors import ApiError
from poolhouse.moto_services.entities import MotoRecord
from poolhouse.store import Store, Tx

OPERATIONS = frozenset({"ExecuteTransaction", "TransactWriteItems"})
_KIND = "transaction"
_VALID = 600  # seconds after the transaction was done


class IdempotentParameterMismatchException(ApiError):
    """The token was given with another request. AWS's sentence for it is not known; an empty one was recorded."""

    message = ""


class Token(NamedTuple):
    """A token, and a hash of what it was given with: the order of an object's members is nothing."""

    text: str
    request: str


class Transactions:
    """The tokens of one account and region. Callers hold the tables' lock."""

    def __init__(self, store: Store, scope: str, clock: Callable[[], datetime]) -> None:
        self._store, self._scope, self._clock = store, scope, clock
        self._cleared_at = 0.0

    def is_done(self, token: Token) -> bool:
        """Whether it was done already. Raises IdempotentParameterMismatchException."""
        done = self._store.moto_records.find(service=self._scope, kind=_KIND, parent="", name=token.text)
        if done is None or self._is_over(done):
            return False
        if done.data["request"] != token.request:
            raise IdempotentParameterMismatchException
        return True

    def keep(self, tx: Tx, token: Token) -> None:
        """It is done with this write. Now and then, tokens that are over are forgotten."""
        now = self._clock().timestamp()
        tx.moto_records.put(MotoRecord(self._scope, _KIND, "", token.text, {"request": token.request, "at": now}))
        if abs(now - self._cleared_at) <= _VALID:
            return
        self._cleared_at = now
        for one in tx.moto_records.list(service=self._scope, kind=_KIND):
            if self._is_over(one):
                tx.moto_records.remove(service=self._scope, kind=_KIND, parent="", name=one.name)

    def _is_over(self, done: MotoRecord) -> bool:
        since: float = self._clock().timestamp() - done.data["at"]
        return since > _VALID


def token(operation: str, body: bytes) -> Token | None:
    """The token of a request that was checked, None where it has none, or only reads: to read again is no harm."""
    if operation not in OPERATIONS:
        return None
    request: dict[str, Any] = msgspec.json.decode(body)
    text = request.pop("ClientRequestToken", None)
    if not text or _is_reading(request.get("TransactStatements") or ()):
        return None
    return Token(text, hashlib.sha256(msgspec.json.encode(request, order="sorted")).hexdigest())


def _is_reading(statements: Sequence[dict[str, Any]]) -> bool:
    """Whether these are PartiQL that reads: a transaction reads or writes, and does not do both."""
    return bool(statements) and all(one["Statement"].lstrip()[:6].upper() == "SELECT" for one in statements)
