"""USER_SRP_AUTH: the PASSWORD_VERIFIER challenge, and the proof that answers it.

A name that nobody has gets a challenge like any other, where the app client hides who exists: its salt is always the
same for that name, and its proof is always wrong.
"""

import base64
import binascii
import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, Progress, User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.flows import challenge_sessions, passwords
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules import srp
from poolhouse.cognito_idp.rules.challenges import PASSWORD_VERIFIER, Challenge

_BLOCK_BYTES = 576
_SKEW = timedelta(minutes=5)  # about this; not proven
_PURPOSE = "srp exponent"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client answers PASSWORD_VERIFIER with. `timestamp` is as Cognito writes it, whatever was sent."""

    secret_block: str
    signature: str
    timestamp: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A challenge that was taken up by its answer. `username` is the stored one, or what was typed for nobody."""

    username: str
    is_simulated: bool
    client_public: str
    exponent: bytes
    progress: Progress


def challenge(
    call: Call, sign_in: SignIn, user: User | None, *, typed: str, srp_a: str, has_session: bool = False
) -> Challenge:
    """The challenge for this user, or for a name that nobody has or that has no password.

    In choice-based sign-in it has a Session as every challenge there; the secret block alone finds it.
    """
    pool = sign_in.pool
    client_public = srp.parse_public_value(srp_a)
    if client_public is None:
        raise InvalidParameterException("SRP_A is not a hexadecimal number.")  # AWS's sentence is not known
    exponent, block = secrets.token_bytes(srp.EXPONENT_BYTES), secrets.token_bytes(_BLOCK_BYTES)
    secret_block = base64.b64encode(block).decode()
    salt, verifier = _salt_and_verifier(call, pool, user, typed)
    username = _simulated_username(call, pool, typed) if user is None else user.username
    state = {
        "srp_a": client_public,
        "exponent": call.store.sealer.seal(exponent, _PURPOSE),
        "is_simulated": user is None or user.password is None,
    }
    public = srp.public_value(verifier, exponent)
    with call.store.write() as tx:
        challenge_sessions.keep(call, tx, sign_in, username, PASSWORD_VERIFIER, text=_key(secret_block), state=state)
    parameters = {
        "SALT": salt,
        "SECRET_BLOCK": secret_block,
        "SRP_B": public,
        "USERNAME": username,
        "USER_ID_FOR_SRP": username,
    }
    return Challenge(PASSWORD_VERIFIER, parameters, secrets.token_urlsafe() if has_session else None)


def parse_answer(responses: Mapping[str, str]) -> Answer:
    """The answer, its timestamp in Cognito's form: a client that wrote another has signed another, and is refused."""
    sent_at = srp.parse_timestamp(responses["TIMESTAMP"])
    if sent_at is None:
        raise InvalidParameterException("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
    secret_block, signature = responses["PASSWORD_CLAIM_SECRET_BLOCK"], responses["PASSWORD_CLAIM_SIGNATURE"]
    return Answer(secret_block, signature, srp.timestamp(sent_at), sent_at)


def take_up(call: Call, app_client: AppClient, answer: Answer) -> Waiting:
    """The challenge this answer is to, which is used up by it. Raises NotAuthorizedException when there is none."""
    session = challenge_sessions.consume(call, app_client, _key(answer.secret_block), PASSWORD_VERIFIER)
    if session is None:
        raise NotAuthorizedException("Incorrect username or password.")
    return Waiting(
        username=session.username,
        is_simulated=session.state["is_simulated"],
        client_public=session.state["srp_a"],
        exponent=call.store.sealer.unseal(session.state["exponent"], _PURPOSE),
        progress=session.progress,
    )


def is_right(call: Call, pool: UserPool, user: User | None, waiting: Waiting, answer: Answer) -> bool:
    """Whether the answer proves the user's password. For nobody it takes as long and is never right."""
    is_somebody = user is not None and user.password is not None and not waiting.is_simulated
    verifier = _salt_and_verifier(call, pool, user if is_somebody else None, waiting.username)[1]
    try:
        secret_block = base64.b64decode(answer.secret_block, validate=True)
        expected = aside.work(
            srp.proof,
            pool_id=pool.id,
            username=waiting.username,
            verifier=verifier,
            exponent=waiting.exponent,
            client_public=waiting.client_public,
            secret_block=secret_block,
            timestamp=answer.timestamp,
        )
    except (srp.IllegalPublicValue, binascii.Error):
        return False
    return srp.is_proof(answer.signature, expected) and is_somebody and _is_recent(call, answer.sent_at)


def _is_recent(call: Call, sent_at: datetime) -> bool:
    """Close to the cloud's time or to the machine's: moving the cloud's clock does not move its clients'."""
    return any(abs(now - sent_at) <= _SKEW for now in (call.now, datetime.now(UTC)))


def _salt_and_verifier(call: Call, pool: UserPool, user: User | None, typed: str) -> tuple[str, bytes]:
    if user is not None and user.password is not None:
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


def _key(secret_block: str) -> str:
    return f"secret block {secret_block}"
