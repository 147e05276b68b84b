"""The Lambda authorizer of sensitive routes: an access token that is good now, of somebody who signed in just now.

API Gateway's own authorizer believes a token until it expires, also of who has signed out since. Here the token is
verified, then shown to Cognito, which knows; so it needs the scope aws.cognito.signin.user.admin, which every sign-in
through Cognito's API has.
"""

import time
from collections.abc import Mapping
from typing import Any

from shared import sign_outs
from shared.config import settings
from shared.observability import LambdaContext, logger
from shared.tokens import InvalidToken, issuers_of_pool, keys_of_pool, verify_access_token

RECENT = 10 * 60  # seconds since the sign-in
LEEWAY = 60  # seconds by which clocks may differ

_keys = keys_of_pool()
sign_outs.origin()  # its client is made while Lambda starts the function, which is quicker than at a first request


class Unauthorized(Exception):
    """API Gateway answers 401 for an error of this sentence, and 500 for every other."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Allow the method to who has signed in recently, deny it to who has not. Raises Unauthorized."""
    token = _bare(event.get("authorizationToken") or "")
    try:
        claims = verify_access_token(token, _keys, issuers=issuers_of_pool(), client_id=settings().web_client_id)
    except InvalidToken as error:
        logger.info("refused", reason=str(error))
        raise Unauthorized from None
    if not sign_outs.is_signed_in(token):
        logger.info("refused", reason="signed out", subject=claims["sub"])
        raise Unauthorized
    is_recent = -LEEWAY <= time.time() - claims["auth_time"] <= RECENT
    logger.info("decided", subject=claims["sub"], is_recent=is_recent)
    return _answer(claims, event["methodArn"], "Allow" if is_recent else "Deny")


def _bare(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else header.strip()


def _answer(claims: Mapping[str, Any], method_arn: str, effect: str) -> dict[str, Any]:
    """A policy, and the claims the handler reads: a context holds texts, numbers and booleans alone."""
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": method_arn}
    texts = {name: str(claims[name]) for name in ("sub", "username", "token_use", "client_id", "auth_time")}
    groups = ",".join(claims.get("cognito:groups", ()))
    return {
        "principalId": claims["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {**texts, "scope": claims.get("scope", ""), "groups": groups},
    }
