"""A code's exchange for the tokens of the sign-in it stands for: once, by the client it was made for, with PKCE."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from poolhouse.call import Call
from poolhouse.cognito_idp.errors import (
    InvalidLambdaResponseException,
    NotAuthorizedException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import tokens
from poolhouse.cognito_idp.flows.tokens import Granted
from poolhouse.oauth import authorization, responses
from poolhouse.oauth.clients import AuthenticatedClient
from poolhouse.oauth.entities import AuthorizationCode
from poolhouse.oauth.errors import InvalidGrant, InvalidRequest, UnauthorizedClient


def issue(call: Call, client: AuthenticatedClient, form: Mapping[str, str]) -> dict[str, object]:
    """The token response: an ID token only with `openid`. Raises OAuthError."""
    if not client.may_use("code"):
        raise UnauthorizedClient
    if "code" not in form or "redirect_uri" not in form:
        raise InvalidRequest
    code = _spent(call, client, form["code"])
    asked = code.request
    if code.expires_at <= call.now or asked.redirect_uri != form["redirect_uri"] or not _is_proven(code, form):
        raise InvalidGrant
    user = call.store.users.find(pool_id=code.pool_id, username=code.username)
    if user is None or user.sub != code.sub:
        raise InvalidGrant
    grant = Granted(asked.scopes, code.authenticated_at, code.nonce)
    try:
        issued = tokens.issue(call, client.pool, client.app_client, user, source=authorization.SOURCE, granted=grant)
    except (NotAuthorizedException, UserNotFoundException):  # disabled or deleted meanwhile
        raise InvalidGrant from None
    except (UserLambdaValidationException, UnexpectedLambdaException, InvalidLambdaResponseException) as error:
        raise InvalidRequest(error.message) from None  # a guess: what Cognito says of a failed trigger here
    return responses.token_document(issued)


def _spent(call: Call, client: AuthenticatedClient, text: str) -> AuthorizationCode:
    """The code, which nobody can use any more; another client's attempt does not spend it. Raises InvalidGrant."""
    key = call.store.sealer.digest(text)
    with call.store.write() as tx:
        code = tx.authorization_codes.find(id=key)
        if code is None or code.request.client_id != client.app_client.id:
            raise InvalidGrant
        tx.authorization_codes.remove(id=key)
    return code


def _is_proven(code: AuthorizationCode, form: Mapping[str, str]) -> bool:
    """RFC 7636 section 4.6. A verifier for a code that was asked for without a challenge is ignored, a guess."""
    challenge = code.request.code_challenge
    if challenge is None:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())
