"""What a signed-in user does with their own sign-in: change the password, sign out everywhere."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import access, find, password_attempts, passwords, threat_protection, tokens
from poolhouse.cognito_idp.rules import passwords as password_rules

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AdminUserGlobalSignOutRequestTypeDef,
        ChangePasswordRequestTypeDef,
        GlobalSignOutRequestTypeDef,
    )


def change_password(call: Call, request: "ChangePasswordRequestTypeDef") -> dict[str, object]:
    """The signed-in user sets another password; who has none yet needs none to begin with. No token is revoked."""
    signed_in = access.user_of(call, request["AccessToken"])
    pool, user, proposed = signed_in.pool, signed_in.user, request["ProposedPassword"]
    if user.password is not None:
        _check_previous(call, pool, user, request.get("PreviousPassword"))
    passwords.check_chosen(call, pool, user, proposed, password_rules.NEW, client_id=signed_in.app_client.id)
    password = passwords.set_password(call, pool, user, proposed)
    with call.store.write() as tx:
        password_attempts.forgive(call, tx, pool.id, user.username)
        current = tx.users.get(pool_id=pool.id, username=user.username)
        tx.users.put(passwords.changed(pool, replace(current, modified_at=call.now), password))
    threat_protection.record(call, pool, user, "PasswordChange", client_id=signed_in.app_client.id)
    return {}


def global_sign_out(call: Call, request: "GlobalSignOutRequestTypeDef") -> dict[str, object]:
    """Revoke every token of the signed-in user."""
    user = access.user_of(call, request["AccessToken"]).user
    with call.store.write() as tx:
        tokens.revoke_user(tx, user.pool_id, user.username)
    return {}


def admin_user_global_sign_out(call: Call, request: "AdminUserGlobalSignOutRequestTypeDef") -> dict[str, object]:
    """Revoke every token of a user."""
    user = find.user(call, find.pool(call, request["UserPoolId"]), request["Username"])
    with call.store.write() as tx:
        tokens.revoke_user(tx, user.pool_id, user.username)
    return {}


def _check_previous(call: Call, pool: UserPool, user: User, previous: str | None) -> None:
    if not previous:
        raise InvalidParameterException("Missing required parameter PreviousPassword")  # the sentence is not proven
    password_attempts.check_not_locked(call, call.store, pool.id, user.username)
    if not passwords.is_password(call, pool, user, previous):
        password_attempts.refuse(call, pool.id, user.username)
