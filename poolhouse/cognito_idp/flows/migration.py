"""The UserMigration trigger: a user who is not in the pool yet is taken over from wherever they were.

Cognito developer guide, "Migrate user Lambda trigger". It runs where a password is at hand, and for lost passwords.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, User, UserPool
from poolhouse.cognito_idp.errors import (
    AliasExistsException,
    InvalidLambdaResponseException,
    UserLambdaValidationException,
    UsernameExistsException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import find, messages, names, passwords, registration, triggers
from poolhouse.cognito_idp.flows.messages import Occasion
from poolhouse.cognito_idp.rules import schema
from poolhouse.cognito_idp.rules.challenges import SMS_MFA
from poolhouse.cognito_idp.rules.destinations import Destination
from poolhouse.store import AlreadyExists

AUTHENTICATION = "UserMigration_Authentication"
FORGOT_PASSWORD = "UserMigration_ForgotPassword"  # noqa: S105
_TRIGGER = "UserMigration"
_KEYS = (
    "userAttributes",
    "finalUserStatus",
    "messageAction",
    "desiredDeliveryMediums",
    "forceAliasCreation",
    "enableSMSMFA",
)
_HIDDEN = "********"  # in the place of the password the user signs in with, which is nobody's to send


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for: by the typed name, with the typed password if there is one."""

    pool: UserPool
    app_client: AppClient
    username: str
    password: str | None = None
    validation_data: Mapping[str, str] | None = None
    client_metadata: Mapping[str, str] | None = None


def migrate(call: Call, asked: Asked, source: str) -> User | None:
    """The user as stored in the pool now; None when there is no function, or it knows nobody of this name.

    Raises UserNotFoundException (sign-in) or UserLambdaValidationException (lost password) when the function raised;
    the second is reported by clients, the first is taken from its sentence. A client that hides who exists gets None.
    """
    pool = asked.pool
    if triggers.function_arn(pool, _TRIGGER) is None:
        return None
    request: dict[str, object] = {"validationData": asked.validation_data}
    if asked.password is not None:
        request["password"] = asked.password
    request = triggers.with_metadata(request, asked.client_metadata)
    try:
        response = triggers.run(
            call,
            pool,
            _TRIGGER,
            source,
            asked.username,
            request,
            dict.fromkeys(_KEYS),
            client_id=asked.app_client.id,
        )
    except UserLambdaValidationException as error:
        if asked.app_client.hides_users:
            return None
        sentence = f"Exception migrating user in app client {asked.app_client.id}"
        kind = UserNotFoundException if source == AUTHENTICATION else UserLambdaValidationException
        raise kind(sentence) from error
    attributes = _attributes(response)
    return _stored(call, asked, attributes, response) if attributes else None


def _attributes(response: Mapping[str, Any]) -> dict[str, str]:
    found = response.get("userAttributes") or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()) or "sub" in found:
        raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
    return dict(found)


def _stored(call: Call, asked: Asked, attributes: dict[str, str], response: Mapping[str, Any]) -> User:
    """Keep the user. Of two sign-ins at once the second finds the user the first has made."""
    pool = asked.pool
    # `username` among the attributes names the user in pools where the typed name may be an alias.
    named = attributes.pop("username", "")
    username = named if named and pool.alias_attributes else asked.username
    user = registration.draft(call, pool, username, attributes, status="RESET_REQUIRED")
    schema.check_created(pool, user.attributes)
    if response.get("finalUserStatus") == "CONFIRMED":
        user = replace(user, status="CONFIRMED")
    if asked.password is not None:
        user = replace(user, password=passwords.set_password(call, pool, user, asked.password))
    if response.get("enableSMSMFA"):
        user = replace(user, second_factors=(SMS_MFA,))
    try:
        with call.store.write() as tx:
            registration.check_free(tx, pool, username)
            registration.add(tx, user)
            names.claim(tx, pool, user, force=bool(response.get("forceAliasCreation")))
    except (AlreadyExists, UsernameExistsException):
        other = find.find_user(call, pool, asked.username)
        if other is None:
            raise AliasExistsException from None
        return other
    _welcome(call, asked, user, response)
    return user


def _welcome(call: Call, asked: Asked, user: User, response: Mapping[str, Any]) -> None:
    if response.get("messageAction") == "SUPPRESS":
        return
    attributes = {"SMS": "phone_number", "EMAIL": "email"}
    wanted = [attributes.get(medium, "") for medium in response.get("desiredDeliveryMediums") or ("SMS",)]
    to = [Destination(name, user.attributes[name]) for name in wanted if user.attributes.get(name)]
    if to:
        occasion = Occasion(messages.ADMIN_CREATE_USER, asked.app_client.id, asked.client_metadata)
        messages.send_invitation(call, asked.pool, user, occasion, to, password=_HIDDEN)
