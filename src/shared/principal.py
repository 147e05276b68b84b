"""Who is calling: one type for every kind, taken from an API event's requestContext.

API Gateway has verified whatever stands there: claims of a token the authorizer checked, or the identity behind a
signature. Claims are all text: `exp` and `iat` are Java dates, lists are joined by commas.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


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
    """Whoever calls. `subject` names them for good: a user's `sub`, a client id, an identity id, an IAM ARN."""

    kind: Kind
    subject: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    token_use: str = ""
    client_id: str = ""
    signed_in_at: datetime | None = None
    claims: Mapping[str, str] = field(default_factory=dict, repr=False)  # not for logs: it holds personal data


NOBODY = Principal(Kind.NOBODY)


def parse(request_context: Mapping[str, Any]) -> Principal:
    """Who is behind a request of a REST API."""
    authorizer = request_context.get("authorizer") or {}
    if claims := authorizer.get("claims"):
        return _of_token(claims)
    identity = request_context.get("identity") or {}
    if identity.get("cognitoIdentityId"):
        return _of_identity(identity)
    if arn := identity.get("userArn"):
        return _of_arn(arn)
    return NOBODY


def _of_token(claims: Mapping[str, str]) -> Principal:
    token_use = claims.get("token_use", "")
    username = claims.get("cognito:username") or claims.get("username", "")
    is_machine = token_use == "access" and not username  # noqa: S105 - client credentials tokens name no user
    return Principal(
        kind=Kind.MACHINE if is_machine else Kind.USER,
        subject=claims["sub"],
        username=username,
        groups=tuple(filter(None, claims.get("cognito:groups", "").split(","))),
        scopes=frozenset(claims.get("scope", "").split()),
        token_use=token_use,
        client_id=claims.get("client_id") or claims.get("aud", ""),
        signed_in_at=_epoch(claims.get("auth_time", "")),
        claims=claims,
    )


def _of_identity(identity: Mapping[str, Any]) -> Principal:
    is_guest = identity.get("cognitoAuthenticationType") != "authenticated"
    return Principal(Kind.GUEST if is_guest else Kind.IDENTITY, subject=identity["cognitoIdentityId"])


def _of_arn(arn: str) -> Principal:
    resource = arn.split(":", 5)[-1]  # arn:partition:service:region:account:resource
    if resource == "root":
        return Principal(Kind.ROOT, subject=arn)
    if resource.startswith("user/"):
        return Principal(Kind.IAM_USER, subject=arn, username=resource.rpartition("/")[2])
    return Principal(Kind.IAM_ROLE, subject=arn)  # assumed-role/ROLE/SESSION, federated-user/NAME


def _epoch(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() else None
