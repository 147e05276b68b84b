"""What /users refuses before it asks the user pool, and what it logs; what it answers is in the journeys."""

import json
from io import StringIO

import pytest

from tests.service_support import USER, Handler, call, event

CHANGES = [
    ("POST", "disable"),
    ("POST", "enable"),
    ("POST", "reset-password"),
    ("PUT", "groups/premium"),
    ("DELETE", "groups/premium"),
]


@pytest.mark.parametrize(("method", "what"), [("GET", ""), *CHANGES])
@pytest.mark.parametrize("groups", ["", "readers", "admins", "Admin", "administrators,readers"])
def test_who_is_no_admin_is_refused(users: Handler, method: str, what: str, groups: str) -> None:
    request = event("users") | {"httpMethod": method, "path": f"/users/somebody/{what}".rstrip("/")}
    request["requestContext"]["authorizer"]["claims"]["cognito:groups"] = groups

    answer = call(users, request)

    assert (answer.status, answer.body["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("caller", "status"), [("caller_nobody", 401), ("caller_machine_client", 403), ("caller_iam_user", 403)]
)
def test_who_is_no_user_is_refused(users: Handler, caller: str, status: int) -> None:
    request = event("users") | {"requestContext": event(caller)["requestContext"]}

    assert call(users, request).status == status


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "61"}, {"limit": "x"}, {"filter": "x"}, {"cursor": ""}])
def test_a_query_that_is_none_is_refused(users: Handler, query: dict[str, str]) -> None:
    request = event("users") | {
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
    }

    answer = call(users, request)

    assert (answer.status, answer.body["code"]) == (422, "invalid")


def test_what_an_admin_does_is_logged_with_who_and_to_whom(users: Handler, somebody: str, log: StringIO) -> None:
    request = event("users") | {"httpMethod": "POST", "path": f"/users/{somebody}/enable"}

    assert call(users, request).status == 204

    (told,) = [line for line in map(json.loads, log.getvalue().splitlines()) if line["message"] == "admin"]
    assert (told["subject"], told["action"], told["username"]) == (USER, "enable", somebody)
    assert told["correlation_id"] == request["requestContext"]["requestId"]
    assert "ann@example.com" not in log.getvalue()
