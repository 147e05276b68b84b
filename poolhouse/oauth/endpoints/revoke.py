"""POST /oauth2/revoke: end a refresh token and every access token of its sign-in.

https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
"""

from poolhouse.call import Call
from poolhouse.cognito_idp.flows import tokens
from poolhouse.jose import verify
from poolhouse.oauth import clients, forms, responses
from poolhouse.oauth.errors import InvalidClient, InvalidRequest, UnauthorizedClient, UnsupportedTokenType
from poolhouse.web import Request, Response

_UNAUTHORIZED = 401  # what this endpoint answers to invalid_client, where the token endpoint has 400


def respond(call: Call, request: Request) -> Response:
    """200 for a token that is revoked now, was before, or never was one. Raises OAuthError."""
    if request.method != "POST":
        return responses.empty(call, 405)
    form = forms.parse(request)
    if "token" not in form:
        raise InvalidRequest
    try:
        client = clients.authenticate(call, request, form)
    except InvalidClient as problem:
        return responses.json(call, {"error": problem.error}, _UNAUTHORIZED)
    if not client.app_client.can_revoke_tokens:
        raise InvalidRequest
    if _is_jwt(form["token"]):
        raise UnsupportedTokenType
    _revoke(call, client, form["token"])
    return responses.empty(call)


def _revoke(call: Call, client: clients.AuthenticatedClient, refresh_token: str) -> None:
    kept = call.store.refresh_tokens.find(id=call.store.sealer.digest(refresh_token))
    if kept is None or kept.pool_id != client.pool.id:
        return
    if kept.client_id != client.app_client.id:
        raise UnauthorizedClient  # RFC 7009 section 2.1 wants a refusal; which one Cognito sends is not known
    with call.store.write() as tx:
        tokens.revoke_family(tx, kept)


def _is_jwt(token: str) -> bool:
    try:
        verify.parse(token)
    except verify.Malformed:
        return False
    return True
