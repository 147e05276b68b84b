"""A machine's own token: an access token for custom scopes, no user behind it."""

from collections.abc import Mapping

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_idp.flows import tokens
from poolhouse.oauth.clients import AuthenticatedClient
from poolhouse.oauth.errors import InvalidRequest, InvalidScope, UnauthorizedClient


def issue(call: Call, client: AuthenticatedClient, form: Mapping[str, str]) -> dict[str, object]:
    """The token response for the scopes asked for, or for all the client may have when it asked for none."""
    if not client.may_use("client_credentials"):
        raise UnauthorizedClient
    scopes, metadata = _scopes(call, client, form), _client_metadata(form)
    issued = tokens.issue_client_credentials(call, client.pool, client.app_client, scopes, client_metadata=metadata)
    return {"access_token": issued.access_token, "expires_in": issued.expires_in, "token_type": "Bearer"}


def _scopes(call: Call, client: AuthenticatedClient, form: Mapping[str, str]) -> tuple[str, ...]:
    """Custom scopes only. "Any scope that you request must be activated for the app client. If not, Amazon Cognito
    ignores it": https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
    When nothing is left, the error is a guess.
    """
    allowed = [
        scope for scope in client.app_client.settings.get("AllowedOAuthScopes", ()) if _exists(call, client, scope)
    ]
    asked = list(dict.fromkeys(form.get("scope", "").split()))
    granted = tuple(scope for scope in asked if scope in allowed) if asked else tuple(allowed)
    if not granted:
        raise InvalidScope
    return granted


def _exists(call: Call, client: AuthenticatedClient, scope: str) -> bool:
    """Whether a resource server still has the scope: one deleted there but left on the client is silently dropped."""
    identifier, _, name = scope.rpartition("/")
    server = call.store.resource_servers.find(pool_id=client.pool.id, identifier=identifier)
    return server is not None and name in server.scopes


def _client_metadata(form: Mapping[str, str]) -> dict[str, str] | None:
    """What the pre token generation function is told by the client: JSON, text to text."""
    if "aws_client_metadata" not in form:
        return None
    try:
        return msgspec.json.decode(form["aws_client_metadata"], type=dict[str, str])
    except (ValueError, RecursionError):
        raise InvalidRequest from None
