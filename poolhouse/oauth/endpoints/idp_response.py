"""GET /oauth2/idpresponse: where an identity provider sends people back to.

Cognito developer guide, "How OIDC federation works". The browser must be the one that was sent there, within five
minutes, and once.
"""

import hmac
from collections.abc import Mapping
from datetime import timedelta

from msgspec.structs import replace

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp import identity_providers
from poolhouse.cognito_idp.entities import User
from poolhouse.cognito_idp.errors import (
    AliasExistsException,
    InvalidLambdaResponseException,
    InvalidParameterException,
    NotAuthorizedException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
    UsernameExistsException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import federation
from poolhouse.cognito_idp.flows.federation import Profile
from poolhouse.oauth import authorization, browser, clients, forms, responses
from poolhouse.oauth.browser import Failure
from poolhouse.oauth.clients import RegisteredClient
from poolhouse.oauth.entities import FederatedSignIn
from poolhouse.oauth.errors import InvalidRequest
from poolhouse.openid import provider as openid
from poolhouse.openid.remote import ProviderFailed
from poolhouse.web import Request, Response

PATH = "/oauth2/idpresponse"
COOKIE = "csrf-state"
_REFUSALS = (
    AliasExistsException,
    InvalidLambdaResponseException,
    InvalidParameterException,
    NotAuthorizedException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
    UserNotFoundException,
    UsernameExistsException,
    ProviderFailed,
)
_LOST = "Invalid state"  # the wording is not proven
_LATE = "Something went wrong"


def respond(call: Call, request: Request) -> Response:
    """Back to the app, with a code or tokens, or with an error; the error page for a browser that was not sent."""
    if request.method != "GET":
        return responses.empty(call, 405)
    try:
        query = forms.parse_query(request)
    except InvalidRequest:
        return browser.error_page(call)
    pending = _taken(call, request, query.get("state", ""))
    if pending is None:
        return browser.error_page(call, _LOST)
    if pending.expires_at <= call.now:
        return browser.error_page(call, _LATE)
    client = clients.registered(call, request, pending.request.client_id)
    if client is None or not _is_still_allowed(client, pending):
        return browser.error_page(call)
    response = _answer(call, client, pending, query)
    return response.with_headers([browser.cookie(call, COOKIE, "", timedelta(0))])


def _taken(call: Call, request: Request, state: str) -> FederatedSignIn | None:
    """The sign-in this state is of, for the browser that began it; nobody gets it again."""
    if not any(hmac.compare_digest(state.encode(), one.encode()) for one in browser.cookies(request, COOKIE)):
        return None
    key = call.store.sealer.digest(state)
    with call.store.write() as tx:
        pending = tx.federated_sign_ins.find(id=key)
        if pending is not None:
            tx.federated_sign_ins.remove(id=key)
    return pending


def _is_still_allowed(client: RegisteredClient, pending: FederatedSignIn) -> bool:
    """Whether the app client is registered for it, as it was when the browser was sent away."""
    app_client = client.app_client
    is_registered = pending.request.redirect_uri in app_client.callback_urls
    return is_registered and pending.provider in app_client.identity_provider_names


def _answer(call: Call, client: RegisteredClient, pending: FederatedSignIn, query: Mapping[str, str]) -> Response:
    asked = pending.request
    if "error" in query or "code" not in query:
        # What the person or the provider refused is passed on as it is; that Cognito does so is not proven.
        failure = Failure(query.get("error", "invalid_request"), query.get("error_description"))
        return browser.to_app(call, asked.redirect_uri, failure, asked.state)
    try:
        user = _user(call, client, pending, query["code"])
        return authorization.granted(call, client, user, replace(asked, nonce=asked.nonce or pending.nonce))
    except _REFUSALS as refusal:
        return browser.to_app(call, asked.redirect_uri, Failure("invalid_request", str(refusal)), asked.state)


def _user(call: Call, client: RegisteredClient, pending: FederatedSignIn, code: str) -> User:
    provider = call.store.identity_providers.find(pool_id=pending.pool_id, name=pending.provider)
    if provider is None:
        raise InvalidParameterException(f"Identity provider {pending.provider} does not exist.")
    details = identity_providers.details(call.store, provider)

    def ask() -> openid.Answers:
        found = openid.find(provider.name, details)
        return openid.ask(found, code, redirect_uri=pending.redirect_uri, nonce=pending.nonce)

    answers = aside.wait(ask)
    told = {"tokenResponse": answers.token_response, "idToken": answers.id_token, "userInfo": answers.user_info}
    return federation.sign_in(call, client.pool, client.app_client, Profile(provider, answers.subject, told))
