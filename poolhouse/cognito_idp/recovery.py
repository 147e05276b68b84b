"""Lost passwords: a code to the user's verified address, or an administrator's hand."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import AppClient, User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.flows import (
    codes,
    find,
    messages,
    migration,
    names,
    passwords,
    permissions,
    recovery_channel,
    registration,
    threat_protection,
)
from poolhouse.cognito_idp.flows.messages import Occasion
from poolhouse.cognito_idp.rules import codes as code_rules
from poolhouse.cognito_idp.rules import passwords as password_rules
from poolhouse.cognito_idp.rules.destinations import Destination

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AdminResetUserPasswordRequestTypeDef,
        AdminSetUserPasswordRequestTypeDef,
        ConfirmForgotPasswordRequestTypeDef,
        ForgotPasswordRequestTypeDef,
    )

_CONFIRMED = "PostConfirmation_ConfirmForgotPassword"
_NO_RESET = frozenset({"FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"})


def forgot_password(call: Call, request: "ForgotPasswordRequestTypeDef") -> dict[str, object]:
    """Send a user a code to set a new password with."""
    username = request["Username"]
    pool, app_client = permissions.prove_client(call, request["ClientId"], username, request.get("SecretHash"))
    if recovery_channel.is_admin_only(pool):
        raise NotAuthorizedException("Contact administrator to reset password.")
    _migrate(call, pool, app_client, request)
    user, destination = _recoverable(call, pool, app_client, username)
    if user is None:
        codes.pretend(call, pool, username, code_rules.FORGOT_PASSWORD, code_rules.RECOVERY)
        simulated = recovery_channel.simulated(call, pool, username)
        return {"CodeDeliveryDetails": shapes.code_delivery_details_type(simulated)}
    codes.count_attempt(call, pool.id, user.username, code_rules.RECOVERY)
    _check_resettable(user)
    occasion = Occasion(messages.FORGOT_PASSWORD, app_client.id, request.get("ClientMetadata"))
    sent_to = _send_code(call, pool, user, destination, occasion)
    return {"CodeDeliveryDetails": shapes.code_delivery_details_type(sent_to)}


def confirm_forgot_password(call: Call, request: "ConfirmForgotPasswordRequestTypeDef") -> dict[str, object]:
    """Set a new password by the code that was sent. A refused password leaves the code usable."""
    username, given = request["Username"], request["ConfirmationCode"]
    pool, app_client = permissions.prove_client(call, request["ClientId"], username, request.get("SecretHash"))
    user, _ = _recoverable(call, pool, app_client, username)
    if user is None:
        raise codes.refusal_for_nobody(
            call, pool, username, code_rules.FORGOT_PASSWORD, code_rules.RECOVERY, given=given
        )
    codes.count_attempt(call, pool.id, user.username, code_rules.RECOVERY)
    # Whoever has no code learns nothing of the policy.
    codes.check(call, codes.find(call, pool.id, user.username, code_rules.FORGOT_PASSWORD), given)
    passwords.check_chosen(call, pool, user, request["Password"], password_rules.NEW, client_id=app_client.id)
    password = passwords.set_password(call, pool, user, request["Password"])
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        code = codes.consume(call, tx, pool.id, user.username, code_rules.FORGOT_PASSWORD, given=given)
        attributes = {**user.attributes, f"{code.attribute}_verified": "true"}
        user = replace(user, status="CONFIRMED", attributes=attributes, modified_at=call.now)
        user = passwords.changed(pool, user, password)
        names.claim(tx, pool, user)
        tx.users.put(user)
    threat_protection.record(call, pool, user, "ForgotPassword", client_id=app_client.id)
    registration.run_post_confirmation(
        call, pool, user, _CONFIRMED, client_id=app_client.id, client_metadata=request.get("ClientMetadata")
    )
    return {}


def admin_reset_user_password(call: Call, request: "AdminResetUserPasswordRequestTypeDef") -> dict[str, object]:
    """Void a user's password and send them a code to set a new one with."""
    pool = find.pool(call, request["UserPoolId"])
    user = find.user(call, pool, request["Username"])
    _check_resettable(user)
    occasion = Occasion(messages.FORGOT_PASSWORD, client_metadata=request.get("ClientMetadata"))
    _send_code(call, pool, user, recovery_channel.find(pool, user), occasion, status="RESET_REQUIRED")
    return {}


def admin_set_user_password(call: Call, request: "AdminSetUserPasswordRequestTypeDef") -> dict[str, object]:
    """Give a user a password: for good, or for one sign-in at which they must choose their own."""
    pool = find.pool(call, request["UserPoolId"])
    user = find.user(call, pool, request["Username"])
    passwords.check_chosen(call, pool, user, request["Password"], password_rules.NEW)
    is_permanent = request.get("Permanent", False)
    expires_at = None if is_permanent else call.now + pool.temporary_password_ttl
    password = passwords.set_password(call, pool, user, request["Password"], expires_at=expires_at)
    status = "CONFIRMED" if is_permanent else "FORCE_CHANGE_PASSWORD"
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        tx.users.put(passwords.changed(pool, replace(user, status=status, modified_at=call.now), password))
    return {}


def _migrate(call: Call, pool: UserPool, app_client: AppClient, request: "ForgotPasswordRequestTypeDef") -> None:
    """Have a user who is not here taken over, where the pool has a function for that."""
    if find.find_user(call, pool, request["Username"]) is None:
        metadata = request.get("ClientMetadata")
        asked = migration.Asked(pool, app_client, request["Username"], client_metadata=metadata)
        migration.migrate(call, asked, migration.FORGOT_PASSWORD)


def _recoverable(
    call: Call, pool: UserPool, app_client: AppClient, username: str
) -> tuple[User | None, Destination | None]:
    """The user, and where their code goes. No user for a client to whom AWS pretends: nobody, disabled, unverified."""
    user = permissions.user_or_pretence(call, pool, app_client, username)
    if user is None:
        return None, None
    destination = recovery_channel.find(pool, user)
    return (None if destination is None and app_client.hides_users else user), destination


def _check_resettable(user: User) -> None:
    if user.status in _NO_RESET:
        raise NotAuthorizedException("User password cannot be reset in the current state.")


def _send_code(
    call: Call,
    pool: UserPool,
    user: User,
    destination: Destination | None,
    occasion: Occasion,
    *,
    status: str | None = None,
) -> Destination:
    """Keep and send a reset code, the user put into `status` if given; where it went."""
    if destination is None:
        raise InvalidParameterException(
            "Cannot reset password for the user as there is no registered/verified email or phone_number"
        )
    code, kept = codes.make(call, pool.id, user.username, code_rules.FORGOT_PASSWORD, destination.attribute)
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        _check_resettable(user)
        tx.confirmation_codes.put(kept)
        if status is not None:
            user = replace(user, status=status, modified_at=call.now)
            tx.users.put(user)
    messages.send_code(call, pool, user, occasion, destination, code=code)
    return destination
