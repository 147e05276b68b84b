"""Permissions boundaries of users, which moto has of roles only: added to its users and its handler.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html
"""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return, return_if_not_empty
from moto.iam.models import User
from moto.iam.responses import IamResponse

_ATTRIBUTE = "permissions_boundary_arn"
_PARAMETER = "PermissionsBoundary"


def of_user(user: User) -> str:
    """The ARN of a user's boundary; empty for none."""
    return str(vars(user).get(_ATTRIBUTE) or "")


def _told(user: User) -> dict[str, str] | None:
    arn = of_user(user)
    kind = "PermissionsBoundaryPolicy"  # as AWS has it, where the model says Policy
    return {"PermissionsBoundaryType": kind, "PermissionsBoundaryArn": arn} if arn else None


def _put(handler: Any) -> ActionResult:
    vars(handler.backend.get_user(handler._get_param("UserName")))[_ATTRIBUTE] = handler._get_param(_PARAMETER)
    return EmptyResult()


def _delete(handler: Any) -> ActionResult:
    vars(handler.backend.get_user(handler._get_param("UserName")))[_ATTRIBUTE] = None
    return EmptyResult()


def install() -> None:
    """Have moto's users and handler know of them."""
    create = IamResponse.create_user

    def created(handler: Any) -> ActionResult:
        result = create(handler)
        if handler._get_param(_PARAMETER):
            _put(handler)
        return result

    more = {
        "create_user": created,
        "put_user_permissions_boundary": _put,
        "delete_user_permissions_boundary": _delete,
    }
    for name, method in more.items():
        setattr(IamResponse, name, method)
    setattr(User, "permissions_boundary", property(_told))  # noqa: B010 - mypy takes no other
    IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER |= {
        "CreateUserResponse.User.PermissionsBoundary": return_if_not_empty,
        "GetUserResponse.User.PermissionsBoundary": return_if_not_empty,
        "ListUsersResponse.Users.User.PermissionsBoundary": never_return,
        "GetGroupResponse.Users.User.PermissionsBoundary": never_return,
    }
