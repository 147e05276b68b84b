"""Pools and identities by their ids."""

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity, IdentityPool
from poolhouse.cognito_identity.errors import ResourceNotFoundException
from poolhouse.store import Store, Tx


def pool(call: Call, pool_id: str) -> IdentityPool:
    """The pool. Raises ResourceNotFoundException."""
    return pool_in(call.store, pool_id)


def pool_in(tables: Store | Tx, pool_id: str) -> IdentityPool:
    """The same, in a write block."""
    found = tables.identity_pools.find(id=pool_id)
    if found is None:
        raise ResourceNotFoundException(f"IdentityPool '{pool_id}' not found.")
    return found


def identity(tables: Store | Tx, identity_id: str) -> Identity:
    """The identity. Raises ResourceNotFoundException; the sentence is not proven."""
    found = next(iter(tables.identities.list(id=identity_id)), None)
    if found is None:
        raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
    return found
