"""AWS_IAM: whoever signs with AWS keys, and may execute-api:Invoke this method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
"""

from collections.abc import Callable, Mapping

from poolhouse.apigateway import resource_policy
from poolhouse.apigateway.errors import (
    GatewayError,
    IncompleteSignature,
    InvalidSignature,
    InvalidToken,
    MissingAuthenticationToken,
    TokenOfKeysExpired,
)
from poolhouse.apigateway.exchange import Exchange
from poolhouse.call import Call
from poolhouse.errors import ApiError
from poolhouse.principal import Principal
from poolhouse.web import Request

Verify = Callable[[Request, str], Principal]
"""(the request as it was signed, the service's signing name) -> who signed. Raises the wire's authentication errors."""

SERVICE = "execute-api"
_REFUSALS: Mapping[str, type[GatewayError]] = {
    "MissingAuthenticationTokenException": MissingAuthenticationToken,
    "IncompleteSignatureException": IncompleteSignature,
    "InvalidSignatureException": InvalidSignature,
    "UnrecognizedClientException": InvalidToken,
    "ExpiredTokenException": TokenOfKeysExpired,
}


def authenticate(verify: Verify, sent: Request) -> Principal:
    """Who signed the request. Raises GatewayError in API Gateway's words."""
    try:
        return verify(sent, SERVICE)
    except ApiError as error:
        refusal = _REFUSALS.get(error.code)
        if refusal is None:
            raise
        raise refusal(error.message) from error


def authorize(call: Call, exchange: Exchange) -> None:
    """Return when the call's principal may invoke the method. Raises AccessDenied."""
    arn = exchange.method_arn
    keys = resource_policy.own_keys(exchange)
    decision = call.authority.decide(call, resource_policy.ACTION, arn, keys, policy=exchange.policy)
    if not decision.is_allowed:
        raise resource_policy.refusal(exchange, call.principal.arn, decision)
