"""What SignUp and AdminCreateUser share: who the new user is, the PreSignUp trigger, whether the name is free."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidLambdaResponseException,
    UsernameExistsException,
)
from poolhouse.cognito_idp.flows import triggers
from poolhouse.cognito_idp.rules import new_users
from poolhouse.store import Tx
from poolhouse.store.tables import Tables

_PRE_SIGN_UP_FLAGS = ("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone")


@dataclass(frozen=True, slots=True)
class PreSignUp:
    """What the PreSignUp trigger decided."""

    confirms: bool = False
    verifies_email: bool = False
    verifies_phone_number: bool = False


def draft(call: Call, pool: UserPool, username: str, attributes: Mapping[str, str], *, status: str) -> User:
    """The user as they would be stored, before anything is decided. Raises InvalidParameterException."""
    sub = new_users.make_sub(call.now, call.new_id())
    return new_users.draft(pool, username, attributes, status=status, sub=sub, now=call.now)


def check_free(tables: Tables, pool: UserPool, username: str, *, message: str | None = None) -> None:
    """Raise UsernameExistsException when somebody signs in by this name already, with `message` if given."""
    name = pool.folded(username)
    holder = tables.sign_in_names.find(pool_id=pool.id, name=name)
    if holder is not None and pool.username_attributes:
        raise UsernameExistsException(message or f"An account with the given {holder.attribute} already exists.")
    if holder is not None or tables.users.find(pool_id=pool.id, username=name) is not None:
        raise UsernameExistsException(message or "User already exists")


def run_pre_sign_up(
    call: Call,
    pool: UserPool,
    user: User,
    source: str,
    *,
    client_id: str | None,
    validation_data: Mapping[str, str] | None,
    client_metadata: Mapping[str, str] | None,
) -> PreSignUp:
    """Let the pool's PreSignUp function refuse the user, or say what need not be confirmed."""
    request: dict[str, object] = {"userAttributes": user.attributes, "validationData": validation_data}
    response = triggers.run(
        call,
        pool,
        "PreSignUp",
        source,
        user.username,
        triggers.with_metadata(request, client_metadata),
        dict.fromkeys(_PRE_SIGN_UP_FLAGS, False),
        client_id=client_id,
    )
    flags = [_flag(response, name) for name in _PRE_SIGN_UP_FLAGS]
    return PreSignUp(*flags)


def decided(user: User, answer: PreSignUp) -> User:
    """The user of a sign-up after PreSignUp: confirmed or not, each address verified or not."""
    attributes = dict(user.attributes)
    for name, is_verified in (("email", answer.verifies_email), ("phone_number", answer.verifies_phone_number)):
        if name in attributes:
            attributes[f"{name}_verified"] = "true" if is_verified else "false"
        elif is_verified:
            # The guide: the attribute must be there, "otherwise an error occurs"; its name and text are not given.
            raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
    return replace(user, status="CONFIRMED" if answer.confirms else "UNCONFIRMED", attributes=attributes)


def add(tx: Tx, user: User) -> None:
    """Store a new user, free of anything an earlier user of the same name left behind."""
    for table in (tx.refresh_tokens, tx.confirmation_codes, tx.attempts):
        table.remove(pool_id=user.pool_id, username=user.username)
    tx.users.add(user)


def run_post_confirmation(
    call: Call,
    pool: UserPool,
    user: User,
    source: str,
    *,
    client_id: str | None = None,
    client_metadata: Mapping[str, str] | None = None,
) -> None:
    """Tell the pool's PostConfirmation function. The user is stored by now: its error undoes nothing."""
    request: dict[str, object] = {"userAttributes": triggers.user_attributes(pool, user)}
    request = triggers.with_metadata(request, client_metadata)
    triggers.run(call, pool, "PostConfirmation", source, user.username, request, {}, client_id=client_id)


def _flag(response: Mapping[str, Any], name: str) -> bool:
    value = response.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InvalidLambdaResponseException(triggers.UNRECOGNIZABLE)
