"""Who called, as `requestContext.identity` of payload 1.0 has it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from poolhouse.principal import Principal
from poolhouse.web import Request

_COGNITO = "cognito-identity.amazonaws.com"


def identity(principal: Principal | None, request: Request) -> dict[str, str | None]:
    """Every member, null where it has no value: all but two for callers whom AWS does not know."""
    found: dict[str, str | None] = {
        "cognitoIdentityPoolId": None,
        "accountId": None,
        "cognitoIdentityId": None,
        "caller": None,
        "sourceIp": request.source_ip,
        "principalOrgId": None,
        "accessKey": None,
        "cognitoAuthenticationType": None,
        "cognitoAuthenticationProvider": None,
        "userArn": None,
        "userAgent": request.header("user-agent") or None,
        "user": None,
    }
    if principal is None:
        return found
    return {
        **found,
        "accountId": principal.account_id,
        "caller": principal.user_id,
        "accessKey": principal.access_key_id,
        "userArn": principal.arn,
        "user": principal.user_id,
        **_of_identity_pool(principal),
    }


def _of_identity_pool(principal: Principal) -> dict[str, str | None]:
    """What the session of an identity brings along: its pool, its id, and how it is known."""
    keys = {} if principal.session is None else principal.session.keys
    if f"{_COGNITO}:sub" not in keys:
        return {}
    kind, *providers = keys[f"{_COGNITO}:amr"]
    return {
        "cognitoIdentityPoolId": keys[f"{_COGNITO}:aud"][0],
        "cognitoIdentityId": keys[f"{_COGNITO}:sub"][0],
        "cognitoAuthenticationType": kind,
        "cognitoAuthenticationProvider": ",".join(providers) or None,
    }
