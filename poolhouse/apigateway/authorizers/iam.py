"""AWS_IAM: whoever signs with AWS keys, and may execute-api:Invoke this method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
"""

from collections.abc import Callable, Mapping

from poolhouse.apigateway.errors import (
    AccessDenied,
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
from poolhouse.iam.decision import Outcome
from poolhouse.principal import Principal
from poolhouse.web import Request

Verify = Callable[[Request, str], Principal]
"""(the request as it was signed, the service's signing name) -> who signed. Raises the wire's authentication errors."""

SERVICE, ACTION = "execute-api", "execute-api:Invoke"
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
    """Return when the call's principal may invoke the method. Raises AccessDenied.

    The sentence has the account masked. How it ends for an explicit denial was seen with resource policies only.
    """
    decision = call.authority.decide(call, ACTION, exchange.method_arn, {})
    if decision.is_allowed:
        return
    ending = " with an explicit deny" if decision.outcome is Outcome.EXPLICITLY_DENIED else ""
    shown = exchange.method_arn.replace(f":{call.account_id}:", f":********{call.account_id[-4:]}:", 1)
    raise AccessDenied(
        f"User: {call.principal.arn} is not authorized to perform: {ACTION} on resource: {shown}{ending}"
    )
