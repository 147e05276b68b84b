from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from shared import notes as stored
from shared import tables
from tests.service_support import Answer, Event, Handler, call, event
from tests.wire import Wire, refusal

NOW = datetime(2026, 9, 24, 13, 50, 14, tzinfo=UTC)
IDENTITY = "us-east-1:3a1f9c52-7b64-4d0e-8a55-6f0c1d2e3b4a"
ANOTHER = "us-east-1:00000000-7b64-4d0e-8a55-6f0c1d2e3b4a"


def request(method: str, note_id: str, body: str | None, if_match: str | None, identity: str) -> Event:
    made = event("notes") | {"httpMethod": method, "path": f"/notes/{note_id}", "pathParameters": {"id": note_id}}
    made["body"] = body
    made["requestContext"]["identity"]["cognitoIdentityId"] = identity
    if if_match is not None:
        made["headers"]["if-match"] = if_match
        made["multiValueHeaders"]["if-match"] = [if_match]
    return made


def get(handler: Handler, note_id: str, identity: str = IDENTITY) -> Answer:
    return call(handler, request("GET", note_id, None, None, identity))


def put(
    handler: Handler, note_id: str, body: str = '{"text": "Milk"}', if_match: str | None = None, owner: str = IDENTITY
) -> Answer:
    return call(handler, request("PUT", note_id, body, if_match, owner))


def delete(handler: Handler, note_id: str, if_match: str | None = None, identity: str = IDENTITY) -> Answer:
    return call(handler, request("DELETE", note_id, None, if_match, identity))


def listing(handler: Handler, identity: str = IDENTITY, **query: str) -> Answer:
    made = request("GET", "", None, None, identity) | {"path": "/notes", "resource": "/notes", "pathParameters": None}
    made["queryStringParameters"] = query or None
    made["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
    return call(handler, made)


def test_a_new_note_is_answered_with_its_version_and_place(notes: Handler) -> None:
    answer = call(notes, event("notes"))

    assert answer.status == 201
    assert (answer.body["id"], answer.body["text"], answer.body["version"]) == ("shopping", "Milk, bread", 1)
    assert set(answer.body) == {"id", "text", "version", "updated_at"}
    assert (answer.headers["location"], answer.headers["etag"]) == ("/notes/shopping", '"1"')


def test_what_was_written_is_read_and_listed(notes: Handler) -> None:
    written = put(notes, "a").body

    read = get(notes, "a")
    assert (read.status, read.body, read.headers["etag"]) == (200, written, '"1"')
    assert listing(notes).body == {"items": [written], "next": None}


def test_a_note_is_replaced_as_a_whole(notes: Handler) -> None:
    put(notes, "a")

    answer = put(notes, "a", '{"text": ""}')

    assert (answer.status, answer.headers["etag"], answer.body["text"]) == (200, '"2"', "")
    assert "location" not in answer.headers
    assert get(notes, "a").body == answer.body


def test_a_removed_note_is_gone(notes: Handler) -> None:
    put(notes, "a")

    answer = delete(notes, "a")

    assert (answer.status, answer.body) == (204, None)
    assert get(notes, "a").status == 404
    assert delete(notes, "a").status == 404
    assert listing(notes).body == {"items": [], "next": None}


def test_anothers_notes_are_not_there(notes: Handler) -> None:
    put(notes, "a")

    assert get(notes, "a", ANOTHER).status == 404
    assert delete(notes, "a", identity=ANOTHER).status == 404
    assert listing(notes, ANOTHER).body["items"] == []
    assert put(notes, "a", '{"text": "theirs"}', owner=ANOTHER).status == 201
    assert get(notes, "a").body["text"] == "Milk"


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ("caller_nobody", 401),
        *((f"caller_{kind}", 403) for kind in ("guest", "iam_user", "iam_role", "root", "id_token", "machine_client")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_signed_in_identity_has_notes(notes: Handler, caller: str, status: int, method: str) -> None:
    asked = event("notes") | {"httpMethod": method, "requestContext": event(caller)["requestContext"]}

    assert call(notes, asked).status == status
    assert tables.dynamodb().scan(TableName="notes")["Count"] == 0


# -- versions


@pytest.mark.parametrize("if_match", ['"1"', '"7", "1"', "*"])
def test_the_version_that_was_read_is_replaced_or_removed(notes: Handler, if_match: str) -> None:
    put(notes, "a")
    put(notes, "b")

    assert put(notes, "a", if_match=if_match).headers["etag"] == '"2"'
    assert delete(notes, "b", if_match=if_match).status == 204


@pytest.mark.parametrize("if_match", ['"1"', 'W/"2"', '"3"', '""'])
def test_a_version_that_was_replaced_meanwhile_replaces_and_removes_nothing(notes: Handler, if_match: str) -> None:
    put(notes, "a")
    kept = put(notes, "a", '{"text": "Bread"}').body

    for answer in (put(notes, "a", if_match=if_match), delete(notes, "a", if_match=if_match)):
        assert (answer.status, answer.body["code"]) == (412, "precondition_failed")
        assert answer.body["detail"] == "It is not in the version that If-Match asks for."
    assert get(notes, "a").body == kept


@pytest.mark.parametrize("if_match", ['"1"', "*"])
def test_a_version_of_a_note_that_is_not_there_is_not_written(notes: Handler, if_match: str) -> None:
    assert put(notes, "a", if_match=if_match).status == 412
    assert get(notes, "a").status == 404


def test_a_malformed_if_match_is_refused(notes: Handler) -> None:
    answer = put(notes, "a", if_match="1")

    assert (answer.status, answer.body["detail"]) == (400, 'If-Match is * or a list of entity tags such as "1".')
    assert get(notes, "a").status == 404


@pytest.mark.parametrize("first", [1, 2])
def test_of_two_writes_at_once_with_one_version_one_wins(notes: Handler, wire: Wire, first: int) -> None:
    for _ in range(first):
        put(notes, "a")
    tag = f'"{first}"'
    wire.before("PutItem", lambda: put(notes, "a", '{"text": "rival"}', tag))

    answer = put(notes, "a", if_match=tag)

    assert answer.status == 412
    assert get(notes, "a").body["text"] == "rival"


def test_of_two_new_notes_at_once_both_are_versions(notes: Handler, wire: Wire) -> None:
    wire.before("PutItem", lambda: put(notes, "a", '{"text": "rival"}'))

    answer = put(notes, "a")

    assert (answer.status, answer.headers["etag"]) == (200, '"2"')


def test_a_note_changed_while_it_is_removed_stays(notes: Handler, wire: Wire) -> None:
    put(notes, "a")
    wire.before("DeleteItem", lambda: put(notes, "a", '{"text": "rival"}'))

    assert delete(notes, "a", if_match='"1"').status == 412
    assert get(notes, "a").body["text"] == "rival"


def test_a_write_that_always_meets_another_gives_up(
    notes: Handler, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)

    def rival() -> None:
        stored.put(IDENTITY, "a", "rival", None, now=NOW)
        wire.before("PutItem", rival)

    wire.before("PutItem", rival)
    answer = put(notes, "a")
    wire.forget()

    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert get(notes, "a").body["text"] == "rival"


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem"])
def test_a_row_in_a_transaction_of_its_owners_is_tried_again(
    notes: Handler, wire: Wire, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    put(notes, "a")
    wire.before(operation, lambda: refusal("TransactionConflictException", "Transaction is ongoing for the item"))

    answer = put(notes, "a") if operation == "PutItem" else delete(notes, "a")

    assert answer.status in {200, 204}


# -- what comes in


@pytest.mark.parametrize("note_id", ["a" * 65, "a.b", "ü", "a b", "a:b"])
def test_an_id_out_of_bounds_is_refused(notes: Handler, note_id: str) -> None:
    assert put(notes, note_id).status in {404, 422}
    assert get(notes, note_id).status == 404
    assert delete(notes, note_id).status == 404
    assert listing(notes).body["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ('{"text": "\\ud800"}', 400),
        ("{}", 422),
        ('{"text": null}', 422),
        ('{"text": 1}', 422),
        ('{"text": "a", "version": 7}', 422),
        ('{"text": "a", "owner": "somebody"}', 422),
        (f'{{"text": "{"x" * 16_385}"}}', 422),
    ],
)
def test_a_body_that_is_no_note_is_refused(notes: Handler, body: str, status: int) -> None:
    assert put(notes, "a", body).status == status
    assert get(notes, "a").status == 404


def test_the_longest_note_is_kept(notes: Handler) -> None:
    text = "é" * 16_384

    assert put(notes, "a", f'{{"text": "{text}"}}').status == 201
    assert get(notes, "a").body["text"] == text


# -- pages


def test_pages_follow_one_another_by_id(notes: Handler) -> None:
    for note_id in "cabed":
        put(notes, note_id)

    first = listing(notes, limit="2").body
    second = listing(notes, limit="2", cursor=first["next"]).body
    third = listing(notes, limit="2", cursor=second["next"]).body

    pages = [[item["id"] for item in page["items"]] for page in (first, second, third)]
    assert (pages, third["next"]) == ([["a", "b"], ["c", "d"], ["e"]], None)


def test_notes_of_more_than_a_megabyte_come_in_more_pages(notes: Handler) -> None:
    text = "😀" * 16_000
    ids = [f"n{number:02}" for number in range(20)]
    for note_id in ids:
        stored.put(IDENTITY, note_id, text, None, now=NOW)

    first = listing(notes, limit="100").body
    second = listing(notes, limit="100", cursor=first["next"]).body

    assert 0 < len(first["items"]) < 20
    assert [item["id"] for page in (first, second) for item in page["items"]] == ids


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "é", "YS5i"])
def test_a_made_up_cursor_is_refused(notes: Handler, cursor: str) -> None:
    assert listing(notes, cursor=cursor).status == 400


# -- what clients have written straight into the table

KEY = {"owner": {"S": IDENTITY}, "id": {"S": "a"}}
AT = {"S": "2026-09-24T13:50:14+00:00"}
NO_NOTES: list[dict[str, Any]] = [
    {},
    {"text": {"S": "no version"}},
    {"text": {"S": "x"}, "version": {"S": "1"}, "updated_at": AT},
    {"text": {"S": "x"}, "version": {"N": "1.5"}, "updated_at": AT},
    {"text": {"S": "x"}, "version": {"N": "99999999999999999999999999999999999999"}, "updated_at": AT},
    {"text": {"N": "1"}, "version": {"N": "1"}, "updated_at": AT},
    {"text": {"S": "x" * 16_385}, "version": {"N": "1"}, "updated_at": AT},
    {"text": {"S": "x"}, "version": {"N": "1"}, "updated_at": {"S": "yesterday"}},
    {"text": {"S": "x"}, "version": {"N": "1"}, "updated_at": {"S": "0001-01-01T00:00:00+05:00"}},
]


def test_a_note_written_straight_is_a_note(notes: Handler) -> None:
    row = {**KEY, "text": {"S": "straight"}, "version": {"N": "7"}, "updated_at": AT, "mine": {"BOOL": True}}
    tables.dynamodb().put_item(TableName="notes", Item=row)

    assert get(notes, "a").body["text"] == "straight"
    assert put(notes, "a", if_match='"7"').headers["etag"] == '"8"'


@pytest.mark.parametrize("row", NO_NOTES)
def test_a_row_that_is_no_note_is_not_shown_but_replaced_and_removed(notes: Handler, row: dict[str, Any]) -> None:
    tables.dynamodb().put_item(TableName="notes", Item={**KEY, **row})
    put(notes, "b")

    assert get(notes, "a").status == 404
    assert put(notes, "a", if_match="*").status == 412
    assert [item["id"] for item in listing(notes, limit="1").body["items"]] == ["b"]
    assert put(notes, "a").headers["etag"] == '"1"'

    tables.dynamodb().put_item(TableName="notes", Item={**KEY, **row})
    assert delete(notes, "a").status == 204


def test_rows_that_are_no_notes_do_not_end_the_list(notes: Handler) -> None:
    for number in range(5):
        tables.dynamodb().put_item(TableName="notes", Item={**KEY, "id": {"S": f"a{number} ü"}})
    put(notes, "b")

    page = listing(notes, limit="1").body

    assert ([item["id"] for item in page["items"]], page["next"]) == (["b"], None)


def test_the_log_holds_no_text(notes: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    put(notes, "a", '{"text": "a-secret-note"}')

    written = log.getvalue() + capsys.readouterr().out
    assert '"status":201' in written
    assert "a-secret-note" not in written
