"""Which identity logins belong to: found, made, linked to a guest, merged.

Amazon Cognito developer guide, "Identity pools: switching unauthenticated users to authenticated users".
"""

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity, IdentityPool, Login
from poolhouse.cognito_identity.errors import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceConflictException,
)
from poolhouse.cognito_identity.flows import datasets, find
from poolhouse.cognito_identity.flows.logins import ProvenLogin
from poolhouse.store import Tx

_MOST_LOGINS = 20
NO_MATCH = "Logins don't match. Please include at least one valid login for this identity or identity pool."


def new_guest(call: Call, pool: IdentityPool) -> Identity:
    """Another guest: each request without logins makes one. Raises NotAuthorizedException where none are let in."""
    _check_guests(pool)
    with call.store.write() as tx:
        made = _new(call, pool)
        tx.identities.add(made)
    return made


def of_logins(call: Call, pool: IdentityPool, logins: list[ProvenLogin]) -> Identity:
    """The identity of these logins, made where there is none."""
    with call.store.write() as tx:
        there = _linked(tx, pool, logins)
        if not there:
            made = _new(call, pool)
            tx.identities.add(made)
            return _link(call, tx, made, logins)
        return _link(call, tx, _merged(call, tx, there), logins)


def of_identity(call: Call, pool: IdentityPool, identity_id: str, logins: list[ProvenLogin]) -> Identity:
    """The identity that this one is with these logins: a guest who signs in is linked, or was somebody already.

    Raises NotAuthorizedException where none of the logins is this identity's, and without logins where it has some.
    """
    if not logins:
        return _guest(call, pool, identity_id)
    with call.store.write() as tx:
        identity = _of_pool(find.identity(tx, identity_id), pool)
        there = _linked(tx, pool, logins)
        if not identity.is_enabled:  # merged: whoever has its logins is told the id that is good now
            if not there:
                raise NotAuthorizedException(NO_MATCH)
            return _link(call, tx, _merged(call, tx, there), logins)
        if not identity.had_logins:
            if there:
                tx.identities.put(replace(identity, is_enabled=False, modified_at=call.now))
                into = _merged(call, tx, there)
                datasets.merge(tx, into, identity)
                return _link(call, tx, into, logins)
            return _link(call, tx, identity, logins)
        if identity.id not in {one.id for one in there}:
            raise NotAuthorizedException(NO_MATCH)
        others = [one for one in there if one.id != identity.id]
        return _link(call, tx, _merged(call, tx, [identity, *others]), logins)


def attach(call: Call, identity_id: str, pool: IdentityPool, logins: list[ProvenLogin]) -> Identity:
    """Give more logins to an identity that was proven otherwise."""
    with call.store.write() as tx:
        identity = find.identity(tx, identity_id)
        others = [one for one in _linked(tx, pool, logins) if one.id != identity.id]
        return _link(call, tx, _merged(call, tx, [identity, *others]), logins)


def by_developer(tx: Tx, call: Call, identity: Identity, provider: str, subject: str) -> Identity:
    """Link a developer's name for a user, of which an identity may have several."""
    _check_room(tx.identity_logins.count(pool_id=identity.pool_id, identity_id=identity.id) + 1)
    tx.identity_logins.add(Login(identity.pool_id, provider, subject, identity.id))
    return _touched(call, tx, identity)


def new(call: Call, tx: Tx, pool: IdentityPool) -> Identity:
    """An identity without logins yet."""
    made = _new(call, pool)
    tx.identities.add(made)
    return made


def unlink(call: Call, tx: Tx, identity: Identity, provider: str, subject: str) -> None:
    """Take a login away. An identity that had its last one taken can be reached by nobody."""
    tx.identity_logins.remove(pool_id=identity.pool_id, provider=provider, subject=subject)
    is_left = tx.identity_logins.count(pool_id=identity.pool_id, identity_id=identity.id) > 0
    tx.identities.put(replace(identity, is_enabled=is_left, modified_at=call.now))


def merge(call: Call, tx: Tx, into: Identity, other: Identity) -> Identity:
    """Give one identity the logins of another, which is disabled. Raises ResourceConflictException.

    Each public provider may stand for one person only (MergeDeveloperIdentities in the API reference).
    """
    if into.id == other.id:
        return into
    kept, moved = (tx.identity_logins.list(pool_id=into.pool_id, identity_id=one.id) for one in (into, other))
    pool = tx.identity_pools.find(id=into.pool_id)
    several = {pool.developer_provider} if pool is not None else set()
    for provider in {one.provider for one in kept} & {one.provider for one in moved} - several:
        raise _taken(provider)
    _check_room(len(kept) + len(moved))
    for login in moved:
        tx.identity_logins.put(replace(login, identity_id=into.id))
    tx.identities.put(replace(other, is_enabled=False, modified_at=call.now))
    datasets.merge(tx, into, other)
    return _touched(call, tx, into)


def _guest(call: Call, pool: IdentityPool, identity_id: str) -> Identity:
    identity = _of_pool(find.identity(call.store, identity_id), pool)
    if identity.had_logins or not identity.is_enabled:
        raise NotAuthorizedException(f"Access to Identity '{identity_id}' is forbidden.")
    _check_guests(pool)
    return identity


def _check_guests(pool: IdentityPool) -> None:
    if not pool.allows_guests:
        raise NotAuthorizedException("Unauthenticated access is not supported for this identity pool.")


def _of_pool(identity: Identity, pool: IdentityPool) -> Identity:
    if identity.pool_id != pool.id:
        raise NotAuthorizedException(NO_MATCH)
    return identity


def _new(call: Call, pool: IdentityPool) -> Identity:
    return Identity(pool.id, f"{call.region}:{call.new_id()}", call.now, call.now)


def _linked(tx: Tx, pool: IdentityPool, logins: list[ProvenLogin]) -> list[Identity]:
    """The identities that the logins have already, each once, in the logins' order."""
    found: dict[str, Identity] = {}
    for login in logins:
        kept = tx.identity_logins.find(pool_id=pool.id, provider=login.provider, subject=login.subject)
        if kept is not None:
            found[kept.identity_id] = find.identity(tx, kept.identity_id)
    return list(found.values())


def _merged(call: Call, tx: Tx, identities: list[Identity]) -> Identity:
    """The first, with what the others had."""
    into, *others = identities
    for other in others:
        into = merge(call, tx, into, other)
    return into


def _link(call: Call, tx: Tx, identity: Identity, logins: list[ProvenLogin]) -> Identity:
    kept = tx.identity_logins.list(pool_id=identity.pool_id, identity_id=identity.id)
    there = {(login.provider, login.subject) for login in kept}
    fresh = [login for login in logins if (login.provider, login.subject) not in there]
    for login in fresh:
        if any(provider == login.provider for provider, _ in there):
            raise _taken(login.provider)
        there.add((login.provider, login.subject))
        tx.identity_logins.add(Login(identity.pool_id, login.provider, login.subject, identity.id))
    _check_room(len(there))
    return _touched(call, tx, identity) if fresh or not identity.is_enabled else identity


def _touched(call: Call, tx: Tx, identity: Identity) -> Identity:
    changed = replace(identity, is_enabled=True, had_logins=True, modified_at=call.now)
    tx.identities.put(changed)
    return changed


def _check_room(logins: int) -> None:
    if logins > _MOST_LOGINS:
        raise InvalidParameterException(f"An identity may have {_MOST_LOGINS} logins.")  # a guess


def _taken(provider: str) -> ResourceConflictException:
    return ResourceConflictException(f"Identity already has a login of {provider}.")  # a guess
