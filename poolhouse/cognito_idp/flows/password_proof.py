"""USER_SRP_AUTH: the PASSWORD_VERIFIER challenge, and the proof that answers it.

A name that nobody has gets a challenge like any other, where the app client hides who exists: its salt is always the
same for that name, and its proof is always wrong.
"""

import hashlib
import uuid

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, User, UserPool
from poolhouse.cognito_idp.flows import passwords, srp_exchange
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.flows.srp_exchange import Answer, Secret
from poolhouse.cognito_idp.rules import srp
from poolhouse.cognito_idp.rules.challenges import PASSWORD_VERIFIER, Challenge


def challenge(call: Call, sign_in: SignIn, user: User | None, *, typed: str, srp_a: str) -> Challenge:
    """The challenge for this user, or for a name that nobody has or that has no password."""
    pool = sign_in.pool
    salt, verifier = _salt_and_verifier(call, pool, user, typed)
    username = _simulated_username(call, pool, typed) if user is None else user.username
    state = {"is_simulated": not passwords.has_verifier(user)}
    parameters = srp_exchange.begin(
        call, sign_in, username, PASSWORD_VERIFIER, verifier=verifier, srp_a=srp_a, state=state
    )
    named = {"SALT": salt, "USERNAME": username, "USER_ID_FOR_SRP": username}
    return Challenge(PASSWORD_VERIFIER, {**parameters, **named})


def is_right(call: Call, pool: UserPool, user: User | None, waiting: ChallengeSession, answer: Answer) -> bool:
    """Whether the answer proves the user's password. For nobody it takes as long and is never right."""
    is_somebody = passwords.has_verifier(user) and not waiting.state["is_simulated"]
    verifier = _salt_and_verifier(call, pool, user if is_somebody else None, waiting.username)[1]
    secret = Secret(verifier, srp.group_of(pool.id), waiting.username)
    return srp_exchange.is_right(call, secret, waiting, answer) and is_somebody


def _salt_and_verifier(call: Call, pool: UserPool, user: User | None, typed: str) -> tuple[str, bytes]:
    if passwords.has_verifier(user) and user.password is not None:
        return user.password.salt, passwords.verifier(call, pool, user)
    seed = bytes.fromhex(call.store.sealer.digest(f"simulated salt\0{pool.id}\0{pool.folded(typed)}"))
    return srp.make_salt(seed[: srp.SALT_BYTES]), hashlib.shake_256(seed).digest(srp.VERIFIER_BYTES)


def _simulated_username(call: Call, pool: UserPool, typed: str) -> str:
    """What is typed, or in pools whose stored names clients do not know, a UUID that is always the same for it."""
    if not (pool.username_attributes or pool.alias_attributes):
        return typed
    digest = call.store.sealer.digest(f"simulated username\0{pool.id}\0{pool.folded(typed)}")
    text = str(uuid.UUID(digest[:32]))
    return f"{text[:14]}70{text[16:]}"
