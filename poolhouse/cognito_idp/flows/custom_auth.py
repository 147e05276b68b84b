"""Custom sign-in: the pool's three functions say which challenge comes next, make it, and check its answer.

Cognito developer guide, "Custom authentication challenge Lambda triggers". A name that nobody has is told to the
functions as `userNotFound`, where the app client hides who exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import ChallengeSession, CustomAnswer, User
from poolhouse.cognito_idp.errors import InvalidLambdaResponseException, InvalidParameterException
from poolhouse.cognito_idp.flows import challenge_sessions, triggers
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules.challenges import CUSTOM_CHALLENGE, Challenge

_TRIGGERS = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
_PURPOSE = "private challenge parameters"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the DefineAuthChallenge function said: a challenge, tokens, or the end of it."""

    challenge: str | None
    issues_tokens: bool
    fails: bool


def check_configured(sign_in: SignIn) -> None:
    """Raise InvalidParameterException unless the pool has the function that decides."""
    if triggers.function_arn(sign_in.pool, _TRIGGERS[0]) is None:
        raise InvalidParameterException("Custom auth lambda trigger is not configured for the user pool.")


def define(call: Call, sign_in: SignIn, user: User | None, username: str) -> Decision:
    """Ask what comes next. Raises InvalidLambdaResponseException for an answer that says nothing."""
    answers = sign_in.progress.custom or ()
    request = {"session": [_told(answer) for answer in answers]}
    preset = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    response = _ask(call, sign_in, user, username, _TRIGGERS[0], request, preset)
    decision = Decision(
        challenge=_typed(response.get("challengeName"), str) or None,
        issues_tokens=bool(_typed(response.get("issueTokens"), bool)),
        fails=bool(_typed(response.get("failAuthentication"), bool)),
    )
    if not (decision.challenge or decision.issues_tokens or decision.fails):
        raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
    return decision


def create(call: Call, sign_in: SignIn, user: User | None, username: str) -> Challenge:
    """Have a challenge made, and ask it. What the function keeps private is kept sealed."""
    answers = sign_in.progress.custom or ()
    request = {"challengeName": CUSTOM_CHALLENGE, "session": [_told(answer) for answer in answers]}
    preset = {"publicChallengeParameters": None, "privateChallengeParameters": None, "challengeMetadata": None}
    response = _ask(call, sign_in, user, username, _TRIGGERS[1], request, preset)
    public = _texts(response.get("publicChallengeParameters"))
    private = msgspec.json.encode(_texts(response.get("privateChallengeParameters")))
    state = {
        "private": call.store.sealer.seal(private, _PURPOSE),
        "metadata": _typed(response.get("challengeMetadata"), str),
        "is_simulated": user is None,
    }
    with call.store.write() as tx:
        session = challenge_sessions.begin(call, tx, sign_in, username, CUSTOM_CHALLENGE, state)
    return Challenge(CUSTOM_CHALLENGE, {"USERNAME": username, **public}, session)


def verify(call: Call, sign_in: SignIn, user: User | None, pending: ChallengeSession) -> CustomAnswer:
    """Have an answer checked; what is remembered of it."""
    private = msgspec.json.decode(call.store.sealer.unseal(pending.state["private"], _PURPOSE))
    request = {"privateChallengeParameters": private, "challengeAnswer": sign_in.required("ANSWER")}
    response = _ask(call, sign_in, user, pending.username, _TRIGGERS[2], request, {"answerCorrect": None})
    is_right = bool(_typed(response.get("answerCorrect"), bool))
    return CustomAnswer(CUSTOM_CHALLENGE, is_right, pending.state["metadata"])


def _ask(  # noqa: PLR0917 - the parts of the event, in their order
    call: Call,
    sign_in: SignIn,
    user: User | None,
    username: str,
    trigger: str,
    request: Mapping[str, object],
    preset: Mapping[str, Any],
) -> Mapping[str, Any]:
    pool, app_client = sign_in.pool, sign_in.app_client
    if triggers.function_arn(pool, trigger) is None:
        raise InvalidParameterException("Custom auth lambda trigger is not configured for the user pool.")
    told = {"userAttributes": {} if user is None else triggers.user_attributes(pool, user), **request}
    if app_client.hides_users:
        told["userNotFound"] = user is None
    told = triggers.with_metadata(told, sign_in.client_metadata)
    source = f"{trigger}_Authentication"
    return triggers.run(call, pool, trigger, source, username, told, preset, client_id=app_client.id)


def _told(answer: CustomAnswer) -> dict[str, object]:
    return {
        "challengeName": answer.challenge,
        "challengeResult": answer.is_right,
        "challengeMetadata": answer.metadata,
    }


def _typed(value: object, wanted: type) -> Any:
    """A member of a function's response, which is of this type or null."""
    if value is not None and not isinstance(value, wanted):
        raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
    return value


def _texts(value: object) -> dict[str, str]:
    """A map of texts, as the parameters of a challenge are."""
    found: dict[str, str] = _typed(value, dict) or {}
    for text in found.values():
        _typed(text, str)
    return found
