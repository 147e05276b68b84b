from datetime import UTC, datetime

import pytest

from shared import principal
from shared.principal import Kind
from tests.service_support import MACHINE_CLIENT, USER, event

IDENTITY = "us-east-1:3a1f9c52-7b64-4d0e-8a55-6f0c1d2e3b4a"


@pytest.mark.parametrize(
    ("name", "kind", "subject"),
    [
        ("caller_id_token", Kind.USER, USER),
        ("caller_access_token", Kind.USER, USER),
        ("caller_machine_client", Kind.MACHINE, MACHINE_CLIENT),
        ("caller_identity", Kind.IDENTITY, IDENTITY),
        ("caller_guest", Kind.GUEST, IDENTITY),
        ("caller_iam_user", Kind.IAM_USER, "arn:aws:iam::123456789012:user/staff/maria"),
        ("caller_iam_role", Kind.IAM_ROLE, "arn:aws:sts::123456789012:assumed-role/Deployer/ci-1042"),
        ("caller_root", Kind.ROOT, "arn:aws:iam::123456789012:root"),
        ("caller_nobody", Kind.NOBODY, ""),
    ],
)
def test_every_kind_of_caller_is_known_by_its_event(name: str, kind: Kind, subject: str) -> None:
    caller = principal.parse(event(name)["requestContext"])

    assert (caller.kind, caller.subject) == (kind, subject)


def test_an_id_token_tells_groups_and_client() -> None:
    caller = principal.parse(event("caller_id_token")["requestContext"])

    assert caller.groups == ("admin", "readers")
    assert caller.client_id == "7r6asark7md3ikibfdd0i8fb4t"
    assert caller.signed_in_at == datetime(2026, 9, 24, 13, 50, 4, tzinfo=UTC)
    assert caller.scopes == frozenset()


def test_an_access_token_tells_scopes() -> None:
    caller = principal.parse(event("caller_access_token")["requestContext"])

    assert caller.scopes == {"aws.cognito.signin.user.admin", "transactions/get", "transactions/post"}


def test_an_iam_user_is_known_by_name() -> None:
    assert principal.parse(event("caller_iam_user")["requestContext"]).username == "maria"


@pytest.mark.parametrize("context", [{}, {"authorizer": None, "identity": None}, {"authorizer": {"claims": {}}}])
def test_who_shows_nothing_is_nobody(context: dict[str, object]) -> None:
    assert principal.parse(context) is principal.NOBODY


def test_claims_are_kept_out_of_what_is_printed() -> None:
    assert "anna@example.com" not in repr(principal.parse(event("caller_id_token")["requestContext"]))
