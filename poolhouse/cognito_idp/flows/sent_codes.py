"""Codes sent at sign-in: SMS_OTP and EMAIL_OTP as the first factor, SMS_MFA and EMAIL_OTP as the second.

A code lives as long as its challenge session, which keeps a keyed digest of it.
"""

import hmac
import secrets
from dataclasses import dataclass

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, User
from poolhouse.cognito_idp.errors import CodeMismatchException, InvalidParameterException
from poolhouse.cognito_idp.flows import (
    challenge_sessions,
    codes,
    messages,
    names,
    password_attempts,
    recovery_channel,
)
from poolhouse.cognito_idp.flows.messages import Occasion
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules import codes as code_rules
from poolhouse.cognito_idp.rules.challenges import EMAIL_OTP, SMS_MFA, SMS_OTP, Challenge
from poolhouse.cognito_idp.rules.destinations import Destination

ATTRIBUTES = {SMS_MFA: "phone_number", SMS_OTP: "phone_number", EMAIL_OTP: "email"}
_ANSWERS = {SMS_MFA: "SMS_MFA_CODE", SMS_OTP: "SMS_OTP_CODE", EMAIL_OTP: "EMAIL_OTP_CODE"}
_FIRST_FACTOR_DIGITS = {EMAIL_OTP: 8}  # observed; that the others have six as all codes do is a guess
_NO_SMS = (
    "Invalid phone number provided/Unable to send the message. "
    "User pool does not have SMS configuration to send messages."
)


@dataclass(frozen=True, slots=True)
class Role:
    """What a sent code is for: `is_first` where it is the first factor, `is_new` where it sets its address up."""

    is_first: bool = False
    is_new: bool = False


def ask(
    call: Call,
    sign_in: SignIn,
    user: User,
    challenge: str,
    role: Role,
    *,
    address: str | None = None,
    available: tuple[str, ...] = (),
) -> Challenge:
    """Send a code to the user's address, or to `address`, and ask for it. Never inside a write block.

    Raises InvalidParameterException for SMS in a pool that sends none, LimitExceededException for too many mails.
    """
    pool, attribute = sign_in.pool, ATTRIBUTES[challenge]
    destination = Destination(attribute, address or user.attributes[attribute])
    if destination.medium == "SMS" and not pool.has_sms:
        raise InvalidParameterException(_NO_SMS)
    if challenge == EMAIL_OTP:
        codes.count_attempt(call, pool.id, user.username, code_rules.SIGN_IN_MAIL)
    digits = _FIRST_FACTOR_DIGITS.get(challenge, code_rules.DIGITS) if role.is_first else code_rules.DIGITS
    code = code_rules.spelled(secrets.randbelow(10**digits), digits)
    state = {
        "digest": _digest(call, user.pool_id, user.username, code),
        "is_first": role.is_first,
        "is_new": role.is_new,
        "address": destination.value,
    }
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in, user.username, challenge, state)
    occasion = Occasion(messages.AUTHENTICATION, sign_in.app_client.id, sign_in.client_metadata)
    messages.send_code(call, pool, user, occasion, destination, code=code)
    parameters = _parameters(destination)
    if not role.is_first:
        parameters["USER_ID_FOR_SRP"] = user.username
    return Challenge(challenge, parameters, session, available)


def pretend(
    call: Call, sign_in: SignIn, username: str, challenge: str, *, available: tuple[str, ...] = ()
) -> Challenge:
    """What `ask` says of the first factor, for a name that nobody has; nothing is sent, and no code is right."""
    name = sign_in.pool.folded(username)
    if challenge == EMAIL_OTP:
        codes.count_attempt(call, sign_in.pool.id, name, code_rules.SIGN_IN_MAIL)
    state = {
        "digest": _digest(call, sign_in.pool.id, name, secrets.token_hex()),
        "is_first": True,
        "is_new": False,
        "address": "",
    }
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in, name, challenge, state)
    destination = recovery_channel.simulated_for(call, sign_in.pool, username, ATTRIBUTES[challenge])
    return Challenge(challenge, _parameters(destination), session, available)


def role(pending: ChallengeSession) -> Role:
    """What the code of this challenge is for."""
    return Role(is_first=pending.state["is_first"], is_new=pending.state["is_new"])


def check(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession) -> User:
    """The user once they have given the code: their address is verified by it. A wrong one leaves the session usable.

    Wrong codes count as wrong passwords (developer guide, "Lockout behavior for failed sign-in attempts"). Raises
    CodeMismatchException, and NotAuthorizedException while locked out.
    """
    given, username = sign_in.required(_ANSWERS[pending.challenge]), pending.username
    with call.store.write() as tx:
        password_attempts.check_not_locked(call, tx, pending.pool_id, username)
        digest = _digest(call, pending.pool_id, username, given)
        if hmac.compare_digest(digest, pending.state["digest"]) and user is not None:
            challenge_sessions.spend(tx, pending)
            user = tx.users.get(pool_id=user.pool_id, username=username)
            changed = _verified(user, pending)
            if changed != user:
                changed = replace(changed, modified_at=call.now)
                names.claim(tx, sign_in.pool, changed)
                tx.users.put(changed)
            return changed
        password_attempts.count_wrong(call, tx, pending.pool_id, username)
    raise CodeMismatchException("Invalid code or auth state for the user.")


def _verified(user: User, pending: ChallengeSession) -> User:
    """A code that came as the first factor confirms the user as well."""
    attribute, address = ATTRIBUTES[pending.challenge], pending.state["address"]
    is_setup = pending.state["is_new"]
    if user.attributes.get(attribute) != address and not is_setup:
        return user  # the address was changed meanwhile: this code says nothing of the new one
    attributes = {**user.attributes, attribute: address, f"{attribute}_verified": "true"}
    is_confirmed = pending.state["is_first"] and user.status == "UNCONFIRMED"
    factors = (*user.second_factors, pending.challenge) if is_setup else user.second_factors
    return replace(
        user,
        attributes=attributes,
        status="CONFIRMED" if is_confirmed else user.status,
        second_factors=tuple(dict.fromkeys(factors)),
    )


def _parameters(destination: Destination) -> dict[str, str]:
    return {
        "CODE_DELIVERY_DELIVERY_MEDIUM": destination.medium,
        "CODE_DELIVERY_DESTINATION": destination.masked,
    }


def _digest(call: Call, pool_id: str, username: str, code: str) -> str:
    return call.store.sealer.digest(f"sign-in code\0{pool_id}\0{username}\0{code}")
