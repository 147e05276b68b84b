"""Sign-ins that wait for an answer: begun with a text only the client holds, spent by one answer.

The text is random and kept as a digest. What is kept remembers pool, app client, user and the challenge that was asked.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, ChallengeSession
from poolhouse.cognito_idp.errors import NotAuthorizedException
from poolhouse.cognito_idp.rules import challenges
from poolhouse.store import Tx

_TEXT_BYTES = 96
_INVALID = "Invalid session for the user."
_EXPIRED = "Invalid session for the user, session is expired."
_SPENT = "Invalid session for the user, session can only be used once."


def begin(call: Call, tx: Tx, app_client: AppClient, username: str, challenge: str) -> str:
    """The Session text for a challenge asked now, inside a write block."""
    text = secrets.token_urlsafe(_TEXT_BYTES)
    keep(call, tx, app_client, username, challenge, text=text, state={})
    return text


def keep(
    call: Call,
    tx: Tx,
    app_client: AppClient,
    username: str,
    challenge: str,
    *,
    text: str,
    state: Mapping[str, Any],
) -> None:
    """Keep a sign-in that waits for an answer, under a text that came about elsewhere."""
    session = ChallengeSession(
        id=call.store.sealer.digest(text),
        pool_id=app_client.pool_id,
        client_id=app_client.id,
        username=username,
        challenge=challenge,
        expires_at=call.now + app_client.auth_session_ttl,
        state=state,
    )
    tx.challenge_sessions.add(session)


def find(call: Call, app_client: AppClient, text: str, answered: str) -> ChallengeSession:
    """The session this answer belongs to. Raises NotAuthorizedException; which sentence depends on the doubt."""
    return _checked(call, call.store.challenge_sessions.find(id=call.store.sealer.digest(text)), app_client, answered)


def spend(tx: Tx, session: ChallengeSession) -> None:
    """Use a session up, inside a write block: of two answers at once the second is refused."""
    current = tx.challenge_sessions.find(id=session.id)
    if current is None or current.is_spent:
        raise NotAuthorizedException(_SPENT)
    tx.challenge_sessions.put(replace(current, is_spent=True))


def consume(call: Call, app_client: AppClient, text: str, answered: str) -> ChallengeSession | None:
    """Take the session away with its answer, right or wrong; None when there is none. A write block of its own."""
    with call.store.write() as tx:
        session = tx.challenge_sessions.consume(id=call.store.sealer.digest(text))
    if session is None or session.client_id != app_client.id:
        return None
    return _checked(call, session, app_client, answered)


def _checked(call: Call, session: ChallengeSession | None, app_client: AppClient, answered: str) -> ChallengeSession:
    if session is None or session.client_id != app_client.id:
        raise NotAuthorizedException(_INVALID)
    challenges.next_step(session.challenge, answered)
    if session.is_spent:
        raise NotAuthorizedException(_SPENT)
    if call.now >= session.expires_at:
        raise NotAuthorizedException(_EXPIRED)
    return session
