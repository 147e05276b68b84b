import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared import aws, tables
from shared.errors import IdempotencyKeyReused
from shared.models import NewTransaction
from tests.service_support import MACHINE_CLIENT, USER, Event, Handler, call, event
from tests.service_support import Answer as ApiAnswer
from tests.wire import Answer, Wire, refusal

NOW = datetime(2026, 9, 24, 13, 50, 14, tzinfo=UTC)
COFFEE = NewTransaction(amount=-1250, currency="EUR", description="Coffee")


def post(
    handler: Handler, body: object = None, *, key: str | None = None, claims: dict[str, str] | None = None
) -> ApiAnswer:
    request = event("transactions")
    del request["headers"]["Idempotency-Key"], request["multiValueHeaders"]["Idempotency-Key"]
    if key is not None:
        request["headers"]["idempotency-key"] = key
        request["multiValueHeaders"]["idempotency-key"] = [key]
    if body is not None:
        request["body"] = body if isinstance(body, str) else json.dumps(body)
    request["requestContext"]["authorizer"]["claims"] |= claims or {}
    return call(handler, request)


def listing(handler: Handler, claims: Mapping[str, str] | None = None, **query: str) -> ApiAnswer:
    request = event("caller_access_token")
    request["queryStringParameters"] = query or None
    request["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
    request["requestContext"]["authorizer"]["claims"] |= claims or {}
    return call(handler, request)


def one(handler: Handler, transaction_id: str, claims: dict[str, str] | None = None) -> ApiAnswer:
    request = event("caller_access_token")
    request |= {
        "resource": "/transactions/{id}",
        "path": f"/transactions/{transaction_id}",
        "pathParameters": {"id": transaction_id},
        "queryStringParameters": None,
    }
    request["requestContext"]["authorizer"]["claims"] |= claims or {}
    return call(handler, request)


def test_a_recorded_transaction_is_answered_with_its_id_and_place(transactions: Handler) -> None:
    answer = call(transactions, event("transactions"))

    assert answer.status == 201
    assert answer.body["amount"] == -1250
    assert answer.body["currency"] == "EUR"
    assert answer.body["description"] == "Coffee and cake"
    assert answer.headers["location"] == f"/transactions/{answer.body['id']}"
    assert set(answer.body) == {"id", "amount", "currency", "description", "created_at"}


def test_what_was_recorded_can_be_listed_and_read(transactions: Handler) -> None:
    recorded = call(transactions, event("transactions")).body

    assert listing(transactions).body == {"items": [recorded], "next": None}
    assert one(transactions, recorded["id"]).body == recorded


def test_somebody_elses_rows_are_not_there(transactions: Handler) -> None:
    recorded = call(transactions, event("transactions")).body
    somebody_else = {"sub": "00000000-c021-7049-51b0-d218e66ffecd"}

    assert listing(transactions, somebody_else).body["items"] == []
    answer = one(transactions, recorded["id"], somebody_else)
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_a_machine_clients_rows_belong_to_the_client(transactions: Handler) -> None:
    answer = call(transactions, event("caller_machine_client"))

    assert answer.status == 201
    assert tables.find(MACHINE_CLIENT, answer.body["id"]) is not None
    assert listing(transactions).body["items"] == []


def test_a_machine_client_with_post_alone_may_not_read(transactions: Handler) -> None:
    request = event("caller_access_token")
    request["requestContext"]["authorizer"] = event("caller_machine_client")["requestContext"]["authorizer"]

    answer = call(transactions, request)

    assert (answer.status, answer.body["detail"]) == (403, "This needs a token of scope transactions/get.")


def test_a_token_without_the_scope_may_not_record(transactions: Handler) -> None:
    answer = post(transactions, claims={"scope": "aws.cognito.signin.user.admin transactions/get"})

    assert (answer.status, answer.body["detail"]) == (403, "This needs a token of scope transactions/post.")
    assert listing(transactions).body["items"] == []


@pytest.mark.parametrize("caller", ["caller_guest", "caller_identity", "caller_iam_user"])
def test_a_signature_is_no_token(transactions: Handler, caller: str) -> None:
    request = event("transactions")
    request["requestContext"] |= {"authorizer": None, "identity": event(caller)["requestContext"]["identity"]}

    assert call(transactions, request).status == 403


def test_nobody_records_nothing(transactions: Handler) -> None:
    request = event("transactions")
    del request["requestContext"]["authorizer"]

    answer = call(transactions, request)

    assert (answer.status, answer.body["code"]) == (401, "unauthenticated")


# -- bodies


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({"currency": "EUR"}, "#/amount", "Field required"),
        ({"amount": 1}, "#/currency", "Field required"),
        ({"amount": "1", "currency": "EUR"}, "#/amount", "Input should be a valid integer"),
        ({"amount": 1.5, "currency": "EUR"}, "#/amount", "Input should be a valid integer"),
        ({"amount": True, "currency": "EUR"}, "#/amount", "Input should be a valid integer"),
        ({"amount": 0, "currency": "EUR"}, "#/amount", "Value error, amount is never zero"),
        ({"amount": 2**53, "currency": "EUR"}, "#/amount", "Input should be less than or equal to 9007199254740991"),
        ({"amount": 1, "currency": "eur"}, "#/currency", "String should match pattern '^[A-Z]{3}$'"),
        ({"amount": 1, "currency": "EUR\n"}, "#/currency", "String should match pattern '^[A-Z]{3}$'"),
        (
            {"amount": 1, "currency": "EUR", "description": "x" * 201},
            "#/description",
            "String should have at most 200 characters",
        ),
        ({"amount": 1, "currency": "EUR", "a/b": 1}, "#/a~1b", "Extra inputs are not permitted"),
        ([1], "#", "Input should be an object"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_with_its_place(
    transactions: Handler, body: object, pointer: str, detail: str
) -> None:
    answer = post(transactions, body)

    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert answer.body["errors"] == [{"pointer": pointer, "detail": detail}]
    assert listing(transactions).body["items"] == []


@pytest.mark.parametrize("body", ["{", "amount=1", "[" * 100_000, '{"amount": NaN, "currency": "EUR"', "\ud800"])
def test_a_body_that_is_not_json_is_refused(transactions: Handler, body: str) -> None:
    answer = post(transactions, body)

    assert (answer.status, answer.body["detail"]) == (400, "The body is not JSON.")


def test_a_missing_body_is_refused(transactions: Handler) -> None:
    request = event("transactions") | {"body": None}

    answer = call(transactions, request)

    assert (answer.status, answer.body["detail"]) == (400, "A JSON body is needed.")


@pytest.mark.parametrize("body", ["/w==", "A"])
def test_a_binary_body_is_refused(transactions: Handler, body: str) -> None:
    request = event("transactions") | {"body": body, "isBase64Encoded": True}

    answer = call(transactions, request)

    assert (answer.status, answer.body["detail"]) == (400, "The body is not UTF-8 text.")


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_no_junk_is_an_internal_error(transactions: Handler, body: object) -> None:
    assert post(transactions, body if body is None else json.dumps(body)).status in {201, 400, 422}


# -- idempotency


def test_the_same_key_and_body_give_the_same_answer_and_one_row(transactions: Handler) -> None:
    first = call(transactions, event("transactions"))
    second = call(transactions, event("transactions"))

    assert second.status == first.status == 201
    assert second.body == first.body
    assert second.headers["location"] == first.headers["location"]
    assert listing(transactions).body["items"] == [first.body]


def test_the_same_body_written_otherwise_is_the_same_body(transactions: Handler) -> None:
    first = post(transactions, '{"amount": 5, "currency": "EUR"}', key="k")
    second = post(transactions, '{"description": "", "currency":"EUR","amount":5}', key="k")

    assert second.body == first.body


def test_a_key_used_with_another_body_is_refused(transactions: Handler) -> None:
    first = post(transactions, {"amount": 5, "currency": "EUR"}, key="k")

    answer = post(transactions, {"amount": 6, "currency": "EUR"}, key="k")

    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")
    assert answer.body["detail"] == "This Idempotency-Key was used with another body."
    assert listing(transactions).body["items"] == [first.body]


def test_a_key_is_its_owners_alone(transactions: Handler) -> None:
    first = post(transactions, key="k")
    second = post(transactions, key="k", claims={"sub": "00000000-c021-7049-51b0-d218e66ffecd"})

    assert second.status == 201
    assert second.body["id"] != first.body["id"]


def test_without_a_key_every_request_is_a_transaction(transactions: Handler) -> None:
    post(transactions)
    post(transactions)

    assert len(listing(transactions).body["items"]) == 2


@pytest.mark.parametrize("key", ["x" * 256, "a b", "ключ", "a\x01", "", " "])
def test_a_key_out_of_bounds_is_refused(transactions: Handler, key: str) -> None:
    answer = post(transactions, key=key)

    assert (answer.status, answer.body["detail"]) == (
        400,
        "An Idempotency-Key has 1 to 255 visible ASCII characters.",
    )


def test_a_refused_body_does_not_use_up_its_key(transactions: Handler) -> None:
    post(transactions, {"amount": 0, "currency": "EUR"}, key="k")

    assert post(transactions, {"amount": 1, "currency": "EUR"}, key="k").status == 201


def test_a_key_is_free_again_two_days_later(table: str) -> None:
    first = tables.record(USER, COFFEE, "k", now=NOW)

    at_the_end = tables.record(USER, COFFEE, "k", now=NOW + timedelta(hours=48))
    after = tables.record(USER, COFFEE, "k", now=NOW + timedelta(hours=48, seconds=1))

    assert at_the_end == first
    assert after.id != first.id


WRITING = "TransactWriteItems"


def test_two_requests_at_once_with_one_key_are_one_row(table: str, wire: Wire) -> None:
    rivals = []
    wire.before(WRITING, lambda: rivals.append(tables.record(USER, COFFEE, "k", now=NOW)))

    answer = tables.record(USER, COFFEE, "k", now=NOW + timedelta(milliseconds=1))

    assert answer == rivals[0]
    assert tables.page(USER, limit=10, after=None) == ([answer], False)


def test_two_requests_at_once_with_one_key_and_other_bodies_are_one_row(table: str, wire: Wire) -> None:
    wire.before(WRITING, lambda: tables.record(USER, COFFEE, "k", now=NOW) and None)

    with pytest.raises(IdempotencyKeyReused):
        tables.record(USER, COFFEE.model_copy(update={"amount": 1}), "k", now=NOW)
    assert len(tables.page(USER, limit=10, after=None)[0]) == 1


def lose_answer() -> None:
    raise ConnectionResetError


def test_a_request_whose_answer_was_lost_is_tried_again_and_is_one_row(
    table: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    wire.after(WRITING, lose_answer)

    answer = tables.record(USER, COFFEE, "k", now=NOW)

    assert tables.page(USER, limit=10, after=None) == ([answer], False)


def test_a_request_repeated_after_every_answer_was_lost_is_one_row(
    table: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    for _ in range(aws.PATIENT.tries):
        wire.after(WRITING, lose_answer)
    with pytest.raises(aws.NoAnswer):
        tables.record(USER, COFFEE, "k", now=NOW)

    again = tables.record(USER, COFFEE, "k", now=NOW + timedelta(seconds=5))

    assert again.created_at == NOW
    assert tables.page(USER, limit=10, after=None) == ([again], False)


def conflict() -> Answer:
    """DynamoDB's answer while another transaction holds one of the rows."""
    reasons = [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}, {"Code": "None"}]
    return refusal("TransactionCanceledException", "Transaction cancelled", CancellationReasons=reasons)


def test_a_write_that_meets_another_is_tried_again(table: str, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    wire.before(WRITING, conflict)

    answer = tables.record(USER, COFFEE, "k", now=NOW)

    assert tables.page(USER, limit=10, after=None) == ([answer], False)


def test_a_write_that_keeps_meeting_others_gives_up(
    transactions: Handler, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    for _ in range(tables.ATTEMPTS):
        wire.before(WRITING, conflict)

    answer = post(transactions, key="k")

    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert listing(transactions).body["items"] == []


def test_a_write_dynamodb_refuses_is_not_taken_for_contention(transactions: Handler) -> None:
    tables.dynamodb().delete_table(TableName="transactions")

    answer = post(transactions, key="k")

    assert (answer.status, answer.body["code"]) == (500, "internal_error")


# -- pages


def record_many(count: int) -> list[str]:
    """The ids of that many transactions, newest first."""
    ids = [tables.record(USER, COFFEE, "", now=NOW + timedelta(milliseconds=n)).id for n in range(count)]
    return ids[::-1]


def test_pages_follow_one_another_newest_first(transactions: Handler) -> None:
    ids = record_many(5)

    seen, cursors = [], []
    page = listing(transactions, limit="2").body
    while True:
        seen += [item["id"] for item in page["items"]]
        cursors.append(page["next"])
        if page["next"] is None:
            break
        page = listing(transactions, limit="2", cursor=page["next"]).body

    assert seen == ids
    assert len(cursors) == 3


def test_a_page_that_ends_with_the_list_is_the_last(transactions: Handler) -> None:
    record_many(2)

    assert listing(transactions, limit="2").body["next"] is None


def test_a_page_has_twenty_five_rows_unless_told(transactions: Handler) -> None:
    record_many(26)

    assert len(listing(transactions).body["items"]) == 25


def test_idempotency_records_are_no_rows(transactions: Handler) -> None:
    for number in range(3):
        post(transactions, key=f"k{number}")

    page = listing(transactions, limit="3").body

    assert (len(page["items"]), page["next"]) == (3, None)


def test_rows_recorded_meanwhile_do_not_shift_the_next_page(transactions: Handler) -> None:
    ids = record_many(4)
    first = listing(transactions, limit="2").body
    tables.record(USER, COFFEE, "", now=NOW + timedelta(seconds=1))

    second = listing(transactions, limit="2", cursor=first["next"]).body

    assert [item["id"] for item in second["items"]] == ids[2:]


def test_another_users_cursor_leads_to_ones_own_rows(transactions: Handler) -> None:
    record_many(3)
    cursor = listing(transactions, limit="2").body["next"]

    assert listing(transactions, {"sub": "00000000-c021-7049-51b0-d218e66ffecd"}, cursor=cursor).body["items"] == []


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "a2V5X2FiYw", "dHhuXzAw", "é"])
def test_a_made_up_cursor_is_refused(transactions: Handler, cursor: str) -> None:
    answer = listing(transactions, cursor=cursor)

    assert (answer.status, answer.body["detail"]) == (400, "The cursor is not one this list has given out.")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"limit": "0"}, "Input should be greater than or equal to 1"),
        ({"limit": "101"}, "Input should be less than or equal to 100"),
        ({"limit": "ten"}, "Input should be a valid integer, unable to parse string as an integer"),
        ({"limti": "10"}, "Extra inputs are not permitted"),
    ],
)
def test_a_query_that_breaks_a_rule_is_refused(transactions: Handler, query: dict[str, str], detail: str) -> None:
    answer = listing(transactions, {}, **query)

    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert answer.body["errors"] == [{"parameter": next(iter(query)), "detail": detail}]


def test_a_parameter_sent_twice_is_refused_and_not_guessed(transactions: Handler) -> None:
    request = event("caller_access_token")
    request["queryStringParameters"] = {"limit": "2"}
    request["multiValueQueryStringParameters"] = {"limit": ["1", "2"]}

    answer = call(transactions, request)

    assert (answer.status, answer.body["errors"]) == (422, [{"parameter": "limit", "detail": "Sent more than once"}])


@pytest.mark.parametrize("transaction_id", ["key_abc", "txn_", "txn_" + "0" * 32, "txn_" + "G" * 32])
def test_an_id_that_leads_nowhere_is_not_found(transactions: Handler, transaction_id: str) -> None:
    assert one(transactions, transaction_id).status == 404


def test_an_idempotency_record_cannot_be_read_as_a_transaction(transactions: Handler, table: str) -> None:
    post(transactions, key="k")
    rows: list[Event] = tables.dynamodb().scan(TableName=table)["Items"]
    held = next(row["id"]["S"] for row in rows if "fingerprint" in row)

    assert one(transactions, held).status == 404


def test_the_log_holds_neither_body_nor_key(
    transactions: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    post(transactions, {"amount": 77, "currency": "EUR", "description": "a-secret-purpose"}, key="a-secret-key")

    written = log.getvalue() + capsys.readouterr().out
    assert '"status":201' in written
    assert "a-secret-purpose" not in written
    assert "a-secret-key" not in written


def test_a_row_that_cannot_be_read_is_logged_without_what_it_holds(
    transactions: Handler, table: str, log: StringIO
) -> None:
    made = post(transactions, {"amount": 77, "currency": "EUR"})
    tables.dynamodb().update_item(
        TableName=table,
        Key={"owner": {"S": USER}, "id": {"S": made.body["id"]}},
        UpdateExpression="SET currency = :currency",
        ExpressionAttributeValues={":currency": {"S": "a-secret-currency"}},
    )

    answer = one(transactions, made.body["id"])

    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    assert "ValidationError" in log.getvalue()
    assert "a-secret-currency" not in log.getvalue() + str(answer.body)
