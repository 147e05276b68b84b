"""Find what a request names, or answer as AWS does that it is not there."""

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, User, UserPool
from poolhouse.cognito_idp.errors import (
    ResourceNotFoundException,
    UserNotFoundException,
    app_client_not_found,
    user_pool_not_found,
)
from poolhouse.store import Store, Tx


def pool(call: Call, pool_id: str) -> UserPool:
    """The user pool. Raises ResourceNotFoundException."""
    found = call.store.user_pools.find(id=pool_id)
    if found is None:
        raise user_pool_not_found(pool_id)
    return found


def pool_in(tables: Store | Tx, pool_id: str) -> UserPool:
    """`pool` for use inside a write block. Raises ResourceNotFoundException."""
    found = tables.user_pools.find(id=pool_id)
    if found is None:
        raise user_pool_not_found(pool_id)
    return found


def app_client(call: Call, client_id: str) -> AppClient:
    """The app client of whatever pool. Raises ResourceNotFoundException."""
    found = call.store.app_clients.find(id=client_id)
    if found is None:
        raise app_client_not_found(client_id)
    return found


def client_of_pool(call: Call, pool_id: str, client_id: str) -> tuple[UserPool, AppClient]:
    """A pool and an app client that must belong to it, as AdminInitiateAuth names both."""
    user_pool = pool(call, pool_id)
    found = app_client(call, client_id)
    if found.pool_id != pool_id:
        raise ResourceNotFoundException(f"User pool client {client_id} does not exist in user pool {pool_id}.")
    return user_pool, found


def client_in(tables: Store | Tx, pool_id: str, client_id: str) -> AppClient:
    """An app client by the operations that manage it. Raises ResourceNotFoundException for its pool, then for it."""
    pool_in(tables, pool_id)
    found = tables.app_clients.find(id=client_id)
    if found is None or found.pool_id != pool_id:
        # Without the id, unlike everywhere else: seen from DescribeUserPoolClient, taken to hold for its siblings.
        raise ResourceNotFoundException("User pool client does not exist.")
    return found


def user(call: Call, user_pool: UserPool, username: str) -> User:
    """The user that this name stands for. Raises UserNotFoundException."""
    found = find_user(call, user_pool, username)
    if found is None:
        raise UserNotFoundException
    return found


def find_user(call: Call, user_pool: UserPool, username: str) -> User | None:
    """The user that this user name, sub or sign-in name stands for, or None."""
    return find_user_in(call.store, user_pool, username)


def find_user_in(tables: Store | Tx, user_pool: UserPool, username: str) -> User | None:
    """`find_user` for use inside a write block, where what is read must be what the block decides on."""
    name = user_pool.folded(username)
    # No name stands for two users (flows/names.py), so the order is one of speed: an address is mostly a sign-in name.
    found = _by_sign_in_name(tables, user_pool, name) if "@" in name else None
    if found is None:
        found = tables.users.find(pool_id=user_pool.id, username=name)
    if found is None:
        found = tables.users.find(pool_id=user_pool.id, sub=username)
    if found is None and "@" not in name:
        found = _by_sign_in_name(tables, user_pool, name)
    return found


def _by_sign_in_name(tables: Store | Tx, user_pool: UserPool, name: str) -> User | None:
    sign_in_name = tables.sign_in_names.find(pool_id=user_pool.id, name=name)
    if sign_in_name is None:
        return None
    return tables.users.find(pool_id=user_pool.id, username=sign_in_name.username)


def user_in(tx: Tx, user_pool: UserPool, username: str) -> User:
    """`user` for use inside a write block. Raises UserNotFoundException."""
    found = find_user_in(tx, user_pool, username)
    if found is None:
        raise UserNotFoundException
    return found
