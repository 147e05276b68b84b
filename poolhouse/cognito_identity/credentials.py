"""What an identity gets: keys of its role, or a token to ask STS for keys with."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity, IdentityPool
from poolhouse.cognito_identity.errors import (
    InvalidIdentityPoolConfigurationException,
    InvalidParameterException,
    NotAuthorizedException,
)
from poolhouse.cognito_identity.flows import find, linking, logins, sessions, tokens
from poolhouse.cognito_identity.flows.logins import ProvenLogin
from poolhouse.cognito_identity.rules import principal_tags, role_choice
from poolhouse.web_identity.tokens import COGNITO, TAGS

Request = Mapping[str, Any]

_GUEST = ("unauthenticated",)


def get_credentials_for_identity(call: Call, request: Request) -> dict[str, object]:
    """The enhanced flow: the pool chooses the role, and STS is asked by Cognito itself."""
    given, custom = dict(request.get("Logins") or {}), str(request.get("CustomRoleArn") or "")
    named = find.identity(call.store, request["IdentityId"])
    pool = find.pool(call, named.pool_id)
    if COGNITO in given:
        return _by_own_token(call, pool, named, given[COGNITO], custom)
    proven = logins.verify(call, pool, given)
    identity = linking.of_identity(call, pool, named.id, proven)
    try:
        role_arn = _role(pool, proven, custom)
    except role_choice.Denied as error:
        raise NotAuthorizedException(str(error)) from error
    except role_choice.NoRole as error:
        raise InvalidIdentityPoolConfigurationException from error
    return _response(call, identity, role_arn, _amr(proven), _tags(pool, proven))


def get_open_id_token(call: Call, request: Request) -> dict[str, object]:
    """The basic flow: a token for STS, where the pool lets its apps ask STS themselves."""
    named = find.identity(call.store, request["IdentityId"])
    pool = find.pool(call, named.pool_id)
    if not pool.allows_classic_flow:
        raise InvalidParameterException("Basic (classic) flow is not enabled, please use enhanced flow.")
    if pool.role_mappings:
        raise InvalidParameterException(
            "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."
        )
    proven = logins.verify(call, pool, request.get("Logins") or {})
    identity = linking.of_identity(call, pool, named.id, proven)
    token = tokens.make(call, pool, identity, _amr(proven), tags=_tags(pool, proven))
    return {"IdentityId": identity.id, "Token": token}


def _by_own_token(call: Call, pool: IdentityPool, named: Identity, text: str, custom: str) -> dict[str, object]:
    """For users of a developer provider, whose backend was given a token for them."""
    token = logins.own_token(call, pool, text)
    if token.claims["sub"] != named.id or not named.is_enabled:
        raise NotAuthorizedException(f"Access to Identity '{named.id}' is forbidden.")
    amr = tuple(str(one) for one in token.claims.get("amr") or ())
    role_arn = pool.roles.get("unauthenticated" if amr == _GUEST else "authenticated", "")
    if not role_arn:
        raise InvalidIdentityPoolConfigurationException
    if custom and custom != role_arn:
        raise NotAuthorizedException(f"Access to Role '{custom}' is forbidden.")  # a guess
    tags = {key: values[0] for key, values in ((token.claims.get(TAGS) or {}).get("principal_tags") or {}).items()}
    return _response(call, named, role_arn, amr, tags)


def _response(
    call: Call, identity: Identity, role_arn: str, amr: tuple[str, ...], tags: Mapping[str, str]
) -> dict[str, object]:
    keys = sessions.begin(call, identity, role_arn, amr, tags)
    return {
        "IdentityId": identity.id,
        "Credentials": {
            "AccessKeyId": keys.id,
            "SecretKey": keys.secret,
            "SessionToken": keys.session_token,
            "Expiration": keys.expires_at,
        },
    }


def _role(pool: IdentityPool, proven: list[ProvenLogin], custom: str) -> str:
    """By the first login whose provider has a mapping, else by the first."""
    if not proven:
        return role_choice.of_guest(pool.roles)
    mapped = next((one for one in proven if one.mapping_key in pool.role_mappings), proven[0])
    mapping = pool.role_mappings.get(mapped.mapping_key)
    if mapping is None and mapped.brings_roles:
        mapping = role_choice.OF_ASSERTION
    return role_choice.of_login(pool.roles, mapping, mapped.mapping_key, mapped.claims, custom)


def _amr(proven: list[ProvenLogin]) -> tuple[str, ...]:
    return ("authenticated", *(one for login in proven for one in login.amr)) if proven else _GUEST


def _tags(pool: IdentityPool, proven: list[ProvenLogin]) -> dict[str, str]:
    found: dict[str, str] = {}
    for login in proven:
        found |= principal_tags.tags(pool.tag_maps.get(login.provider), login.claims)
    return found
