import json
import random
from io import StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared import tables
from tests.service_support import Answer, Event, Handler, call, event
from tests.wire import Wire, refusal

IDENTITY = "us-east-1:3a1f9c52-7b64-4d0e-8a55-6f0c1d2e3b4a"
ANOTHER = "us-east-1:00000000-7b64-4d0e-8a55-6f0c1d2e3b4a"


def request(method: str, name: str, identity: str = IDENTITY, **query: str) -> Event:
    made = event("datasets") | {"httpMethod": method, "path": f"/datasets/{name}", "body": None}
    made["queryStringParameters"] = query or None
    made["multiValueQueryStringParameters"] = {key: [value] for key, value in query.items()} or None
    made["requestContext"]["identity"]["cognitoIdentityId"] = identity
    return made


def get(handler: Handler, name: str, identity: str = IDENTITY, **query: str) -> Answer:
    return call(handler, request("GET", name, identity, **query))


def delete(handler: Handler, name: str, identity: str = IDENTITY) -> Answer:
    return call(handler, request("DELETE", name, identity))


def listing(handler: Handler, identity: str = IDENTITY) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call(handler, request("GET", "", identity) | {"path": "/datasets"}).body["items"]
    return items


def patch(handler: Handler, name: str, *patches: object, identity: str = IDENTITY) -> Answer:
    return call(handler, request("PATCH", name, identity) | {"body": json.dumps({"patches": patches})})


def replace(key: str, value: str, sync_count: int = 0) -> dict[str, object]:
    return {"op": "replace", "key": key, "value": value, "sync_count": sync_count}


def drop(key: str, sync_count: int) -> dict[str, object]:
    return {"op": "remove", "key": key, "sync_count": sync_count}


def told(answer: Answer) -> dict[str, tuple[str | None, int]]:
    assert answer.status == 200, answer.body
    return {record["key"]: (record["value"], record["sync_count"]) for record in answer.body["records"]}


def test_the_first_change_makes_the_dataset(datasets: Handler) -> None:
    answer = call(datasets, event("datasets"))

    assert (answer.status, answer.body["name"], answer.body["sync_count"]) == (200, "settings", 1)
    assert told(answer) == {"theme": ("dark", 1)}
    assert set(answer.body["records"][0]) == {"key", "value", "sync_count", "modified_at"}
    assert answer.body["whole"] is False
    assert get(datasets, "settings").body == answer.body | {"whole": True}


def test_records_changed_after_a_count_are_told_removed_ones_without_value(datasets: Handler) -> None:
    patch(datasets, "d", replace("a", "1"), replace("b", "1"))
    patch(datasets, "d", replace("a", "2", 1), replace("c", "2"))
    last = patch(datasets, "d", drop("b", 1))

    assert told(last) == {"b": (None, 3)}
    assert told(get(datasets, "d")) == {"a": ("2", 2), "b": (None, 3), "c": ("2", 2)}
    assert told(get(datasets, "d", since="1")) == {"a": ("2", 2), "b": (None, 3), "c": ("2", 2)}
    assert told(get(datasets, "d", since="2")) == {"b": (None, 3)}
    later = get(datasets, "d", since="3")
    assert (told(later), later.body["sync_count"], later.body["whole"]) == ({}, 3, False)


def test_datasets_are_listed_with_what_they_hold(datasets: Handler) -> None:
    patch(datasets, "b", replace("k", "v"), replace("gone", "v"))
    patch(datasets, "b", drop("gone", 1))
    patch(datasets, "a:1.x-y_z", replace("ключ", "é"))

    first, second = listing(datasets)
    assert (first["name"], first["sync_count"], first["records"], first["bytes"]) == ("a:1.x-y_z", 1, 1, 14)
    assert (second["name"], second["sync_count"], second["records"], second["bytes"]) == ("b", 2, 1, 12)
    assert told(get(datasets, "a%3A1.x-y_z")) == {"ключ": ("é", 1)}


def test_an_old_count_is_a_conflict_that_names_the_records_and_nothing_is_changed(datasets: Handler) -> None:
    patch(datasets, "d", replace("a", "1"), replace("b", "1"))
    patch(datasets, "d", replace("a", "2", 1))

    answer = patch(datasets, "d", replace("b", "mine", 1), replace("a", "mine", 1), replace("c", "mine", 7))

    assert (answer.status, answer.body["code"]) == (409, "conflict")
    assert answer.body["conflicts"] == [{"key": "a", "sync_count": 2}, {"key": "c", "sync_count": 0}]
    assert told(get(datasets, "d")) == {"a": ("2", 2), "b": ("1", 1)}


def test_anothers_datasets_are_not_there(datasets: Handler) -> None:
    patch(datasets, "d", replace("a", "mine"))

    assert get(datasets, "d", ANOTHER).status == 404
    assert delete(datasets, "d", ANOTHER).status == 404
    assert listing(datasets, ANOTHER) == []
    assert told(patch(datasets, "d", replace("a", "theirs"), identity=ANOTHER)) == {"a": ("theirs", 1)}
    assert told(get(datasets, "d")) == {"a": ("mine", 1)}


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ("caller_nobody", 401),
        *((f"caller_{kind}", 403) for kind in ("guest", "iam_user", "iam_role", "root", "id_token", "machine_client")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_only_a_signed_in_identity_has_datasets(datasets: Handler, caller: str, status: int, method: str) -> None:
    asked = event("datasets") | {"httpMethod": method, "requestContext": event(caller)["requestContext"]}

    assert call(datasets, asked).status == status
    assert tables.dynamodb().scan(TableName="datasets")["Count"] == 0


# -- deletion


def test_a_deleted_dataset_is_gone_with_all_its_rows_but_the_catalogue(datasets: Handler) -> None:
    patch(datasets, "d", replace("a", "1"))

    answer = delete(datasets, "d")

    assert (answer.status, answer.body) == (204, None)
    assert get(datasets, "d").status == 404
    assert delete(datasets, "d").status == 404
    assert listing(datasets) == []
    assert [row["id"]["S"] for row in tables.dynamodb().scan(TableName="datasets")["Items"]] == ["catalogue"]


def test_a_dataset_made_anew_is_told_as_a_whole_to_who_knew_the_old_one(datasets: Handler) -> None:
    for count in range(3):
        patch(datasets, "d", replace("a", "old", count))
    delete(datasets, "d")

    assert patch(datasets, "d", replace("a", "mine", 3)).status == 409
    assert told(patch(datasets, "d", replace("a", "new"))) == {"a": ("new", 4)}
    patch(datasets, "d", replace("b", "new"))

    for since, whole in (("0", True), ("1", True), ("3", True), ("4", False)):
        answer = get(datasets, "d", since=since)
        assert answer.body["whole"] is whole
        assert told(answer) == ({"a": ("new", 4)} if whole else {}) | {"b": ("new", 5)}


# -- limits


def test_an_identity_has_up_to_twenty_datasets(datasets: Handler) -> None:
    for number in range(20):
        assert patch(datasets, f"d{number}", replace("a", "1")).status == 200

    answer = patch(datasets, "one-more", replace("a", "1"))

    assert (answer.status, answer.body["code"]) == (422, "limit_exceeded")
    assert answer.body["detail"] == "An identity has up to 20 datasets."
    assert patch(datasets, "d0", replace("b", "1")).status == 200
    assert delete(datasets, "d7").status == 204
    assert patch(datasets, "one-more", replace("a", "1")).status == 200


def test_a_dataset_holds_a_megabyte_that_does_not_shrink(datasets: Handler) -> None:
    noise = random.Random(7)
    alphabet = [chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\']
    text = "".join(noise.choices(alphabet, k=1_048_000))

    patch(datasets, "d", replace("a", text[:524_000]), replace("b", text[524_000:]))
    too_much = patch(datasets, "d", replace("c", "x" * 1000))
    patch(datasets, "d", replace("a", "small", 1))

    assert (too_much.status, too_much.body["code"]) == (422, "limit_exceeded")
    assert told(get(datasets, "d")) == {"a": ("small", 2), "b": (text[524_000:], 1)}
    rows = tables.dynamodb().scan(TableName="datasets")["Items"]
    assert {row["id"]["S"].split("/")[2] for row in rows if row["id"]["S"] != "catalogue"} == {"2"}


def test_a_change_may_touch_every_record_at_once(datasets: Handler) -> None:
    everything = [replace(f"key-{number}", "x") for number in range(1024)]

    assert len(told(patch(datasets, "d", *everything))) == 1024
    assert patch(datasets, "d", replace("one-more", "x")).status == 422
    assert len(told(patch(datasets, "d", *({**one, "sync_count": 1} for one in everything)))) == 1024


def test_what_was_removed_longest_ago_is_forgotten_where_room_is_short(datasets: Handler) -> None:
    patch(datasets, "d", *(replace(f"key-{number}", "x") for number in range(1024)))
    patch(datasets, "d", drop("key-1", 1))
    patch(datasets, "d", drop("key-2", 1))

    assert told(patch(datasets, "d", replace("new", "x"))) == {"new": ("x", 4)}

    missed_it, knows_it = get(datasets, "d", since="1"), get(datasets, "d", since="3")
    assert (len(missed_it.body["records"]), missed_it.body["whole"]) == (1024, True)
    assert "key-1" not in told(missed_it)
    assert (told(knows_it), knows_it.body["whole"]) == ({"new": ("x", 4)}, False)


@pytest.mark.parametrize(
    ("patches", "pointer"),
    [
        ([], "#/patches"),
        ([replace(str(number), "") for number in range(1025)], "#/patches"),
        ([replace("a", "1"), replace("a", "2")], "#"),
        ([replace("", "1")], "#/patches/0/key"),
        ([replace("k" * 1025, "1")], "#/patches/0/key"),
        ([replace("k", "x" * 1_048_576)], "#/patches/0/value"),
        ([replace("k", "x"), replace("l", "x", -1)], "#/patches/1/sync_count"),
        ([{"op": "replace", "key": "k", "sync_count": 0}], "#/patches/0"),
        ([{**drop("k", 0), "value": "x"}], "#/patches/0"),
        ([{**drop("k", 0), "op": "merge"}], "#/patches/0/op"),
        ([{"op": "remove", "key": "k"}], "#/patches/0/sync_count"),
        ([{**drop("k", 0), "more": 1}], "#/patches/0/more"),
        (["k"], "#/patches/0"),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused_with_its_place(
    datasets: Handler, patches: list[object], pointer: str
) -> None:
    answer = patch(datasets, "d", *patches)

    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    assert get(datasets, "d").status == 404


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    junk=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["replace", "remove"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["op", "key", "value", "sync_count", "patches"]) | st.text(), inner)
        ),
        max_leaves=8,
    )
)
def test_no_junk_is_an_internal_error(datasets: Handler, junk: object) -> None:
    assert patch(datasets, "d", junk).status in {200, 400, 409, 422}
    assert call(datasets, request("PATCH", "d") | {"body": json.dumps(junk)}).status in {200, 400, 409, 422}


@pytest.mark.parametrize("name", ["n" * 129, "a b", "a%2Fb", "ü", "a%0A"])
def test_a_name_out_of_bounds_is_refused(datasets: Handler, name: str) -> None:
    assert patch(datasets, name, replace("a", "1")).status in {404, 422}
    assert get(datasets, name).status == 404
    assert delete(datasets, name).status == 404
    assert listing(datasets) == []


@pytest.mark.parametrize("since", ["-1", "x", "", "1.5", "9007199254740992"])
def test_a_since_that_is_no_count_is_refused(datasets: Handler, since: str) -> None:
    patch(datasets, "d", replace("a", "1"))

    answer = get(datasets, "d", since=since)

    assert (answer.status, answer.body["errors"][0]["parameter"]) == (422, "since")


# -- at the same time


@pytest.mark.parametrize("count", [0, 1])
def test_of_two_changes_at_once_to_one_record_one_wins(datasets: Handler, wire: Wire, count: int) -> None:
    for _ in range(count):
        patch(datasets, "d", replace("a", "before"))
    wire.before("TransactWriteItems", lambda: patch(datasets, "d", replace("a", "rival", count)))

    answer = patch(datasets, "d", replace("a", "mine", count), replace("b", "mine"))

    assert (answer.status, answer.body["conflicts"]) == (409, [{"key": "a", "sync_count": count + 1}])
    assert told(get(datasets, "d")) == {"a": ("rival", count + 1)}


def test_two_changes_at_once_to_two_records_are_both_made(datasets: Handler, wire: Wire) -> None:
    wire.before("TransactWriteItems", lambda: patch(datasets, "d", replace("a", "rival")))

    answer = patch(datasets, "d", replace("b", "mine"))

    assert told(answer) == {"b": ("mine", 2)}
    assert told(get(datasets, "d")) == {"a": ("rival", 1), "b": ("mine", 2)}


def test_two_new_datasets_at_once_are_both_made_and_never_a_twenty_first(datasets: Handler, wire: Wire) -> None:
    for number in range(19):
        patch(datasets, f"d{number}", replace("a", "1"))
    wire.before("TransactWriteItems", lambda: patch(datasets, "rival", replace("a", "1")))

    assert patch(datasets, "mine", replace("a", "1")).status == 422
    assert len(listing(datasets)) == 20


def test_a_change_to_a_dataset_deleted_meanwhile_is_a_conflict(datasets: Handler, wire: Wire) -> None:
    patch(datasets, "d", replace("a", "1"))
    wire.before("TransactWriteItems", lambda: delete(datasets, "d"))

    assert patch(datasets, "d", replace("a", "2", 1)).status == 409
    assert get(datasets, "d").status == 404


def test_a_dataset_changed_while_it_is_deleted_is_deleted_as_it_is(datasets: Handler, wire: Wire) -> None:
    patch(datasets, "d", replace("a", "1"))
    wire.before("TransactWriteItems", lambda: patch(datasets, "d", replace("a", "2", 1)))

    assert delete(datasets, "d").status == 204
    assert len(tables.dynamodb().scan(TableName="datasets")["Items"]) == 1


def test_a_dataset_changed_while_it_is_read_is_read_as_one(datasets: Handler, wire: Wire) -> None:
    patch(datasets, "d", replace("a", "1"))
    # the catalogue has been read, and the parts have not
    wire.after("GetItem", lambda: patch(datasets, "d", replace("a", "2", 1)))

    assert told(get(datasets, "d")) == {"a": ("2", 2)}


def test_a_write_that_keeps_meeting_others_gives_up(
    datasets: Handler, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    patch(datasets, "d", replace("a", "1"))
    reasons = [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}]
    for _ in range(2 * tables.ATTEMPTS):
        wire.before(
            "TransactWriteItems", lambda: refusal("TransactionCanceledException", "x", CancellationReasons=reasons)
        )

    answers = [patch(datasets, "d", replace("a", "2", 1)), delete(datasets, "d")]

    assert [answer.status for answer in answers] == [503, 503]
    assert told(get(datasets, "d")) == {"a": ("1", 1)}


def test_the_log_holds_neither_keys_nor_values(
    datasets: Handler, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    patch(datasets, "d", replace("a-secret-key", "a-secret-value"))
    patch(datasets, "d", replace("a-secret-key", "a-secret-value"))

    written = log.getvalue() + capsys.readouterr().out
    assert '"status":409' in written
    assert "a-secret" not in written
