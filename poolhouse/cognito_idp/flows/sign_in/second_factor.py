"""The second factor: what the pool's MFA asks of a user who gave the first."""

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, User
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import challenge_sessions, sent_codes, software_tokens
from poolhouse.cognito_idp.flows.sent_codes import Role
from poolhouse.cognito_idp.flows.sign_in import custom, device
from poolhouse.cognito_idp.flows.sign_in.request import Outcome, SignIn
from poolhouse.cognito_idp.rules import destinations, second_factors
from poolhouse.cognito_idp.rules.challenges import (
    EMAIL_OTP,
    MFA_SETUP,
    SELECT_MFA_TYPE,
    SOFTWARE_TOKEN_MFA,
    Challenge,
)


def ask(call: Call, sign_in: SignIn, user: User) -> Outcome:
    """Ask for what the pool wants of this user now; a remembered device stands in for it where the pool says so."""
    pool = sign_in.pool
    if pool.mfa_configuration == "OFF":
        return go_on(call, sign_in, user)
    if pool.lets_devices_stand_in and device.is_remembered(call, sign_in, user):
        return go_on(call, sign_in.with_progress(device_stands_in=True), user)
    has_app = software_tokens.find(call.store, user) is not None
    try:
        asked = second_factors.decide(pool, user, has_app=has_app)
    except second_factors.NoWayToSignIn as error:
        # That there is an error is documented; its name and sentence are not.
        raise InvalidParameterException("User has no factor to be used for MFA.") from error
    if asked is None:
        return go_on(call, sign_in, user)
    if asked.challenge in {SELECT_MFA_TYPE, MFA_SETUP}:
        return _ask_which(call, sign_in, user, asked)
    return _ask_second_factor(call, sign_in, user, asked.challenge)


def _ask_second_factor(call: Call, sign_in: SignIn, user: User, factor: str) -> Challenge:
    if factor == SOFTWARE_TOKEN_MFA:
        return software_tokens.ask(call, sign_in, user)
    return sent_codes.ask(call, sign_in, user, factor, Role())


def _ask_which(call: Call, sign_in: SignIn, user: User, asked: second_factors.Asked) -> Challenge:
    with call.store.write() as tx:
        state = {"factors": asked.factors}
        session = challenge_sessions.begin(call, tx, sign_in, user.username, asked.challenge, state)
    name = "MFAS_CAN_CHOOSE" if asked.challenge == SELECT_MFA_TYPE else "MFAS_CAN_SETUP"
    listed = msgspec.json.encode(asked.factors).decode()
    return Challenge(asked.challenge, {name: listed, "USER_ID_FOR_SRP": user.username}, session)


def choose(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Outcome:
    factor = sign_in.required("ANSWER")
    if factor not in pending.state["factors"]:
        raise InvalidParameterException("Selected MFA type is not available.")  # AWS's sentence is not known
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    return _ask_second_factor(call, sign_in, user, factor)


def answer_software_token(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Outcome:
    """A wrong code leaves the session usable, as AWS does."""
    software_tokens.prove(call, user, sign_in.required("SOFTWARE_TOKEN_MFA_CODE"))
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    return go_on(call, custom.remember(sign_in, SOFTWARE_TOKEN_MFA), user)


def end_setup(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Outcome:
    """Go on with the app that was set up in this session, or with an e-mail address to be proven now.

    Whether AWS asks for a code of the new app once more is not sure: client libraries expect tokens.
    """
    if pending.state.get("is_verified"):
        with call.store.write() as tx:
            challenge_sessions.spend(tx, pending)
        return go_on(call, custom.remember(sign_in, MFA_SETUP), user)
    address = sign_in.parameters.get("email") or sign_in.parameters.get("EMAIL")
    if not address or EMAIL_OTP not in pending.state["factors"]:
        raise InvalidParameterException("User has not set up software token mfa")
    if not destinations.is_email(address):
        raise InvalidParameterException("Invalid email address format.")
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    return sent_codes.ask(call, sign_in, user, EMAIL_OTP, Role(is_new=True), address=address)


def go_on(call: Call, sign_in: SignIn, user: User) -> Outcome:
    if sign_in.progress.custom is not None:
        return custom.go_on(call, sign_in, user, user.username)
    return device.go_on(call, sign_in, user)
