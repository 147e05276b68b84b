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
from poolhouse.cognito_idp.flows import challenge_sessions, password_attempts
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules import totp
from poolhouse.cognito_idp.rules.challenges import SOFTWARE_TOKEN_MFA, Challenge
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
    sealed = sealed_key(call, user.pool_id, user.username, key)
    with call.store.write() as tx:
        before = tx.software_tokens.find(pool_id=user.pool_id, username=user.username)
        token = before or SoftwareToken(user.pool_id, user.username)
        tx.software_tokens.put(replace(token, sealed_pending=sealed))


def sealed_key(call: Call, pool_id: str, username: str, key: str) -> str:
    """A user's key as it is kept."""
    return call.store.sealer.seal(key.encode(), _purpose(pool_id, username))


def register(call: Call, user: User, code: str, friendly_name: str) -> None:
    """Register the key that waits by its first code, in place of an earlier one.

    Raises EnableSoftwareTokenMFAException for any other code, which leaves the key waiting.
    """
    with call.store.write() as tx:
        token = tx.software_tokens.find(pool_id=user.pool_id, username=user.username)
        sealed = None if token is None else token.sealed_pending
        register_in(call, tx, user.pool_id, user.username, sealed=sealed, code=code, friendly_name=friendly_name)


def register_in(
    call: Call, tx: Tx, pool_id: str, username: str, *, sealed: str | None, code: str, friendly_name: str
) -> None:
    """`register` with a sealed key that waits elsewhere, inside a write block."""
    step = None if sealed is None else _step(call, pool_id, username, sealed, code)
    if step is None:
        raise EnableSoftwareTokenMFAException
    registered = SoftwareToken(pool_id, username, sealed_key=sealed, friendly_name=friendly_name, used_steps=(step,))
    tx.software_tokens.put(registered)
    user = tx.users.get(pool_id=pool_id, username=username)
    tx.users.put(replace(user, second_factors=tuple(dict.fromkeys((*user.second_factors, SOFTWARE_TOKEN_MFA)))))


def ask(call: Call, sign_in: SignIn, user: User) -> Challenge:
    """Ask for the code of the user's app."""
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in, user.username, SOFTWARE_TOKEN_MFA)
    parameters = {"USER_ID_FOR_SRP": user.username}
    token = find(call.store, user)
    if token is not None and token.friendly_name:
        parameters["FRIENDLY_DEVICE_NAME"] = token.friendly_name
    return Challenge(SOFTWARE_TOKEN_MFA, parameters, session)


def prove(call: Call, user: User, code: str) -> None:
    """Take a code at sign-in: each counts once, and wrong ones count as wrong passwords do.

    Cognito developer guide, "Lockout behavior for failed sign-in attempts", names codes too. Raises
    CodeMismatchException, ExpiredCodeException for a code that was used, NotAuthorizedException while locked out.
    """
    with call.store.write() as tx:
        password_attempts.check_not_locked(call, tx, user.pool_id, user.username)
        token = find(tx, user)
        step = (
            None
            if token is None or token.sealed_key is None
            else _step(call, user.pool_id, user.username, token.sealed_key, code)
        )
        if token is not None and step is not None:
            if step in token.used_steps:
                raise ExpiredCodeException("Your software token has already been used once.")
            tx.software_tokens.put(replace(token, used_steps=(step, *token.used_steps)[:_KEPT_STEPS]))
            return
        password_attempts.count_wrong(call, tx, user.pool_id, user.username)
    raise CodeMismatchException("Invalid code received for user")


def _step(call: Call, pool_id: str, username: str, sealed: str, code: str) -> int | None:
    """By the cloud's time or the machine's: moving the cloud's clock does not move the app's."""
    key = call.store.sealer.unseal(sealed, _purpose(pool_id, username)).decode()
    return totp.matching_step(key, code, (call.now, datetime.now(UTC)))


def _purpose(pool_id: str, username: str) -> str:
    return f"software token {pool_id} {username}"
