"""Cognito: the one place that calls it."""

from shared import aws


def add_to_group(pool_id: str, username: str, group: str) -> None:
    """Make a user a member of a group; nothing changes when they are one already."""
    aws.client("cognito-idp").admin_add_user_to_group(UserPoolId=pool_id, Username=username, GroupName=group)
