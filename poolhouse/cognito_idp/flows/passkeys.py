"""Passkeys of users: registered by a signed-in user, then a first factor of choice-based sign-in (WEB_AUTHN).

Cognito developer guide, "Passkey sign-in".
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, ChallengeSession, Passkey, User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    LimitExceededException,
    NotAuthorizedException,
    WebAuthnChallengeNotFoundException,
    WebAuthnClientMismatchException,
    WebAuthnConfigurationMissingException,
    WebAuthnCredentialNotSupportedException,
    WebAuthnNotEnabledException,
    WebAuthnOriginNotAllowedException,
    WebAuthnRelyingPartyMismatchException,
)
from poolhouse.cognito_idp.flows import challenge_sessions
from poolhouse.cognito_idp.flows.access import SignedIn
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules import passkeys
from poolhouse.cognito_idp.rules.challenges import WEB_AUTHN, Challenge
from poolhouse.cognito_idp.rules.passkeys import RelyingParty

_REGISTRATION = "WEB_AUTHN_REGISTRATION"
_CHALLENGE_BYTES = 32
_WRONG = "Incorrect username or password."


def of_user(call: Call, user: User) -> tuple[Passkey, ...]:
    """A user's passkeys."""
    return call.store.passkeys.all(pool_id=user.pool_id, username=user.username)


def relying_party(call: Call, pool: UserPool) -> RelyingParty:
    """For whom the pool's passkeys are good: as it is set, else by its custom domain, else by its prefix domain.

    Raises WebAuthnNotEnabledException and WebAuthnConfigurationMissingException; the sentences are guesses.
    """
    if "WEB_AUTHN" not in pool.first_factors:
        raise WebAuthnNotEnabledException("WebAuthn is not enabled for this user pool.")
    settings: Mapping[str, Any] = pool.settings.get("WebAuthnConfiguration") or {}
    party_id = settings.get("RelyingPartyId") or _domain(call, pool)
    if not party_id:
        raise WebAuthnConfigurationMissingException("WebAuthn relying party is not configured for this user pool.")
    is_factor = pool.counts_passkeys_as_two
    verification = "required" if is_factor else settings.get("UserVerification") or "preferred"
    return RelyingParty(party_id, pool.name, verification)


def begin_registration(call: Call, caller: SignedIn) -> dict[str, Any]:
    """The options for an authenticator to make a passkey by. Raises LimitExceededException."""
    user, party = caller.user, relying_party(call, caller.pool)
    existing = of_user(call, user)
    if len(existing) >= passkeys.MOST:
        raise LimitExceededException(f"A user cannot have more than {passkeys.MOST} passkeys.")  # not known
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    with call.store.write() as tx:
        sign_in = _sign_in_of(caller)
        challenge_sessions.keep(call, tx, sign_in, user.username, _REGISTRATION, text=_key(challenge), state={})
    return aside.wait(
        lambda: passkeys.creation_options(
            party, user_id=user.sub.encode(), user_name=_shown_name(user), challenge=challenge, existing=existing
        )
    )


def register(call: Call, caller: SignedIn, credential: Mapping[str, Any]) -> None:
    """Keep the passkey an authenticator made. Raises the WebAuthn errors of CompleteWebAuthnRegistration.

    Which error stands for which doubt follows from their descriptions; the sentences are guesses.
    """
    pool, user = caller.pool, caller.user
    party = relying_party(call, pool)
    try:
        data = passkeys.client_data(credential)
    except passkeys.Refused as error:
        raise InvalidParameterException("Invalid credential.") from error
    _take_challenge(call, caller.app_client, user, data.challenge)
    if not passkeys.is_origin_of(party.id, data.origin):
        raise WebAuthnOriginNotAllowedException(f"Origin {data.origin[:256]} is not allowed.")
    try:
        made = aside.wait(lambda: passkeys.registered(credential, party, challenge=data.challenge, origin=data.origin))
    except passkeys.Refused as error:
        if "RP ID" in str(error):
            raise WebAuthnRelyingPartyMismatchException("Relying party does not match.") from error
        raise WebAuthnCredentialNotSupportedException("Credential is not supported.") from error
    passkey = Passkey(
        pool_id=pool.id,
        username=user.username,
        id=passkeys.encoded(made.credential_id),
        public_key=passkeys.encoded(made.credential_public_key),
        sign_count=made.sign_count,
        relying_party_id=party.id,
        attachment=str(credential.get("authenticatorAttachment") or ""),
        transports=tuple(map(str, credential["response"].get("transports") or ())),
        created_at=call.now,
    )
    with call.store.write() as tx:
        if tx.passkeys.count(pool_id=pool.id, username=user.username) >= passkeys.MOST:
            raise LimitExceededException(f"A user cannot have more than {passkeys.MOST} passkeys.")
        if tx.passkeys.find(pool_id=pool.id, id=passkey.id) is not None:
            raise InvalidParameterException("Credential is registered already.")
        tx.passkeys.add(passkey)


def ask(call: Call, sign_in: SignIn, user: User, *, available: tuple[str, ...] = ()) -> Challenge:
    """Ask for one of the user's passkeys."""
    party, challenge = relying_party(call, sign_in.pool), secrets.token_bytes(_CHALLENGE_BYTES)
    mine = [passkey for passkey in of_user(call, user) if passkey.relying_party_id == party.id]
    options = aside.wait(lambda: passkeys.request_options(party, challenge=challenge, passkeys=mine))
    with call.store.write() as tx:
        state = {"challenge": passkeys.encoded(challenge)}
        session = challenge_sessions.begin(call, tx, sign_in, user.username, WEB_AUTHN, state)
    return Challenge(WEB_AUTHN, {"CREDENTIAL_REQUEST_OPTIONS": json.dumps(options)}, session, available)


def prove(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> None:
    """Take a passkey's signature over the pending challenge, once. Raises NotAuthorizedException.

    A wrong one is not counted: there is nothing to guess.
    """
    party = relying_party(call, sign_in.pool)
    credential = _parsed(sign_in.required("CREDENTIAL"))
    passkey = next((one for one in of_user(call, user) if one.id == credential.get("id")), None)
    if passkey is None or passkey.relying_party_id != party.id:
        raise NotAuthorizedException(_WRONG)
    try:
        data = passkeys.client_data(credential)
        if passkeys.encoded(data.challenge) != pending.state["challenge"]:
            raise NotAuthorizedException(_WRONG)
        if not passkeys.is_origin_of(party.id, data.origin):
            raise NotAuthorizedException(_WRONG)
        sign_count = aside.wait(
            lambda: passkeys.authenticated(credential, passkey, party, challenge=data.challenge, origin=data.origin)
        )
    except passkeys.Refused as error:
        raise NotAuthorizedException(_WRONG) from error
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
        if tx.passkeys.find(pool_id=user.pool_id, id=passkey.id) is None:
            raise NotAuthorizedException(_WRONG)
        tx.passkeys.put(replace(passkey, sign_count=sign_count))


def _take_challenge(call: Call, app_client: AppClient, user: User, challenge: bytes) -> None:
    with call.store.write() as tx:
        session = tx.challenge_sessions.consume(id=call.store.sealer.digest(_key(challenge)))
    is_mine = session is not None and session.username == user.username and session.progress.sub == user.sub
    if session is None or not is_mine or session.challenge != _REGISTRATION or call.now >= session.expires_at:
        raise WebAuthnChallengeNotFoundException("Challenge not found.")
    if session.client_id != app_client.id:
        raise WebAuthnClientMismatchException("The access token is from another app client.")


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        credential = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidParameterException("CREDENTIAL is not valid JSON.") from error  # AWS's sentence is not known
    if not isinstance(credential, dict):
        raise InvalidParameterException("CREDENTIAL is not valid JSON.")
    return credential


def _sign_in_of(caller: SignedIn) -> SignIn:
    return SignIn(caller.pool, caller.app_client, {}).with_progress(sub=caller.user.sub)


def _domain(call: Call, pool: UserPool) -> str:
    """The pool's own host: a custom name as it is, a prefix where this cloud serves it."""
    domains = call.store.domains.list(pool_id=pool.id)
    custom = next((domain.domain for domain in domains if "CustomDomainConfig" in domain.settings), "")
    prefix = next((f"{domain.domain}.auth.localhost" for domain in domains), "")
    return custom or prefix


def _shown_name(user: User) -> str:
    return user.attributes.get("email") or user.attributes.get("phone_number") or user.username


def _key(challenge: bytes) -> str:
    return f"passkey registration {passkeys.encoded(challenge)}"
