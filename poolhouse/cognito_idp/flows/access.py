"""Who calls, by their access token: proven against the pool that issued it, the store, and what was revoked."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, User, UserPool
from poolhouse.cognito_idp.errors import NotAuthorizedException, UserNotFoundException
from poolhouse.cognito_idp.flows import find, keys, tokens
from poolhouse.cognito_idp.rules.claims import ADMIN_SCOPE
from poolhouse.jose import verify
from poolhouse.jose.verify import VerifiedClaims

# Which sentence each doubt gets. Those for a token of an unknown pool, and for one that names another algorithm or
# key, are taken from the nearest case that was observed.
_SENTENCES: Mapping[type[verify.TokenError], str] = {
    verify.BadSignature: "Could not verify signature for Access Token",
    verify.Expired: "Access Token has expired",
}
_INVALID = "Invalid Access Token"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user who has shown a good access token."""

    pool: UserPool
    app_client: AppClient
    user: User
    claims: VerifiedClaims


def user_of(call: Call, access_token: str, *, scope: str = ADMIN_SCOPE) -> SignedIn:
    """The user whose access token this is.

    Raises NotAuthorizedException for a token that is not good (any more) or lacks the scope, UserNotFoundException for
    a deleted user's, ResourceNotFoundException for one of a deleted app client.
    """
    pool, proven = _proven(call, access_token)
    app_client = find.app_client(call, str(proven.get("client_id", "")))
    user = _user(call, pool, proven.claims)
    if tokens.is_revoked(call, pool.id, proven.claims):
        raise NotAuthorizedException("Access Token has been revoked")
    if scope not in proven.scopes:
        raise NotAuthorizedException("Access Token does not have required scopes")
    return SignedIn(pool, app_client, user, proven)


def holder_of(call: Call, token: str, *, token_use: str) -> SignedIn:
    """The user whose access or ID token this is, whatever its scopes. Raises as `user_of`."""
    pool, proven = _proven(call, token, token_use)
    app_client = find.app_client(call, str(proven.get("client_id") or proven.get("aud") or ""))
    username = proven.get("username") or proven.get("cognito:username")
    user = _user(call, pool, {**proven.claims, "username": username})
    if tokens.is_revoked(call, pool.id, {**proven.claims, "username": username}):
        raise NotAuthorizedException("Access Token has been revoked")
    return SignedIn(pool, app_client, user, proven)


def _proven(call: Call, access_token: str, token_use: str = "access") -> tuple[UserPool, VerifiedClaims]:  # noqa: S107
    try:
        token = verify.parse(access_token)
        base, _, pool_id = token.issuer.rpartition("/")
        pool = call.store.user_pools.find(id=pool_id)
        if pool is None or base != call.issuer_base:
            raise NotAuthorizedException(_INVALID)
        find_key = functools.partial(keys.find_public_key, call, pool.id)
        return pool, verify.verify(token, find_key, issuer=token.issuer, token_use=token_use, now=call.now)
    except verify.TokenError as error:
        raise NotAuthorizedException(_SENTENCES.get(type(error), _INVALID)) from error


def _user(call: Call, pool: UserPool, claims: Mapping[str, Any]) -> User:
    """The user of a token. A machine's token has none, and its refusal is the scope's."""
    username = claims.get("username")
    if username is None:
        raise NotAuthorizedException("Access Token does not have required scopes")
    user = call.store.users.find(pool_id=pool.id, username=username)
    if user is None or user.sub != claims.get("sub"):
        raise UserNotFoundException
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")
    return user
