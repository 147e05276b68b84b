"""PostConfirmation: a new user's group and profile.

The user is confirmed by the time this runs, and stays so when it fails: what it does may be done again.
"""

from datetime import UTC, datetime
from typing import Any

from shared import aws, edge, memberships, profiles

GROUP = "free"

aws.hurried("cognito-idp")  # while Lambda starts the function, which is quicker than during its first call
aws.hurried("dynamodb")


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Make a confirmed sign-up a member of the group `free` with a profile; a new password changes nothing."""
    if event["triggerSource"] == "PostConfirmation_ConfirmSignUp":
        memberships.join(event["userPoolId"], event["userName"], GROUP)
        profiles.create(event["request"]["userAttributes"]["sub"], now=datetime.now(UTC))
    return event
