"""Identities of other providers linked to users of a pool, and split from them."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import identity_providers
from poolhouse.cognito_idp.entities import Identity, LinkedIdentity, User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    LimitExceededException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import federation, find, tokens
from poolhouse.cognito_idp.flows.federation import SUBJECT
from poolhouse.cognito_idp.rules.providers import SOCIAL
from poolhouse.store import Tx

Request = Mapping[str, Any]

_COGNITO = "Cognito"
_MOST = 5


def admin_link_provider_for_user(call: Call, request: Request) -> dict[str, object]:
    """Let somebody who is known by another provider sign in as a user of the pool."""
    source: Request = request["SourceUser"]
    for name in ("ProviderName", "ProviderAttributeName", "ProviderAttributeValue"):
        if not source.get(name):
            raise InvalidParameterException(f"{name} in SourceUser is required.")  # AWS's sentence is not known
    attribute, value = source["ProviderAttributeName"], source["ProviderAttributeValue"]
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        provider = identity_providers.get(tx, pool.id, source["ProviderName"])
        if provider.type in SOCIAL and attribute != SUBJECT:
            raise InvalidParameterException(
                f"ProviderAttributeName must be {SUBJECT} for social providers."
            )  # as above
        user = _destination(tx, pool, request["DestinationUser"])
        _check_free(tx, pool, provider.name, attribute, value)
        if len(user.identities) >= _MOST:
            raise LimitExceededException(f"A user cannot have more than {_MOST} linked identities.")  # as above
        identity = Identity(provider.name, provider.type, attribute, value, call.now)
        tx.linked_identities.add(LinkedIdentity(pool.id, provider.name, attribute, value, user.username))
        tx.users.put(replace(user, identities=(*user.identities, identity), modified_at=call.now))
    return {}


def admin_disable_provider_for_user(call: Call, request: Request) -> dict[str, object]:
    """Split an identity from the user it is linked to; of the pool's own provider, take the user's password."""
    wanted: Request = request["User"]
    name, value = wanted.get("ProviderName"), wanted.get("ProviderAttributeValue")
    attribute = wanted.get("ProviderAttributeName") or SUBJECT
    if not name or not value:
        raise InvalidParameterException("ProviderName and ProviderAttributeValue are required.")  # as above
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        if name == _COGNITO:
            _take_password(call, tx, find.user_in(tx, pool, value))
            return {}
        identity_providers.get(tx, pool.id, name)
        _split(call, tx, pool, (name, attribute, value))
    return {}


def _destination(tx: Tx, pool: UserPool, destination: Request) -> User:
    """A user of the pool itself, by name; ProviderAttributeName is ignored (API reference)."""
    if destination.get("ProviderName") not in (_COGNITO, None):
        identity_providers.get(tx, pool.id, destination["ProviderName"])
        named = (destination["ProviderName"], destination.get("ProviderAttributeValue", ""))
        user = federation.find_by_subject(tx, pool, *named)
        if user is None:
            raise UserNotFoundException
        return user
    return find.user_in(tx, pool, destination.get("ProviderAttributeValue", ""))


def _check_free(tx: Tx, pool: UserPool, provider: str, attribute: str, value: str) -> None:
    link = tx.linked_identities.find(pool_id=pool.id, provider=provider, attribute=attribute, value=value)
    if link is not None:
        raise InvalidParameterException("SourceUser is already linked to DestinationUser")
    if attribute == SUBJECT and federation.find_by_subject(tx, pool, provider, value) is not None:
        raise InvalidParameterException(
            "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link"
        )


def _split(call: Call, tx: Tx, pool: UserPool, named: tuple[str, str, str]) -> None:
    provider, attribute, value = named
    where = {"pool_id": pool.id, "provider": provider, "attribute": attribute, "value": value}
    link = tx.linked_identities.find(**where)
    if link is None:
        raise UserNotFoundException
    tx.linked_identities.remove(**where)
    user = tx.users.get(pool_id=pool.id, username=link.username)
    kept = tuple(
        identity
        for identity in user.identities
        if (identity.provider_name, identity.attribute, identity.value) != named
    )
    tx.users.put(replace(user, identities=kept, modified_at=call.now))


def _take_password(call: Call, tx: Tx, user: User) -> None:
    """The user cannot sign in by a password any more; what they hold is revoked, which is a guess."""
    tx.users.put(replace(user, password=None, modified_at=call.now))
    tokens.revoke_user(tx, user.pool_id, user.username)
