"""The PreAuthentication and PostAuthentication triggers, for every way to sign in."""

from collections.abc import Mapping

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, User, UserPool
from poolhouse.cognito_idp.flows import triggers

_BEFORE = "PreAuthentication"
_AFTER = "PostAuthentication"


def before(
    call: Call,
    pool: UserPool,
    app_client: AppClient,
    user: User | None,
    *,
    username: str,
    validation_data: Mapping[str, str] | None = None,
) -> None:
    """Tell the PreAuthentication function, which may refuse. `user` is None for a name that nobody has."""
    if triggers.function_arn(pool, _BEFORE) is None:
        return
    request: dict[str, object] = {
        "userAttributes": {} if user is None else triggers.user_attributes(pool, user),
        "validationData": validation_data,
    }
    if app_client.hides_users:
        request["userNotFound"] = user is None
    name, source = username if user is None else user.username, f"{_BEFORE}_Authentication"
    triggers.run(call, pool, _BEFORE, source, name, request, {}, client_id=app_client.id)


def after(
    call: Call,
    pool: UserPool,
    app_client: AppClient,
    user: User,
    *,
    is_new_device: bool = False,
    client_metadata: Mapping[str, str] | None = None,
) -> None:
    """Tell the PostAuthentication function, which may still refuse."""
    if triggers.function_arn(pool, _AFTER) is None:
        return
    request: dict[str, object] = {
        "userAttributes": triggers.user_attributes(pool, user),
        "newDeviceUsed": is_new_device,
    }
    request, source = triggers.with_metadata(request, client_metadata), f"{_AFTER}_Authentication"
    triggers.run(call, pool, _AFTER, source, user.username, request, {}, client_id=app_client.id)
