"""What a pre token generation function may change in the tokens, and what is ignored.

Cognito developer guide, "Pre token generation Lambda trigger", with its table of claims and scopes that can be added,
changed or suppressed. Version 1 speaks of the ID token and of groups; versions 2 and 3 also of the access token.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from poolhouse.cognito_idp.errors import InvalidLambdaResponseException
from poolhouse.cognito_idp.rules.claims import Claims, GroupClaims

_UNTOUCHABLE = frozenset(
    {
        *("acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "device_key", "event_id", "exp", "iat"),
        *("identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use", "username", "version"),
    }
)
_GROUP_CLAIMS = ("cognito:groups", "cognito:roles", "cognito:preferred_role")
_TEXT_OR_PLAIN = frozenset({"phone_number_verified", "email_verified", "updated_at", "address"})


class _Groups(msgspec.Struct, rename="camel"):
    groups_to_override: list[str] | None = None
    iam_roles_to_override: list[str] | None = None
    preferred_role: str | None = None


class _V1(msgspec.Struct, rename="camel"):
    claims_to_add_or_override: dict[str, str] | None = None
    claims_to_suppress: list[str] | None = None
    group_override_details: _Groups | msgspec.UnsetType | None = msgspec.UNSET


class _Token(msgspec.Struct, rename="camel"):
    claims_to_add_or_override: dict[str, Any] | None = None
    claims_to_suppress: list[str] | None = None
    scopes_to_add: list[str] | None = None
    scopes_to_suppress: list[str] | None = None


class _V2(msgspec.Struct, rename="camel"):
    id_token_generation: _Token | None = None
    access_token_generation: _Token | None = None
    group_override_details: _Groups | msgspec.UnsetType | None = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class TokenOverride:
    """Changes to one token."""

    add: Mapping[str, object] = field(default_factory=dict)
    suppress: frozenset[str] = frozenset()
    scopes_to_add: tuple[str, ...] = ()
    scopes_to_suppress: frozenset[str] = frozenset()


_UNCHANGED = TokenOverride()


@dataclass(frozen=True, slots=True)
class Overrides:
    """Changes to the tokens of one issue. `groups` None keeps the user's own."""

    id: TokenOverride = _UNCHANGED
    access: TokenOverride = _UNCHANGED
    groups: GroupClaims | None = None


NONE = Overrides()


def parse(response: Mapping[str, Any], version: str) -> Overrides:
    """What the function asked for. Raises InvalidLambdaResponseException for a value of the wrong type."""
    key = response_key(version)
    details = response.get(key)
    if details is None:
        return NONE
    try:
        if version == "1":
            return _from_v1(msgspec.convert(details, _V1))
        return _from_v2(msgspec.convert(details, _V2))
    except msgspec.ValidationError as error:
        raise InvalidLambdaResponseException from error


def response_key(version: str) -> str:
    """The member of the event's `response` that carries the overrides."""
    return "claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails"


def id_token(claims: Claims, override: TokenOverride) -> Claims:
    """The ID token's claims with the changes that are allowed."""
    if override is _UNCHANGED:
        return claims
    return _changed(claims, override, _UNTOUCHABLE)


def access_token(claims: Claims, override: TokenOverride) -> Claims:
    """The access token's claims and scopes with the changes that are allowed."""
    if override is _UNCHANGED:
        return claims
    own_audience = override.add.get("aud") == claims["client_id"]
    forbidden = (_UNTOUCHABLE - {"aud"} if own_audience else _UNTOUCHABLE) | {"scope"}
    changed = _changed(claims, override, forbidden)
    scopes = str(claims.get("scope", "")).split()
    scopes += [scope for scope in override.scopes_to_add if scope not in scopes]
    return changed | {"scope": " ".join(scope for scope in scopes if scope not in override.scopes_to_suppress)}


def _changed(claims: Claims, override: TokenOverride, forbidden: frozenset[str]) -> Claims:
    added = {
        name: value
        for name, value in override.add.items()
        if name not in forbidden and not name.startswith(("cognito:", "dev:")) and _may_be(name, value)
    }
    suppressed = {name for name in override.suppress if name not in forbidden and not name.startswith("cognito:")}
    if "cognito:groups" in override.suppress:
        suppressed.update(_GROUP_CLAIMS)
    return {name: value for name, value in {**claims, **added}.items() if name not in suppressed}


def _may_be(name: str, value: object) -> bool:
    return name not in _TEXT_OR_PLAIN or not isinstance(value, (dict, list))


def _from_v1(details: _V1) -> Overrides:
    token = TokenOverride(details.claims_to_add_or_override or {}, frozenset(details.claims_to_suppress or ()))
    # Only the ID token follows V1; suppressing the groups is taken to mean both, as replacing them does.
    both = TokenOverride(suppress=token.suppress & {"cognito:groups"})
    return Overrides(token, both, _groups(details.group_override_details))


def _from_v2(details: _V2) -> Overrides:
    return Overrides(
        _token(details.id_token_generation),
        _token(details.access_token_generation),
        _groups(details.group_override_details),
    )


def _token(details: _Token | None) -> TokenOverride:
    if details is None:
        return TokenOverride()
    scopes = (scope for text in details.scopes_to_add or () for scope in text.split())
    return TokenOverride(
        details.claims_to_add_or_override or {},
        frozenset(details.claims_to_suppress or ()),
        tuple(scopes),
        frozenset(details.scopes_to_suppress or ()),
    )


def _groups(details: _Groups | msgspec.UnsetType | None) -> GroupClaims | None:
    """The groups in place of the user's own: null or an empty object suppresses them all, no member keeps them."""
    if isinstance(details, msgspec.UnsetType):
        return None
    if details is None:
        return GroupClaims()
    return GroupClaims(
        tuple(details.groups_to_override or ()), tuple(details.iam_roles_to_override or ()), details.preferred_role
    )
