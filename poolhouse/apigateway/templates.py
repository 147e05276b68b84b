"""Variables in templates of gateway responses and mock answers: plain substitution, no VTL.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from poolhouse.apigateway.exchange import Exchange
from poolhouse.web import Header, Request

_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>[^}]+)\}|(?P<plain>(?:context|stageVariables|method)(?:\.[A-Za-z0-9_:-]+)+))"
)


def render(template: str, exchange: Exchange, more: dict[str, str]) -> str:
    """The template with its variables filled in; ones without a value become nothing."""

    def value(found: re.Match[str]) -> str:
        return resolve(found["braced"] or found["plain"], exchange, more) or ""

    return _VARIABLE.sub(value, template)


def headers(
    own: Sequence[Header], parameters: Mapping[str, Any] | None, exchange: Exchange, more: dict[str, str]
) -> tuple[Header, ...]:
    """An answer's own headers and those of its `responseParameters`, such as `gatewayresponse.header.Content-Type`.

    They stand in place of its own of the same name: AWS does not say so, but published templates count on it.
    """
    given: list[Header] = []
    for target, expression in (parameters or {}).items():
        value = resolve(str(expression), exchange, more)
        if value is not None:
            given.append((target.partition(".header.")[2], value))
    replaced = {name.lower() for name, _ in given}
    return (*(header for header in own if header[0].lower() not in replaced), *given)


def resolve(expression: str, exchange: Exchange, more: dict[str, str]) -> str | None:
    """The value of one expression: 'static text', context.x, stageVariables.x or method.request.<where>.x.

    `more` has $context variables that only this case knows. None where there is no such value.
    """
    if len(expression) > 1 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    source, _, name = expression.partition(".")
    if source == "context":
        return more.get(name) or exchange.context().get(name)
    if source == "stageVariables":
        return (exchange.stage_variables or {}).get(name)
    return _of_request(exchange.request, expression.removeprefix("method.request.header."), expression)


def _of_request(request: Request, header: str, expression: str) -> str | None:
    return None if header == expression else request.header(header.lower()) or None
