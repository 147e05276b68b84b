"""Lambda authorizers: a function is told of the caller and answers with a policy, which decides.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from poolhouse.apigateway import events, integrations, resource_policy
from poolhouse.apigateway.authorizers.definitions import LambdaAuthorizer, Source
from poolhouse.apigateway.errors import AccessDenied, AuthorizerFailed, Unauthorized
from poolhouse.apigateway.exchange import Exchange
from poolhouse.apigateway.routes import Match
from poolhouse.call import InvokeRefused, InvokeTimeout
from poolhouse.iam import document
from poolhouse.iam.decision import Outcome
from poolhouse.iam.document import Policy
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.iam.evaluate import Policies, Request, evaluate
from poolhouse.iam.principal import Requester

_TIMEOUT = timedelta(seconds=29)
_KEPT = 1000
_DENIED = "User is not authorized to access this resource"
_UNAUTHORIZED = "Unauthorized"  # what a function raises to have the caller told so
_ID_LENGTH = 6

Key = tuple[str, datetime, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an authorizer said of a caller."""

    policy: Policy
    context: Mapping[str, object]


class LambdaAuthorizers:
    """Asks them, and remembers what they said for as long as each may be believed."""

    def __init__(self) -> None:
        self._known: dict[Key, tuple[datetime, _Answer]] = {}

    def authorize(self, exchange: Exchange, match: Match, authorizer: LambdaAuthorizer) -> Mapping[str, object]:
        """What the function is told of the caller. Raises Unauthorized, AccessDenied and AuthorizerFailed."""
        identity = tuple(_value(exchange, source) for source in authorizer.sources)
        if not all(identity):  # "If a specified identity source is missing, null, or empty ... 401"
            raise Unauthorized
        is_token = authorizer.kind == "TOKEN"
        if is_token and authorizer.expression is not None and not authorizer.expression.fullmatch(identity[0]):
            raise Unauthorized
        resource_policy.check_denials(exchange)
        answer, latency = self._answer(exchange, match, authorizer, identity)
        context = resource_policy.context(exchange)
        request = Request(Requester("user"), resource_policy.ACTION, exchange.method_arn, context)
        outcome = evaluate(request, Policies(identity=[answer.policy], resource=exchange.policy)).outcome
        if outcome is Outcome.EXPLICITLY_DENIED:
            raise AccessDenied(f"{_DENIED} with an explicit deny")
        if outcome is not Outcome.ALLOWED:
            raise AccessDenied(_DENIED)
        return {**answer.context, "integrationLatency": latency}

    def _answer(
        self, exchange: Exchange, match: Match, authorizer: LambdaAuthorizer, identity: tuple[str, ...]
    ) -> tuple[_Answer, int]:
        """What it says, and how many milliseconds that took: none where it was known."""
        now, key = exchange.call.now, (exchange.api.id, exchange.api.modified_at, authorizer.name, identity)
        until, known = self._known.get(key, (now, None))
        if known is not None and now < until:
            return known, 0
        begun = time.monotonic()
        answer = _asked(exchange, match, authorizer, identity)
        # Without an identity source there is nothing to remember an answer by.
        if authorizer.ttl and identity:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[key] = now + timedelta(seconds=authorizer.ttl), answer
        return answer, int((time.monotonic() - begun) * 1000)


def _asked(exchange: Exchange, match: Match, authorizer: LambdaAuthorizer, identity: tuple[str, ...]) -> _Answer:
    call, api = exchange.call, exchange.api
    if authorizer.kind == "TOKEN":
        event: dict[str, object] = {
            "type": "TOKEN",
            "authorizationToken": identity[0],
            "methodArn": exchange.method_arn,
        }
    else:
        event = events.authorizer_event(exchange, match)
    function_arn = integrations.invoked(authorizer.uri, exchange)
    if not function_arn:
        raise AuthorizerFailed
    source_arn = f"arn:aws:execute-api:{call.region}:{call.account_id}:{api.id}/authorizers/{_id(api.id, authorizer)}"
    try:
        answer = call.invoke(
            function_arn,
            msgspec.json.encode(event),
            service=integrations.SERVICE,
            source_arn=source_arn,
            timeout=_TIMEOUT,
        )
    except (InvokeRefused, InvokeTimeout):
        raise AuthorizerFailed from None
    if answer.error is not None:
        if answer.error.get("errorMessage") == _UNAUTHORIZED:
            raise Unauthorized
        raise AuthorizerFailed
    return _read(answer.payload)


def _read(payload: bytes) -> _Answer:
    """The policy and the context of an answer. Raises AuthorizerFailed."""
    try:
        given: Any = msgspec.json.decode(payload)
        principal_id, context = given["principalId"], given.get("context") or {}
        policy = document.parse(given["policyDocument"], "the authorizer's policy")
        told = {str(name): _text(value) for name, value in context.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, MalformedPolicy):
        raise AuthorizerFailed from None
    if not isinstance(principal_id, str | int) or isinstance(principal_id, bool):
        raise AuthorizerFailed
    return _Answer(policy, {**told, "principalId": str(principal_id)})


def _text(value: object) -> str:
    """ "you cannot set a JSON object or array as a valid value of any key in the context map"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError


def _value(exchange: Exchange, source: Source) -> str:
    request = exchange.request
    match source.kind:
        case "header":
            return request.header(source.name)
        case "querystring":
            return next((value for name, value in events.query(request) if name == source.name), "")
        case "stageVariables":
            return (exchange.stage_variables or {}).get(source.name, "")
        case "context":
            return exchange.context().get(source.name, "")
        case _:
            return ""


def _id(api_id: str, authorizer: LambdaAuthorizer) -> str:
    """Six characters, the same for as long as the API and the authorizer's name are."""
    return hashlib.sha256(f"{api_id}{authorizer.name}".encode()).hexdigest()[:_ID_LENGTH]
