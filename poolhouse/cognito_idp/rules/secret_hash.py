"""SECRET_HASH: how an app client with a secret proves that it knows it."""

import base64
import hmac

from poolhouse.cognito_idp.errors import NotAuthorizedException


def make(client_id: str, secret: str, username: str) -> str:
    """Base64 of HMAC-SHA256 over the user name and the client id, under the client's secret."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{username}{client_id}".encode(), "sha256")).decode()


def check(client_id: str, secret: str | None, username: str, given: str | None) -> None:
    """Raise NotAuthorizedException unless `given` proves the secret. A client without one needs no proof."""
    if secret is None:
        return
    if not given:
        raise NotAuthorizedException(f"Client {client_id} is configured with secret but SECRET_HASH was not received")
    if not hmac.compare_digest(make(client_id, secret, username).encode(), given.encode()):
        raise NotAuthorizedException(f"Unable to verify secret hash for client {client_id}")
