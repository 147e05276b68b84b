"""GET /oauth2/authorize: hold what the app client asks for against its registration, then go to where people sign in.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp import identity_providers
from poolhouse.cognito_idp.entities import IdentityProvider
from poolhouse.cognito_idp.flows import oauth_scopes, sweep
from poolhouse.jose import opaque
from poolhouse.oauth import browser, clients, forms, responses
from poolhouse.oauth.browser import Failure
from poolhouse.oauth.clients import RegisteredClient
from poolhouse.oauth.endpoints import idp_response
from poolhouse.oauth.entities import AuthorizationRequest, FederatedSignIn
from poolhouse.oauth.errors import (
    InvalidRequest,
    InvalidScope,
    LoginRequired,
    NotImplementedYet,
    OAuthError,
    UnauthorizedClient,
)
from poolhouse.openid import provider as openid
from poolhouse.openid.remote import ProviderFailed
from poolhouse.web import Request, Response

_FLOWS = {"code": "code", "token": "implicit"}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256, without padding
_COGNITO = "COGNITO"
_ROUND_TRIP = timedelta(minutes=5)
_FORWARDED = ("login_hint", "prompt")


def respond(call: Call, request: Request) -> Response:
    """A redirect: to an identity provider, to /login, or back to the app with an error. Raises nothing but 501."""
    if request.method != "GET":
        return responses.empty(call, 405)
    try:
        query = forms.parse_query(request)
    except InvalidRequest as problem:
        return browser.to_error_page(call, problem.error)
    client = clients.registered(call, request, query.get("client_id", ""))
    if client is None:
        return browser.to_error_page(call, "invalid_request", "Client does not exist.")
    redirect_uri = query.get("redirect_uri", "")
    if redirect_uri not in client.app_client.callback_urls:
        return browser.to_error_page(call, "redirect_mismatch", client_id=client.app_client.id)
    try:
        asked = _asked(call, client, query)
        return _sign_in(call, request, client, asked, query)
    except NotImplementedYet:
        raise
    except OAuthError as problem:
        return browser.to_app(call, redirect_uri, Failure(problem.error, problem.description), query.get("state"))


def _asked(call: Call, client: RegisteredClient, query: Mapping[str, str]) -> AuthorizationRequest:
    response_type = query.get("response_type", "")
    if response_type not in _FLOWS:
        raise InvalidRequest
    if not client.may_use(_FLOWS[response_type]):
        raise UnauthorizedClient
    if "resource" in query:
        raise NotImplementedYet("The parameter resource")
    scopes = oauth_scopes.for_user(call, client.pool, client.app_client, query.get("scope", "").split())
    if scopes is None:
        raise InvalidScope
    return AuthorizationRequest(
        client_id=client.app_client.id,
        redirect_uri=query["redirect_uri"],
        response_type=response_type,
        scopes=scopes,
        state=query.get("state"),
        nonce=query.get("nonce"),
        code_challenge=_code_challenge(query),
    )


def _code_challenge(query: Mapping[str, str]) -> str | None:
    """RFC 7636, S256 alone; both parameters or neither."""
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if challenge is None or method != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest
    return challenge


def _sign_in(
    call: Call, request: Request, client: RegisteredClient, asked: AuthorizationRequest, query: Mapping[str, str]
) -> Response:
    """No session of a browser is kept, so that nobody is signed in already."""
    if "none" in query.get("prompt", "").split():
        raise LoginRequired
    provider = _chosen(call, client, query)
    if provider is None:
        return browser.redirect(call, f"/login?{request.query}")
    if provider.type != "OIDC":
        raise NotImplementedYet(f"Sign-in by identity providers of type {provider.type}")
    return _to_provider(call, request, provider, asked, query)


def _chosen(call: Call, client: RegisteredClient, query: Mapping[str, str]) -> IdentityProvider | None:
    """The provider asked for, or the only one the client has; None for the pool's own page. Raises InvalidRequest.

    What Cognito says to a provider that the client does not have is not known.
    """
    supported = client.app_client.identity_provider_names
    name = query.get("identity_provider")
    if name is None and "idp_identifier" in query:
        found = identity_providers.find_by_identifier(call.store, client.pool.id, query["idp_identifier"])
        if found is None:
            raise InvalidRequest
        name = found.name
    if name is None:
        name = supported[0] if len(supported) == 1 else _COGNITO
    if name == _COGNITO:
        return None
    provider = call.store.identity_providers.find(pool_id=client.pool.id, name=name) if name in supported else None
    if provider is None:
        raise InvalidRequest
    return provider


def _to_provider(
    call: Call, request: Request, provider: IdentityProvider, asked: AuthorizationRequest, query: Mapping[str, str]
) -> Response:
    """To the provider's own page. The state it will bring back is known to this browser alone, by a cookie."""
    details = identity_providers.details(call.store, provider)
    try:
        found = aside.wait(lambda: openid.find(provider.name, details))
    except ProviderFailed as problem:
        raise InvalidRequest(str(problem)) from problem
    state, nonce = opaque.token(), opaque.token()
    callback = browser.url(call, request, idp_response.PATH)
    pending = FederatedSignIn(
        id=call.store.sealer.digest(state),
        pool_id=provider.pool_id,
        provider=provider.name,
        nonce=nonce,
        redirect_uri=callback,
        expires_at=call.now + _ROUND_TRIP,
        request=asked,
    )
    with call.store.write() as tx:
        tx.federated_sign_ins.add(pending)
        sweep.now_and_then(tx, call.now)
    forwarded = {name: query[name] for name in _FORWARDED if name in query}
    parameters = {"redirect_uri": callback, "state": state, "nonce": nonce, **forwarded}
    response = browser.redirect(call, openid.authorization_url(found, parameters))
    return response.with_headers([browser.cookie(call, idp_response.COOKIE, state, _ROUND_TRIP)])
