"""The device a sign-in comes from: a remembered one proves itself, in place of a second factor where that is set."""

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, User
from poolhouse.cognito_idp.errors import NotAuthorizedException
from poolhouse.cognito_idp.flows import devices, srp_exchange
from poolhouse.cognito_idp.flows.sign_in import finish, watch
from poolhouse.cognito_idp.flows.sign_in.request import (
    Outcome,
    SignIn,
    check_enabled,
    check_secret_hash,
    find_user,
)
from poolhouse.cognito_idp.flows.srp_exchange import Answer
from poolhouse.cognito_idp.rules.challenges import DEVICE_PASSWORD_VERIFIER

_WRONG = "Incorrect username or password."
_SOURCE = "TokenGeneration_AuthenticateDevice"


def is_remembered(call: Call, sign_in: SignIn, user: User) -> bool:
    """Whether the sign-in comes from a device that must prove itself. Raises ResourceNotFoundException."""
    device = devices.of_sign_in(call, sign_in, user)
    return device is not None and device.status == devices.REMEMBERED


def go_on(call: Call, sign_in: SignIn, user: User) -> Outcome:
    """Have a remembered device prove itself, or finish.

    Raises NotAuthorizedException where it was to stand in for a second factor and is not remembered any more: a custom
    sign-in may have gone on for a while since.
    """
    if is_remembered(call, sign_in, user):
        return devices.ask(call, sign_in, user)
    if sign_in.progress.device_stands_in:
        raise NotAuthorizedException(_WRONG)
    return finish.finish(call, sign_in, user)


def answer_srp(call: Call, sign_in: SignIn, user: User, pending: ChallengeSession) -> Outcome:
    """Go on with the device's public value."""
    return devices.ask_proof(call, sign_in, user, pending)


def answer_proof(call: Call, sign_in: SignIn) -> Outcome:
    """Finish with the device's proof."""
    username = sign_in.required("USERNAME")
    check_secret_hash(call, sign_in, username)
    given = srp_exchange.parse_answer(sign_in)
    waiting = srp_exchange.take_up(call, sign_in.app_client, given, DEVICE_PASSWORD_VERIFIER)
    user = find_user(call, sign_in.pool, username)
    if user is None or user.username != waiting.username or user.sub != waiting.progress.sub:
        raise NotAuthorizedException(_WRONG)
    check_enabled(user)
    sign_in = sign_in.at(waiting.progress)
    return watch.watched(
        call, sign_in, DEVICE_PASSWORD_VERIFIER, lambda watched: _prove(call, watched, user, waiting, given)
    )


def _prove(call: Call, sign_in: SignIn, user: User, waiting: ChallengeSession, given: Answer) -> Outcome:
    devices.prove(call, sign_in, user, waiting, given)
    return finish.finish(call, sign_in.with_progress(source=_SOURCE), user)
