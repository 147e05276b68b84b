"""The secrets of a confidential app client: up to two, so that one can be replaced while the other still works."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import client_secrets, find

# Requests of operations that the stubs lack.
Request = Mapping[str, Any]

MOST = 2


def add_user_pool_client_secret(call: Call, request: Request) -> dict[str, object]:
    """Give a client a second secret, which is told here and never again, unless it was sent."""
    secret = request.get("ClientSecret") or client_secrets.make()
    with call.store.write() as tx:
        app_client = find.client_in(tx, request["UserPoolId"], request["ClientId"])
        if not app_client.secrets:  # "an existing confidential user pool app client"; AWS's sentence is not known
            raise InvalidParameterException("User pool client does not have a client secret.")
        if len(app_client.secrets) >= MOST:  # the quota is documented, the sentence is not
            raise LimitExceededException(f"User pool client cannot have more than {MOST} secrets.")
        made = client_secrets.sealed(call, app_client.id, secret, beside=app_client.secrets)
        tx.app_clients.put(replace(app_client, secrets=(*app_client.secrets, made), modified_at=call.now))
    descriptor = shapes.client_secret_descriptor_type(made)
    if not request.get("ClientSecret"):
        descriptor["ClientSecretValue"] = secret
    return {"ClientSecretDescriptor": descriptor}


def list_user_pool_client_secrets(call: Call, request: Request) -> dict[str, object]:
    """Which secrets a client has, without their values; both at once, so that there is never another page."""
    app_client = find.client_in(call.store, request["UserPoolId"], request["ClientId"])
    return {"ClientSecrets": [shapes.client_secret_descriptor_type(secret) for secret in app_client.secrets]}


def delete_user_pool_client_secret(call: Call, request: Request) -> dict[str, object]:
    """Take a secret from a client; what it proved until now stands, and it proves nothing more."""
    with call.store.write() as tx:
        app_client = find.client_in(tx, request["UserPoolId"], request["ClientId"])
        left = tuple(secret for secret in app_client.secrets if secret.id != request["ClientSecretId"])
        if len(left) == len(app_client.secrets):  # AWS's sentence is not known, nor the next
            raise ResourceNotFoundException("Client secret does not exist.")
        if not left:
            raise InvalidParameterException("The last secret of a user pool client cannot be deleted.")
        tx.app_clients.put(replace(app_client, secrets=left, modified_at=call.now))
    return {}
