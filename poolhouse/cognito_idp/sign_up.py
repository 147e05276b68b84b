"""Sign-up: a person registers, gets a code, confirms."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import AppClient, ConfirmationCode, Progress, User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.flows import (
    challenge_sessions,
    codes,
    find,
    messages,
    names,
    passwords,
    permissions,
    recovery_channel,
    registration,
    threat_protection,
)
from poolhouse.cognito_idp.flows.messages import Occasion
from poolhouse.cognito_idp.flows.sign_in.request import SignIn
from poolhouse.cognito_idp.rules import codes as code_rules
from poolhouse.cognito_idp.rules import first_factors, schema
from poolhouse.cognito_idp.rules import passwords as password_rules
from poolhouse.cognito_idp.rules.destinations import Destination

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AdminConfirmSignUpRequestTypeDef,
        ConfirmSignUpRequestTypeDef,
        ResendConfirmationCodeRequestTypeDef,
        SignUpRequestTypeDef,
    )

_CONFIRMED = "PostConfirmation_ConfirmSignUp"


def sign_up(call: Call, request: "SignUpRequestTypeDef") -> dict[str, object]:
    """Register a user, who stays UNCONFIRMED until the code that is sent comes back."""
    username = request["Username"]
    pool, app_client = permissions.prove_client(call, request["ClientId"], username, request.get("SecretHash"))
    user = _checked(call, pool, app_client, request)
    registration.check_free(call.store, pool, username)
    answer = registration.run_pre_sign_up(
        call,
        pool,
        user,
        "PreSignUp_SignUp",
        client_id=app_client.id,
        validation_data=shapes.optional_attribute_map(request.get("ValidationData")),
        client_metadata=request.get("ClientMetadata"),
    )
    user = registration.decided(user, answer)
    if request.get("Password"):
        user = replace(user, password=passwords.set_password(call, pool, user, request["Password"]))
    destination = None if answer.confirms else _auto_verified(pool, user)
    code, kept = _code(call, user, destination)
    with call.store.write() as tx:
        registration.check_free(tx, pool, username)
        registration.add(tx, user)
        names.claim(tx, pool, user, force=answer.verifies_email or answer.verifies_phone_number)
        if kept is not None:
            tx.confirmation_codes.put(kept)
    metadata = request.get("ClientMetadata")
    threat_protection.record(call, pool, user, "SignUp", client_id=app_client.id)
    if answer.confirms:
        registration.run_post_confirmation(
            call, pool, user, _CONFIRMED, client_id=app_client.id, client_metadata=metadata
        )
    response: dict[str, object] = {"UserConfirmed": answer.confirms, "UserSub": user.sub}
    if destination is None:
        return response
    messages.send_code(call, pool, user, Occasion(messages.SIGN_UP, app_client.id, metadata), destination, code=code)
    return {**response, "CodeDeliveryDetails": shapes.code_delivery_details_type(destination)}


def confirm_sign_up(call: Call, request: "ConfirmSignUpRequestTypeDef") -> dict[str, object]:
    """Confirm a user by the code they were sent; the address it went to is verified by it."""
    pool, app_client = permissions.prove_client(
        call, request["ClientId"], request["Username"], request.get("SecretHash")
    )
    given = request["ConfirmationCode"]
    user = permissions.user_or_pretence(call, pool, app_client, request["Username"])
    if user is None:
        raise codes.refusal_for_nobody(
            call, pool, request["Username"], code_rules.SIGN_UP, code_rules.CONFIRM_SIGN_UP, given=given
        )
    codes.count_attempt(call, pool.id, user.username, code_rules.CONFIRM_SIGN_UP)
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        _check_unconfirmed(user)
        code = codes.consume(call, tx, pool.id, user.username, code_rules.SIGN_UP, given=given)
        attributes = {**user.attributes, f"{code.attribute}_verified": "true"}
        user = replace(user, status="CONFIRMED", is_new=True, attributes=attributes, modified_at=call.now)
        names.claim(tx, pool, user, force=request.get("ForceAliasCreation", False))
        tx.users.put(user)
    metadata = request.get("ClientMetadata")
    registration.run_post_confirmation(call, pool, user, _CONFIRMED, client_id=app_client.id, client_metadata=metadata)
    return {"Session": _signed_up(call, pool, app_client, user, code)} if app_client.allows("USER_AUTH") else {}


def resend_confirmation_code(call: Call, request: "ResendConfirmationCodeRequestTypeDef") -> dict[str, object]:
    """Send a fresh sign-up code; the one before it is void."""
    username = request["Username"]
    pool, app_client = permissions.prove_client(call, request["ClientId"], username, request.get("SecretHash"))
    user = permissions.user_or_pretence(call, pool, app_client, username)
    if user is None:
        codes.pretend(call, pool, username, code_rules.SIGN_UP, code_rules.RESEND)
        simulated = recovery_channel.simulated(call, pool, username)
        return {"CodeDeliveryDetails": shapes.code_delivery_details_type(simulated)}
    if user.status != "UNCONFIRMED":
        raise InvalidParameterException("User is already confirmed.")
    destination = _auto_verified(pool, user)
    if destination is None:
        raise InvalidParameterException("Cannot resend codes. Auto verification not turned on.")
    codes.count_attempt(call, pool.id, user.username, code_rules.RESEND)
    code, kept = codes.make(call, pool.id, user.username, code_rules.SIGN_UP, destination.attribute)
    with call.store.write() as tx:
        if tx.users.get(pool_id=pool.id, username=user.username).status != "UNCONFIRMED":
            raise InvalidParameterException("User is already confirmed.")
        tx.confirmation_codes.put(kept)
    occasion = Occasion(messages.RESEND_CODE, app_client.id, request.get("ClientMetadata"))
    threat_protection.record(call, pool, user, "ResendCode", client_id=app_client.id)
    messages.send_code(call, pool, user, occasion, destination, code=code)
    return {"CodeDeliveryDetails": shapes.code_delivery_details_type(destination)}


def admin_confirm_sign_up(call: Call, request: "AdminConfirmSignUpRequestTypeDef") -> dict[str, object]:
    """Confirm a user without a code; no address is verified by it."""
    pool = find.pool(call, request["UserPoolId"])
    found = find.user(call, pool, request["Username"])
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=found.username)
        _check_unconfirmed(user)
        user = replace(user, status="CONFIRMED", modified_at=call.now)
        names.claim(tx, pool, user)
        tx.users.put(user)
        tx.confirmation_codes.remove(pool_id=pool.id, username=user.username, purpose=code_rules.SIGN_UP)
    registration.run_post_confirmation(call, pool, user, _CONFIRMED, client_metadata=request.get("ClientMetadata"))
    return {}


def _checked(call: Call, pool: UserPool, app_client: AppClient, request: "SignUpRequestTypeDef") -> User:
    """The user as asked for, every rule that needs no other user held."""
    if not pool.allows_self_sign_up:
        raise NotAuthorizedException("SignUp is not permitted for this user pool")
    attributes = shapes.attribute_map(request.get("UserAttributes", []))
    permissions.check_may_write(app_client, attributes)
    if "preferred_username" in attributes and "preferred_username" in pool.alias_attributes:
        # The guide: this alias is set after confirmation. AWS's sentence is not known.
        raise InvalidParameterException("preferred_username cannot be set at sign-up where it is an alias.")
    user = registration.draft(call, pool, request["Username"], attributes, status="UNCONFIRMED")
    schema.check_sign_up(pool, user.attributes)
    if request.get("Password"):
        prefix, client_id = password_rules.SIGN_UP, app_client.id
        passwords.check_chosen(call, pool, user, request["Password"], prefix, client_id=client_id, is_sign_up=True)
    elif not _may_sign_up_without_password(pool, app_client, user):
        raise InvalidParameterException("Missing required parameter Password")  # AWS's sentence is not known
    return user


def _may_sign_up_without_password(pool: UserPool, app_client: AppClient, user: User) -> bool:
    """Where the code that confirms the sign-up could be the first factor as well."""
    destination = _auto_verified(pool, user)
    if destination is None or not app_client.allows("USER_AUTH"):
        return False
    return first_factors.may_use(pool, user, first_factors.one_time_password(destination.attribute))


def _signed_up(call: Call, pool: UserPool, app_client: AppClient, user: User, code: ConfirmationCode) -> str:
    """A Session by which the user may sign in at once, the code they gave being their first factor."""
    sign_in = SignIn(pool, app_client, {}, progress=Progress(sub=user.sub))
    with call.store.write() as tx:
        state = {"attribute": code.attribute}
        return challenge_sessions.begin(call, tx, sign_in, user.username, challenge_sessions.SIGNED_UP, state)


def _auto_verified(pool: UserPool, user: User) -> Destination | None:
    """Where the sign-up code goes: with both attributes verified by the pool and present, only the phone gets one."""
    for attribute in ("phone_number", "email"):
        if attribute in pool.auto_verified_attributes and user.attributes.get(attribute):
            return Destination(attribute, user.attributes[attribute])
    return None


def _code(call: Call, user: User, destination: Destination | None) -> tuple[str, ConfirmationCode | None]:
    if destination is None:
        return "", None
    return codes.make(call, user.pool_id, user.username, code_rules.SIGN_UP, destination.attribute)


def _check_unconfirmed(user: User) -> None:
    if user.status != "UNCONFIRMED":
        raise NotAuthorizedException(f"User cannot be confirmed. Current status is {user.status}")
