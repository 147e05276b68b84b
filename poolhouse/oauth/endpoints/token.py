"""POST /oauth2/token: parse the form, authenticate the client, hand over to the grant.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

from poolhouse.call import Call
from poolhouse.oauth import clients, forms, responses
from poolhouse.oauth.errors import InvalidRequest, UnsupportedGrantType
from poolhouse.oauth.grants import GRANTS
from poolhouse.web import Request, Response


def respond(call: Call, request: Request) -> Response:
    """The tokens of a grant. Raises OAuthError."""
    if request.method != "POST":
        return responses.empty(call, 405)
    form = forms.parse(request)
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise InvalidRequest
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise UnsupportedGrantType
    return responses.json(call, grant(call, clients.authenticate(call, request, form), form))
