"""CustomEmailSender and CustomSMSSender: a pool's own functions send codes, which reach them encrypted.

Cognito developer guide, "Custom sender Lambda triggers". The code is a message of the AWS Encryption SDK under the
pool's KMS key, so that a function written for AWS reads it unchanged. The functions run on their own: what they answer,
or raise, is nobody's but their log's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import log_export, triggers
from poolhouse.cognito_idp.rules.destinations import Destination
from poolhouse.errors import ApiError

_TRIGGERS = {"EMAIL": "CustomEmailSender", "SMS": "CustomSMSSender"}
_TYPES = {"EMAIL": "customEmailSenderRequestV1", "SMS": "customSMSSenderRequestV1"}


@dataclass(frozen=True, slots=True)
class Code:
    """What is sent: why (`source` is the CustomMessage trigger's), to whom, for which request."""

    source: str
    text: str
    client_id: str | None
    client_metadata: Mapping[str, str] | None


def is_configured(pool: UserPool, destination: Destination) -> bool:
    """Whether a function of the pool's own sends what goes there."""
    return _arn(pool, destination) is not None


def send(call: Call, pool: UserPool, user: User, destination: Destination, code: Code) -> None:
    """Have the pool's function send a code; where that cannot be, the pool's log is told. Never inside a write block.

    Raises UnexpectedLambdaException for a function that may not be run, and InvalidParameterException for a KMS key
    that cannot be used: that there is an error is documented, its name and sentence are guesses.
    """
    try:
        _send(call, pool, user, destination, code)
    except ApiError as error:
        log_export.undelivered(call, pool, f"{error.code}: {error.message}")
        raise


def _send(call: Call, pool: UserPool, user: User, destination: Destination, code: Code) -> None:
    arn, trigger = _arn(pool, destination), _TRIGGERS[destination.medium]
    request: dict[str, object] = {
        "type": _TYPES[destination.medium],
        "code": _encrypted(call, pool, code.text),
        "clientMetadata": code.client_metadata,
        "userAttributes": _attributes(pool, user, destination),
    }
    event = triggers.event(
        call,
        pool,
        code.source.replace("CustomMessage", trigger),
        user.username,
        request,
        {},
        client_id=code.client_id,
    )
    triggers.run_later(call, pool, trigger, str(arn), msgspec.json.encode(event))


def _attributes(pool: UserPool, user: User, destination: Destination) -> dict[str, str]:
    """The user's, with the address the code is for: that one which waits for its proof is told here is a guess.

    The function is told of no other place to send the code to.
    """
    attributes = triggers.user_attributes(pool, user)
    name = destination.attribute
    if attributes.get(name) == destination.value:
        return attributes
    return {**attributes, name: destination.value, f"{name}_verified": "false"}


def _arn(pool: UserPool, destination: Destination) -> str | None:
    config: Mapping[str, Any] = pool.settings.get("LambdaConfig") or {}
    sender: Mapping[str, Any] = config.get(_TRIGGERS[destination.medium]) or {}
    return sender.get("LambdaArn")


def _encrypted(call: Call, pool: UserPool, text: str) -> str:
    from poolhouse.cognito_idp.flows import encrypted_codes  # noqa: PLC0415 - see there

    key_arn = str(pool.settings["LambdaConfig"]["KMSKeyID"])
    try:
        return encrypted_codes.encrypted(call, key_arn, text, {"userpool-id": pool.id})
    except ApiError as error:
        raise InvalidParameterException(f"KMS key {key_arn} cannot be used.") from error
