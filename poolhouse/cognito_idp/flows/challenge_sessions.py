"""Sign-ins that wait for an answer: begun with a text only the client holds, spent by one answer.

The text is random and kept as a digest. What is kept remembers pool, app client, user and the challenge that was asked.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, ChallengeSession, User
from poolhouse.cognito_idp.errors import NotAuthorizedException
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules import challenges
from poolhouse.store import Tx

SIGNED_UP = "SIGNED_UP"  # no challenge of the wire: what the Session that ConfirmSignUp gives waits for
_OF_DEVICE = "OF_DEVICE"  # nor this: what points from a device to its newest session
_TEXT_BYTES = 96
_INVALID = "Invalid session for the user."
_EXPIRED = "Invalid session for the user, session is expired."
_SPENT = "Invalid session for the user, session can only be used once."


def begin(  # noqa: PLR0917 - what is kept, in its order
    call: Call, tx: Tx, sign_in: SignIn, username: str, challenge: str, state: Mapping[str, Any] | None = None
) -> str:
    """The Session text for a challenge asked now, inside a write block."""
    text = secrets.token_urlsafe(_TEXT_BYTES)
    keep(call, tx, sign_in, username, challenge, text=text, state=state or {})
    return text


def keep(
    call: Call, tx: Tx, sign_in: SignIn, username: str, challenge: str, *, text: str, state: Mapping[str, Any]
) -> None:
    """Keep a sign-in that waits for an answer, under a text that came about elsewhere."""
    app_client = sign_in.app_client
    session = ChallengeSession(
        id=call.store.sealer.digest(text),
        pool_id=app_client.pool_id,
        client_id=app_client.id,
        username=username,
        challenge=challenge,
        expires_at=call.now + app_client.auth_session_ttl,
        state=state,
        progress=sign_in.progress,
    )
    tx.challenge_sessions.add(session)


def renew(call: Call, tx: Tx, session: ChallengeSession, state: Mapping[str, Any]) -> str:
    """Use a session up and begin it anew with another state, inside a write block; the new Session text."""
    spend(tx, session)
    text = secrets.token_urlsafe(_TEXT_BYTES)
    tx.challenge_sessions.add(replace(session, id=call.store.sealer.digest(text), state=state))
    return text


def setting_up(call: Call, text: str) -> ChallengeSession:
    """The session of a user who sets up a second factor, by its text alone. Raises NotAuthorizedException."""
    session = call.store.challenge_sessions.find(id=call.store.sealer.digest(text))
    if session is None or session.challenge != challenges.MFA_SETUP:
        raise NotAuthorizedException(_INVALID)
    return _usable(call, session)


def keep_for_device(call: Call, tx: Tx, sign_in: SignIn, username: str, text: str) -> None:
    """Have a session found by its device as well, inside a write block: some clients send back no Session there."""
    state = {"session": call.store.sealer.digest(text)}
    key = _device_key(sign_in, username)
    tx.challenge_sessions.remove(id=call.store.sealer.digest(key))
    keep(call, tx, sign_in, username, _OF_DEVICE, text=key, state=state)


def find_for_device(call: Call, sign_in: SignIn, username: str, answered: str) -> ChallengeSession:
    """The newest session of this user's device that waits for this answer. Raises NotAuthorizedException."""
    pointer = call.store.challenge_sessions.find(id=call.store.sealer.digest(_device_key(sign_in, username)))
    found = None if pointer is None else call.store.challenge_sessions.find(id=pointer.state["session"])
    return _checked(call, found, sign_in.app_client, answered)


def signed_up(call: Call, app_client: AppClient, text: str) -> ChallengeSession:
    """The session of a user who has just confirmed their sign-up. Raises NotAuthorizedException."""
    session = call.store.challenge_sessions.find(id=call.store.sealer.digest(text))
    if session is None or session.client_id != app_client.id or session.challenge != SIGNED_UP:
        raise NotAuthorizedException(_INVALID)
    return _usable(call, session)


def find(call: Call, app_client: AppClient, text: str, answered: str) -> ChallengeSession:
    """The session this answer belongs to. Raises NotAuthorizedException; which sentence depends on the doubt."""
    return _checked(call, call.store.challenge_sessions.find(id=call.store.sealer.digest(text)), app_client, answered)


def check_user(session: ChallengeSession, user: User | None) -> None:
    """Raise NotAuthorizedException unless this is the user the sign-in began for, by name and `sub`."""
    if user is None or user.username != session.username or user.sub != session.progress.sub:
        raise NotAuthorizedException(_INVALID)


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
    return _usable(call, session)


def _usable(call: Call, session: ChallengeSession) -> ChallengeSession:
    if session.is_spent:
        raise NotAuthorizedException(_SPENT)
    if call.now >= session.expires_at:
        raise NotAuthorizedException(_EXPIRED)
    return session


def _device_key(sign_in: SignIn, username: str) -> str:
    return f"device\0{sign_in.app_client.id}\0{username}\0{sign_in.parameters.get('DEVICE_KEY')}"
