from io import StringIO

import pytest

from tests.service_support import USER, Handler, call, event
from tests.wire import Wire


def test_a_user_sees_what_their_id_token_tells(me: Handler) -> None:
    answer = call(me, event("me"))

    assert answer.status == 200
    assert answer.body == {
        "subject": USER,
        "username": USER,
        "email": "anna@example.com",
        "email_verified": True,
        "name": "Anna Kovács",
        "given_name": None,
        "family_name": None,
        "locale": "hu-HU",
        "zoneinfo": None,
        "groups": ["admin", "readers"],
        "scopes": [],
        "token_use": "id",
        "client_id": "7r6asark7md3ikibfdd0i8fb4t",
        "signed_in_at": "2026-09-24T13:50:04.000Z",
    }


def test_an_answer_stays_out_of_caches_and_carries_its_correlation_id(me: Handler) -> None:
    answer = call(me, event("me"))

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-correlation-id"] == "8f4f2c1e-6a52-4a53-9a5e-3b1f0d2c4e6a"


def test_a_clients_correlation_id_is_kept(me: Handler) -> None:
    request = event("me")
    request["headers"]["x-correlation-id"] = "journey-0042"

    assert call(me, request).headers["x-correlation-id"] == "journey-0042"


@pytest.mark.parametrize("sent", ["short", "with space in it", "x" * 129, 'quote"quote', ""])
def test_a_correlation_id_that_could_forge_a_log_line_is_not_kept(me: Handler, sent: str) -> None:
    request = event("me")
    request["headers"]["X-Correlation-Id"] = sent

    assert call(me, request).headers["x-correlation-id"] == request["requestContext"]["requestId"]


def test_the_web_app_may_read_the_answer_and_no_other_origin(me: Handler) -> None:
    own, other = event("me"), event("me")
    for request, origin in ((own, "https://app.example.com"), (other, "https://evil.example.com")):
        request["headers"]["Origin"] = origin
        request["multiValueHeaders"]["Origin"] = [origin]

    assert call(me, own).headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-origin" not in call(me, other).headers


@pytest.mark.parametrize(
    ("caller", "status", "code", "detail"),
    [
        ("caller_nobody", 401, "unauthenticated", "Sign in first."),
        ("caller_guest", 403, "forbidden", "You may not do this."),
        ("caller_identity", 403, "forbidden", "You may not do this."),
        ("caller_iam_user", 403, "forbidden", "You may not do this."),
        ("caller_iam_role", 403, "forbidden", "You may not do this."),
        ("caller_root", 403, "forbidden", "You may not do this."),
    ],
)
def test_nobody_but_a_user_has_a_profile(me: Handler, caller: str, status: int, code: str, detail: str) -> None:
    answer = call(me, event(caller))

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["code"] == code
    assert answer.body["detail"] == detail
    assert answer.body["status"] == status
    assert answer.body["type"] == "about:blank"
    assert answer.body["correlation_id"] == answer.headers["x-correlation-id"]


def test_a_machine_client_has_no_profile(me: Handler) -> None:
    request = event("me")
    request["requestContext"]["authorizer"] = event("caller_machine_client")["requestContext"]["authorizer"]

    assert call(me, request).body["code"] == "forbidden"


def test_whoever_is_not_signed_in_is_told_how(me: Handler) -> None:
    assert call(me, event("caller_nobody")).headers["www-authenticate"] == "Bearer"


def test_an_unknown_path_is_a_problem_document_too(me: Handler) -> None:
    request = event("me") | {"path": "/nowhere", "resource": "/nowhere"}

    answer = call(me, request)

    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_error_nobody_foresaw_tells_the_client_nothing(me: Handler, log: StringIO) -> None:
    request = event("me")
    request["requestContext"]["authorizer"]["claims"]["cognito:groups"] = 5

    answer = call(me, request)

    assert answer.status == 500
    assert answer.body["detail"] == "Something went wrong on our side."
    assert "AttributeError" not in str(answer.body)
    assert "AttributeError" in log.getvalue()


def test_the_log_names_the_subject_and_holds_neither_token_nor_address(me: Handler, log: StringIO) -> None:
    request = event("me")

    call(me, request)

    written = log.getvalue()
    assert USER in written
    assert request["headers"]["Authorization"] not in written
    assert "anna@example.com" not in written
    assert "Anna" not in written


def test_who_leaves_has_left_though_the_first_answer_got_lost(me: Handler, somebody: str, wire: Wire) -> None:
    def lost() -> None:
        raise TimeoutError

    request = event("me") | {"httpMethod": "DELETE"}
    request["requestContext"]["authorizer"]["claims"]["cognito:username"] = somebody
    wire.after("AdminDeleteUser", lost)

    assert call(me, request).status == 204
    assert wire.sent[-2:] == ["AdminDeleteUser", "AdminDeleteUser"]
