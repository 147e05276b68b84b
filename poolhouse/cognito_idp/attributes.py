"""Attributes of users: changed by an administrator or by the user, and verified by a code."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import access, codes, find, messages, names, permissions
from poolhouse.cognito_idp.flows.messages import Occasion
from poolhouse.cognito_idp.rules import attribute_changes, schema
from poolhouse.cognito_idp.rules import codes as code_rules
from poolhouse.cognito_idp.rules.destinations import MEDIUMS, Destination

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AdminDeleteUserAttributesRequestTypeDef,
        AdminUpdateUserAttributesRequestTypeDef,
        DeleteUserAttributesRequestTypeDef,
        GetUserAttributeVerificationCodeRequestTypeDef,
        UpdateUserAttributesRequestTypeDef,
        VerifyUserAttributeRequestTypeDef,
    )


def admin_update_user_attributes(call: Call, request: "AdminUpdateUserAttributesRequestTypeDef") -> dict[str, object]:
    """Change a user's attributes, verified flags included."""
    pool = find.pool(call, request["UserPoolId"])
    user = find.user(call, pool, request["Username"])
    changes = shapes.attribute_map(request["UserAttributes"])
    schema.check_update(pool, changes, by_admin=True)
    occasion = Occasion(messages.UPDATE_USER_ATTRIBUTE, client_metadata=request.get("ClientMetadata"))
    _change(call, pool, user, changes, occasion)
    return {}


def admin_delete_user_attributes(call: Call, request: "AdminDeleteUserAttributesRequestTypeDef") -> dict[str, object]:
    """Delete attributes of a user; those they have not are passed over."""
    pool = find.pool(call, request["UserPoolId"])
    user = find.user(call, pool, request["Username"])
    schema.check_deletion(pool, request["UserAttributeNames"], by_admin=True)
    _delete(call, pool, user, request["UserAttributeNames"])
    return {}


def update_user_attributes(call: Call, request: "UpdateUserAttributesRequestTypeDef") -> dict[str, object]:
    """The signed-in user changes their attributes; a new address gets a code where the pool verifies it."""
    caller = access.user_of(call, request["AccessToken"])
    pool, app_client, user = caller.pool, caller.app_client, caller.user
    changes = shapes.attribute_map(request["UserAttributes"])
    permissions.check_may_write(app_client, changes)
    schema.check_update(pool, changes, by_admin=False)
    occasion = Occasion(messages.UPDATE_USER_ATTRIBUTE, app_client.id, request.get("ClientMetadata"))
    sent_to = _change(call, pool, user, changes, occasion)
    details = [shapes.code_delivery_details_type(destination) for destination in sent_to]
    return {"CodeDeliveryDetailsList": details}


def delete_user_attributes(call: Call, request: "DeleteUserAttributesRequestTypeDef") -> dict[str, object]:
    """The signed-in user deletes attributes of theirs."""
    caller = access.user_of(call, request["AccessToken"])
    pool, app_client, user = caller.pool, caller.app_client, caller.user
    permissions.check_may_write(app_client, request["UserAttributeNames"])
    schema.check_deletion(pool, request["UserAttributeNames"], by_admin=False)
    _delete(call, pool, user, request["UserAttributeNames"])
    return {}


def get_user_attribute_verification_code(
    call: Call, request: "GetUserAttributeVerificationCodeRequestTypeDef"
) -> dict[str, object]:
    """Send the signed-in user a code for an address of theirs."""
    caller = access.user_of(call, request["AccessToken"])
    pool, app_client, user = caller.pool, caller.app_client, caller.user
    name = request["AttributeName"]
    _check_verifiable(name)
    value = user.unverified.get(name) or user.attributes.get(name)
    if not value:
        raise InvalidParameterException(f"User does not have a {name} to verify.")  # AWS's sentence is not known
    codes.count_attempt(call, pool.id, user.username, code_rules.ASK_ATTRIBUTE_CODE)
    destination = Destination(name, value)
    code, kept = codes.make(call, pool.id, user.username, code_rules.attribute(name), name)
    with call.store.write() as tx:
        tx.confirmation_codes.put(kept)
    occasion = Occasion(messages.VERIFY_USER_ATTRIBUTE, app_client.id, request.get("ClientMetadata"))
    messages.send_code(call, pool, user, occasion, destination, code=code)
    return {"CodeDeliveryDetails": shapes.code_delivery_details_type(destination)}


def verify_user_attribute(call: Call, request: "VerifyUserAttributeRequestTypeDef") -> dict[str, object]:
    """Verify an address of the signed-in user by the code that went to it."""
    caller = access.user_of(call, request["AccessToken"])
    pool, user = caller.pool, caller.user
    name = request["AttributeName"]
    _check_verifiable(name)
    codes.count_attempt(call, pool.id, user.username, code_rules.VERIFY_ATTRIBUTE)
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        codes.consume(call, tx, pool.id, user.username, code_rules.attribute(name), given=request["Code"])
        user = replace(attribute_changes.verified(user, name), modified_at=call.now)
        names.claim(tx, pool, user)
        tx.users.put(user)
    return {}


def _change(
    call: Call, pool: UserPool, user: User, changes: Mapping[str, str], occasion: Occasion
) -> tuple[Destination, ...]:
    """Change attributes and send what codes that takes; where they went."""
    with call.store.write() as tx:
        changed = attribute_changes.apply(
            tx.users.get(pool_id=pool.id, username=user.username),
            changes,
            auto_verified=pool.auto_verified_attributes,
            verified_before_update=pool.attributes_verified_before_update,
        )
        user = replace(changed.user, modified_at=call.now)
        names.claim(tx, pool, user)
        tx.users.put(user)
        for older in tx.confirmation_codes.list(pool_id=pool.id, username=user.username):
            if older.attribute in changed.voided:
                tx.confirmation_codes.remove(pool_id=pool.id, username=user.username, purpose=older.purpose)
        sent = []
        for destination in changed.to_verify:
            purpose = code_rules.attribute(destination.attribute)
            code, kept = codes.make(call, pool.id, user.username, purpose, destination.attribute)
            tx.confirmation_codes.put(kept)
            sent.append((destination, code))
    for destination, code in sent:
        messages.send_code(call, pool, user, occasion, destination, code=code)
    return changed.to_verify


def _delete(call: Call, pool: UserPool, user: User, deleted: Sequence[str]) -> None:
    _change(call, pool, user, dict.fromkeys(deleted, ""), Occasion(messages.UPDATE_USER_ATTRIBUTE))


def _check_verifiable(name: str) -> None:
    if name not in MEDIUMS:
        raise InvalidParameterException("Invalid attribute name. Only phone_number and email can be verified.")
