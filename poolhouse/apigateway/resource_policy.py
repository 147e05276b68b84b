"""The resource policy of a REST API: who may invoke its methods, beside what each method's authorizer says.

    no authorizer   the policy must allow
    Cognito         first the token; then the policy must allow, the user being nobody to it
    Lambda          what it denies is refused before the function is asked; then it or the function's policy must allow
    AWS_IAM         it or the caller's own policies must allow, and both of them a caller of another account

What is denied anywhere is denied.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

import json
from collections.abc import Mapping
from typing import Any

from poolhouse.apigateway.errors import AccessDenied
from poolhouse.apigateway.exchange import Exchange
from poolhouse.iam import document
from poolhouse.iam.context import Context
from poolhouse.iam.decision import Decision, Kind, Outcome
from poolhouse.iam.document import Policy
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.iam.evaluate import Policies, Request, evaluate
from poolhouse.iam.principal import ANONYMOUS as NOBODY
from poolhouse.principal import ANONYMOUS

EXTENSION = "x-amazon-apigateway-policy"
ACTION = "execute-api:Invoke"
_SHORT = "execute-api:/"


def parse(source: Any, api_arn: str) -> Policy:
    """A policy as a template writes it, "execute-api:/stage/..." standing for the API's own ARN. MalformedPolicy."""
    try:
        found = json.loads(source) if isinstance(source, str) else source
        statements = found["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        full = {**found, "Statement": [_full(one, api_arn) for one in listed]}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MalformedPolicy("Syntax errors in policy.") from error
    policy = document.parse(full, "the API's resource policy")
    if any(one.principals is None or not one.resources for one in policy.statements):
        raise MalformedPolicy("Syntax errors in policy.")
    return policy


def _full(statement: Mapping[str, Any], api_arn: str) -> dict[str, Any]:
    named = {name: _expanded(statement[name], api_arn) for name in ("Resource", "NotResource") if name in statement}
    return {**statement, **named}


def _expanded(resource: Any, api_arn: str) -> Any:
    if isinstance(resource, list):
        return [_expanded(one, api_arn) for one in resource]
    if isinstance(resource, str) and resource.startswith(_SHORT):
        return f"{api_arn}/{resource.removeprefix(_SHORT)}"
    return resource


def of_api(exchange: Exchange) -> Policy | None:
    """The policy of a request's API; None where it has none."""
    source = exchange.api.body.get(EXTENSION)
    return None if source is None else parse(source, exchange.api_arn)


def check(exchange: Exchange) -> None:
    """Return when nobody in particular may invoke the method. Raises AccessDenied."""
    if exchange.policy is None:
        return
    call = exchange.call.of(ANONYMOUS)
    decision = call.authority.decide(call, ACTION, exchange.method_arn, own_keys(exchange), policy=exchange.policy)
    if not decision.is_allowed:
        raise refusal(exchange, "anonymous", decision)


def check_denials(exchange: Exchange) -> None:
    """Return unless the policy denies nobody in particular, which may be allowed yet by an authorizer."""
    if exchange.policy is None:
        return
    request = Request(NOBODY, ACTION, exchange.method_arn, context(exchange))
    if evaluate(request, Policies(resource=exchange.policy)).outcome is Outcome.EXPLICITLY_DENIED:
        check(exchange)  # which refuses it too, and keeps why


def refusal(exchange: Exchange, who: str, decision: Decision) -> AccessDenied:
    """AWS's sentence, the account masked. It tells why where a resource policy decided, as is seen since 2025.

    How it ends for an explicit denial by the caller's own policies is as it was seen before.
    """
    account_id = exchange.call.account_id
    shown = exchange.method_arn.replace(f":{account_id}:", f":********{account_id[-4:]}:", 1)
    decided = {one.kind for one in decision.by} | {decision.missing}
    if Kind.RESOURCE in decided:
        ending = f" {decision.reason(ACTION)}"
    else:
        ending = " with an explicit deny" if decision.outcome is Outcome.EXPLICITLY_DENIED else ""
    return AccessDenied(f"User: {who} is not authorized to perform: {ACTION} on resource: {shown}{ending}")


def context(exchange: Exchange) -> Context:
    """The condition keys of a request that nobody has signed."""
    call = exchange.call
    return Context(
        {
            "aws:CurrentTime": call.now.isoformat(),
            "aws:EpochTime": str(int(call.now.timestamp())),
            "aws:PrincipalType": "Anonymous",
            "aws:SecureTransport": "true",
            "aws:SourceIp": call.source_ip,
            "aws:UserAgent": call.user_agent or None,
            **own_keys(exchange),
        }
    )


def own_keys(exchange: Exchange) -> dict[str, str | None]:
    """The condition keys that come with a request to an API only."""
    return {"aws:Referer": exchange.request.header("referer") or None}
