"""When a refresh token is good, and with rotation, when it may be used once more.

As observed with the service: a token that was used is good for a retry within the grace period, and each retry makes
another child in place of the one before. Everything else is reuse, which leaves the newest child alone.
"""

from datetime import datetime

from msgspec.structs import replace

from poolhouse.cognito_idp.entities import AppClient, RefreshToken
from poolhouse.cognito_idp.errors import (
    NotAuthorizedException,
    RefreshTokenReuseException,
    not_authorized_without_sentence,
)


def check_good(app_client: AppClient, token: RefreshToken, now: datetime) -> None:
    """Raise NotAuthorizedException or RefreshTokenReuseException for a token that is not good any more."""
    rotates = app_client.rotates_refresh_tokens
    if token.is_revoked:
        if rotates and token.is_child:
            raise not_authorized_without_sentence()
        raise NotAuthorizedException("Refresh Token has been revoked")
    if now >= token.expires_at:
        raise NotAuthorizedException("Refresh Token has expired")  # the sentence is not proven
    if not rotates and (token.rotated_at is not None or token.is_superseded):
        raise NotAuthorizedException("Refresh Token has been revoked")
    if token.is_superseded or not (token.rotated_at is None or now < token.rotated_at + app_client.retry_grace_period):
        raise RefreshTokenReuseException


def superseded(child: RefreshToken | None) -> RefreshToken:
    """The child of a used token once another takes its place. Raises RefreshTokenReuseException if it was used too."""
    if child is None or child.rotated_at is not None:
        raise RefreshTokenReuseException
    return replace(child, is_superseded=True)
