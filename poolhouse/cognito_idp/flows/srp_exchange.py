"""An SRP exchange as PASSWORD_VERIFIER and DEVICE_PASSWORD_VERIFIER have it: SRP_B and a secret block, then a proof.

The secret block alone finds the exchange it belongs to, and is good for one answer, right or wrong.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, ChallengeSession
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.flows import challenge_sessions
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules import srp

_BLOCK_BYTES = 576
_SKEW = timedelta(minutes=5)  # about this; not proven
_PURPOSE = "srp exponent"
ANSWER_MEMBERS = ("PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class Secret:
    """What both sides know of: the verifier, and the names that are hashed with it."""

    verifier: bytes
    group: str
    identity: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client answers with. `timestamp` is as Cognito writes it, whatever was sent."""

    secret_block: str
    signature: str
    timestamp: str
    sent_at: datetime


def begin(
    call: Call,
    sign_in: SignIn,
    username: str,
    challenge: str,
    *,
    verifier: bytes,
    srp_a: str,
    state: Mapping[str, Any],
) -> dict[str, str]:
    """The SRP_B and SECRET_BLOCK of a new exchange. Raises InvalidParameterException for an SRP_A that is no number."""
    client_public = srp.parse_public_value(srp_a)
    if client_public is None:
        raise InvalidParameterException("SRP_A is not a hexadecimal number.")  # AWS's sentence is not known
    exponent, block = secrets.token_bytes(srp.EXPONENT_BYTES), secrets.token_bytes(_BLOCK_BYTES)
    secret_block = base64.b64encode(block).decode()
    kept = {**state, "srp_a": client_public, "exponent": call.store.sealer.seal(exponent, _PURPOSE)}
    public = srp.public_value(verifier, exponent)
    with call.store.write() as tx:
        challenge_sessions.keep(call, tx, sign_in, username, challenge, text=_key(secret_block), state=kept)
    return {"SECRET_BLOCK": secret_block, "SRP_B": public}


def parse_answer(sign_in: SignIn) -> Answer:
    """The answer, its timestamp in Cognito's form: a client that wrote another has signed another, and is refused."""
    secret_block, signature, timestamp = (sign_in.required(name) for name in ANSWER_MEMBERS)
    sent_at = srp.parse_timestamp(timestamp)
    if sent_at is None:
        raise InvalidParameterException("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
    return Answer(secret_block, signature, srp.timestamp(sent_at), sent_at)


def take_up(call: Call, app_client: AppClient, answer: Answer, challenge: str) -> ChallengeSession:
    """The exchange this answer is to, which is used up by it. Raises NotAuthorizedException when there is none."""
    session = challenge_sessions.consume(call, app_client, _key(answer.secret_block), challenge)
    if session is None:
        raise NotAuthorizedException("Incorrect username or password.")
    return session


def is_right(call: Call, secret: Secret, session: ChallengeSession, answer: Answer) -> bool:
    """Whether the answer proves that the client knows the secret, now. It takes the same time either way."""
    try:
        expected = aside.work(
            srp.proof,
            group=secret.group,
            identity=secret.identity,
            verifier=secret.verifier,
            exponent=call.store.sealer.unseal(session.state["exponent"], _PURPOSE),
            client_public=session.state["srp_a"],
            secret_block=base64.b64decode(answer.secret_block, validate=True),
            timestamp=answer.timestamp,
        )
    except (srp.IllegalPublicValue, binascii.Error):
        return False
    return srp.is_proof(answer.signature, expected) and _is_recent(call, answer.sent_at)


def _is_recent(call: Call, sent_at: datetime) -> bool:
    """Close to the cloud's time or to the machine's: moving the cloud's clock does not move its clients'."""
    return any(abs(now - sent_at) <= _SKEW for now in (call.now, datetime.now(UTC)))


def _key(secret_block: str) -> str:
    return f"secret block {secret_block}"
