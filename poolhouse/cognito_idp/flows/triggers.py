"""Run a pool's Lambda trigger: AWS's event, its patience, and its errors.

Cognito developer guide, "Customizing user pool workflows with Lambda triggers".
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from poolhouse.call import Call, Invocation, InvokeRefused, InvokeTimeout
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidLambdaResponseException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)
from poolhouse.cognito_idp.rules.claims import identity_members

_SERVICE = "cognito-idp.amazonaws.com"
_PATIENCE = timedelta(seconds=5)
_ATTEMPTS = 3
_NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"
_NO_SDK = "aws-sdk-unknown-unknown"
_SDK = re.compile(r"(aws-sdk-[a-z0-9]+)/([0-9][0-9.]*)")
UNRECOGNIZABLE = "Unrecognizable lambda output"


def function_arn(pool: UserPool, trigger: str) -> str | None:
    """The function a pool runs for this trigger (a LambdaConfig key), or None."""
    config: Mapping[str, Any] = pool.settings.get("LambdaConfig") or {}
    # PreTokenGenerationConfig beside PreTokenGeneration; InboundFederation has the version under its own name.
    named = config.get(f"{trigger}Config") or config.get(trigger)
    return named.get("LambdaArn") if isinstance(named, Mapping) else named


def user_attributes(pool: UserPool, user: User) -> dict[str, str]:
    """What triggers are told of a user who exists: `userAttributes` of the request."""
    attributes = {"sub": user.sub, "cognito:user_status": user.status, **with_identities(user, user.attributes)}
    for name in ("email", "phone_number"):
        if name in user.attributes and name in (*pool.username_attributes, *pool.alias_attributes):
            attributes[f"cognito:{name.removesuffix('_number')}_alias"] = user.attributes[name]
    return attributes


def with_identities(user: User, attributes: Mapping[str, str]) -> Mapping[str, str]:
    """A user's attributes with the identities linked to them, as JSON text."""
    if not user.identities:
        return attributes
    listed = [identity_members(identity) for identity in user.identities]
    return {**attributes, "identities": msgspec.json.encode(listed).decode()}


def run(  # noqa: PLR0917 - the parts of the event, in their order
    call: Call,
    pool: UserPool,
    trigger: str,
    source: str,
    username: str,
    request: Mapping[str, object],
    response: Mapping[str, Any],
    *,
    client_id: str | None = None,
    version: str = "1",
) -> Mapping[str, Any]:
    """The response a pool's function gives, or `response` unchanged when the pool has no such trigger.

    `trigger` is the LambdaConfig key, `response` the keys AWS presets. Never inside a write block.
    """
    arn = function_arn(pool, trigger)
    if arn is None:
        return response
    sent = event(call, pool, source, username, request, response, client_id=client_id, version=version)
    invocation = _invoke(call, pool, trigger, arn, msgspec.json.encode(sent))
    if invocation.error is not None:
        # The service ends the sentence itself, so a message with a full stop shows two.
        raise UserLambdaValidationException(f"{trigger} failed with error {_message(invocation.error)}.")
    return _answer(invocation.payload, sent)


def event(  # noqa: PLR0917 - its parts, in their order
    call: Call,
    pool: UserPool,
    source: str,
    username: str,
    request: Mapping[str, object],
    response: Mapping[str, Any],
    *,
    client_id: str | None = None,
    version: str = "1",
) -> dict[str, object]:
    """What a function is told: the part that is common to all, `request`, and `response` preset."""
    return {
        "version": version,
        "region": call.region,
        "userPoolId": pool.id,
        "userName": username,
        "callerContext": {"awsSdkVersion": sdk_version(call.user_agent), "clientId": client_id or _NO_CLIENT},
        "triggerSource": source,
        "request": request,
        "response": response,
    }


def run_later(call: Call, pool: UserPool, trigger: str, arn: str, sent: bytes) -> None:
    """Have a function run that nobody waits for; only that it may not be run at all is said at once."""
    try:
        call.invoke_later(arn, sent, service=_SERVICE, source_arn=pool.arn(call.region, call.account_id))
    except InvokeRefused as error:
        raise UnexpectedLambdaException(f"{trigger} invocation failed due to error {error.code}.") from error


def with_metadata(request: dict[str, object], client_metadata: Mapping[str, str] | None) -> dict[str, object]:
    """The trigger's request with ClientMetadata in it, as far as the client sent any."""
    return request if client_metadata is None else {**request, "clientMetadata": client_metadata}


def sdk_version(user_agent: str) -> str:
    """`aws-sdk-js-3.535.0` for callers that name an AWS SDK in this form, otherwise the unknown one."""
    match = _SDK.search(user_agent)
    return f"{match[1]}-{match[2]}" if match else _NO_SDK


def _invoke(call: Call, pool: UserPool, trigger: str, arn: str, event: bytes) -> Invocation:
    for _ in range(_ATTEMPTS):
        try:
            return call.invoke(
                arn, event, service=_SERVICE, source_arn=pool.arn(call.region, call.account_id), timeout=_PATIENCE
            )
        except InvokeRefused as error:
            raise UnexpectedLambdaException(f"{trigger} invocation failed due to error {error.code}.") from error
        except InvokeTimeout:
            continue
    raise UnexpectedLambdaException(
        f"{trigger} invocation failed due to error Socket timeout while invoking Lambda function."
    )


def _message(error: Mapping[str, Any]) -> str:
    message = error.get("errorMessage")
    return message if isinstance(message, str) else ""


def _answer(payload: bytes, event: Mapping[str, object]) -> Mapping[str, Any]:
    """The `response` of what a function returned, which must be the event it was given, filled in.

    Which parts of the event AWS compares is not known: these two tell an event from any other object.
    """
    try:
        answer = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise InvalidLambdaResponseException(UNRECOGNIZABLE) from error
    is_event = isinstance(answer, dict) and all(
        answer.get(key) == event[key] for key in ("userPoolId", "triggerSource")
    )
    if not is_event or not isinstance(answer.get("response"), dict):
        raise InvalidLambdaResponseException(UNRECOGNIZABLE)
    response: dict[str, Any] = answer["response"]
    return response
