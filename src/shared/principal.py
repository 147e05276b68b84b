"""Who is calling: one type for every kind, taken from the event of an API or of a load balancer.

API Gateway has verified what stands in its requestContext: claims of a token the authorizer checked, or the identity
behind a signature. REST APIs and HTTP APIs say it differently, and both are read; headers are not. A load balancer says
it by headers, which are verified here. What does not fit together is nobody's: it is refused, for guessing would give
somebody another's rows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared.config import settings

SIGNED_IN = "x-amzn-oidc-"  # what a load balancer's headers of a sign-in begin with


class Kind(StrEnum):
    """What kind of principal calls."""

    USER = "user"  # by ID or access token
    MACHINE = "machine"  # a relying party acting for itself: client credentials
    IDENTITY = "identity"  # an identity pool's authenticated identity
    GUEST = "guest"  # an identity pool's unauthenticated identity
    IAM_USER = "iam_user"
    IAM_ROLE = "iam_role"
    ROOT = "root"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever calls. `subject` names them for good: a user's `sub`, a client id, an identity id, an IAM ARN.

    `user` is the `sub` of the user behind an identity, where a user pool signed them in.
    """

    kind: Kind
    subject: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    token_use: str = ""
    client_id: str = ""
    user: str = ""
    signed_in_at: datetime | None = None
    claims: Mapping[str, str] = field(default_factory=dict, repr=False)  # not for logs: it holds personal data


NOBODY = Principal(Kind.NOBODY)


class Inconsistent(Exception):
    """The event does not say who calls, or says it twice."""


def parse(event: Mapping[str, Any]) -> Principal:
    """Who is behind a request: of a REST API, an HTTP API or a load balancer.

    Raises Inconsistent, load_balancers.KeysUnread where a load balancer's word cannot be verified now.
    """
    request_context = event["requestContext"]
    return _of_load_balancer(event) if "elb" in request_context else _of_api(request_context)


def _of_api(request_context: Mapping[str, Any]) -> Principal:
    authorizer = request_context.get("authorizer") or {}
    jwt = authorizer.get("jwt") or {}
    claims = jwt.get("claims") or authorizer.get("claims") or _of_our_authorizer(authorizer)
    signer = _of_http_api(authorizer["iam"]) if authorizer.get("iam") else _of_rest_api(request_context)
    if claims and signer.arn:
        raise Inconsistent("a token and a signature")
    if claims:
        groups = claims.get("cognito:groups", "")
        return _of_token(claims, _spaced(groups) if jwt else _joined(groups))
    if signer.identity_id:
        return _of_identity(signer)
    return _of_arn(signer.arn) if signer.arn else NOBODY


@dataclass(frozen=True, slots=True)
class _Signer:
    """Whose keys signed the request. `ways` are how an identity signed in, "authenticated" or not first."""

    arn: str
    account_id: str
    pool_id: str = ""
    identity_id: str = ""
    ways: tuple[str, ...] = ()


def _of_rest_api(request_context: Mapping[str, Any]) -> _Signer:
    identity = request_context.get("identity") or {}
    providers = identity.get("cognitoAuthenticationProvider") or ""
    return _Signer(
        identity.get("userArn") or "",
        identity.get("accountId") or "",
        identity.get("cognitoIdentityPoolId") or "",
        identity.get("cognitoIdentityId") or "",
        (identity.get("cognitoAuthenticationType") or "", *filter(None, providers.split(","))),
    )


def _of_http_api(iam: Mapping[str, Any]) -> _Signer:
    cognito = iam.get("cognitoIdentity") or {}
    return _Signer(
        iam.get("userArn") or "",
        iam.get("accountId") or "",
        cognito.get("identityPoolId") or "",
        cognito.get("identityId") or "",
        tuple(cognito.get("amr") or ()),
    )


def _of_our_authorizer(authorizer: Mapping[str, Any]) -> Mapping[str, str]:
    """The claims in a Lambda authorizer's context, as `handlers.recent_sign_in` puts them there; none without one."""
    if "principalId" not in authorizer:
        return {}
    return {**authorizer, "cognito:groups": authorizer.get("groups", "")}


def _of_load_balancer(event: Mapping[str, Any]) -> Principal:
    if not settings().load_balancer_arn:
        raise Inconsistent("a load balancer, and none is known")
    if {"authorizer", "identity"} & event["requestContext"].keys():
        raise Inconsistent("a load balancer and an API")
    sent = _sign_in_headers(event)
    if not sent:
        return NOBODY
    data, access_token, identity = (_one(sent, name) for name in ("data", "accesstoken", "identity"))
    from shared import load_balancers, tokens  # noqa: PLC0415 - they load cryptography, which no API's request needs

    try:
        profile, access = load_balancers.verify(data, access_token, identity)
    except tokens.InvalidToken as error:
        raise Inconsistent(str(error)) from None
    user = _of_token(_texts(access), tuple(access.get("cognito:groups", ())))
    return replace(user, claims={**_texts(profile), **user.claims})


def _sign_in_headers(event: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a load balancer says by headers, each with all its values: they come one by one, or in lists."""
    single, lists = event.get("headers") or {}, event.get("multiValueHeaders") or {}
    if single and lists:
        raise Inconsistent("headers said twice")
    sent: dict[str, list[str]] = {}
    for name, values in (lists or {name: [value] for name, value in single.items()}).items():
        if name.lower().startswith(SIGNED_IN):
            sent.setdefault(name.lower().removeprefix(SIGNED_IN), []).extend(values)
    return sent


def _one(sent: Mapping[str, list[str]], name: str) -> str:
    values = sent.get(name, [])
    if len(values) != 1:
        raise Inconsistent(f"{len(values)} headers {SIGNED_IN}{name}")
    return values[0]


def _texts(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as APIs have them."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in claims.items()}


def _of_token(claims: Mapping[str, str], groups: tuple[str, ...]) -> Principal:
    token_use, subject = claims.get("token_use", ""), claims.get("sub", "")
    is_access = token_use == "access"  # noqa: S105 - not a password
    client_id = claims.get("client_id" if is_access else "aud", "")
    username = claims.get("username" if is_access else "cognito:username", "")
    is_machine = is_access and not username  # client credentials tokens name no user
    if token_use not in {"id", "access"} or not subject or not client_id:
        raise Inconsistent("a token that lacks a claim")
    if is_machine != (subject == client_id) or not (username or is_machine):
        raise Inconsistent("a token that is neither a user's nor a client's")
    return Principal(
        kind=Kind.MACHINE if is_machine else Kind.USER,
        subject=subject,
        username=username,
        groups=groups,
        scopes=frozenset(claims.get("scope", "").split()),
        token_use=token_use,
        client_id=client_id,
        signed_in_at=_epoch(claims.get("auth_time", "")),
        claims=claims,
    )


def _of_identity(signer: _Signer) -> Principal:
    how, *providers = signer.ways or ("",)
    is_guest = how == "unauthenticated"
    region = signer.pool_id.partition(":")[0]
    if how not in {"authenticated", "unauthenticated"} or is_guest == bool(providers):
        raise Inconsistent("an identity that is neither signed in nor a guest")
    if not region or signer.identity_id.partition(":")[0] != region or ":assumed-role/" not in signer.arn:
        raise Inconsistent("an identity of no pool")
    _check_account(signer)
    signed_in = [provider.rpartition(":CognitoSignIn:")[2] for provider in providers if ":CognitoSignIn:" in provider]
    return Principal(
        Kind.GUEST if is_guest else Kind.IDENTITY,
        subject=signer.identity_id,
        user=signed_in[0] if len(signed_in) == 1 else "",
    )


def _of_arn(arn: str) -> Principal:
    resource = arn.split(":", 5)[-1]  # arn:partition:service:region:account:resource
    if resource == "root":
        return Principal(Kind.ROOT, subject=arn)
    if resource.startswith("user/"):
        return Principal(Kind.IAM_USER, subject=arn, username=resource.rpartition("/")[2])
    if resource.startswith(("assumed-role/", "federated-user/")):
        return Principal(Kind.IAM_ROLE, subject=arn)
    raise Inconsistent("an ARN of nobody who signs")


def _check_account(signer: _Signer) -> None:
    if signer.account_id != f"{signer.arn}:::::".split(":")[4]:
        raise Inconsistent("an identity of another account")


def _joined(text: str) -> tuple[str, ...]:
    """A claim that is a list, as REST APIs have it: "a,b"."""
    return tuple(filter(None, text.split(",")))


def _spaced(text: str) -> tuple[str, ...]:
    """A claim that is a list, as HTTP APIs have it: "[a b]". No group has a space in its name."""
    return tuple(text.removeprefix("[").removesuffix("]").split())


def _epoch(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() else None
