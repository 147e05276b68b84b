"""One request of a sign-in, and what every step of a sign-in asks of it first."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import BEGUN, AppClient, Progress, User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    UserNotConfirmedException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import authentication, client_secrets, find, password_attempts
from poolhouse.cognito_idp.flows.tokens import IssuedTokens
from poolhouse.cognito_idp.rules import secret_hash
from poolhouse.cognito_idp.rules.challenges import Challenge

Outcome = Challenge | IssuedTokens


class SignIn(Struct, frozen=True):
    """One request of a sign-in: where it is made, with which parameters, and what the client tells the triggers.

    `client_metadata` is that of an answer; what the sign-in began with is `progress.validation_data`. A
    Struct, which is replaced at each step in a tenth of the time a dataclass takes.
    """

    pool: UserPool
    app_client: AppClient
    parameters: Mapping[str, str]
    client_metadata: Mapping[str, str] | None = None
    progress: Progress = BEGUN

    def required(self, name: str) -> str:
        """A parameter that must be there. Raises InvalidParameterException."""
        value = self.parameters.get(name)
        if not value:
            raise InvalidParameterException(f"Missing required parameter {name}")
        return value

    def at(self, progress: Progress) -> "SignIn":
        """This request as one of a sign-in that has come so far."""
        return replace(self, progress=progress).with_device()

    def with_device(self) -> "SignIn":
        """This request with the device it names; the first to be named in a sign-in stays."""
        key = self.parameters.get("DEVICE_KEY")
        return self.with_progress(device_key=key) if key and not self.progress.device_key else self

    def with_progress(self, **changes: Any) -> "SignIn":
        """This request with its sign-in gone on."""
        return replace(self, progress=replace(self.progress, **changes))


def find_user(call: Call, pool: UserPool, username: str) -> User | None:
    """The user who signs in by this name. A `sub` is a name to administrators only, unless it is the stored one."""
    user = find.find_user(call, pool, username)
    if user is not None and username == user.sub and username != user.username:
        return None
    return user


def check_secret_hash(call: Call, sign_in: SignIn, username: str) -> None:
    """Raise NotAuthorizedException unless the request proves the client's secret, where the client has one."""
    known = client_secrets.known(call, sign_in.app_client)
    secret_hash.check(sign_in.app_client.id, known, username, sign_in.parameters.get("SECRET_HASH"))


def check_secret_hash_of(call: Call, sign_in: SignIn, user: User) -> None:
    """The same on a refresh, where the name is the stored one or `sub`."""
    try:
        check_secret_hash(call, sign_in, user.sub)
    except NotAuthorizedException:
        check_secret_hash(call, sign_in, user.username)


def check_may_sign_in(call: Call, sign_in: SignIn, user: User, *, by_password: bool = True) -> None:
    """What bars a user whatever the password: observed to come before it is looked at, for UNCONFIRMED at least."""
    check_enabled(user)
    if user.status == "UNCONFIRMED":
        raise UserNotConfirmedException
    if by_password:
        password_attempts.check_not_locked(call, call.store, user.pool_id, user.username)
    if user.status == "RESET_REQUIRED":
        # An imported user has no password yet: clients that hide who exists hear what they hear for anybody.
        if user.password is None and sign_in.app_client.hides_users:
            raise NotAuthorizedException("Incorrect username or password.")
        raise PasswordResetRequiredException


def check_enabled(user: User) -> None:
    """Raise NotAuthorizedException for a user an administrator disabled."""
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")


def pre_authentication(call: Call, sign_in: SignIn, user: User | None) -> None:
    """Tell the PreAuthentication function, which may refuse. `user` is None for a name that nobody has.

    For password and SRP it is asked before the password is checked; that order is not proven.
    """
    authentication.before(
        call,
        sign_in.pool,
        sign_in.app_client,
        user,
        username=sign_in.parameters["USERNAME"] if user is None else user.username,
        validation_data=sign_in.progress.validation_data,
    )


def somebody_or_hidden(call: Call, sign_in: SignIn, username: str) -> User | None:
    """The user of this name; None for nobody, to a client that hides who exists. Raises UserNotFoundException."""
    user = find_user(call, sign_in.pool, username)
    if user is None and not sign_in.app_client.hides_users:
        raise UserNotFoundException
    return user


def sub(user: User | None) -> str:
    return "" if user is None else user.sub
