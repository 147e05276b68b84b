"""The user pool: the one place that calls it.

Users are named by their username, which a token tells and no client chooses. What Cognito refuses becomes the service's
own problem documents.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from shared import aws
from shared.config import settings
from shared.errors import BadRequest, Conflict, NotFound, Unavailable
from shared.models import Device, DevicePage, User, UserPage

ABSENT = {"UserNotFoundException", "ResourceNotFoundException"}
BUSY = {"TooManyRequestsException", "LimitExceededException", "InternalErrorException"}


def users(*, limit: int, cursor: str | None, email: str | None) -> UserPage:
    """A page of the pool's users, in Cognito's order; those of an address, where one is given."""
    more: dict[str, Any] = {"PaginationToken": cursor} if cursor else {}
    if email:
        escaped = email.replace("\\", "\\\\").replace('"', '\\"')
        more["Filter"] = f'email = "{escaped}"'
    answer = _ask("list_users", Limit=limit, **more)
    return UserPage(
        items=[_user(one, one["Attributes"]) for one in answer["Users"]], next=answer.get("PaginationToken")
    )


def user(username: str) -> User:
    """A user with their groups. Raises NotFound."""
    found = _ask("admin_get_user", Username=username)
    groups = _ask("admin_list_groups_for_user", Username=username)["Groups"]
    return _user(found, found["UserAttributes"], [group["GroupName"] for group in groups])


def known(username: str) -> str:
    """The username of a user who may be named by their address too. Raises NotFound."""
    return str(_ask("admin_get_user", Username=username)["Username"])


def change(username: str, attributes: Mapping[str, str | None]) -> None:
    """Set attributes, or take away those that are None: all of them at once, so that none is changed where it fails."""
    if attributes:
        texts = [
            {"Name": name, "Value": value or ""} for name, value in attributes.items()
        ]  # a blank one is taken away
        _ask("admin_update_user_attributes", Username=username, UserAttributes=texts)


def sign_out(username: str) -> None:
    """End every sign-in of a user: refresh tokens, and access tokens wherever they are shown to Cognito."""
    _ask("admin_user_global_sign_out", Username=username)


def delete(username: str) -> None:
    """Take a user out of the pool; nothing changes where they are gone, as after a first try whose answer was lost."""
    with suppress(NotFound):
        _ask("admin_delete_user", Username=username)


def set_enabled(username: str, *, is_enabled: bool) -> None:
    """Let a user sign in, or no longer; who is disabled is signed out."""
    if is_enabled:
        _ask("admin_enable_user", Username=username)
        return
    _ask("admin_disable_user", Username=username)
    sign_out(username)


def reset_password(username: str) -> None:
    """Mail a user a code, without which they do not sign in again."""
    _ask("admin_reset_user_password", Username=username)


def add_to_group(username: str, group: str) -> None:
    """Put a user into a group; nothing changes for who is in it."""
    _ask("admin_add_user_to_group", Username=username, GroupName=group)


def remove_from_group(username: str, group: str) -> None:
    """Take a user out of a group; nothing changes for who is not in it."""
    _ask("admin_remove_user_from_group", Username=username, GroupName=group)


def devices(username: str, *, limit: int, cursor: str | None) -> DevicePage:
    """A page of the devices a user has signed in with, as far as the pool remembers any."""
    more = {"PaginationToken": cursor} if cursor else {}
    answer = _ask("admin_list_devices", Username=username, Limit=limit, **more)
    return DevicePage(items=[_device(one) for one in answer.get("Devices", [])], next=answer.get("PaginationToken"))


def _ask(operation: str, **params: Any) -> dict[str, Any]:
    with _translated():
        answer: dict[str, Any] = getattr(aws.client("cognito-idp"), operation)(
            UserPoolId=settings().user_pool_id, **params
        )
    return answer


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except aws.Refusal as refusal:
        code = refusal.code
        if code in ABSENT:
            raise NotFound from None
        if code in BUSY:
            raise Unavailable from None
        if code == "InvalidParameterException":
            raise BadRequest("The user pool does not take this.") from None
        if code in {"UnsupportedUserStateException", "NotAuthorizedException"}:
            raise Conflict("The user is not in a state for this.") from None
        raise


def _instant(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _user(found: Mapping[str, Any], attributes: list[dict[str, str]], groups: list[str] | None = None) -> User:
    told = {one["Name"]: one["Value"] for one in attributes}
    return User(
        username=found["Username"],
        subject=told["sub"],
        email=told.get("email"),
        email_verified=told.get("email_verified") == "true",
        name=told.get("name"),
        status=found["UserStatus"],
        enabled=found["Enabled"],
        created_at=_instant(found["UserCreateDate"]),
        groups=groups,
    )


def _device(found: Mapping[str, Any]) -> Device:
    told = {one["Name"]: one["Value"] for one in found.get("DeviceAttributes", [])}
    return Device(
        key=found["DeviceKey"],
        name=told.get("device_name"),
        last_ip=told.get("last_ip_used"),
        created_at=_instant(found["DeviceCreateDate"]),
        last_signed_in_at=_instant(found["DeviceLastAuthenticatedDate"]),
    )
