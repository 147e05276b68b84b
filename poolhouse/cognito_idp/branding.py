"""Managed login branding: the style and pictures of one app client's sign-in pages."""

import base64
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import Branding
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    LimitExceededException,
    ManagedLoginBrandingExistsException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import find
from poolhouse.store import Store, Tx

Request = Mapping[str, Any]

_MOST_ASSETS = 40
_LONGEST = 2 * 1024 * 1024


def create_managed_login_branding(call: Call, request: Request) -> dict[str, object]:
    """Style an app client's pages, once."""
    content = _content(request)
    with call.store.write() as tx:
        client = find.client_in(tx, request["UserPoolId"], request["ClientId"])
        if tx.brandings.find(pool_id=client.pool_id, client_id=client.id) is not None:
            # The error is declared; the sentence is a guess, as is the one for a branding that is not there.
            raise ManagedLoginBrandingExistsException(f"Managed login branding already exists for client {client.id}.")
        branding = Branding(client.pool_id, call.new_id(), client.id, call.now, call.now, content)
        tx.brandings.add(branding)
    return {"ManagedLoginBranding": _type(branding)}


def describe_managed_login_branding(call: Call, request: Request) -> dict[str, object]:
    """A style by its id. Merged with the defaults it is the same here: no defaults are kept."""
    find.pool(call, request["UserPoolId"])
    branding = _get(call.store, request["UserPoolId"], request["ManagedLoginBrandingId"])
    return {"ManagedLoginBranding": _type(branding)}


def describe_managed_login_branding_by_client(call: Call, request: Request) -> dict[str, object]:
    """A style by its app client."""
    client = find.client_in(call.store, request["UserPoolId"], request["ClientId"])
    branding = call.store.brandings.find(pool_id=client.pool_id, client_id=client.id)
    if branding is None:
        raise ResourceNotFoundException(f"Managed login branding does not exist for client {client.id}.")
    return {"ManagedLoginBranding": _type(branding)}


def update_managed_login_branding(call: Call, request: Request) -> dict[str, object]:
    """Replace a style."""
    content = _content(request)
    for name in ("UserPoolId", "ManagedLoginBrandingId"):
        if not request.get(name):  # the model does not require them
            raise InvalidParameterException(f"Missing required parameter {name}")
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        branding = _get(tx, request["UserPoolId"], request["ManagedLoginBrandingId"])
        branding = replace(branding, content=content, modified_at=call.now)
        tx.brandings.put(branding)
    return {"ManagedLoginBranding": _type(branding)}


def delete_managed_login_branding(call: Call, request: Request) -> None:
    """Take a style away."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        branding = _get(tx, request["UserPoolId"], request["ManagedLoginBrandingId"])
        tx.brandings.remove(pool_id=branding.pool_id, id=branding.id)


def _get(tables: Store | Tx, pool_id: str, branding_id: str) -> Branding:
    branding = tables.brandings.find(pool_id=pool_id, id=branding_id)
    if branding is None:
        raise ResourceNotFoundException(f"Managed login branding {branding_id} does not exist.")
    return branding


def _content(request: Request) -> dict[str, Any]:
    """Either Cognito's own style or one's own settings and pictures, not both (API reference)."""
    assets: list[Mapping[str, Any]] = list(request.get("Assets") or ())
    own = request.get("Settings") is not None or bool(assets)
    is_default = bool(request.get("UseCognitoProvidedValues", False))
    if is_default and own:
        raise InvalidParameterException("UseCognitoProvidedValues cannot be true with Settings or Assets.")  # a guess
    if len(assets) > _MOST_ASSETS or sum(len(asset.get("Bytes") or b"") for asset in assets) > _LONGEST:
        raise LimitExceededException("Managed login branding is too large.")  # the quota is documented
    content: dict[str, Any] = {"UseCognitoProvidedValues": is_default or not own}
    if request.get("Settings") is not None:
        content["Settings"] = request["Settings"]
    if assets:
        content["Assets"] = [_kept(asset) for asset in assets]
    return content


def _kept(asset: Mapping[str, Any]) -> dict[str, Any]:
    """Bytes as text: what is kept is JSON."""
    return {**asset, "Bytes": base64.b64encode(asset["Bytes"]).decode()} if asset.get("Bytes") else dict(asset)


def _type(branding: Branding) -> dict[str, object]:
    content = dict(branding.content)
    if "Assets" in content:
        content["Assets"] = [
            {**asset, "Bytes": base64.b64decode(asset["Bytes"])} if asset.get("Bytes") else asset
            for asset in content["Assets"]
        ]
    return {
        "ManagedLoginBrandingId": branding.id,
        "UserPoolId": branding.pool_id,
        **content,
        "CreationDate": branding.created_at,
        "LastModifiedDate": branding.modified_at,
    }
