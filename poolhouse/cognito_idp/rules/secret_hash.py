"""SECRET_HASH: how an app client with a secret proves that it knows it."""

import base64
import hmac
from collections.abc import Sequence

from poolhouse.cognito_idp.errors import NotAuthorizedException


def make(client_id: str, secret: str, username: str) -> str:
    """Base64 of HMAC-SHA256 over the user name and the client id, under the client's secret."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{username}{client_id}".encode(), "sha256")).decode()


def check(client_id: str, secrets: Sequence[str], username: str, given: str | None) -> None:
    """Raise NotAuthorizedException unless `given` proves one of the secrets. A client without any needs no proof."""
    if not secrets:
        return
    if not given:
        raise NotAuthorizedException(f"Client {client_id} is configured with secret but SECRET_HASH was not received")
    proven = [hmac.compare_digest(make(client_id, secret, username).encode(), given.encode()) for secret in secrets]
    if not any(proven):
        raise NotAuthorizedException(f"Unable to verify secret hash for client {client_id}")
