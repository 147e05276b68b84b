"""The first factor that the pool's own functions ask for and check (CUSTOM_AUTH)."""

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, CustomAnswer, User
from poolhouse.cognito_idp.errors import InvalidLambdaResponseException, NotAuthorizedException
from poolhouse.cognito_idp.flows import challenge_sessions, custom_auth, password_proof, triggers
from poolhouse.cognito_idp.flows.sign_in import device
from poolhouse.cognito_idp.flows.sign_in.request import (
    Outcome,
    SignIn,
    check_may_sign_in,
    check_secret_hash,
    pre_authentication,
    somebody_or_hidden,
    sub,
)
from poolhouse.cognito_idp.rules.challenges import CUSTOM_CHALLENGE, PASSWORD_VERIFIER

_WRONG = "Incorrect username or password."


def begin(call: Call, sign_in: SignIn) -> Outcome:
    username = sign_in.required("USERNAME")
    check_secret_hash(call, sign_in, username)
    custom_auth.check_configured(sign_in)
    user = somebody_or_hidden(call, sign_in, username)
    if user is not None:
        check_may_sign_in(call, sign_in, user, by_password=False)
    pre_authentication(call, sign_in, user)
    sign_in = sign_in.with_progress(sub=sub(user), custom=())
    if sign_in.parameters.get("CHALLENGE_NAME") == "SRP_A":
        sign_in.required("SRP_A")
        sign_in = remember(sign_in, "SRP_A")
    return go_on(call, sign_in, user, username if user is None else user.username)


def answer(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession) -> Outcome:
    """A wrong answer does not end the sign-in: the DefineAuthChallenge function decides."""
    given = custom_auth.verify(call, sign_in, user, pending)
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
    sign_in = sign_in.with_progress(custom=(*(sign_in.progress.custom or ()), given))
    return go_on(call, sign_in, user, pending.username)


def go_on(call: Call, sign_in: SignIn, user: User | None, username: str) -> Outcome:
    decision = custom_auth.define(call, sign_in, user, username)
    answers = sign_in.progress.custom or ()
    if decision.fails:
        raise NotAuthorizedException(_WRONG)
    if decision.issues_tokens:
        if user is None:
            raise NotAuthorizedException(_WRONG)
        return device.go_on(call, sign_in, user)
    if decision.challenge == CUSTOM_CHALLENGE:
        return custom_auth.create(call, sign_in, user, sign_in.pool.folded(username) if user is None else username)
    if decision.challenge == PASSWORD_VERIFIER and answers and answers[-1].challenge == "SRP_A":
        return password_proof.challenge(call, sign_in, user, typed=username, srp_a=sign_in.parameters["SRP_A"])
    raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)


def remember(sign_in: SignIn, challenge: str) -> SignIn:
    """A right answer to a challenge of ours, as a custom sign-in remembers it; any other sign-in need not."""
    answers = sign_in.progress.custom
    if answers is None:
        return sign_in
    return sign_in.with_progress(custom=(*answers, CustomAnswer(challenge, is_right=True)))
