"""What an app client may do with users: which attributes it writes, and whether it may learn that a user exists."""

from collections.abc import Iterable

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, User, UserPool
from poolhouse.cognito_idp.errors import NotAuthorizedException, UserNotFoundException
from poolhouse.cognito_idp.flows import client_secrets, find
from poolhouse.cognito_idp.rules import secret_hash as secret_hashes


def prove_client(call: Call, client_id: str, username: str, secret_hash: str | None) -> tuple[UserPool, AppClient]:
    """The app client a public operation names, and its pool; its secret proven by SECRET_HASH where it has one.

    Raises ResourceNotFoundException and NotAuthorizedException.
    """
    app_client = find.app_client(call, client_id)
    secret_hashes.check(client_id, client_secrets.known(call, app_client), username, secret_hash)
    return find.pool(call, app_client.pool_id), app_client


def check_may_write(app_client: AppClient, names: Iterable[str]) -> None:
    """Raise NotAuthorizedException for an attribute outside the client's WriteAttributes; without them all are open."""
    allowed = app_client.write_attributes
    if allowed is not None and any(name not in allowed for name in names):
        raise NotAuthorizedException("A client attempted to write unauthorized attribute")


def user_or_pretence(call: Call, pool: UserPool, app_client: AppClient, username: str) -> User | None:
    """The user of this name for a code operation.

    A client with PreventUserExistenceErrors ENABLED gets None for a user who is not there or is disabled, to answer as
    if they were; any other an error.
    """
    user = find.find_user(call, pool, username)
    if user is not None and user.enabled:
        return user
    if app_client.hides_users:
        return None
    if user is None:
        raise UserNotFoundException("Username/client id combination not found.")
    raise NotAuthorizedException("User is disabled.")  # as sign-in says; no capture from these operations
