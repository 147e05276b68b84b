"""A machine's own token: an access token for custom scopes, no user behind it."""

from collections.abc import Mapping

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_idp.flows import oauth_scopes, tokens
from poolhouse.oauth import responses
from poolhouse.oauth.clients import AuthenticatedClient
from poolhouse.oauth.errors import InvalidRequest, InvalidScope, UnauthorizedClient


def issue(call: Call, client: AuthenticatedClient, form: Mapping[str, str]) -> dict[str, object]:
    """The token response for the scopes asked for, or for all the client may have when it asked for none."""
    if not client.may_use("client_credentials"):
        raise UnauthorizedClient
    scopes, metadata = _scopes(call, client, form), _client_metadata(form)
    issued = tokens.issue_client_credentials(call, client.pool, client.app_client, scopes, client_metadata=metadata)
    return responses.token_document(issued)


def _scopes(call: Call, client: AuthenticatedClient, form: Mapping[str, str]) -> tuple[str, ...]:
    """Custom scopes only. When nothing is left, the error is a guess."""
    granted = oauth_scopes.for_machine(call, client.pool, client.app_client, form.get("scope", "").split())
    if not granted:
        raise InvalidScope
    return granted


def _client_metadata(form: Mapping[str, str]) -> dict[str, str] | None:
    """What the pre token generation function is told by the client: JSON, text to text."""
    if "aws_client_metadata" not in form:
        return None
    try:
        return msgspec.json.decode(form["aws_client_metadata"], type=dict[str, str])
    except (ValueError, RecursionError):
        raise InvalidRequest from None
