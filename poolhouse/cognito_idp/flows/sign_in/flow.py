"""The two tables of signing in: by the AuthFlow it begins with, and by the challenge that is answered."""

from collections.abc import Callable, Mapping

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, User
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.flows import challenge_sessions
from poolhouse.cognito_idp.flows.sign_in import choice, custom, device, finish, password, second_factor, watch
from poolhouse.cognito_idp.flows.sign_in.request import (
    Outcome,
    SignIn,
    check_enabled,
    check_secret_hash,
    find_user,
    sub,
)
from poolhouse.cognito_idp.rules import auth_flows, challenges
from poolhouse.cognito_idp.rules.auth_flows import Beginning
from poolhouse.cognito_idp.rules.challenges import DEVICE_PASSWORD_VERIFIER, DEVICE_SRP_AUTH, PASSWORD_VERIFIER, Step

_INVALID_SESSION = "Invalid session for the user."


def begin(
    call: Call, sign_in: SignIn, auth_flow: str, *, is_admin: bool = False, session: str | None = None
) -> Outcome:
    """Begin to sign in, or renew tokens, by an AuthFlow of the API.

    `session` is what ConfirmSignUp gave, for a sign-in that goes on from there.
    """
    sign_in = sign_in.with_device()
    beginning = auth_flows.check(auth_flow, sign_in.app_client, is_admin=is_admin)
    if beginning is Beginning.CHOICE and session:
        return choice.go_on_from_sign_up(call, sign_in, session)
    if beginning is Beginning.REFRESH:
        return finish.refresh(call, sign_in)
    return watch.watched(call, sign_in, auth_flow, lambda watched: _BEGIN[beginning](call, watched))


def answer(call: Call, sign_in: SignIn, challenge: str, session: str | None) -> Outcome:
    """Answer a challenge with the parameters of `sign_in`."""
    if challenge in _ANSWER_BY_SECRET_BLOCK:
        return _ANSWER_BY_SECRET_BLOCK[challenge](call, sign_in)
    username = sign_in.required("USERNAME")
    if not session and challenge != DEVICE_SRP_AUTH:
        raise InvalidParameterException("Missing required parameter Session")  # AWS's exact sentence is not known
    check_secret_hash(call, sign_in, username)
    user = find_user(call, sign_in.pool, username)
    pending = _pending(call, sign_in, user, challenge, session)
    name = sign_in.pool.folded(username) if user is None else user.username
    if name != pending.username or pending.progress.sub != sub(user):
        raise NotAuthorizedException(_INVALID_SESSION)
    if user is not None:
        check_enabled(user)
    sign_in = sign_in.at(pending.progress)
    return watch.watched(call, sign_in, challenge, lambda watched: _take(call, watched, user, pending, challenge))


def _take(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession, challenge: str) -> Outcome:
    step = challenges.next_step(pending.challenge, challenge)
    if step in _ANSWER_FOR_ANYBODY:
        return _ANSWER_FOR_ANYBODY[step](call, sign_in, user, pending)
    if user is None:
        raise NotAuthorizedException(_INVALID_SESSION)
    return _ANSWER[step](call, sign_in, user, pending)


def _pending(call: Call, sign_in: SignIn, user: User | None, challenge: str, session: str | None) -> ChallengeSession:
    """What waits for this answer. Clients in use send no Session with DEVICE_SRP_AUTH, and get by with AWS."""
    if session:
        return challenge_sessions.find(call, sign_in.app_client, session, challenge)
    return challenge_sessions.find_for_device(call, sign_in, "" if user is None else user.username, challenge)


_BEGIN: Mapping[Beginning, Callable[[Call, SignIn], Outcome]] = {
    Beginning.SRP: password.begin_srp,
    Beginning.PASSWORD: password.begin,
    Beginning.CUSTOM: custom.begin,
    Beginning.CHOICE: choice.begin,
}
_ANSWER_BY_SECRET_BLOCK: Mapping[str, Callable[[Call, SignIn], Outcome]] = {
    PASSWORD_VERIFIER: password.answer_proof,
    DEVICE_PASSWORD_VERIFIER: device.answer_proof,
}
_ANSWER_FOR_ANYBODY: Mapping[Step, Callable[[Call, SignIn, User | None, ChallengeSession], Outcome]] = {
    Step.CHOOSE_FIRST_FACTOR: choice.choose,
    Step.CHECK_PASSWORD: choice.answer_password,
    Step.ASK_PROOF: choice.answer_srp,
    Step.CHECK_CUSTOM_ANSWER: custom.answer,
    Step.CHECK_SENT_CODE: choice.answer_sent_code,
}
_ANSWER: Mapping[Step, Callable[[Call, SignIn, User, ChallengeSession], Outcome]] = {
    Step.SET_NEW_PASSWORD: password.answer_new_password,
    Step.CHECK_PASSKEY: choice.answer_passkey,
    Step.CHECK_SOFTWARE_TOKEN: second_factor.answer_software_token,
    Step.CHOOSE_SECOND_FACTOR: second_factor.choose,
    Step.END_SETUP: second_factor.end_setup,
    Step.ASK_DEVICE_PROOF: device.answer_srp,
}
