"""Refresh tokens by operations of their own: used, and revoked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient
from poolhouse.cognito_idp.errors import (
    NotAuthorizedException,
    UnauthorizedException,
    UnsupportedOperationException,
    UnsupportedTokenTypeException,
)
from poolhouse.cognito_idp.flows import client_secrets, find, tokens
from poolhouse.cognito_idp.shapes import authentication_result_type

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import RevokeTokenRequestTypeDef

_PARTS_OF_A_REFRESH_TOKEN = 5  # JWE, RFC 7516 section 3.1


def get_tokens_from_refresh_token(call: Call, request: Mapping[str, Any]) -> dict[str, object]:
    """New ID and access tokens for a refresh token; with rotation a new refresh token in its place."""
    app_client = find.app_client(call, request["ClientId"])
    _check_secret(call, app_client, request.get("ClientSecret"))
    issued = tokens.refresh(
        call,
        find.pool(call, app_client.pool_id),
        app_client,
        request["RefreshToken"],
        device_key=request.get("DeviceKey"),
        client_metadata=request.get("ClientMetadata"),
    )
    return {"AuthenticationResult": authentication_result_type(issued)}


def revoke_token(call: Call, request: "RevokeTokenRequestTypeDef") -> dict[str, object]:
    """Revoke a refresh token and all tokens of the same sign-in. Twice is as good as once."""
    app_client = call.store.app_clients.find(id=request["ClientId"])
    if app_client is None or not _is_secret(call, app_client, request.get("ClientSecret")):
        raise UnauthorizedException("Invalid client or secret")
    if not app_client.can_revoke_tokens:
        raise UnsupportedOperationException("This feature is not enabled for this client")
    token = request["Token"]
    if token.count(".") + 1 != _PARTS_OF_A_REFRESH_TOKEN:
        raise UnsupportedTokenTypeException("Unsupported token type")  # the sentence is not proven
    kept = call.store.refresh_tokens.find(id=call.store.sealer.digest(token))
    # One that is unknown is as good as revoked, RFC 7009 section 2.2; whose it is decides the pair (section 2.1).
    if kept is not None and kept.client_id != app_client.id:
        raise UnauthorizedException("Invalid client or secret")
    if kept is not None:
        with call.store.write() as tx:
            tokens.revoke_family(tx, kept)
    return {}


def _check_secret(call: Call, app_client: AppClient, given: str | None) -> None:
    if app_client.secrets and not given:
        raise NotAuthorizedException(f"Client {app_client.id} is configured for secret but secret was not received")
    if not _is_secret(call, app_client, given):
        raise NotAuthorizedException(f"Unable to verify secret hash for client {app_client.id}")


def _is_secret(call: Call, app_client: AppClient, given: str | None) -> bool:
    """Whether this is one of the client's secrets; one sent for a public client is ignored."""
    return not app_client.secrets or client_secrets.is_one(call, app_client, given)
