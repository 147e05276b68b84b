"""Identities: by their logins, listed, described, deleted, and a login taken away."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity
from poolhouse.cognito_identity.errors import NotAuthorizedException
from poolhouse.cognito_identity.flows import datasets, find, linking, logins
from poolhouse.cognito_idp.flows import pages

Request = Mapping[str, Any]


def get_id(call: Call, request: Request) -> dict[str, object]:
    """The identity of these logins; without any, another guest."""
    pool = find.pool(call, request["IdentityPoolId"])
    given = request.get("Logins") or {}
    if not given:
        return {"IdentityId": linking.new_guest(call, pool).id}
    return {"IdentityId": linking.of_logins(call, pool, logins.verify(call, pool, given)).id}


def describe_identity(call: Call, request: Request) -> dict[str, object]:
    """An identity and the providers it is known by."""
    return _description(call, find.identity(call.store, request["IdentityId"]))


def list_identities(call: Call, request: Request) -> dict[str, object]:
    """A pool's identities by page."""
    pool = find.pool(call, request["IdentityPoolId"])
    hides = {"is_enabled": True} if request.get("HideDisabled") else {}
    question = f"ListIdentities:{pool.id}:{bool(hides)}"
    found, more = pages.page(
        call, call.store.identities, question, request.get("NextToken"), request["MaxResults"], pool_id=pool.id, **hides
    )
    return {"IdentityPoolId": pool.id, "Identities": [_description(call, one) for one in found], **more}


def delete_identities(call: Call, request: Request) -> dict[str, object]:
    """Delete identities; those that are not there are nothing to complain of."""
    with call.store.write() as tx:
        for identity_id in request["IdentityIdsToDelete"]:
            for identity in tx.identities.list(id=identity_id):
                tx.identity_logins.remove(pool_id=identity.pool_id, identity_id=identity.id)
                tx.identities.remove(pool_id=identity.pool_id, id=identity.id)
                datasets.forget(tx, identity)
    return {"UnprocessedIdentityIds": []}


def unlink_identity(call: Call, request: Request) -> None:
    """Take logins away from an identity, for whoever proves the ones it has."""
    identity = find.identity(call.store, request["IdentityId"])
    pool = find.pool(call, identity.pool_id)
    proven = logins.verify(call, pool, request["Logins"])
    with call.store.write() as tx:
        identity = find.identity(tx, identity.id)
        kept = {one.provider: one for one in tx.identity_logins.list(pool_id=pool.id, identity_id=identity.id)}
        shown = {(one.provider, one.subject) for one in proven}
        for name in request["LoginsToRemove"]:
            provider = logins.provider_named(call, name)
            login = kept.get(provider)
            if login is None or (provider, login.subject) not in shown:
                raise NotAuthorizedException(linking.NO_MATCH)
            linking.unlink(call, tx, identity, provider, login.subject)


def _description(call: Call, identity: Identity) -> dict[str, object]:
    kept = call.store.identity_logins.list(pool_id=identity.pool_id, identity_id=identity.id)
    shape: dict[str, object] = {
        "IdentityId": identity.id,
        "CreationDate": identity.created_at,
        "LastModifiedDate": identity.modified_at,
    }
    if kept:
        shape["Logins"] = sorted({login.provider for login in kept})
    return shape
