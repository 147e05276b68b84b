"""Whose data it is, beside what policies say: an identity's keys reach its own, and nothing of the pool's.

The model's documentation says of each operation which keys it takes.
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity, IdentityPool
from poolhouse.cognito_sync.errors import NotAuthorizedException, ResourceNotFoundException
from poolhouse.errors import ApiError
from poolhouse.store import Store, Tx
from poolhouse.web_identity.tokens import COGNITO

Request = Mapping[str, Any]
Columns = dict[str, Any]
"""The columns that name an identity's rows, or a dataset's."""


def identity(call: Call, request: Request, *, absent: type[ApiError] = ResourceNotFoundException) -> Columns:
    """The columns of an identity that the caller may reach. Raises NotAuthorizedException and `absent`.

    `absent` is another error for the two lists, which do not declare ResourceNotFoundException; which one is a guess.
    """
    pool_id, identity_id = request["IdentityPoolId"], request["IdentityId"]
    own = _own(call)
    if own is not None and own != (pool_id, identity_id):
        raise NotAuthorizedException
    _pool(call.store, pool_id, absent)
    columns = {"pool_id": pool_id, "identity_id": identity_id}
    enabled(call.store, columns, absent)
    return columns


def dataset(call: Call, request: Request, *, absent: type[ApiError] = ResourceNotFoundException) -> Columns:
    """The same, with the dataset that is named, whether or not it is there."""
    return {**identity(call, request, absent=absent), "dataset_name": request["DatasetName"]}


def enabled(tables: Store | Tx, columns: Columns, absent: type[ApiError] = ResourceNotFoundException) -> Identity:
    """The identity. Raises `absent` for none, and NotAuthorizedException for one that was merged into another."""
    found = tables.identities.find(pool_id=columns["pool_id"], id=columns["identity_id"])
    if found is None:
        raise absent(f"Identity '{columns['identity_id']}' not found.")
    if not found.is_enabled:
        raise NotAuthorizedException(f"Access to Identity '{found.id}' is forbidden.")
    return found


def pool(call: Call, request: Request) -> IdentityPool:
    """A pool, for developers. Raises NotAuthorizedException and ResourceNotFoundException."""
    check_developer(call)
    return _pool(call.store, request["IdentityPoolId"], ResourceNotFoundException)


def pool_in(tx: Tx, pool_id: str) -> IdentityPool:
    """The same, in a write block."""
    return _pool(tx, pool_id, ResourceNotFoundException)


def check_developer(call: Call) -> None:
    """Raise NotAuthorizedException for an identity's keys; that the sentence is this one is a guess."""
    if is_identity(call):
        raise NotAuthorizedException


def is_identity(call: Call) -> bool:
    """Whether the call is made with an identity's keys."""
    return _own(call) is not None


def author(call: Call, request: Request) -> str:
    """Who is told to have changed a record: the device, the identity, or the developer's account. A guess."""
    own = _own(call)
    return str(request.get("DeviceId") or (call.account_id if own is None else own[1]))


def _own(call: Call) -> tuple[str, str] | None:
    """The pool and the identity whose keys these are; None for a developer's."""
    keys = call.principal.session.keys if call.principal.session is not None else {}
    if f"{COGNITO}:sub" not in keys:
        return None
    return keys[f"{COGNITO}:aud"][0], keys[f"{COGNITO}:sub"][0]


def _pool(tables: Store | Tx, pool_id: str, absent: type[ApiError]) -> IdentityPool:
    found = tables.identity_pools.find(id=pool_id)
    if found is None:
        raise absent(f"IdentityPool '{pool_id}' not found.")
    return found
