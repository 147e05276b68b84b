"""The authorization server: OAuth 2.0 and OpenID Connect as a user pool's domain serves them.

Owns: discovery and JWKS, and the endpoints under /oauth2 (`endpoints/`), the grants of the token endpoint (`grants/`),
which app client is asking (`clients`), and the errors (`errors`). The pool follows from the client id, or from a host
like `<domain>.auth.localhost`.
Leaves to others: what is in a token and who may have one (`cognito_idp.flows`).

Built: discovery, client_credentials, refresh_token, revocation, userInfo. The code grant, federation and the pages
(/oauth2/authorize, /login, ...) answer 501 with their name.
"""

from poolhouse.call import Call
from poolhouse.oauth import responses
from poolhouse.oauth.endpoints import ENDPOINTS, NOT_BUILT, discovery
from poolhouse.oauth.errors import NotImplementedYet, OAuthError
from poolhouse.web import Request, Response


def handle(call: Call, request: Request) -> Response | None:
    """Answer a request to the authorization server; None for every other path."""
    if discovery.PATH.fullmatch(request.path):
        return discovery.respond(call, request)
    endpoint = ENDPOINTS.get(request.path)
    if endpoint is None and request.path not in NOT_BUILT:
        return None
    try:
        if endpoint is None:
            raise NotImplementedYet(request.path)
        return endpoint(call, request)
    except OAuthError as problem:
        return responses.error(call, problem)
