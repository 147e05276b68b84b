"""The claims of ID and access tokens, as Cognito writes them: which, of what type, in which order.

Cognito developer guide, "Understanding the ID token" and "Understanding the access token".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from poolhouse.cognito_idp.entities import Group, Identity, User

ADMIN_SCOPE = "aws.cognito.signin.user.admin"
Claims = dict[str, object]

_BOOLEANS = frozenset({"email_verified", "phone_number_verified"})
_PROFILE = frozenset(
    {
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
        *("website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
    }
)
_SCOPES_OF_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
    "profile": _PROFILE,
}


@dataclass(frozen=True, slots=True)
class GroupClaims:
    """What a user's groups say: their names, their roles, and the role of the group that goes first."""

    names: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    preferred_role: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """What the two tokens of one issue have in common.

    `origin_jti` None means that tokens of this app client cannot be revoked: they carry neither it nor `jti`.
    `scopes` are those granted; an API sign-in grants `ADMIN_SCOPE` alone. `version` is 2 for tokens of the
    authorization server and None for those of the API.
    """

    issuer: str
    client_id: str
    event_id: str
    origin_jti: str | None
    scopes: tuple[str, ...]
    authenticated_at: datetime
    issued_at: datetime
    version: int | None = None
    nonce: str | None = None
    device_key: str = ""


def group_claims(groups: Iterable[Group]) -> GroupClaims:
    """What these groups give a user; the lowest precedence goes first, groups without one go last."""
    ordered = sorted(groups, key=lambda g: (g.precedence is None, g.precedence or 0, g.name))
    roles = tuple(dict.fromkeys(g.role_arn for g in ordered if g.role_arn))
    return GroupClaims(tuple(g.name for g in ordered), roles, _preferred_role(ordered))


def access_claims(user: User, issue: Issue, groups: GroupClaims, *, jti: str, expires_at: int) -> Claims:
    """The access token of a user; its order is the one seen in AWS's tokens."""
    claims: Claims = {"sub": user.sub}
    if groups.names:
        claims["cognito:groups"] = list(groups.names)
    claims["iss"] = issue.issuer
    if issue.version is not None:
        claims["version"] = issue.version
    claims["client_id"] = issue.client_id
    if issue.origin_jti is not None:
        claims["origin_jti"] = issue.origin_jti
    claims |= {
        "event_id": issue.event_id,
        "token_use": "access",
        "scope": " ".join(issue.scopes),
        "auth_time": _seconds(issue.authenticated_at),
        "exp": expires_at,
        "iat": _seconds(issue.issued_at),
    }
    if issue.origin_jti is not None:
        claims["jti"] = jti
    if issue.device_key:
        claims["device_key"] = issue.device_key
    claims["username"] = user.username
    return claims


def id_claims(
    user: User,
    issue: Issue,
    groups: GroupClaims,
    *,
    jti: str,
    expires_at: int,
    readable: Collection[str] | None,
) -> Claims:
    """The ID token of a user. `readable` is the app client's ReadAttributes, None for every attribute."""
    claims: Claims = {} if issue.origin_jti is None else {"origin_jti": issue.origin_jti}
    claims |= {
        "sub": user.sub,
        "aud": issue.client_id,
        "event_id": issue.event_id,
        "token_use": "id",
        "auth_time": _seconds(issue.authenticated_at),
        "iss": issue.issuer,
        "cognito:username": user.username,
        "exp": expires_at,
        "iat": _seconds(issue.issued_at),
    }
    if issue.origin_jti is not None:
        claims["jti"] = jti
    if issue.nonce is not None:
        claims["nonce"] = issue.nonce
    if user.identities:
        claims["identities"] = [_identity_claim(identity) for identity in user.identities]
    return claims | _group_claims(groups) | attribute_claims(user.attributes, readable, issue.scopes)


def identity_members(identity: Identity) -> Claims:
    """An identity as the `identities` attribute of a user tells it; the issuer is SAML's alone, and not kept here."""
    return {
        "userId": identity.value,
        "providerName": identity.provider_name,
        "providerType": identity.provider_type,
        "issuer": None,
        "primary": identity.is_primary,
        "dateCreated": int(identity.linked_at.timestamp() * 1000),
    }


def _identity_claim(identity: Identity) -> Claims:
    """The same in a token, where a flag and a time are text."""
    members = identity_members(identity)
    return {**members, "primary": str(members["primary"]).lower(), "dateCreated": str(members["dateCreated"])}


def machine_claims(issue: Issue, *, jti: str, expires_at: int) -> Claims:
    """The access token of a client_credentials grant: the app client itself is the subject.

    Whether it carries event_id is not known; the token that was recorded did not show it.
    """
    return {
        "sub": issue.client_id,
        "token_use": "access",
        "scope": " ".join(issue.scopes),
        "auth_time": _seconds(issue.authenticated_at),
        "iss": issue.issuer,
        "exp": expires_at,
        "iat": _seconds(issue.issued_at),
        "version": 2,
        "jti": jti,
        "client_id": issue.client_id,
    }


def attribute_claims(attributes: Mapping[str, str], readable: Collection[str] | None, scopes: Iterable[str]) -> Claims:
    """A user's attributes as the ID token and userInfo show them: those the app client may read and the scopes name."""
    narrowed = _narrowed(scopes)
    return {
        name: _typed(name, value)
        for name, value in attributes.items()
        if value and (readable is None or name in readable) and (narrowed is None or _is_in(name, narrowed))
    }


def _preferred_role(groups: Iterable[Group]) -> str | None:
    """The role of the lowest precedence. Groups that lack either do not count; a tie between roles gives none."""
    ranked = [(g.precedence, g.role_arn) for g in groups if g.role_arn and g.precedence is not None]
    best = min((precedence for precedence, _ in ranked), default=None)
    roles = {role for precedence, role in ranked if precedence == best}
    return roles.pop() if len(roles) == 1 else None


def _group_claims(groups: GroupClaims) -> Claims:
    claims: Claims = {}
    if groups.names:
        claims["cognito:groups"] = list(groups.names)
    if groups.preferred_role:
        claims["cognito:preferred_role"] = groups.preferred_role
    if groups.roles:
        claims["cognito:roles"] = list(groups.roles)
    return claims


def _narrowed(scopes: Iterable[str]) -> set[str] | None:
    """The scopes that stand for a set of attributes; None when none is there, which lets all attributes through."""
    return {scope for scope in scopes if scope in _SCOPES_OF_ATTRIBUTES} or None


def _is_in(name: str, scopes: Iterable[str]) -> bool:
    if name.startswith("custom:"):
        return "profile" in scopes
    return any(name in _SCOPES_OF_ATTRIBUTES[scope] for scope in scopes)


def _typed(name: str, value: str) -> object:
    if name in _BOOLEANS:
        return value == "true"
    if name == "address":  # OpenID Connect Core 5.1.1; whether Cognito's ID token has the object is not proven
        return {"formatted": value}
    if name == "updated_at" and value.isdecimal():  # a number in OpenID Connect; not proven for Cognito
        return int(value)
    return value


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
