"""COGNITO_USER_POOLS: a user pool's token opens the method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
A method without scopes wants an ID token; one with scopes an access token that has any one of them. Whether the token
was revoked, and which app client asked for it, is not looked at: as on AWS.
"""

import functools

from poolhouse.apigateway.authorizers.claims import texts
from poolhouse.apigateway.authorizers.definitions import CognitoAuthorizer
from poolhouse.apigateway.errors import TokenExpired, Unauthorized
from poolhouse.call import Call
from poolhouse.cognito_idp.flows import keys
from poolhouse.jose import verify
from poolhouse.jose.verify import VerifiedClaims

_BEARER = "Bearer "  # accepted in this spelling; AWS says nothing of others


def authorize(call: Call, authorizer: CognitoAuthorizer, scopes: tuple[str, ...], header: str) -> dict[str, str]:
    """The claims for the function, as text. Raises Unauthorized and TokenExpired, and says no more to the caller."""
    try:
        claims = _verified(call, authorizer, "access" if scopes else "id", header.removeprefix(_BEARER).strip())
    except verify.Expired:
        raise TokenExpired from None
    except verify.TokenError:
        raise Unauthorized from None
    if scopes and not set(scopes) & set(claims.scopes):
        raise Unauthorized
    # The expression is held against `aud`, which access tokens lack. Java's matches() wants the whole of it (a guess).
    if authorizer.audience is not None and not authorizer.audience.fullmatch(str(claims.get("aud", ""))):
        raise Unauthorized
    return texts(claims.claims)


def _verified(call: Call, authorizer: CognitoAuthorizer, token_use: str, token: str) -> VerifiedClaims:
    unverified = verify.parse(token)
    for pool_id in authorizer.pool_ids:
        issuer = f"{call.issuer_base}/{pool_id}"
        if unverified.issuer == issuer:
            find_key = functools.partial(keys.find_public_key, call, pool_id)
            return verify.verify(unverified, find_key, issuer=issuer, token_use=token_use, now=call.now)
    raise verify.WrongIssuer("none of the authorizer's pools")
