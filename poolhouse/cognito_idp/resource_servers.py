"""Resource servers: APIs whose custom scopes a pool grants."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import ResourceServer
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import find, pages
from poolhouse.store import Store, Tx

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        CreateResourceServerRequestTypeDef,
        DeleteResourceServerRequestTypeDef,
        DescribeResourceServerRequestTypeDef,
        ListResourceServersRequestTypeDef,
        ResourceServerScopeTypeTypeDef,
        UpdateResourceServerRequestTypeDef,
    )

MOST = 25
_PAGE = 50


def create_resource_server(call: Call, request: "CreateResourceServerRequestTypeDef") -> dict[str, object]:
    """Register an API and its scopes in a pool."""
    pool_id, identifier = request["UserPoolId"], request["Identifier"]
    server = ResourceServer(pool_id, identifier, request["Name"], _scopes(request.get("Scopes") or ()))
    with call.store.write() as tx:
        find.pool_in(tx, pool_id)
        if tx.resource_servers.find(pool_id=pool_id, identifier=identifier) is not None:
            raise InvalidParameterException(f"{identifier} already exists in user pool {pool_id}.")
        if tx.resource_servers.count(pool_id=pool_id) >= MOST:
            # The quota is documented; the sentence is not.
            raise LimitExceededException(f"User pool {pool_id} cannot have more than {MOST} resource servers.")
        tx.resource_servers.add(server)
    return {"ResourceServer": shapes.resource_server_type(server)}


def describe_resource_server(call: Call, request: "DescribeResourceServerRequestTypeDef") -> dict[str, object]:
    """One resource server."""
    find.pool(call, request["UserPoolId"])
    server = _get(call.store, request["UserPoolId"], request["Identifier"])
    return {"ResourceServer": shapes.resource_server_type(server)}


def update_resource_server(call: Call, request: "UpdateResourceServerRequestTypeDef") -> dict[str, object]:
    """Change a resource server's name and replace its scopes; left out, they are gone (API reference)."""
    pool_id, identifier = request["UserPoolId"], request["Identifier"]
    server = ResourceServer(pool_id, identifier, request["Name"], _scopes(request.get("Scopes") or ()))
    with call.store.write() as tx:
        find.pool_in(tx, pool_id)
        _get(tx, pool_id, identifier)
        tx.resource_servers.put(server)
    return {"ResourceServer": shapes.resource_server_type(server)}


def delete_resource_server(call: Call, request: "DeleteResourceServerRequestTypeDef") -> None:
    """Delete a resource server; app clients that name its scopes keep the names, and get nothing by them."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        server = _get(tx, request["UserPoolId"], request["Identifier"])
        tx.resource_servers.remove(pool_id=server.pool_id, identifier=server.identifier)


def list_resource_servers(call: Call, request: "ListResourceServersRequestTypeDef") -> dict[str, object]:
    """A pool's resource servers by page."""
    pool = find.pool(call, request["UserPoolId"])
    table, question = call.store.resource_servers, f"ListResourceServers:{pool.id}"
    limit = request.get("MaxResults", _PAGE)
    found, more = pages.page(call, table, question, request.get("NextToken"), limit, pool_id=pool.id)
    return {"ResourceServers": [shapes.resource_server_type(server) for server in found], **more}


def _get(tables: Store | Tx, pool_id: str, identifier: str) -> ResourceServer:
    server = tables.resource_servers.find(pool_id=pool_id, identifier=identifier)
    if server is None:
        raise ResourceNotFoundException(f"Resource server {identifier} does not exist.")
    return server


def _scopes(given: "Sequence[ResourceServerScopeTypeTypeDef]") -> dict[str, str]:
    scopes = {scope["ScopeName"]: scope["ScopeDescription"] for scope in given}
    if len(scopes) < len(given):
        raise InvalidParameterException("Scope names must be unique.")  # AWS's sentence is not known
    return scopes
