"""What an app is given once its user has signed in: a code to exchange, or tokens at once (the implicit grant)."""

from datetime import timedelta
from urllib.parse import urlencode

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User
from poolhouse.cognito_idp.flows import tokens
from poolhouse.cognito_idp.flows.tokens import Granted
from poolhouse.oauth import browser, responses
from poolhouse.oauth.clients import RegisteredClient
from poolhouse.oauth.entities import AuthorizationCode, AuthorizationRequest
from poolhouse.web import Response

SOURCE = "TokenGeneration_HostedAuth"
_CODE_TTL = timedelta(minutes=5)


def granted(call: Call, client: RegisteredClient, user: User, asked: AuthorizationRequest) -> Response:
    """Back to the app with what it asked for. Raises what the PreTokenGeneration trigger raises."""
    state = {} if asked.state is None else {"state": asked.state}
    if asked.response_type == "token":
        grant = Granted(asked.scopes, call.now, asked.nonce)
        issued = tokens.issue(call, client.pool, client.app_client, user, source=SOURCE, granted=grant)
        told = {name: str(value) for name, value in responses.token_document(issued).items()}
        told.pop("refresh_token", None)
        return browser.redirect(call, f"{asked.redirect_uri}#{urlencode({**told, **state})}")
    code = call.new_id()  # UUID-shaped, as Cognito's
    with call.store.write() as tx:
        tx.authorization_codes.add(
            AuthorizationCode(
                id=call.store.sealer.digest(code),
                pool_id=user.pool_id,
                username=user.username,
                sub=user.sub,
                nonce=asked.nonce,
                authenticated_at=call.now,
                expires_at=call.now + _CODE_TTL,
                request=asked,
            )
        )
    return browser.redirect(call, browser.with_query(asked.redirect_uri, {"code": code, **state}))
