"""What the authorization server keeps between two requests of a browser: where it goes, and what it was granted."""

from datetime import datetime

from msgspec import Struct


class AuthorizationRequest(Struct, frozen=True):
    """What an app client asked /oauth2/authorize for, checked. `scopes` are those that will be granted."""

    client_id: str
    redirect_uri: str
    response_type: str
    scopes: tuple[str, ...]
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None


class FederatedSignIn(Struct, frozen=True):
    """A browser that was sent to an identity provider. `id` is the keyed digest of the `state` it took along."""

    id: str
    pool_id: str
    provider: str
    nonce: str
    redirect_uri: str
    expires_at: datetime
    request: AuthorizationRequest


class AuthorizationCode(Struct, frozen=True):
    """What a user granted an app client; `id` is the keyed digest of the code. It is exchanged for tokens once."""

    id: str
    pool_id: str
    username: str
    sub: str
    nonce: str | None
    authenticated_at: datetime
    expires_at: datetime
    request: AuthorizationRequest
