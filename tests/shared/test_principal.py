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


IAM_OF_IDENTITY = {
    "accessKey": "ASIAEXAMPLEKEY123456",
    "accountId": "123456789012",
    "callerId": "AROAEXAMPLEID12345678:CognitoIdentityCredentials",
    "cognitoIdentity": {
        "amr": [
            "authenticated",
            "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool12345",
            f"cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool12345:CognitoSignIn:{USER}",
        ],
        "identityId": IDENTITY,
        "identityPoolId": "us-east-1:0f8b2d4c-1e6a-4c3b-9d7f-5a4b3c2d1e0f",
    },
    "principalOrgId": None,
    "userArn": "arn:aws:sts::123456789012:assumed-role/AuthenticatedRole/CognitoIdentityCredentials",
    "userId": "AROAEXAMPLEID12345678:CognitoIdentityCredentials",
}
IAM_OF_USER = {
    "accountId": "123456789012",
    "cognitoIdentity": None,
    "userArn": "arn:aws:iam::123456789012:user/staff/maria",
}


def test_an_http_api_tells_the_same_of_a_token() -> None:
    claims = event("caller_id_token")["requestContext"]["authorizer"]["claims"] | {"cognito:groups": "[admin readers]"}

    caller = principal.parse({"authorizer": {"jwt": {"claims": claims, "scopes": None}}})

    assert (caller.kind, caller.subject, caller.groups) == (Kind.USER, USER, ("admin", "readers"))


@pytest.mark.parametrize(
    ("iam", "kind", "subject", "user"),
    [
        (IAM_OF_IDENTITY, Kind.IDENTITY, IDENTITY, USER),
        (
            IAM_OF_IDENTITY | {"cognitoIdentity": IAM_OF_IDENTITY["cognitoIdentity"] | {"amr": ["unauthenticated"]}},  # type: ignore[operator]
            Kind.GUEST,
            IDENTITY,
            "",
        ),
        (IAM_OF_USER, Kind.IAM_USER, "arn:aws:iam::123456789012:user/staff/maria", ""),
    ],
)
def test_an_http_api_tells_the_same_of_a_signature(iam: dict[str, object], kind: Kind, subject: str, user: str) -> None:
    caller = principal.parse({"authorizer": {"iam": iam}})

    assert (caller.kind, caller.subject, caller.user) == (kind, subject, user)


def test_the_user_behind_an_identity_is_known() -> None:
    assert principal.parse(event("caller_identity")["requestContext"]).user == USER


# What is changed in whose event. None takes it away.
INCONSISTENT = [
    ("caller_id_token", "claims", {"sub": None}),
    ("caller_id_token", "claims", {"sub": ""}),
    ("caller_id_token", "claims", {"aud": None}),
    ("caller_id_token", "claims", {"cognito:username": None}),
    ("caller_id_token", "claims", {"token_use": "refresh"}),
    ("caller_id_token", "claims", {"token_use": None}),
    ("caller_access_token", "claims", {"client_id": None}),
    ("caller_access_token", "claims", {"username": None}),  # a user's, taken for a client's
    ("caller_machine_client", "claims", {"username": "anna"}),
    ("caller_machine_client", "claims", {"sub": USER}),
    ("caller_identity", "identity", {"cognitoAuthenticationType": None}),
    ("caller_identity", "identity", {"cognitoAuthenticationType": "unauthenticated"}),
    ("caller_identity", "identity", {"cognitoAuthenticationProvider": None}),
    ("caller_identity", "identity", {"cognitoIdentityPoolId": None}),
    ("caller_identity", "identity", {"cognitoIdentityPoolId": "eu-west-1:0f8b2d4c-1e6a-4c3b-9d7f-5a4b3c2d1e0f"}),
    ("caller_identity", "identity", {"userArn": None}),
    ("caller_identity", "identity", {"userArn": "arn:aws:iam::123456789012:user/maria"}),
    ("caller_identity", "identity", {"accountId": "999999999999"}),
    ("caller_guest", "identity", {"cognitoAuthenticationType": "authenticated"}),
    ("caller_iam_user", "identity", {"userArn": "arn:aws:iam::123456789012:group/staff"}),
    ("caller_iam_user", "identity", {"userArn": "maria"}),
]


@pytest.mark.parametrize(("name", "where", "change"), INCONSISTENT)
def test_what_does_not_fit_together_is_nobodys(name: str, where: str, change: dict[str, str | None]) -> None:
    context = event(name)["requestContext"]
    told = context["authorizer"]["claims"] if where == "claims" else context["identity"]
    for key, value in change.items():
        told[key] = value
        if value is None:
            del told[key]

    with pytest.raises(principal.Inconsistent):
        principal.parse(context)


def test_a_token_and_a_signature_at_once_are_nobodys() -> None:
    context = event("caller_id_token")["requestContext"]
    context["identity"] = event("caller_iam_user")["requestContext"]["identity"]

    with pytest.raises(principal.Inconsistent):
        principal.parse(context)


def test_a_group_of_a_rest_api_is_read_as_it_is_written() -> None:
    context = event("caller_id_token")["requestContext"]
    context["authorizer"]["claims"]["cognito:groups"] = "[admin]"

    assert principal.parse(context).groups == ("[admin]",)
