"""Groups of users, and who is in them."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import Group, Membership
from poolhouse.cognito_idp.errors import (
    GroupExistsException,
    InvalidParameterException,
    LimitExceededException,
    NotAuthorizedException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import find, pages
from poolhouse.store import Store, Tx

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import (
        AdminAddUserToGroupRequestTypeDef,
        AdminListGroupsForUserRequestTypeDef,
        AdminRemoveUserFromGroupRequestTypeDef,
        CreateGroupRequestTypeDef,
        DeleteGroupRequestTypeDef,
        GetGroupRequestTypeDef,
        ListGroupsRequestTypeDef,
        ListUsersInGroupRequestTypeDef,
        UpdateGroupRequestTypeDef,
    )

MOST_IN_POOL = 10_000
MOST_OF_USER = 100


def create_group(call: Call, request: "CreateGroupRequestTypeDef") -> dict[str, object]:
    """Make a group in a pool."""
    pool_id = request["UserPoolId"]
    _check_role(call, request.get("RoleArn"))
    group = Group(
        pool_id=pool_id,
        name=request["GroupName"],
        created_at=call.now,
        modified_at=call.now,
        description=request.get("Description"),
        role_arn=request.get("RoleArn"),
        precedence=request.get("Precedence"),
    )
    with call.store.write() as tx:
        find.pool_in(tx, pool_id)
        if tx.groups.find(pool_id=pool_id, name=group.name) is not None:
            raise GroupExistsException
        if tx.groups.count(pool_id=pool_id) >= MOST_IN_POOL:
            # The quota is documented; the sentence is not.
            raise LimitExceededException(f"User pool {pool_id} cannot have more than {MOST_IN_POOL} groups.")
        tx.groups.add(group)
    return {"Group": shapes.group_type(group)}


def get_group(call: Call, request: "GetGroupRequestTypeDef") -> dict[str, object]:
    """One group."""
    find.pool(call, request["UserPoolId"])
    return {"Group": shapes.group_type(_get(call.store, request["UserPoolId"], request["GroupName"]))}


def update_group(call: Call, request: "UpdateGroupRequestTypeDef") -> dict[str, object]:
    """Change a group; what is not sent, and an empty description, leave what was there."""
    _check_role(call, request.get("RoleArn"))
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        group = _get(tx, request["UserPoolId"], request["GroupName"])
        precedence = request.get("Precedence")
        group = replace(
            group,
            description=request.get("Description") or group.description,
            role_arn=request.get("RoleArn") or group.role_arn,
            precedence=group.precedence if precedence is None else precedence,
            modified_at=call.now,
        )
        tx.groups.put(group)
    return {"Group": shapes.group_type(group)}


def delete_group(call: Call, request: "DeleteGroupRequestTypeDef") -> None:
    """Delete a group, with users in it or without."""
    with call.store.write() as tx:
        find.pool_in(tx, request["UserPoolId"])
        group = _get(tx, request["UserPoolId"], request["GroupName"])
        tx.memberships.remove(pool_id=group.pool_id, group_name=group.name)
        tx.groups.remove(pool_id=group.pool_id, name=group.name)


def list_groups(call: Call, request: "ListGroupsRequestTypeDef") -> dict[str, object]:
    """A pool's groups by page."""
    pool = find.pool(call, request["UserPoolId"])
    table, question = call.store.groups, f"ListGroups:{pool.id}"
    found, more = pages.page(
        call, table, question, request.get("NextToken"), _limit(request.get("Limit")), pool_id=pool.id
    )
    return {"Groups": [shapes.group_type(group) for group in found], **more}


def admin_add_user_to_group(call: Call, request: "AdminAddUserToGroupRequestTypeDef") -> None:
    """Put a user into a group; one who is in it stays in it. The user is looked for before the group."""
    with call.store.write() as tx:
        user = find.user_in(tx, find.pool_in(tx, request["UserPoolId"]), request["Username"])
        group = _get(tx, user.pool_id, request["GroupName"])
        membership = Membership(user.pool_id, user.username, group.name)
        is_in = tx.memberships.count(pool_id=user.pool_id, username=user.username, group_name=group.name)
        if not is_in and tx.memberships.count(pool_id=user.pool_id, username=user.username) >= MOST_OF_USER:
            # The quota is documented; the operation declares no LimitExceededException, so this is a guess.
            raise InvalidParameterException(f"User cannot be in more than {MOST_OF_USER} groups.")
        tx.memberships.put(membership)


def admin_remove_user_from_group(call: Call, request: "AdminRemoveUserFromGroupRequestTypeDef") -> None:
    """Take a user out of a group; a group that is not there, or that the user is not in, is passed over."""
    with call.store.write() as tx:
        user = find.user_in(tx, find.pool_in(tx, request["UserPoolId"]), request["Username"])
        tx.memberships.remove(pool_id=user.pool_id, username=user.username, group_name=request["GroupName"])


def admin_list_groups_for_user(call: Call, request: "AdminListGroupsForUserRequestTypeDef") -> dict[str, object]:
    """The groups a user is in, by page."""
    user = find.user(call, find.pool(call, request["UserPoolId"]), request["Username"])
    table, question = call.store.memberships, f"AdminListGroupsForUser:{user.pool_id}:{user.username}"
    limit = _limit(request.get("Limit"))
    found, more = pages.page(
        call, table, question, request.get("NextToken"), limit, pool_id=user.pool_id, username=user.username
    )
    groups = [call.store.groups.find(pool_id=user.pool_id, name=membership.group_name) for membership in found]
    return {"Groups": [shapes.group_type(group) for group in groups if group is not None], **more}


def list_users_in_group(call: Call, request: "ListUsersInGroupRequestTypeDef") -> dict[str, object]:
    """The users in a group, by page."""
    pool = find.pool(call, request["UserPoolId"])
    group = _get(call.store, pool.id, request["GroupName"])
    table, question = call.store.memberships, f"ListUsersInGroup:{pool.id}:{group.name}"
    limit = _limit(request.get("Limit"))
    found, more = pages.page(
        call, table, question, request.get("NextToken"), limit, pool_id=pool.id, group_name=group.name
    )
    users = [call.store.users.find(pool_id=pool.id, username=membership.username) for membership in found]
    return {"Users": [shapes.user_type(user) for user in users if user is not None], **more}


def _get(tables: Store | Tx, pool_id: str, name: str) -> Group:
    group = tables.groups.find(pool_id=pool_id, name=name)
    if group is None:
        raise ResourceNotFoundException("Group not found.")
    return group


def _limit(limit: int | None) -> int | None:
    """The model lets a Limit of zero pass; the service refuses it, in a sentence that is a guess."""
    if limit == 0:
        raise InvalidParameterException(
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )
    return limit


def _check_role(call: Call, role_arn: str | None) -> None:
    """A role must be of the same account. Whether it may be passed is asked before (`requests.cognito_idp`)."""
    if role_arn and role_arn.split(":")[4] not in ("", call.account_id):
        raise NotAuthorizedException("Cross-account pass role is not allowed.")  # the error's name is a guess
