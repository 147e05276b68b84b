"""Passwords as the store keeps them: an SRP salt and a sealed verifier, from which no password can be read."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeGuard

from msgspec.structs import replace

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import Password, User, UserPool
from poolhouse.cognito_idp.errors import PasswordHistoryPolicyViolationException
from poolhouse.cognito_idp.flows import threat_protection
from poolhouse.cognito_idp.rules import imported_hashes, passwords, srp
from poolhouse.store import Sealer

# Without the characters that HTML mail and message placeholders give a meaning to.
_GENERATED_SYMBOLS = "!@#%^*_-+=?."
_GENERATED_LENGTH = 8


def set_password(
    call: Call, pool: UserPool, user: User, password: str, *, expires_at: datetime | None = None
) -> Password:
    """What is kept of a password for this user; whether a policy likes it is asked elsewhere."""
    salt = srp.make_salt(secrets.token_bytes(srp.SALT_BYTES))
    made = srp.make_verifier(pool.id, user.username, password, salt)
    sealed = call.store.sealer.seal(made, _purpose(pool.id, user.username))
    return Password(salt=salt, sealed_verifier=sealed, expires_at=expires_at)


def imported(sealer: Sealer, user: User, algorithm: str, text: str) -> Password:
    """What is kept of a hash another system made of the user's password."""
    purpose = _purpose(user.pool_id, user.username)
    return Password(algorithm=algorithm, sealed_hash=sealer.seal(text.encode(), purpose))


def adopt(call: Call, pool: UserPool, user: User, password: str) -> User:
    """The user, who has just given this right password: an imported one is kept as our own from now on."""
    if user.password is None or not user.password.is_imported:
        return user
    made = set_password(call, pool, user, password)
    with call.store.write() as tx:
        current = tx.users.get(pool_id=pool.id, username=user.username)
        if current.password == user.password:  # not changed meanwhile
            current = replace(current, password=made)
            tx.users.put(current)
    return current


def is_password(call: Call, pool: UserPool, user: User, password: str) -> bool:
    """Whether this is the user's password. A user without one has no right answer. Not inside `store.write()`."""
    if user.password is None:
        return False
    if user.password.is_imported:
        text = call.store.sealer.unseal(user.password.sealed_hash, _purpose(pool.id, user.username)).decode()
        return aside.work(imported_hashes.is_password, user.password.algorithm, text, password)
    return srp.is_password(
        password, verifier(call, pool, user), pool_id=pool.id, username=user.username, salt=user.password.salt
    )


def has_verifier(user: User | None) -> TypeGuard[User]:
    """Whether SRP can prove the user's password.

    Not while it is the hash of an import, of which no verifier can be made: such a user signs in by the password
    itself first. AWS says nothing of it.
    """
    return user is not None and user.password is not None and not user.password.is_imported


def verifier(call: Call, pool: UserPool, user: User) -> bytes:
    """The SRP verifier of a user who has one. Raises ValueError for one who has not."""
    if user.password is None or user.password.is_imported:
        raise ValueError("the user has no verifier")
    return call.store.sealer.unseal(user.password.sealed_verifier, _purpose(pool.id, user.username))


def generate(policy: Mapping[str, Any]) -> str:
    """A random password that the policy accepts."""
    alphabets = ["".join(sorted(characters)) for _, characters in passwords.CLASSES.values()][:3]
    alphabets.append(_GENERATED_SYMBOLS)
    length = max(policy.get("MinimumLength", passwords.DEFAULT_MINIMUM_LENGTH), _GENERATED_LENGTH)
    characters = [secrets.choice(alphabet) for alphabet in alphabets]
    characters += [secrets.choice("".join(alphabets)) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _purpose(pool_id: str, username: str) -> str:
    return f"password:{pool_id}:{username}"


def check_chosen(
    call: Call, pool: UserPool, user: User, password: str, prefix: str, *, client_id: str = "", is_sign_up: bool = False
) -> None:
    """Raise unless a user of this pool may choose this password: by its policy, its history, and what others know.

    InvalidPasswordException, its sentence begun with `prefix`, or PasswordHistoryPolicyViolationException.
    """
    passwords.check(password, pool.password_policy, prefix)
    occasion = threat_protection.SIGN_UP if is_sign_up else threat_protection.PASSWORD_CHANGE
    threat_protection.check_password(call, pool, password, occasion, client_id)
    for known in _remembered(pool, user):
        if is_password(call, pool, replace(user, password=known), password):
            # The error is documented; its sentence is not.
            raise PasswordHistoryPolicyViolationException("Password has previously been used.")


def changed(pool: UserPool, user: User, password: Password) -> User:
    """The user with another password; the one before is remembered as long as the pool wants."""
    kept = _remembered(pool, user)[: max(pool.password_history_size - 1, 0)]
    return replace(user, password=password, previous_passwords=kept)


def _remembered(pool: UserPool, user: User) -> tuple[Password, ...]:
    present = () if user.password is None else (user.password,)
    return (*present, *user.previous_passwords)[: pool.password_history_size]
