"""Users whom an administrator creates: a temporary password, and a message that invites them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException, UnsupportedUserStateException
from poolhouse.cognito_idp.flows import find, messages, names, passwords, registration
from poolhouse.cognito_idp.flows.messages import Occasion
from poolhouse.cognito_idp.rules import first_factors, schema
from poolhouse.cognito_idp.rules import passwords as password_rules
from poolhouse.cognito_idp.rules.challenges import EMAIL_OTP, SMS_OTP
from poolhouse.cognito_idp.rules.destinations import Destination

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import AdminCreateUserRequestTypeDef

_STATUS = "FORCE_CHANGE_PASSWORD"
_ATTRIBUTES = {"SMS": "phone_number", "EMAIL": "email"}
_EXISTS = "User account already exists"


def admin_create_user(call: Call, request: "AdminCreateUserRequestTypeDef") -> dict[str, object]:
    """Create a user with a temporary password and invite them; or (RESEND) invite them again with a new one."""
    pool = find.pool(call, request["UserPoolId"])
    password = _temporary_password(pool, request)
    if request.get("MessageAction") == "RESEND":
        user = find.user(call, pool, request["Username"])
        _check_invited(user, request["Username"])
        recipients = _recipients(user, request)
        if password is None:  # such pools never make one (developer guide); the sentence is not known
            raise InvalidParameterException("Missing required parameter TemporaryPassword")
        user = _renewed(call, pool, user, password)
    else:
        user = _draft(call, pool, request)
        if password is None:
            user = _without_password(pool, user)
        recipients = _recipients(user, request)
        user = _created(call, pool, user, password, request)
    if recipients:
        occasion = Occasion(messages.ADMIN_CREATE_USER, client_metadata=request.get("ClientMetadata"))
        messages.send_invitation(call, pool, user, occasion, recipients, password=password)
    return {"User": shapes.user_type(user)}


def _draft(call: Call, pool: UserPool, request: "AdminCreateUserRequestTypeDef") -> User:
    attributes = shapes.attribute_map(request.get("UserAttributes", []))
    user = registration.draft(call, pool, request["Username"], attributes, status=_STATUS)
    schema.check_created(pool, user.attributes)
    registration.check_free(call.store, pool, request["Username"], message=_EXISTS)
    return user


def _without_password(pool: UserPool, user: User) -> User:
    """A user who signs in by a code: confirmed at once, and complete. The first sentence is a guess."""
    if not any(first_factors.may_use(pool, user, factor) for factor in (EMAIL_OTP, SMS_OTP)):
        raise InvalidParameterException("Missing required parameter TemporaryPassword")
    schema.check_complete(pool, user.attributes)
    return replace(user, status="CONFIRMED")


def _created(
    call: Call, pool: UserPool, user: User, password: str | None, request: "AdminCreateUserRequestTypeDef"
) -> User:
    registration.run_pre_sign_up(
        call,
        pool,
        user,
        "PreSignUp_AdminCreateUser",
        client_id=None,
        validation_data=shapes.optional_attribute_map(request.get("ValidationData")),
        client_metadata=request.get("ClientMetadata"),
    )
    if password is not None:
        user = _with_password(call, pool, user, password)
    with call.store.write() as tx:
        registration.check_free(tx, pool, request["Username"], message=_EXISTS)
        registration.add(tx, user)
        names.claim(tx, pool, user, force=request.get("ForceAliasCreation", False))
    return user


def _renewed(call: Call, pool: UserPool, user: User, password: str) -> User:
    renewed = _with_password(call, pool, user, password).password
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        _check_invited(user, user.username)
        user = replace(user, password=renewed, modified_at=call.now)
        tx.users.put(user)
    return user


def _check_invited(user: User, username: str) -> None:
    if user.status != _STATUS:
        raise UnsupportedUserStateException(f"Resend not possible. {username} status is not FORCE_CHANGE_PASSWORD")


def _with_password(call: Call, pool: UserPool, user: User, password: str) -> User:
    expires_at = call.now + pool.temporary_password_ttl
    return replace(user, password=passwords.set_password(call, pool, user, password, expires_at=expires_at))


def _temporary_password(pool: UserPool, request: "AdminCreateUserRequestTypeDef") -> str | None:
    """The password that was sent, or one that is made; None in pools with one-time passwords, which make none."""
    given = request.get("TemporaryPassword")
    if given:
        password_rules.check(given, pool.password_policy, password_rules.TEMPORARY)
        return given
    if pool.first_factors & {EMAIL_OTP, SMS_OTP}:
        return None
    return passwords.generate(pool.password_policy)


def _recipients(user: User, request: "AdminCreateUserRequestTypeDef") -> list[Destination]:
    """Where the invitation goes, if one is to be sent.

    The documented default is SMS. What AWS does by default for a user without a phone number is not documented: here
    the invitation goes by e-mail rather than nowhere.
    """
    if request.get("MessageAction") == "SUPPRESS":
        return []
    mediums: Sequence[str] | None = request.get("DesiredDeliveryMediums")
    if mediums is None:
        mediums = ["SMS"] if user.attributes.get("phone_number") else ["EMAIL"] if user.attributes.get("email") else []
    attributes = [_ATTRIBUTES[medium] for medium in mediums]
    for attribute in attributes:
        if not user.attributes.get(attribute):
            # Required by the API reference; AWS's sentence is not known.
            raise InvalidParameterException(f"User has no {attribute} to deliver the invitation to.")
    return [Destination(attribute, user.attributes[attribute]) for attribute in attributes]
