"""GET and POST /transactions, GET /transactions/{id}: the rows of whoever calls, user or machine client."""

import re
from datetime import UTC, datetime

from shared import api, cursors, tables
from shared.errors import BadRequest, NotFound
from shared.models import TRANSACTION_ID, NewTransaction, PageQuery, Transaction, TransactionPage
from shared.observability import count

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")

app = api.resolver()
tables.dynamodb()  # while Lambda starts the function, which is quicker than during its first request


@app.get("/transactions")
def list_transactions() -> api.Answer[TransactionPage]:
    """A page of the caller's transactions, newest first."""
    owner = api.token_holder(app, "transactions/get").subject
    query = api.query(app, PageQuery)
    after = cursors.parse(query.cursor, TRANSACTION_ID) if query.cursor is not None else None
    items, has_more = tables.page(owner, limit=query.limit, after=after)
    return api.answer(TransactionPage(items=items, next=cursors.make(items[-1].id) if has_more else None))


@app.post("/transactions")
def post_transaction() -> api.Created[Transaction]:
    """Record a transaction: once per Idempotency-Key, however often the request arrives."""
    owner = api.token_holder(app, "transactions/post").subject
    key = api.header(app, "Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):  # an empty one protects nobody
        raise BadRequest("An Idempotency-Key has 1 to 255 visible ASCII characters.")
    transaction = tables.record(owner, api.body(app, NewTransaction), key or "", now=datetime.now(UTC))
    count("TransactionPosted")
    return api.created(transaction, f"/transactions/{transaction.id}")


@app.get("/transactions/<transaction_id>")
def get_transaction(transaction_id: str) -> api.Answer[Transaction]:
    """One of the caller's transactions."""
    owner = api.token_holder(app, "transactions/get").subject
    transaction = tables.find(owner, transaction_id) if re.fullmatch(TRANSACTION_ID, transaction_id) else None
    if transaction is None:
        raise NotFound
    return api.answer(transaction)


lambda_handler = api.entry(app)
