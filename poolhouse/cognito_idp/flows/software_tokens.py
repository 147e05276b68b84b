"""Authenticator apps (TOTP): a user's key, set up with a first code, and the codes that answer SOFTWARE_TOKEN_MFA."""

import secrets
from datetime import UTC, datetime

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import SoftwareToken, User, UserPool
from poolhouse.cognito_idp.errors import (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    ExpiredCodeException,
    SoftwareTokenMFANotFoundException,
)
from poolhouse.cognito_idp.flows import password_attempts
from poolhouse.cognito_idp.rules import totp
from poolhouse.store import Store, Tx

_KEPT_STEPS = 16  # more than can still be good


def check_in_pool(pool: UserPool) -> None:
    """Raise SoftwareTokenMFANotFoundException where the pool does not use authenticator apps."""
    if not pool.has_software_token_mfa:
        raise SoftwareTokenMFANotFoundException


def find(tables: Store | Tx, user: User) -> SoftwareToken | None:
    """The user's registered key, whether it is used at sign-in or not; None when there is none."""
    token = tables.software_tokens.find(pool_id=user.pool_id, username=user.username)
    return token if token is not None and token.sealed_key is not None else None


def make_key() -> str:
    """A random key for an app."""
    return totp.secret(secrets.token_bytes(totp.SECRET_BYTES))


def await_first_code(call: Call, user: User, key: str) -> None:
    """Keep a key that counts only once its first code was given; the one registered before counts until then."""
    sealed = call.store.sealer.seal(key.encode(), _purpose(user))
    with call.store.write() as tx:
        before = tx.software_tokens.find(pool_id=user.pool_id, username=user.username)
        token = before or SoftwareToken(user.pool_id, user.username)
        tx.software_tokens.put(replace(token, sealed_pending=sealed))


def register(call: Call, user: User, code: str, friendly_name: str) -> None:
    """Register the key that waits by its first code, in place of an earlier one.

    Raises EnableSoftwareTokenMFAException for any other code, which leaves the key waiting.
    """
    with call.store.write() as tx:
        token = tx.software_tokens.find(pool_id=user.pool_id, username=user.username)
        sealed = None if token is None else token.sealed_pending
        step = None if sealed is None else _step(call, user, sealed, code)
        if token is None or step is None:
            raise EnableSoftwareTokenMFAException
        registered = SoftwareToken(
            user.pool_id,
            user.username,
            sealed_key=sealed,
            friendly_name=friendly_name,
            is_preferred=token.is_preferred,
            used_steps=(step,),
        )
        tx.software_tokens.put(registered)


def prove(call: Call, user: User, code: str) -> None:
    """Take a code at sign-in: each counts once, and wrong ones count as wrong passwords do.

    Cognito developer guide, "Lockout behavior for failed sign-in attempts", names codes too. Raises
    CodeMismatchException, ExpiredCodeException for a code that was used, NotAuthorizedException while locked out.
    """
    with call.store.write() as tx:
        password_attempts.check_not_locked(call, tx, user.pool_id, user.username)
        token = find(tx, user)
        step = None if token is None or token.sealed_key is None else _step(call, user, token.sealed_key, code)
        if token is not None and step is not None:
            if step in token.used_steps:
                raise ExpiredCodeException("Your software token has already been used once.")
            tx.software_tokens.put(replace(token, used_steps=(step, *token.used_steps)[:_KEPT_STEPS]))
            return
        password_attempts.count_wrong(call, tx, user.pool_id, user.username)
    raise CodeMismatchException("Invalid code received for user")


def _step(call: Call, user: User, sealed_key: str, code: str) -> int | None:
    """By the cloud's time or the machine's: moving the cloud's clock does not move the app's."""
    key = call.store.sealer.unseal(sealed_key, _purpose(user)).decode()
    return totp.matching_step(key, code, (call.now, datetime.now(UTC)))


def _purpose(user: User) -> str:
    return f"software token {user.pool_id} {user.username}"
