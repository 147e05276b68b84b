"""GET /oauth2/userInfo: the claims of the user whose access token is shown.

https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
"""

from poolhouse.call import Call
from poolhouse.cognito_idp.errors import NotAuthorizedException, ResourceNotFoundException, UserNotFoundException
from poolhouse.cognito_idp.flows import access
from poolhouse.cognito_idp.flows.access import SignedIn
from poolhouse.cognito_idp.rules.claims import attribute_claims
from poolhouse.oauth import responses
from poolhouse.web import Request, Response

_OPENID = "openid"
_BAD_REQUEST = "Bad OAuth2 request at UserInfo Endpoint"
_BAD_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."  # noqa: S105
_NO_OPENID = "Access token does not contain openid scope"
_REFUSALS = (NotAuthorizedException, UserNotFoundException, ResourceNotFoundException)


def respond(call: Call, request: Request) -> Response:
    """The user's claims, as wide as the token's scopes: API sign-in tokens lack `openid` and are refused."""
    if request.method not in ("GET", "POST"):
        return responses.empty(call, 405)
    scheme, _, token = request.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return _refusal(call, 400, "invalid_request", _BAD_REQUEST)
    try:
        signed_in = access.user_of(call, token.strip(), scope=_OPENID)
    except _REFUSALS:
        return _refusal(call, 401, "invalid_token", _reason(call, token.strip()))
    return responses.json(call, _claims(signed_in))


def _claims(signed_in: SignedIn) -> dict[str, str]:
    """Values as they are kept, so that email_verified is text here where the ID token has a boolean."""
    user = signed_in.user
    shown = attribute_claims(user.attributes, signed_in.app_client.read_attributes, signed_in.claims.scopes)
    return {"sub": user.sub} | {name: user.attributes[name] for name in shown} | {"username": user.username}


def _reason(call: Call, token: str) -> str:
    """A token that is good for the API but not here lacks the scope; status and error name are not proven for it."""
    try:
        access.user_of(call, token)
    except _REFUSALS:
        return _BAD_TOKEN
    return _NO_OPENID


def _refusal(call: Call, status: int, error: str, description: str) -> Response:
    response = responses.json(call, {"error": error, "error_description": description}, status)
    return response.with_headers([("WWW-Authenticate", f'error="{error}", error_description="{description}"')])
