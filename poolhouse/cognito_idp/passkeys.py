"""Passkeys of the signed-in user: registered, listed, deleted."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.errors import ResourceNotFoundException
from poolhouse.cognito_idp.flows import access, pages, passkeys
from poolhouse.cognito_idp.rules import passkeys as rules

Request = Mapping[str, Any]


def start_web_authn_registration(call: Call, request: Request) -> dict[str, object]:
    """The options for `navigator.credentials.create`, good for one passkey and a few minutes."""
    caller = access.user_of(call, request["AccessToken"])
    return {"CredentialCreationOptions": passkeys.begin_registration(call, caller)}


def complete_web_authn_registration(call: Call, request: Request) -> dict[str, object]:
    """Keep what the authenticator made."""
    caller = access.user_of(call, request["AccessToken"])
    passkeys.register(call, caller, request["Credential"])
    return {}


def list_web_authn_credentials(call: Call, request: Request) -> dict[str, object]:
    """The user's passkeys by page."""
    user = access.user_of(call, request["AccessToken"]).user
    found, more = pages.page(
        call,
        call.store.passkeys,
        f"ListWebAuthnCredentials:{user.pool_id}:{user.username}",
        request.get("NextToken"),
        request.get("MaxResults") or rules.MOST,
        pool_id=user.pool_id,
        username=user.username,
    )
    return {"Credentials": [shapes.web_authn_credential_description(passkey) for passkey in found], **more}


def delete_web_authn_credential(call: Call, request: Request) -> dict[str, object]:
    """Forget a passkey."""
    user = access.user_of(call, request["AccessToken"]).user
    with call.store.write() as tx:
        where = {"pool_id": user.pool_id, "username": user.username, "id": request["CredentialId"]}
        if not tx.passkeys.remove(**where):
            raise ResourceNotFoundException("Credential does not exist.")  # the sentence is a guess
    return {}
