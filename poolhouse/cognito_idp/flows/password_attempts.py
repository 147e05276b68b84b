"""Wrong passwords, counted for each user name, and the lock they lead to."""

from typing import NoReturn

from poolhouse.call import Call
from poolhouse.cognito_idp.errors import NotAuthorizedException
from poolhouse.cognito_idp.rules import lockout
from poolhouse.store import Store, Tx


def check_not_locked(call: Call, tables: Store | Tx, pool_id: str, username: str) -> None:
    """Raise NotAuthorizedException while wrong passwords shut this user out."""
    if lockout.is_locked(tables.attempts.find(pool_id=pool_id, username=username, kind=lockout.KIND), call.now):
        raise NotAuthorizedException("Password attempts exceeded")


def refuse(call: Call, pool_id: str, username: str) -> NoReturn:
    """Count a wrong password, and say so. The name may be one that nobody has: a lock must not tell who exists."""
    with call.store.write() as tx:
        check_not_locked(call, tx, pool_id, username)
        count_wrong(call, tx, pool_id, username)
    raise NotAuthorizedException("Incorrect username or password.")


def count_wrong(call: Call, tx: Tx, pool_id: str, username: str) -> None:
    """Count a wrong password or code, inside a write block."""
    before = tx.attempts.find(pool_id=pool_id, username=username, kind=lockout.KIND)
    tx.attempts.put(lockout.after_wrong_password(before, pool_id, username, call.now))


def forgive(call: Call, tx: Tx, pool_id: str, username: str) -> None:
    """Start afresh after the right password, inside a write block; a right guess made while locked fails as well."""
    attempts = tx.attempts.find(pool_id=pool_id, username=username, kind=lockout.KIND)
    if attempts is None:
        return
    check_not_locked(call, tx, pool_id, username)
    tx.attempts.remove(pool_id=pool_id, username=username, kind=lockout.KIND)
