"""Identities by a developer's own names for users, vouched for by the developer's backend.

https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity, IdentityPool
from poolhouse.cognito_identity.errors import (
    DeveloperUserAlreadyRegisteredException,
    InvalidParameterException,
    NotAuthorizedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from poolhouse.cognito_identity.flows import find, linking, logins, tokens
from poolhouse.cognito_idp.flows import pages
from poolhouse.store import Tx

Request = Mapping[str, Any]

_TTL = timedelta(minutes=15)


def get_open_id_token_for_developer_identity(call: Call, request: Request) -> dict[str, object]:
    """A token for a user of the developer's: their identity is found, made, or the one that was named."""
    pool = find.pool(call, request["IdentityPoolId"])
    given = dict(request["Logins"])
    user = given.pop(_provider(pool), None)
    if user is None:
        raise InvalidParameterException("Please provide a login for the developer provider.")  # a guess
    proven = logins.verify(call, pool, given)
    with call.store.write() as tx:
        identity = _identity(call, tx, pool, user, request.get("IdentityId"))
    if proven:
        identity = linking.attach(call, identity.id, pool, proven)
    ttl = timedelta(seconds=int(request["TokenDuration"])) if request.get("TokenDuration") else _TTL
    provider = pool.developer_provider
    amr = ("authenticated", provider, f"{provider}:{pool.id}:{user}", *(one for login in proven for one in login.amr))
    token = tokens.make(call, pool, identity, amr, ttl=ttl, tags=request.get("PrincipalTags"))
    return {"IdentityId": identity.id, "Token": token}


def lookup_developer_identity(call: Call, request: Request) -> dict[str, object]:
    """The identity of a developer's user, or the developer's users of an identity."""
    pool = find.pool(call, request["IdentityPoolId"])
    provider, user, identity_id = _provider(pool), request.get("DeveloperUserIdentifier"), request.get("IdentityId")
    if not user and not identity_id:
        raise InvalidParameterException("Either IdentityID or DeveloperUserIdentifier must be specified.")  # a guess
    if user:
        kept = call.store.identity_logins.find(pool_id=pool.id, provider=provider, subject=user)
        if kept is None:
            raise ResourceNotFoundException(f"Developer user '{user}' not found.")  # a guess
        if identity_id and kept.identity_id != identity_id:
            raise ResourceConflictException("The developer user identifier is not of this identity.")  # a guess
        return {"IdentityId": kept.identity_id, "DeveloperUserIdentifierList": [user]}
    identity = find.identity(call.store, str(identity_id))
    where = {"pool_id": pool.id, "identity_id": identity.id, "provider": provider}
    question = f"LookupDeveloperIdentity:{pool.id}:{identity.id}"
    found, more = pages.page(
        call, call.store.identity_logins, question, request.get("NextToken"), request.get("MaxResults"), **where
    )
    return {"IdentityId": identity.id, "DeveloperUserIdentifierList": [one.subject for one in found], **more}


def merge_developer_identities(call: Call, request: Request) -> dict[str, object]:
    """Make two of the developer's users one: the source's identity is disabled, the destination's has both names."""
    pool = find.pool(call, request["IdentityPoolId"])
    provider = _named_provider(pool, request["DeveloperProviderName"])
    with call.store.write() as tx:
        source, destination = (
            _of_user(tx, pool, provider, request[name])
            for name in ("SourceUserIdentifier", "DestinationUserIdentifier")
        )
        return {"IdentityId": linking.merge(call, tx, destination, source).id}


def unlink_developer_identity(call: Call, request: Request) -> None:
    """Take a developer's user away from an identity."""
    pool = find.pool(call, request["IdentityPoolId"])
    provider, user = _named_provider(pool, request["DeveloperProviderName"]), request["DeveloperUserIdentifier"]
    with call.store.write() as tx:
        identity = _of_user(tx, pool, provider, user)
        if identity.id != request["IdentityId"]:
            raise ResourceConflictException("The developer user identifier is not of this identity.")  # a guess
        linking.unlink(call, tx, identity, provider, user)


def _identity(call: Call, tx: Tx, pool: IdentityPool, user: str, identity_id: str | None) -> Identity:
    provider = pool.developer_provider
    kept = tx.identity_logins.find(pool_id=pool.id, provider=provider, subject=user)
    if kept is not None:
        if identity_id and kept.identity_id != identity_id:
            raise DeveloperUserAlreadyRegisteredException(f"Developer user '{user}' has another identity.")  # a guess
        return find.identity(tx, kept.identity_id)
    if not identity_id:
        return linking.by_developer(tx, call, linking.new(call, tx, pool), provider, user)
    identity = find.identity(tx, identity_id)
    if identity.pool_id != pool.id or not identity.is_enabled:
        raise NotAuthorizedException(f"Access to Identity '{identity_id}' is forbidden.")
    return linking.by_developer(tx, call, identity, provider, user)


def _of_user(tx: Tx, pool: IdentityPool, provider: str, user: str) -> Identity:
    kept = tx.identity_logins.find(pool_id=pool.id, provider=provider, subject=user)
    if kept is None:
        raise ResourceNotFoundException(f"Developer user '{user}' not found.")  # a guess
    return find.identity(tx, kept.identity_id)


def _provider(pool: IdentityPool) -> str:
    if not pool.developer_provider:
        raise InvalidParameterException("The identity pool has no developer provider.")  # a guess
    return pool.developer_provider


def _named_provider(pool: IdentityPool, name: str) -> str:
    if name != pool.developer_provider:
        raise InvalidParameterException(f"{name} is not the developer provider of this identity pool.")  # a guess
    return name
