from typing import Any

import pytest

from tests.service_support import Answer, Handler, call, event


def ask(handler: Handler, path: str, groups: str, **query: str) -> Answer:
    request: dict[str, Any] = event("titles") | {"path": path, "resource": path}
    request["requestContext"]["authorizer"]["claims"]["cognito:groups"] = groups
    request["queryStringParameters"] = query or None
    request["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
    return call(handler, request)


@pytest.mark.parametrize("groups", ["free", "premium", "admin,free"])
def test_whoever_has_a_plan_sees_the_whole_catalogue(titles: Handler, groups: str) -> None:
    answer = ask(titles, "/titles", groups)

    assert answer.status == 200
    assert sorted(one["id"] for one in answer.body["items"]) == ["title-0", "title-1", "title-2"]
    assert {one["plan"] for one in answer.body["items"]} == {"free", "premium"}
    assert answer.body["next"] is None


def test_the_catalogue_comes_page_by_page(titles: Handler) -> None:
    first = ask(titles, "/titles", "free", limit="2").body
    second = ask(titles, "/titles", "free", limit="2", cursor=first["next"]).body

    assert len(first["items"]) == 2
    assert sorted(one["id"] for one in first["items"] + second["items"]) == ["title-0", "title-1", "title-2"]
    assert second["next"] is None


@pytest.mark.parametrize("groups", ["", "admin", "frees", "premium-trial"])
@pytest.mark.parametrize("path", ["/titles", "/titles/title-0/stream"])
def test_who_has_no_plan_is_refused(titles: Handler, groups: str, path: str) -> None:
    assert ask(titles, path, groups).status == 403


@pytest.mark.parametrize(
    ("title", "groups", "status"),
    [
        ("title-0", "free", 200),
        ("title-0", "premium", 200),
        ("title-2", "free", 403),
        ("title-2", "free,admin", 403),
        ("title-2", "premium", 200),
        ("title-9", "premium", 404),
        ("Title-0", "premium", 404),
        ("title-0%2F..%2Fx", "premium", 404),
    ],
)
def test_a_title_streams_to_those_whose_plan_has_it(titles: Handler, title: str, groups: str, status: int) -> None:
    assert ask(titles, f"/titles/{title}/stream", groups).status == status


def test_a_stream_is_an_address_for_a_while(titles: Handler) -> None:
    told = ask(titles, "/titles/title-0/stream", "free").body

    assert "/titles/free/title-0?" in told["url"]
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in told["url"]
    assert "X-Amz-Expires=300" in told["url"]
