"""Which endpoint answers a request to the authorization server, and how it refuses."""

from poolhouse.call import Call
from poolhouse.oauth import responses
from poolhouse.oauth.endpoints import ENDPOINTS, NOT_BUILT, discovery
from poolhouse.oauth.errors import NotImplementedYet, OAuthError
from poolhouse.oauth.pages import image
from poolhouse.web import Request, Response


def handle(call: Call, request: Request) -> Response | None:
    """Answer a request to the authorization server; None for every other path."""
    if discovery.PATH.fullmatch(request.path):
        return discovery.respond(call, request)
    if image.PATH.fullmatch(request.path):
        return image.respond(call, request)
    endpoint = ENDPOINTS.get(request.path)
    if endpoint is None and request.path not in NOT_BUILT:
        return None
    try:
        if endpoint is None:
            raise NotImplementedYet(request.path)
        return endpoint(call, request)
    except OAuthError as problem:
        return responses.error(call, problem)
