"""App clients: the OAuth clients registered in a pool."""

import secrets
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import AppClient, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    LimitExceededException,
)
from poolhouse.cognito_idp.flows import client_secrets, find, pages
from poolhouse.cognito_idp.rules import client_settings
from poolhouse.store import Tx

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        DeleteUserPoolClientRequestTypeDef,
        DescribeUserPoolClientRequestTypeDef,
    )

# Requests of operations whose newest members the stubs lack.
Request = Mapping[str, Any]

# The service takes ALLOW_CLIENT_TOKEN_AUTH, which GetClientToken asks for; its list of values lacks it.
NOT_CHECKED = {"ExplicitAuthFlowsType": "enum"}

MOST = 1000
_CHARACTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 26


def create_user_pool_client(call: Call, request: Request) -> dict[str, object]:
    """Register an app client in a pool, with a secret or without."""
    pool_id = request["UserPoolId"]
    client_id, secret = "".join(secrets.choice(_CHARACTERS) for _ in range(_ID_LENGTH)), _secret(request)
    app_client = AppClient(
        id=client_id,
        pool_id=pool_id,
        name=request["ClientName"],
        created_at=call.now,
        modified_at=call.now,
        secrets=() if secret is None else (client_secrets.sealed(call, client_id, secret),),
        settings=client_settings.filled(request),
    )
    with call.store.write() as tx:
        _check(tx, find.pool_in(tx, pool_id), app_client, "creating")
        if tx.app_clients.count(pool_id=pool_id) >= MOST:
            # The quota is documented; the sentence is not.
            raise LimitExceededException(f"User pool {pool_id} cannot have more than {MOST} clients.")
        tx.app_clients.add(app_client)
    return _told(call, app_client)


def describe_user_pool_client(call: Call, request: "DescribeUserPoolClientRequestTypeDef") -> dict[str, object]:
    """Everything about an app client, its secret included."""
    return _told(call, find.client_in(call.store, request["UserPoolId"], request["ClientId"]))


def update_user_pool_client(call: Call, request: Request) -> dict[str, object]:
    """Change an app client; what is not sent goes back to its default, name and secret aside."""
    with call.store.write() as tx:
        pool = find.pool_in(tx, request["UserPoolId"])
        app_client = replace(
            find.client_in(tx, pool.id, request["ClientId"]),
            settings=client_settings.filled(request),
            modified_at=call.now,
        )
        app_client = replace(app_client, name=request.get("ClientName") or app_client.name)
        _check(tx, pool, app_client, "updating")
        tx.app_clients.put(app_client)
    return _told(call, app_client)


def delete_user_pool_client(call: Call, request: "DeleteUserPoolClientRequestTypeDef") -> None:
    """Delete an app client; what it was given stops working with it."""
    with call.store.write() as tx:
        app_client = find.client_in(tx, request["UserPoolId"], request["ClientId"])
        tx.app_clients.remove(id=app_client.id)
        tx.brandings.remove(pool_id=app_client.pool_id, client_id=app_client.id)
        tx.terms.remove(pool_id=app_client.pool_id, client_id=app_client.id)
        for kept in tx.configurations.list(pool_id=app_client.pool_id):
            if kept.client_id == app_client.id:
                tx.configurations.remove(pool_id=kept.pool_id, kind=kept.kind, client_id=kept.client_id)


def list_user_pool_clients(call: Call, request: Request) -> dict[str, object]:
    """A pool's app clients by page."""
    pool = find.pool(call, request["UserPoolId"])
    if request.get("ClientType") == "DCR":  # dynamic registration is not built: there are none
        return {"UserPoolClients": []}
    table, question = call.store.app_clients, f"ListUserPoolClients:{pool.id}"
    found, more = pages.page(
        call, table, question, request.get("NextToken"), request.get("MaxResults"), pool_id=pool.id
    )
    return {"UserPoolClients": [shapes.user_pool_client_description(item) for item in found], **more}


def _told(call: Call, app_client: AppClient) -> dict[str, object]:
    """The client with its secret; of two the older, which is a guess."""
    secret = next(iter(client_secrets.known(call, app_client)), None)
    return {"UserPoolClient": shapes.user_pool_client_type(app_client, secret)}


def _check(tx: Tx, pool: UserPool, app_client: AppClient, verb: str) -> None:
    def has_scope(scope: str) -> bool:
        identifier, _, name = scope.rpartition("/")
        server = tx.resource_servers.find(pool_id=pool.id, identifier=identifier)
        return server is not None and name in server.scopes

    client_settings.check(
        pool,
        app_client.settings,
        has_secret=bool(app_client.secrets),
        has_scope=has_scope,
        has_provider=lambda name: tx.identity_providers.find(pool_id=pool.id, name=name) is not None,
        verb=verb,
    )


def _secret(request: Request) -> str | None:
    given: str | None = request.get("ClientSecret")
    if given is not None and request.get("GenerateSecret"):
        # The API reference refuses the pair; the sentence is not known.
        raise InvalidParameterException("GenerateSecret cannot be true when ClientSecret is provided.")
    return given if given is not None or not request.get("GenerateSecret") else client_secrets.make()
