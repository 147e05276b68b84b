from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from shared.errors import TryAgain
from tests.service_support import CONTEXT, USER, Event, Handler, event

Aws = Callable[[str], Any]


@pytest.fixture
def aws(local_aws: Aws) -> Aws:
    return local_aws


@pytest.fixture
def post_confirmation(aws: Aws) -> Handler:
    from triggers.post_confirmation import lambda_handler  # noqa: PLC0415 - it makes its clients when it is imported

    return lambda_handler


@pytest.fixture
def confirmed(aws: Aws) -> Event:
    """The event of a user who is there, in a pool with the group."""
    cognito = aws("cognito-idp")
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    cognito.create_group(UserPoolId=pool, GroupName="free")
    cognito.admin_create_user(UserPoolId=pool, Username=USER)
    return event("post_confirmation") | {"userPoolId": pool}


def groups(aws: Aws, of: Event) -> list[str]:
    answer = aws("cognito-idp").admin_list_groups_for_user(UserPoolId=of["userPoolId"], Username=USER)
    return [group["GroupName"] for group in answer["Groups"]]


def profiles(aws: Aws) -> list[Any]:
    return list(aws("dynamodb").scan(TableName="ProfilesTable")["Items"])


def test_who_has_confirmed_is_in_the_group_free_and_has_a_profile(
    aws: Aws, post_confirmation: Handler, confirmed: Event
) -> None:
    answer = post_confirmation(confirmed, CONTEXT)

    assert answer == confirmed
    assert groups(aws, confirmed) == ["free"]
    (profile,) = profiles(aws)
    assert set(profile) == {"subject", "created_at"}
    assert profile["subject"] == {"S": USER}


def test_a_second_run_changes_nothing(aws: Aws, post_confirmation: Handler, confirmed: Event) -> None:
    post_confirmation(confirmed, CONTEXT)
    changed = {"subject": {"S": USER}, "created_at": {"S": "2020-01-01T00:00:00+00:00"}, "nickname": {"S": "Ann"}}
    aws("dynamodb").put_item(TableName="ProfilesTable", Item=changed)

    post_confirmation(confirmed, CONTEXT)

    assert profiles(aws) == [changed]
    assert groups(aws, confirmed) == ["free"]


def test_a_new_password_makes_nobody_a_member(aws: Aws, post_confirmation: Handler, confirmed: Event) -> None:
    post_confirmation(confirmed | {"triggerSource": "PostConfirmation_ConfirmForgotPassword"}, CONTEXT)

    assert (groups(aws, confirmed), profiles(aws)) == ([], [])


def test_what_went_wrong_is_logged_by_its_code_and_told_to_nobody(
    aws: Aws, post_confirmation: Handler, log: StringIO
) -> None:
    with pytest.raises(TryAgain, match=r"^Something went wrong, try again in a moment$"):
        post_confirmation(event("post_confirmation"), CONTEXT)

    written = log.getvalue()
    assert '"error_code":"ResourceNotFoundException"' in written
    assert '"operation":"AdminAddUserToGroup"' in written
    assert '"place":"shared.memberships:' in written
    assert "anna" not in written
