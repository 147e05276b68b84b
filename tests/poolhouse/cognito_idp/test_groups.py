"""Groups: made, changed, listed by page, and who is in them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from .accounts import make_pool, refused

ROLE = "arn:aws:iam::000000000000:role/readers"


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, AliasAttributes=["email"])


def make_user(cognito: Any, pool_id: str, username: str) -> str:
    cognito.admin_create_user(UserPoolId=pool_id, Username=username, MessageAction="SUPPRESS")
    return username


def make_group(cognito: Any, pool_id: str, name: str, **settings: Any) -> str:
    cognito.create_group(UserPoolId=pool_id, GroupName=name, **settings)
    return name


def groups_of(cognito: Any, pool_id: str, username: str) -> list[str]:
    listed = cognito.admin_list_groups_for_user(UserPoolId=pool_id, Username=username)["Groups"]
    return [group["GroupName"] for group in listed]


def users_in(cognito: Any, pool_id: str, name: str) -> list[str]:
    return [user["Username"] for user in cognito.list_users_in_group(UserPoolId=pool_id, GroupName=name)["Users"]]


def test_create_group_answers_what_was_set_and_get_group_the_same(cognito: Any, pool_id: str) -> None:
    settings = {"Description": "Those who read", "RoleArn": ROLE, "Precedence": 0}

    made = cognito.create_group(UserPoolId=pool_id, GroupName="readers", **settings)["Group"]

    assert isinstance(made.pop("CreationDate"), datetime)
    assert isinstance(made.pop("LastModifiedDate"), datetime)
    assert made == {"GroupName": "readers", "UserPoolId": pool_id, **settings}
    assert cognito.get_group(UserPoolId=pool_id, GroupName="readers")["Group"].items() >= made.items()


def test_create_group_leaves_out_what_was_not_set(cognito: Any, pool_id: str) -> None:
    made = cognito.create_group(UserPoolId=pool_id, GroupName="readers")["Group"]

    assert set(made) == {"GroupName", "UserPoolId", "CreationDate", "LastModifiedDate"}


def test_a_group_name_is_taken_in_its_pool_only(cognito: Any, pool_id: str) -> None:
    make_group(cognito, pool_id, "readers")
    make_group(cognito, make_pool(cognito), "readers")
    make_group(cognito, pool_id, "Readers")  # case counts

    with refused("GroupExistsException", "A group with the name already exists."):
        make_group(cognito, pool_id, "readers")


def test_a_role_of_another_account_is_refused(cognito: Any, pool_id: str) -> None:
    with refused("NotAuthorizedException", "Cross-account pass role is not allowed."):
        make_group(cognito, pool_id, "readers", RoleArn="arn:aws:iam::999999999999:role/readers")


@pytest.mark.parametrize("operation", ["get_group", "update_group", "delete_group", "list_users_in_group"])
def test_a_group_that_is_not_there_or_of_another_pool_is_not_found(cognito: Any, pool_id: str, operation: str) -> None:
    make_group(cognito, make_pool(cognito), "readers")

    with refused("ResourceNotFoundException", "Group not found."):
        getattr(cognito, operation)(UserPoolId=pool_id, GroupName="readers")


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_group", {"GroupName": "readers"}),
        ("get_group", {"GroupName": "readers"}),
        ("update_group", {"GroupName": "readers"}),
        ("delete_group", {"GroupName": "readers"}),
        ("list_groups", {}),
        ("list_users_in_group", {"GroupName": "readers"}),
        ("admin_add_user_to_group", {"GroupName": "readers", "Username": "ann"}),
        ("admin_remove_user_from_group", {"GroupName": "readers", "Username": "ann"}),
        ("admin_list_groups_for_user", {"Username": "ann"}),
    ],
)
def test_a_pool_that_is_not_there_is_named(cognito: Any, operation: str, members: dict[str, str]) -> None:
    with refused("ResourceNotFoundException", "User pool us-east-1_gone00000 does not exist."):
        getattr(cognito, operation)(UserPoolId="us-east-1_gone00000", **members)


def test_update_group_changes_what_is_sent_and_leaves_the_rest(cloud: Any, cognito: Any, pool_id: str) -> None:
    make_group(cognito, pool_id, "readers", Description="old", RoleArn=ROLE, Precedence=3)
    before = cognito.get_group(UserPoolId=pool_id, GroupName="readers")["Group"]
    cloud.clock.advance(timedelta(minutes=1))

    cognito.update_group(UserPoolId=pool_id, GroupName="readers", Precedence=0, Description="")

    after = cognito.get_group(UserPoolId=pool_id, GroupName="readers")["Group"]
    assert (after["Description"], after["RoleArn"], after["Precedence"]) == ("old", ROLE, 0)
    assert after["CreationDate"] == before["CreationDate"]
    assert after["LastModifiedDate"] - before["LastModifiedDate"] >= timedelta(minutes=1)


def test_a_deleted_group_is_gone_with_its_memberships_and_its_users_stay(cognito: Any, pool_id: str) -> None:
    make_user(cognito, pool_id, "ann")
    make_group(cognito, pool_id, "readers")
    cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="readers", Username="ann")

    cognito.delete_group(UserPoolId=pool_id, GroupName="readers")
    make_group(cognito, pool_id, "readers")

    assert users_in(cognito, pool_id, "readers") == []
    assert groups_of(cognito, pool_id, "ann") == []
    assert cognito.admin_get_user(UserPoolId=pool_id, Username="ann")["Enabled"]


def test_a_deleted_user_is_in_no_group(cognito: Any, pool_id: str) -> None:
    make_user(cognito, pool_id, "ann")
    make_group(cognito, pool_id, "readers")
    cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="readers", Username="ann")

    cognito.admin_delete_user(UserPoolId=pool_id, Username="ann")
    make_user(cognito, pool_id, "ann")

    assert users_in(cognito, pool_id, "readers") == []


def test_a_user_put_into_a_group_twice_is_in_it_once(cognito: Any, pool_id: str) -> None:
    make_user(cognito, pool_id, "ann")
    make_group(cognito, pool_id, "readers")

    for _ in range(2):
        cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="readers", Username="ann")

    assert users_in(cognito, pool_id, "readers") == ["ann"]
    assert groups_of(cognito, pool_id, "ann") == ["readers"]


def test_an_alias_finds_the_user(cognito: Any, pool_id: str) -> None:
    cognito.admin_create_user(
        UserPoolId=pool_id,
        Username="ann",
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": "ann@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    make_group(cognito, pool_id, "readers")

    cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="readers", Username="ann@example.com")
    assert groups_of(cognito, pool_id, "ann@example.com") == ["readers"]

    cognito.admin_remove_user_from_group(UserPoolId=pool_id, GroupName="readers", Username="ann@example.com")
    assert groups_of(cognito, pool_id, "ann") == []


def test_the_user_is_looked_for_before_the_group(cognito: Any, pool_id: str) -> None:
    make_user(cognito, pool_id, "ann")

    with refused("UserNotFoundException", "User does not exist."):
        cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="nowhere", Username="nobody")
    with refused("ResourceNotFoundException", "Group not found."):
        cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="nowhere", Username="ann")


def test_taking_a_user_out_of_a_group_they_are_not_in_succeeds(cognito: Any, pool_id: str) -> None:
    make_user(cognito, pool_id, "ann")
    make_group(cognito, pool_id, "readers")

    cognito.admin_remove_user_from_group(UserPoolId=pool_id, GroupName="readers", Username="ann")
    cognito.admin_remove_user_from_group(UserPoolId=pool_id, GroupName="nowhere", Username="ann")
    with refused("UserNotFoundException", "User does not exist."):
        cognito.admin_remove_user_from_group(UserPoolId=pool_id, GroupName="readers", Username="nobody")


def test_lists_come_by_page_each_entry_once(cognito: Any, pool_id: str) -> None:
    names = [make_group(cognito, pool_id, f"group-{number}") for number in range(5)]
    users = [make_user(cognito, pool_id, f"user-{number}") for number in range(5)]
    for name in names:
        cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName=name, Username="user-0")
    for user in users:
        cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="group-0", Username=user)

    def pages(operation: str, member: str, key: str, **more: str) -> list[list[str]]:
        found = cognito.get_paginator(operation).paginate(UserPoolId=pool_id, PaginationConfig={"PageSize": 2}, **more)
        return [[item[key] for item in page[member]] for page in found]

    by_twos = [names[:2], names[2:4], names[4:]]
    assert pages("list_groups", "Groups", "GroupName") == by_twos
    assert pages("admin_list_groups_for_user", "Groups", "GroupName", Username="user-0") == by_twos
    assert pages("list_users_in_group", "Users", "Username", GroupName="group-0") == [users[:2], users[2:4], users[4:]]


def test_the_last_page_that_is_full_has_no_token(cognito: Any, pool_id: str) -> None:
    for number in range(2):
        make_group(cognito, pool_id, f"group-{number}")

    assert "NextToken" not in cognito.list_groups(UserPoolId=pool_id, Limit=2)


@pytest.mark.parametrize("token", ["junk", "a" * 200, "é", "=="])
def test_a_token_that_was_not_given_is_refused(cognito: Any, pool_id: str, token: str) -> None:
    with refused("InvalidParameterException", "Invalid pagination token."):
        cognito.list_groups(UserPoolId=pool_id, NextToken=token)


def test_a_token_of_another_pool_or_after_an_hour_is_refused(cloud: Any, cognito: Any, pool_id: str) -> None:
    for number in range(2):
        make_group(cognito, pool_id, f"group-{number}")
    token = cognito.list_groups(UserPoolId=pool_id, Limit=1)["NextToken"]

    with refused("InvalidParameterException", "Invalid pagination token."):
        cognito.list_groups(UserPoolId=make_pool(cognito), NextToken=token)
    cloud.clock.advance(timedelta(hours=1))
    with refused("InvalidParameterException", "Pagination token has expired."):
        cognito.list_groups(UserPoolId=pool_id, NextToken=token)


def test_a_limit_of_zero_is_refused(cognito: Any, pool_id: str) -> None:
    message = (
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    with refused("InvalidParameterException", message):
        cognito.list_groups(UserPoolId=pool_id, Limit=0)


def test_a_user_is_in_a_hundred_groups_at_most(cognito: Any, pool_id: str) -> None:
    make_user(cognito, pool_id, "ann")
    for number in range(101):
        make_group(cognito, pool_id, f"group-{number}")
    for number in range(100):
        cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName=f"group-{number}", Username="ann")

    cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="group-0", Username="ann")
    with refused("InvalidParameterException", "User cannot be in more than 100 groups."):
        cognito.admin_add_user_to_group(UserPoolId=pool_id, GroupName="group-100", Username="ann")
