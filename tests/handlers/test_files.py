import base64
import json
from typing import Any

import pytest

from shared.models import MAX_FILE
from tests.handlers.storage import ANOTHER, IDENTITY, Storage, look_at, picture
from tests.service_support import Answer, Handler, call, event


def ask(
    handler: Handler, method: str, name: str = "", body: object = None, owner: str = IDENTITY, **query: str
) -> Answer:
    path = f"/files/{name}" if name else "/files"
    made: dict[str, Any] = event("files") | {
        "httpMethod": method,
        "path": path,
        "body": body if body is None else json.dumps(body),
    }
    made["requestContext"]["identity"]["cognitoIdentityId"] = owner
    made["queryStringParameters"] = query or None
    made["multiValueQueryStringParameters"] = {key: [value] for key, value in query.items()} or None
    return call(handler, made)


def test_a_form_is_for_one_file_of_one_type_and_a_size_under_ones_own_prefix(files: Handler) -> None:
    answer = call(files, event("files"))

    assert answer.status == 200
    fields = answer.body["fields"]
    assert (fields["key"], fields["Content-Type"]) == (f"private/{IDENTITY}/holiday.jpg", "image/jpeg")
    conditions = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    assert conditions == [
        ["content-length-range", 1, MAX_FILE],
        {"bucket": "uploads"},
        *({name: fields[name]} for name in fields if name not in {"policy", "x-amz-signature"}),
    ]
    assert answer.body["max_bytes"] == MAX_FILE


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../b",
        "a/b",
        "a\\b",
        "a b",
        "a\nb",
        "a\x00",
        ".hidden",
        "a" * 129,
        "ü",
        "a%2Fb",
        "${filename}",
        "a\n",
        1,
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(files: Handler, name: object) -> None:
    answer = ask(files, "POST", body={"name": name, "type": "image/png"})

    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert answer.body["errors"][0]["pointer"] == "#/name"


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "image/PNG", "", None, "image/png\r\nx: y"])
def test_a_type_that_is_no_pictures_is_refused(files: Handler, kind: object) -> None:
    assert ask(files, "POST", body={"name": "a", "type": kind}).status == 422


def test_files_are_listed_with_what_became_of_their_thumbnails(files: Handler, storage: Storage) -> None:
    look_at(storage.upload("good.png", picture()))
    look_at(storage.upload("lies.png", picture("JPEG")))
    storage.upload("new.png", picture())

    answer = ask(files, "GET")
    assert answer.status == 200
    good, lies, new = answer.body["items"]
    assert [good["name"], lies["name"], new["name"]] == ["good.png", "lies.png", "new.png"]
    assert good["size"] == len(picture())
    assert (good["thumbnail"]["status"], good["thumbnail"]["reason"]) == ("ready", None)
    assert "/private/us-east-1%3A3a1f" in good["thumbnail"]["url"]
    assert ".webp?" in good["thumbnail"]["url"]
    assert lies["thumbnail"] == {"status": "refused", "reason": "wrong_type", "url": None}
    assert new["thumbnail"] == {"status": "pending", "reason": None, "url": None}


def test_a_file_that_was_replaced_waits_for_its_own_thumbnail(files: Handler, storage: Storage) -> None:
    look_at(storage.upload("a.png", picture()))
    storage.upload("a.png", picture(size=(10, 10)))

    assert ask(files, "GET", "a.png").body["thumbnail"]["status"] == "pending"


def test_the_list_comes_page_by_page(files: Handler, storage: Storage) -> None:
    for name in ("a", "b", "c"):
        storage.upload(name, b"x")

    first = ask(files, "GET", limit="2").body
    second = ask(files, "GET", limit="2", cursor=first["next"]).body
    assert [one["name"] for one in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next"] is None
    for query in ({"limit": "0"}, {"limit": "101"}, {"cursor": ""}, {"prefix": "x"}, {"cursor": "x" * 2049}):
        assert ask(files, "GET", **query).status == 422


def test_an_address_is_of_the_file_and_saves_it(files: Handler, storage: Storage) -> None:
    storage.upload("a.png", picture())

    answer = ask(files, "GET", "a.png")
    assert (answer.status, answer.body["name"]) == (200, "a.png")
    assert "&response-content-disposition=attachment&" in answer.body["url"]
    assert "X-Amz-Expires=300" in answer.body["url"]


@pytest.mark.parametrize("name", ["a", "a.pn", "..", "%2e%2e", "a.png%00", "b%2Fa.png", "." * 200])
def test_what_is_not_there_is_not_found(files: Handler, storage: Storage, name: str) -> None:
    storage.upload("a.png", picture())

    assert ask(files, "GET", name).status == 404


def test_anothers_files_are_not_there(files: Handler, storage: Storage) -> None:
    storage.upload("a.png", picture(), owner=ANOTHER)

    assert ask(files, "GET").body == {"items": [], "next": None}
    assert ask(files, "GET", "a.png").status == 404
    assert ask(files, "GET", owner=ANOTHER).body["items"][0]["name"] == "a.png"


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ("caller_guest", 403),
        ("caller_id_token", 403),
        ("caller_iam_user", 403),
        ("caller_root", 403),
        ("caller_nobody", 401),
    ],
)
def test_only_identities_that_have_signed_in_have_files(files: Handler, caller: str, status: int) -> None:
    made = event("files") | {"httpMethod": "GET", "body": None}
    made["requestContext"] |= {key: event(caller)["requestContext"].get(key) for key in ("identity", "authorizer")}

    assert call(files, made).status == status
