"""Groups that a trigger puts users into, in the pool its event names.

Apart from `user_pool`, whose models a trigger has no time to load.
"""

from shared import aws


def join(pool_id: str, username: str, group: str) -> None:
    """Make a user a member of a group; nothing changes when they are one already."""
    aws.hurried("cognito-idp").admin_add_user_to_group(UserPoolId=pool_id, Username=username, GroupName=group)
