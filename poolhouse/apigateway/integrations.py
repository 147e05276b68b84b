"""Running what stands behind a method: AWS_PROXY runs a Lambda function, MOCK answers by itself."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from poolhouse.apigateway import events, function_uri, responses, templates
from poolhouse.apigateway.errors import (
    ApiConfigurationError,
    BadProxyAnswer,
    IntegrationTimeout,
    NotBuilt,
    RequestTooLarge,
    UnsupportedMediaType,
)
from poolhouse.apigateway.exchange import Exchange
from poolhouse.apigateway.routes import Match
from poolhouse.call import InvokeRefused, InvokeTimeout
from poolhouse.web import Response

SERVICE = function_uri.SERVICE
_DEFAULT_TIMEOUT_MS = 29_000  # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
_JSON = "application/json"
_CALLER = "arn:aws:iam::*:user/*"
_DIRECTIVE = re.compile(
    r"#(set|if|foreach|end|else|elseif|include|parse|macro|stop|break|evaluate|define)\b|\$(input|util)\b"
)


def respond(exchange: Exchange, match: Match) -> Response:
    """The answer of the method's integration. Raises GatewayError."""
    integration = match.method.integration
    kind = str(integration.get("type", "")).lower()
    if kind == "aws_proxy":
        return _proxy(exchange, match)
    if kind == "mock":
        return _mock(exchange, match)
    raise NotBuilt(f"integration of type {kind.upper() or 'none'} on {match.method.resource}")


def invoked(uri: str, exchange: Exchange) -> str:
    """The ARN of the function that a URI of API Gateway's invokes; empty for another URI."""
    return function_uri.parse(templates.render(uri, exchange, {}))


def _proxy(exchange: Exchange, match: Match) -> Response:
    integration, call = match.method.integration, exchange.call
    function_arn = invoked(str(integration.get("uri", "")), exchange)
    if not function_arn or str(integration.get("httpMethod", "POST")).upper() != "POST":
        raise ApiConfigurationError
    _check_caller(exchange, integration, function_arn)
    event = msgspec.json.encode(events.proxy_event(exchange, match))
    timeout = timedelta(milliseconds=int(integration.get("timeoutInMillis", _DEFAULT_TIMEOUT_MS)))
    try:
        answer = call.invoke(function_arn, event, service=SERVICE, source_arn=exchange.source_arn, timeout=timeout)
    except InvokeTimeout:
        raise IntegrationTimeout from None
    except InvokeRefused as refusal:
        raise _REFUSALS.get(refusal.code, BadProxyAnswer) from None
    if answer.error is not None:
        raise BadProxyAnswer
    return responses.from_proxy(exchange, answer.payload)


def _check_caller(exchange: Exchange, integration: Mapping[str, Any], function_arn: str) -> None:
    """Where the function is run with the caller's own keys, as SAM has it for AWS_IAM unless told otherwise.

    That it is a configuration error is a guess: AWS's log speaks of invalid permissions.
    """
    if exchange.principal is None or integration.get("credentials") != _CALLER:
        return
    call = exchange.call
    if not call.authority.decide(call, "lambda:InvokeFunction", function_arn, {}).is_allowed:
        raise ApiConfigurationError


# "Invalid permissions on Lambda function" and an unknown function are configuration errors, 500. What a throttled
# function (TooManyRequestsException) becomes is a guess.
_REFUSALS: dict[str, type[ApiConfigurationError | RequestTooLarge]] = {
    "AccessDeniedException": ApiConfigurationError,
    "ResourceNotFoundException": ApiConfigurationError,
    "RequestEntityTooLargeException": RequestTooLarge,
}


def _mock(exchange: Exchange, match: Match) -> Response:
    integration = match.method.integration
    available = integration.get("responses") or {}
    answer = available.get(str(_mock_status(exchange, integration))) or available.get("default")
    if answer is None:
        raise ApiConfigurationError
    media_type, template = next(iter((answer.get("responseTemplates") or {_JSON: ""}).items()))
    _check_plain(template, match)
    headers = templates.headers([("Content-Type", media_type)], answer.get("responseParameters"), exchange, {})
    return Response(int(answer["statusCode"]), templates.render(template, exchange, {}).encode(), headers)


def _mock_status(exchange: Exchange, integration: Any) -> int:
    """The `statusCode` of the request's mapping template, which chooses the answer."""
    content_type = exchange.request.header("content-type", _JSON).split(";")[0].strip().lower()
    by_type = integration.get("requestTemplates") or {}
    template = by_type.get(content_type)
    if template is None and str(integration.get("passthroughBehavior", "")).lower() in _NEVER[bool(by_type)]:
        raise UnsupportedMediaType
    text = exchange.request.body if template is None else templates.render(template, exchange, {}).encode()
    try:
        return int(msgspec.json.decode(text)["statusCode"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise ApiConfigurationError from None


# https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
_NEVER = {True: frozenset({"never", "when_no_templates"}), False: frozenset({"never"})}


def _check_plain(template: str, match: Match) -> None:
    if _DIRECTIVE.search(template):
        raise NotBuilt(f"mapping template in VTL on {match.method.resource}")
