"""Users as an administrator sees them, and as they see themselves."""

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import UserNotFoundException
from poolhouse.cognito_idp.flows import access, find, pages, tokens
from poolhouse.cognito_idp.rules import user_filter
from poolhouse.store import Tx

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AdminDeleteUserRequestTypeDef,
        AdminDisableUserRequestTypeDef,
        AdminEnableUserRequestTypeDef,
        AdminGetUserRequestTypeDef,
        DeleteUserRequestTypeDef,
        GetUserRequestTypeDef,
        ListUsersRequestTypeDef,
    )

_MOST = 60


def admin_get_user(call: Call, request: "AdminGetUserRequestTypeDef") -> dict[str, object]:
    """One user, by any name they go by."""
    user = find.user(call, find.pool(call, request["UserPoolId"]), request["Username"])
    return {
        "Username": user.username,
        "UserAttributes": shapes.attribute_list(user),
        "UserCreateDate": user.created_at,
        "UserLastModifiedDate": user.modified_at,
        "Enabled": user.enabled,
        "UserStatus": user.status,
        **shapes.mfa_members(user),
    }


def list_users(call: Call, request: "ListUsersRequestTypeDef") -> dict[str, object]:
    """Users of a pool by page, all or those a filter finds, sorted by the attribute the filter is about."""
    pool = find.pool(call, request["UserPoolId"])
    text = request.get("Filter", "")
    wanted = user_filter.parse(text)
    limit = request.get("Limit") or _MOST
    question = f"ListUsers:{pool.id}:{text}"
    after = pages.parse(call, question, request.get("PaginationToken"))
    where: dict[str, Any] = {}
    order: tuple[str, ...] = ()
    if wanted is not None and wanted.is_prefix:
        where, order = {"prefix": (wanted.column, wanted.value)}, (wanted.column,)
    elif wanted is not None:
        where = {wanted.column: wanted.value}
    users = call.store.users.list(pool_id=pool.id, order=order, after=after, limit=limit + 1, **where)
    names = request.get("AttributesToGet")
    response: dict[str, object] = {"Users": [shapes.user_type(user, names) for user in users[:limit]]}
    if len(users) > limit:
        position = call.store.users.position(users[limit - 1], order)
        response["PaginationToken"] = pages.token(call, question, position)
    return response


def admin_enable_user(call: Call, request: "AdminEnableUserRequestTypeDef") -> dict[str, object]:
    """Let a user sign in again. Tokens revoked when they were disabled stay revoked."""
    pool = find.pool(call, request["UserPoolId"])
    _set_enabled(call, pool, request["Username"], is_enabled=True)
    return {}


def admin_disable_user(call: Call, request: "AdminDisableUserRequestTypeDef") -> dict[str, object]:
    """Bar a user from signing in and revoke the tokens they hold."""
    pool = find.pool(call, request["UserPoolId"])
    _set_enabled(call, pool, request["Username"], is_enabled=False)
    return {}


def admin_delete_user(call: Call, request: "AdminDeleteUserRequestTypeDef") -> None:
    """Delete a user and everything that is theirs."""
    pool = find.pool(call, request["UserPoolId"])
    with call.store.write() as tx:
        _remove(tx, _user_in(tx, pool, request["Username"]))


def get_user(call: Call, request: "GetUserRequestTypeDef") -> dict[str, object]:
    """The signed-in user, with the attributes that the app client may read."""
    caller = access.user_of(call, request["AccessToken"])
    return {
        "Username": caller.user.username,
        "UserAttributes": shapes.attribute_list(caller.user, caller.app_client.read_attributes),
        **shapes.mfa_members(caller.user),
    }


def delete_user(call: Call, request: "DeleteUserRequestTypeDef") -> None:
    """The signed-in user deletes themselves."""
    user = access.user_of(call, request["AccessToken"]).user
    with call.store.write() as tx:
        _remove(tx, user)


def _set_enabled(call: Call, pool: UserPool, username: str, *, is_enabled: bool) -> None:
    with call.store.write() as tx:
        user = _user_in(tx, pool, username)
        tx.users.put(replace(user, enabled=is_enabled, modified_at=call.now))
        if not is_enabled:
            tokens.revoke_user(tx, pool.id, user.username)


def _user_in(tx: Tx, pool: UserPool, username: str) -> User:
    user = find.find_user_in(tx, pool, username)
    if user is None:
        raise UserNotFoundException
    return user


def _remove(tx: Tx, user: User) -> None:
    """Refresh tokens stay until they expire or the name is taken anew: they answer that their user was deleted."""
    where = {"pool_id": user.pool_id, "username": user.username}
    for table in (
        tx.users,
        tx.sign_in_names,
        tx.confirmation_codes,
        tx.software_tokens,
        tx.devices,
        tx.passkeys,
        tx.auth_events,
        tx.linked_identities,
        tx.attempts,
        tx.memberships,
    ):
        table.remove(**where)
