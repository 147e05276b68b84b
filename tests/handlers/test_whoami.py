import pytest

from tests.service_support import USER, Handler, call, event

IDENTITY = "us-east-1:3a1f9c52-7b64-4d0e-8a55-6f0c1d2e3b4a"


@pytest.mark.parametrize(
    ("caller", "told"),
    [
        ("caller_identity", {"kind": "identity", "subject": IDENTITY, "username": None, "user": USER}),
        ("caller_guest", {"kind": "guest", "subject": IDENTITY, "username": None, "user": None}),
        (
            "caller_iam_user",
            {
                "kind": "iam_user",
                "subject": "arn:aws:iam::123456789012:user/staff/maria",
                "username": "maria",
                "user": None,
            },
        ),
        (
            "caller_iam_role",
            {
                "kind": "iam_role",
                "subject": "arn:aws:sts::123456789012:assumed-role/Deployer/ci-1042",
                "username": None,
                "user": None,
            },
        ),
        (
            "caller_root",
            {"kind": "root", "subject": "arn:aws:iam::123456789012:root", "username": None, "user": None},
        ),
    ],
)
def test_who_signs_is_told_who_they_are(whoami: Handler, caller: str, told: dict[str, object]) -> None:
    request = event("whoami") | {"requestContext": event(caller)["requestContext"]}

    answer = call(whoami, request)

    assert (answer.status, answer.body) == (200, told)


def test_who_is_let_in_is_greeted(whoami: Handler) -> None:
    answer = call(whoami, event("whoami") | {"path": "/hello", "resource": "/hello"})

    assert answer.body == {"message": f"Hello, {IDENTITY}."}


@pytest.mark.parametrize(
    ("caller", "status"), [("caller_nobody", 401), ("caller_id_token", 403), ("caller_machine_client", 403)]
)
@pytest.mark.parametrize("path", ["/whoami", "/hello"])
def test_who_has_not_signed_is_refused(whoami: Handler, caller: str, status: int, path: str) -> None:
    request = event("whoami") | {"path": path, "resource": path, "requestContext": event(caller)["requestContext"]}

    assert call(whoami, request).status == status


def test_who_cannot_be_told_is_refused(whoami: Handler) -> None:
    request = event("whoami")
    request["requestContext"]["identity"]["cognitoAuthenticationType"] = "unauthenticated"

    answer = call(whoami, request)

    assert (answer.status, answer.body["detail"]) == (401, "It cannot be told who calls.")
