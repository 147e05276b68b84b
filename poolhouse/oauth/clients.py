"""Which app client is asking: client_secret_basic, client_secret_post, or the client id alone for public clients.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, UserPool
from poolhouse.cognito_idp.flows import client_secrets
from poolhouse.oauth.errors import InvalidClient, InvalidRequest
from poolhouse.web import Request

_DOMAIN = re.compile(r"(?P<domain>[a-z0-9-]+)\.auth\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """An app client by its id alone, which proves nothing, and its pool."""

    app_client: AppClient
    pool: UserPool

    def may_use(self, flow: str) -> bool:
        """Whether the client is registered for an OAuth flow: code, implicit or client_credentials."""
        return self.app_client.is_oauth_client and flow in self.app_client.allowed_oauth_flows


class AuthenticatedClient(RegisteredClient):
    """An app client that proved who it is. Only `authenticate` makes one."""

    __slots__ = ()


def registered(call: Call, request: Request, client_id: str) -> RegisteredClient | None:
    """The app client of this id, at the host of its pool; None for every other."""
    app_client = call.store.app_clients.find(id=client_id)
    if app_client is None or not _is_at_home(call, request, app_client):
        return None
    return RegisteredClient(app_client, call.store.user_pools.get(id=app_client.pool_id))


def authenticate(call: Call, request: Request, form: Mapping[str, str]) -> AuthenticatedClient:
    """The client that sent this request. Raises InvalidRequest without a client id, InvalidClient for any doubt."""
    client_id, secret = _credentials(request, form)
    client = registered(call, request, client_id)
    if client is None or not _is_secret(call, client.app_client, secret):
        raise InvalidClient
    return AuthenticatedClient(client.app_client, client.pool)


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str | None]:
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        if "client_id" not in form:
            raise InvalidRequest
        return form["client_id"], form.get("client_secret")
    client_id, secret = _basic(encoded.strip())
    if form.get("client_id", client_id) != client_id:
        raise InvalidClient
    if (
        "client_secret" in form
    ):  # RFC 6749 section 2.3: one way of authentication in a request; Cognito's own is unknown
        raise InvalidRequest
    return client_id, secret


def _basic(encoded: str) -> tuple[str, str]:
    """RFC 6749 section 2.3.1: both parts are form-encoded before they are joined."""
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise InvalidClient from None
    return unquote_plus(client_id), unquote_plus(secret)


def _is_secret(call: Call, app_client: AppClient, given: str | None) -> bool:
    """Whether one of the client's secrets was given; for a public client, none may be, which is a guess."""
    return client_secrets.is_one(call, app_client, given) if app_client.secrets else not given


def _is_at_home(call: Call, request: Request, app_client: AppClient) -> bool:
    """Whether the host, when it is a pool's domain, is that of the client's pool."""
    host = _DOMAIN.match(request.header("host"))
    if host is None:
        return True
    domain = call.store.domains.find(domain=host["domain"].lower())
    return domain is not None and domain.pool_id == app_client.pool_id
