"""DynamoDB: its client, and the transactions table. `notes` and `datasets` hold tables of their own.

The transactions table holds two kinds of rows under each owner: transactions, their ids rising with time, and the
idempotency records of the requests that made them. Both are written in one DynamoDB transaction, so a key is taken
when, and only when, its row is there: a request repeated after any failure, or sent twice at once, ends as one row.
"""

import random
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from shared import aws
from shared.config import settings
from shared.errors import IdempotencyKeyReused, Unavailable
from shared.models import NewTransaction, Transaction

KEY_TTL = timedelta(hours=48)
ATTEMPTS = 5
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
CONTENTION = {
    *("ConditionalCheckFailed", "TransactionConflict"),
    *("ThrottlingError", "ProvisionedThroughputExceeded"),
}

Row = Mapping[str, Any]


def dynamodb() -> Any:
    """The DynamoDB client."""
    return aws.client("dynamodb")


def tries() -> Iterator[None]:
    """The tries a write has when it meets another, each a little later than the one before."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - tries at the same moment would meet again
        yield


def record(owner: str, new: NewTransaction, idempotency_key: str, *, now: datetime) -> Transaction:
    """Record a transaction; with a key that was used before, the one recorded then.

    Raises IdempotencyKeyReused when the key came with another transaction, Unavailable when others hold the key for
    longer than we wait.
    """
    transaction = Transaction(**new.model_dump(), id=_new_id(now), created_at=now)
    if not idempotency_key:
        dynamodb().put_item(TableName=_table(), Item=_row(owner, transaction))
        return transaction

    claim = _Claim(owner, idempotency_key, sha256(new.model_dump_json().encode()).hexdigest())
    for _ in tries():
        if _write(claim, transaction, now):
            return transaction
        if earlier := _earlier(claim):
            return earlier
    raise Unavailable


def find(owner: str, transaction_id: str) -> Transaction | None:
    """A transaction of this owner, None when there is none."""
    row = _get(owner, transaction_id)
    return _transaction(row) if row else None


def page(owner: str, *, limit: int, after: str | None) -> tuple[list[Transaction], bool]:
    """An owner's transactions, newest first, after the one with that id; and whether there are more."""
    start: dict[str, Any] = {"ExclusiveStartKey": _key(owner, after)} if after else {}
    answer = dynamodb().query(
        TableName=_table(),
        KeyConditionExpression="#owner = :owner AND begins_with(id, :prefix)",
        ExpressionAttributeNames={"#owner": "owner"},  # a reserved word of DynamoDB's
        ExpressionAttributeValues={":owner": {"S": owner}, ":prefix": {"S": "txn_"}},
        ScanIndexForward=False,
        ConsistentRead=True,  # who has just recorded one expects to see it
        Limit=limit + 1,
        **start,
    )
    transactions = [_transaction(row) for row in answer["Items"]]
    return transactions[:limit], len(transactions) > limit


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an idempotency record says: this owner used this key, for a request with this fingerprint."""

    owner: str
    key: str
    fingerprint: str

    @property
    def id(self) -> str:
        return f"key_{sha256(self.key.encode()).hexdigest()}"


def _write(claim: _Claim, transaction: Transaction, now: datetime) -> bool:
    """Write the transaction and its idempotency record, both or neither; False when the key is held."""
    held = {
        **_key(claim.owner, claim.id),
        "fingerprint": {"S": claim.fingerprint},
        "transaction_id": {"S": transaction.id},
        "expires_at": {"N": str(int((now + KEY_TTL).timestamp()))},
    }
    taken: Any = {
        "TableName": _table(),
        "Item": held,
        # DynamoDB removes expired rows days later: until then they count as gone
        "ConditionExpression": "attribute_not_exists(id) OR expires_at < :now",
        "ExpressionAttributeValues": {":now": {"N": str(int(now.timestamp()))}},
    }
    written: Any = {"TableName": _table(), "Item": _row(claim.owner, transaction)}
    try:
        dynamodb().transact_write_items(TransactItems=[{"Put": taken}, {"Put": written}])
    except aws.Refusal as error:
        if is_contention(error):
            return False
        raise
    return True


def is_contention(error: aws.Refusal) -> bool:
    """Whether a transaction was cancelled because of other requests: for rows they hold or changed, or their number."""
    if error.code != "TransactionCanceledException":
        return False
    reasons = {reason.get("Code") for reason in error.told.get("CancellationReasons", [])}
    return not reasons.isdisjoint(CONTENTION)


def _earlier(claim: _Claim) -> Transaction | None:
    """What the key's first request recorded; None when it has not come to its end, or its record has just expired."""
    held = _get(claim.owner, claim.id)
    if held is None:
        return None
    if held["fingerprint"]["S"] != claim.fingerprint:
        raise IdempotencyKeyReused
    return find(claim.owner, held["transaction_id"]["S"])


def _get(owner: str, row_id: str) -> Row | None:
    answer = dynamodb().get_item(TableName=_table(), Key=_key(owner, row_id), ConsistentRead=True)
    row: Row | None = answer.get("Item")
    return row


def _table() -> str:
    return settings().transactions_table


def _key(owner: str, row_id: str) -> dict[str, Any]:
    return {"owner": {"S": owner}, "id": {"S": row_id}}


def _row(owner: str, transaction: Transaction) -> dict[str, Any]:
    return {
        **_key(owner, transaction.id),
        "amount": {"N": str(transaction.amount)},
        "currency": {"S": transaction.currency},
        "description": {"S": transaction.description},
        "created_at": {"S": transaction.created_at.isoformat()},
    }


def _transaction(row: Row) -> Transaction:
    return Transaction(
        id=row["id"]["S"],
        amount=int(row["amount"]["N"]),
        currency=row["currency"]["S"],
        description=row["description"]["S"],
        created_at=datetime.fromisoformat(row["created_at"]["S"]),
    )


def _new_id(now: datetime) -> str:
    """An id that sorts by time: 48 bits of milliseconds, 80 of chance, as in RFC 9562's version 7."""
    return f"txn_{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"
