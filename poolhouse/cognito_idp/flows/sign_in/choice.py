"""The first factor that the user chooses (USER_AUTH): a password, or a code that is sent."""

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, User
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.flows import (
    challenge_sessions,
    passkeys,
    password_proof,
    registration,
    sent_codes,
    software_tokens,
)
from poolhouse.cognito_idp.flows.sent_codes import Role
from poolhouse.cognito_idp.flows.sign_in import custom, password, second_factor
from poolhouse.cognito_idp.flows.sign_in.request import (
    Outcome,
    SignIn,
    check_enabled,
    check_may_sign_in,
    check_secret_hash,
    pre_authentication,
    somebody_or_hidden,
    sub,
)
from poolhouse.cognito_idp.rules import first_factors
from poolhouse.cognito_idp.rules.challenges import (
    EMAIL_OTP,
    PASSWORD,
    PASSWORD_SRP,
    SELECT_CHALLENGE,
    SMS_OTP,
    WEB_AUTHN,
    Challenge,
)


def begin(call: Call, sign_in: SignIn) -> Outcome:
    username = sign_in.required("USERNAME")
    check_secret_hash(call, sign_in, username)
    user = somebody_or_hidden(call, sign_in, username)
    if user is not None:
        check_enabled(user)
    sign_in = sign_in.with_progress(sub=sub(user))
    available = _available(call, sign_in, user)
    preferred = sign_in.parameters.get("PREFERRED_CHALLENGE")
    if preferred in available:
        return _go_on_with(call, sign_in, user, str(preferred), available)
    name = sign_in.pool.folded(username) if user is None else user.username
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in, name, SELECT_CHALLENGE)
    return Challenge(SELECT_CHALLENGE, {}, session, available)


def go_on_from_sign_up(call: Call, sign_in: SignIn, session: str) -> Outcome:
    """Sign in whoever has just confirmed a code, where that code could have been their first factor."""
    pending = challenge_sessions.signed_up(call, sign_in.app_client, session)
    user = call.store.users.find(pool_id=pending.pool_id, username=pending.username)
    if user is None or user.sub != pending.progress.sub:
        raise NotAuthorizedException("Invalid session for the user.")
    check_enabled(user)
    factor = first_factors.one_time_password(pending.state["attribute"])
    sign_in = sign_in.with_progress(sub=user.sub)
    if factor not in _available(call, sign_in, user):
        return begin(call, sign_in)
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    return second_factor.ask(call, sign_in, user)


def choose(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession) -> Outcome:
    chosen = sign_in.required("ANSWER")
    if chosen not in _available(call, sign_in, user):
        raise InvalidParameterException("Selected challenge is not available.")  # AWS's sentence is not known
    return _answer_by(call, sign_in, user, pending, chosen)


def answer_password(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession) -> Outcome:
    sign_in.required(PASSWORD)
    return _answer_by(call, sign_in, user, pending, PASSWORD)


def answer_srp(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession) -> Outcome:
    sign_in.required("SRP_A")
    return _answer_by(call, sign_in, user, pending, PASSWORD_SRP)


def _answer_by(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession, factor: str) -> Outcome:
    """The Session is good for one try: what comes of it brings a Session of its own."""
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    return _go_on_with(call, sign_in, user, factor)


def answer_sent_code(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession) -> Outcome:
    was_unconfirmed = user is not None and user.status == "UNCONFIRMED"
    user = sent_codes.check(call, sign_in, user, pending)
    if not sent_codes.role(pending).is_first:
        return second_factor.go_on(call, custom.remember(sign_in, pending.challenge), user)
    if was_unconfirmed:
        _tell_of_confirmation(call, sign_in, user)
    if user.status == "RESET_REQUIRED":
        check_may_sign_in(call, sign_in, user)
    return second_factor.ask(call, sign_in, user)


def _tell_of_confirmation(call: Call, sign_in: SignIn, user: User) -> None:
    """That a first sign-in by code, which confirms the user, runs PostConfirmation is a guess."""
    source, client_id = "PostConfirmation_ConfirmSignUp", sign_in.app_client.id
    registration.run_post_confirmation(
        call, sign_in.pool, user, source, client_id=client_id, client_metadata=sign_in.client_metadata
    )


def _available(call: Call, sign_in: SignIn, user: User | None) -> tuple[str, ...]:
    if user is None:
        return first_factors.available_to_nobody(sign_in.pool)
    has_app = software_tokens.find(call.store, user) is not None
    has_passkey = bool(passkeys.of_user(call, user))
    return first_factors.available(sign_in.pool, user, has_app=has_app, has_passkey=has_passkey)


def _go_on_with(
    call: Call, sign_in: SignIn, user: User | None, factor: str, available: tuple[str, ...] = ()
) -> Outcome:
    """Go on with a first factor that the user may use: check it if it came along, otherwise ask for it."""
    username = sign_in.parameters["USERNAME"]
    if factor in {EMAIL_OTP, SMS_OTP}:
        pre_authentication(call, sign_in, user)
        if user is None:
            return sent_codes.pretend(call, sign_in, username, factor, available=available)
        return sent_codes.ask(call, sign_in, user, factor, Role(is_first=True), available=available)
    if factor == WEB_AUTHN and user is not None:
        pre_authentication(call, sign_in, user)
        return passkeys.ask(call, sign_in, user, available=available)
    if factor == PASSWORD and sign_in.parameters.get(PASSWORD):
        return password.check(call, sign_in, user, username, sign_in.parameters[PASSWORD])
    if factor == PASSWORD_SRP and sign_in.parameters.get("SRP_A"):
        return password_proof.challenge(call, sign_in, user, typed=username, srp_a=sign_in.parameters["SRP_A"])
    name = sign_in.pool.folded(username) if user is None else user.username
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in, name, factor)
    return Challenge(factor, {}, session, available)


def answer_passkey(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Outcome:
    """Go on with a passkey's signature; one that counts as two factors is followed by no other."""
    check_may_sign_in(call, sign_in, user, by_password=False)
    passkeys.prove(call, sign_in, user, pending)
    if sign_in.pool.counts_passkeys_as_two:
        return second_factor.go_on(call, sign_in, user)
    return second_factor.ask(call, sign_in, user)
