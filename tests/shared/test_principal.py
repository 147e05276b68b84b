from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared import principal
from shared.load_balancers import LONGEST
from shared.principal import Kind
from tests.load_balancer import CLIENT, LoadBalancer, forget, in_lists, running
from tests.service_support import MACHINE_CLIENT, USER, Event, event

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
    caller = principal.parse(event(name))

    assert (caller.kind, caller.subject) == (kind, subject)


def test_an_id_token_tells_groups_and_client() -> None:
    caller = principal.parse(event("caller_id_token"))

    assert caller.groups == ("admin", "readers")
    assert caller.client_id == "7r6asark7md3ikibfdd0i8fb4t"
    assert caller.signed_in_at == datetime(2026, 9, 24, 13, 50, 4, tzinfo=UTC)
    assert caller.scopes == frozenset()


def test_an_access_token_tells_scopes() -> None:
    caller = principal.parse(event("caller_access_token"))

    assert caller.scopes == {"aws.cognito.signin.user.admin", "transactions/get", "transactions/post"}


def test_an_iam_user_is_known_by_name() -> None:
    assert principal.parse(event("caller_iam_user")).username == "maria"


@pytest.mark.parametrize("context", [{}, {"authorizer": None, "identity": None}, {"authorizer": {"claims": {}}}])
def test_who_shows_nothing_is_nobody(context: dict[str, object]) -> None:
    assert principal.parse({"requestContext": context}) is principal.NOBODY


def test_claims_are_kept_out_of_what_is_printed() -> None:
    assert "anna@example.com" not in repr(principal.parse(event("caller_id_token")))


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

    caller = principal.parse({"requestContext": {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}})

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
    caller = principal.parse({"requestContext": {"authorizer": {"iam": iam}}})

    assert (caller.kind, caller.subject, caller.user) == (kind, subject, user)


def test_the_user_behind_an_identity_is_known() -> None:
    assert principal.parse(event("caller_identity")).user == USER


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
        principal.parse({"requestContext": context})


def test_a_token_and_a_signature_at_once_are_nobodys() -> None:
    context = event("caller_id_token")["requestContext"]
    context["identity"] = event("caller_iam_user")["requestContext"]["identity"]

    with pytest.raises(principal.Inconsistent):
        principal.parse({"requestContext": context})


def test_a_group_of_a_rest_api_is_read_as_it_is_written() -> None:
    context = event("caller_id_token")["requestContext"]
    context["authorizer"]["claims"]["cognito:groups"] = "[admin]"

    assert principal.parse({"requestContext": context}).groups == ("[admin]",)


@pytest.fixture
def balancer() -> Iterator[LoadBalancer]:
    with running() as made:
        yield made


@pytest.mark.parametrize("change", [lambda request: request, in_lists])
def test_a_load_balancer_tells_the_same_of_a_user(balancer: LoadBalancer, change: Callable[[Event], Event]) -> None:
    caller = principal.parse(change(balancer.event()))

    assert (caller.kind, caller.subject, caller.username) == (Kind.USER, USER, USER)
    assert (caller.token_use, caller.client_id, caller.groups) == ("access", CLIENT, ("admin", "free"))
    assert caller.scopes == {"openid", "email"}
    assert caller.signed_in_at is not None
    assert (caller.claims["email"], caller.claims["email_verified"]) == ("anna@example.com", "true")
    assert "anna@example.com" not in repr(caller)


def test_what_the_profile_says_gives_no_rights(balancer: LoadBalancer) -> None:
    rights: dict[str, Any] = {
        "scope": "transactions/get",
        "cognito:groups": ["admin"],
        "client_id": "x",
        "auth_time": 1,
    }
    none: dict[str, Any] = {"scope": None, "cognito:groups": None}
    said = {"data": balancer.data(**rights), "accesstoken": balancer.access_token(**none)}

    caller = principal.parse(balancer.event(**said))

    assert (caller.scopes, caller.groups, caller.client_id) == (frozenset(), (), CLIENT)
    assert caller.claims["client_id"] == CLIENT
    assert caller.signed_in_at is not None
    assert caller.signed_in_at.year > 2000


@pytest.mark.parametrize("change", [lambda request: request, in_lists])
def test_whom_a_load_balancer_has_not_signed_in_is_nobody(
    balancer: LoadBalancer, change: Callable[[Event], Event]
) -> None:
    request = balancer.event()
    for name in balancer.headers():
        del request["headers"][name]

    assert principal.parse(change(request)) is principal.NOBODY
    assert balancer.asked.total() == 0


def without(name: str) -> Callable[[Event], None]:
    return lambda request: request["headers"].pop(name)


def with_another(name: str, value: str) -> Callable[[Event], None]:
    return lambda request: request["headers"].update({name: value})


def with_lists_too(request: Event) -> None:
    request["multiValueHeaders"] = in_lists(request)["multiValueHeaders"]


NOT_AS_SENT: dict[str, Callable[[Event], None]] = {
    "no data": without("x-amzn-oidc-data"),
    "no access token": without("x-amzn-oidc-accesstoken"),
    "no identity": without("x-amzn-oidc-identity"),
    "an empty header": with_another("x-amzn-oidc-data", ""),
    "junk": with_another("x-amzn-oidc-data", "junk"),
    "a huge one": with_another("x-amzn-oidc-identity", "x" * (LONGEST + 1)),
    "data twice": with_another("X-Amzn-Oidc-Data", "junk"),
    "an identity twice": with_another("X-AMZN-OIDC-IDENTITY", USER),
    "headers and lists of them": with_lists_too,
    "another's identity": with_another("x-amzn-oidc-identity", "a4c8d4f8-3061-70fe-1d04-b3b0ba5e7a10"),
    "an API's claims": lambda request: request["requestContext"].update(
        authorizer=event("caller_id_token")["requestContext"]["authorizer"]
    ),
    "an API's signature": lambda request: request["requestContext"].update(
        identity=event("caller_iam_user")["requestContext"]["identity"]
    ),
}


@pytest.mark.parametrize("change", NOT_AS_SENT.values(), ids=NOT_AS_SENT)
def test_what_no_load_balancer_sends_is_nobodys(balancer: LoadBalancer, change: Callable[[Event], None]) -> None:
    request = balancer.event()
    change(request)

    with pytest.raises(principal.Inconsistent):
        principal.parse(request)


@pytest.mark.parametrize("name", ["data", "accesstoken", "identity"])
@pytest.mark.parametrize("values", [0, 2])
def test_a_header_said_twice_in_a_list_is_nobodys(balancer: LoadBalancer, name: str, values: int) -> None:
    request = in_lists(balancer.event())
    request["multiValueHeaders"][f"x-amzn-oidc-{name}"] *= values

    with pytest.raises(principal.Inconsistent):
        principal.parse(request)


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_a_load_balancer_nobody_told_of_is_refused(
    balancer: LoadBalancer, monkeypatch: pytest.MonkeyPatch, *, is_signed_in: bool
) -> None:
    request = balancer.event()
    if not is_signed_in:
        request["headers"] = {}
    monkeypatch.delenv("LOAD_BALANCER_ARN")
    forget()

    with pytest.raises(principal.Inconsistent):
        principal.parse(request)


@pytest.mark.parametrize(
    "name",
    [
        *("caller_id_token", "caller_access_token", "caller_machine_client", "caller_identity", "caller_guest"),
        *("caller_iam_user", "caller_iam_role", "caller_root", "caller_nobody"),
    ],
)
def test_a_load_balancers_headers_tell_an_api_nothing(balancer: LoadBalancer, name: str) -> None:
    request, forged = event(name), event(name)
    forged["headers"] = {**(forged["headers"] or {}), **balancer.headers()}
    forged["multiValueHeaders"] = {
        **(forged["multiValueHeaders"] or {}),
        **in_lists(balancer.event())["multiValueHeaders"],
    }

    assert principal.parse(forged) == principal.parse(request)
    assert balancer.asked.total() == 0


def test_a_load_balancers_headers_tell_an_http_api_nothing(balancer: LoadBalancer) -> None:
    assert principal.parse({"requestContext": {"http": {}}, "headers": balancer.headers()}) is principal.NOBODY
