"""NEW_PASSWORD_REQUIRED: who signs in by an administrator's password chooses their own, and fills what is missing."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, ChallengeSession, User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.flows import challenge_sessions, names, passwords, permissions
from poolhouse.cognito_idp.rules import passwords as password_rules
from poolhouse.cognito_idp.rules import schema

_PREFIX = "userAttributes."


def check_not_expired(call: Call, user: User) -> None:
    """Raise NotAuthorizedException when the administrator's password has lasted too long."""
    if user.password is not None and user.password.expires_at is not None and call.now >= user.password.expires_at:
        raise NotAuthorizedException("Temporary password has expired and must be reset by an administrator.")


def parameters(pool: UserPool, app_client: AppClient, user: User) -> dict[str, str]:
    """What the challenge tells the client: the attributes it may read, and those that must be given."""
    readable = app_client.read_attributes
    told = {name: value for name, value in user.attributes.items() if readable is None or name in readable}
    missing = [_PREFIX + name for name in schema.missing(pool, user.attributes)]
    return {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": msgspec.json.encode(missing).decode(),
        "userAttributes": msgspec.json.encode(told).decode(),
    }


def set_by_challenge(
    call: Call,
    pool: UserPool,
    app_client: AppClient,
    user: User,
    *,
    pending: ChallengeSession,
    responses: Mapping[str, str],
) -> User:
    """The user with the password and attributes of the answer. A refused answer leaves the session usable."""
    chosen = responses.get("NEW_PASSWORD")
    if not chosen:
        raise InvalidParameterException("Missing required parameter NEW_PASSWORD")
    if user.status != "FORCE_CHANGE_PASSWORD":
        raise NotAuthorizedException("Invalid session for the user.")
    passwords.check_chosen(call, pool, user, chosen, password_rules.NEW, client_id=app_client.id)
    given = {name.removeprefix(_PREFIX): value for name, value in responses.items() if name.startswith(_PREFIX)}
    _check_attributes(pool, app_client, user, given)
    password = passwords.set_password(call, pool, user, chosen)
    with call.store.write() as tx:
        challenge_sessions.spend(tx, pending)
        user = tx.users.get(pool_id=pool.id, username=user.username)
        attributes = {**user.attributes, **given}
        user = replace(user, status="CONFIRMED", attributes=attributes, modified_at=call.now)
        user = passwords.changed(pool, user, password)
        names.claim(tx, pool, user)
        tx.users.put(user)
    return user


def _check_attributes(pool: UserPool, app_client: AppClient, user: User, given: Mapping[str, str]) -> None:
    for name in given:
        if user.attributes.get(name) and name not in schema.PROTECTED:
            raise NotAuthorizedException(f"Cannot modify an already provided {name}")
    permissions.check_may_write(app_client, given)
    schema.check_update(pool, given, by_admin=False)
    missing = schema.missing(pool, {**user.attributes, **given})
    if missing:
        raise InvalidParameterException(f"Invalid attributes given, {missing[0]} is missing")
