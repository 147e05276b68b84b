"""A refresh token's exchange for new ID and access tokens: REFRESH_TOKEN_AUTH by another door."""

from collections.abc import Mapping

from poolhouse.call import Call
from poolhouse.cognito_idp.errors import (
    InvalidLambdaResponseException,
    NotAuthorizedException,
    RefreshTokenReuseException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)
from poolhouse.cognito_idp.flows import tokens
from poolhouse.oauth import responses
from poolhouse.oauth.clients import AuthenticatedClient
from poolhouse.oauth.errors import InvalidGrant, InvalidRequest, UnauthorizedClient


def issue(call: Call, client: AuthenticatedClient, form: Mapping[str, str]) -> dict[str, object]:
    """The token response, with a new refresh token only where the app client rotates them."""
    if not client.app_client.is_oauth_client:
        raise UnauthorizedClient
    if "refresh_token" not in form:
        raise InvalidRequest
    try:
        issued = tokens.refresh(call, client.pool, client.app_client, form["refresh_token"])
    except (NotAuthorizedException, RefreshTokenReuseException):
        raise InvalidGrant from None
    except (UserLambdaValidationException, UnexpectedLambdaException, InvalidLambdaResponseException) as error:
        raise InvalidRequest(error.message) from None  # a guess: what Cognito says of a failed trigger here
    return responses.token_document(issued)
