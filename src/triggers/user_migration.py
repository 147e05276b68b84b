"""UserMigration: people of the old directory come over when they sign in, or have lost their password.

Whom it does not take over it returns as they came, which to Cognito is the same as "nobody of that name": a wrong
password, an unknown address and one password too many are one answer, and take one time.
"""

from datetime import UTC, datetime
from typing import Any

from shared import aws, edge, legacy_users, password_hashes
from shared.legacy_users import LegacyUser

aws.hurried("dynamodb")  # while Lambda starts the function, which is quicker than during its first sign-in


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Answer who it is, when the password is right or they ask for a new one."""
    if event["triggerSource"] == "UserMigration_Authentication":
        user = _signed_in(event["userName"], event["request"]["password"])
    elif event["triggerSource"] == "UserMigration_ForgotPassword":
        user = legacy_users.find(event["userName"])
    else:
        user = None
    if user is None:
        return event

    # Without CONFIRMED they would have to choose a new password before they get in; without SUPPRESS they are welcomed
    event["response"] |= {
        "userAttributes": user.attributes,
        "finalUserStatus": "CONFIRMED",
        "messageAction": "SUPPRESS",
        "forceAliasCreation": False,
    }
    return event


def _signed_in(username: str, password: str) -> LegacyUser | None:
    may_try = legacy_users.may_try(username, now=datetime.now(UTC))
    user = legacy_users.find(username)
    encoded = user.password_hash if user else ""
    if user and not password_hashes.is_known(encoded):
        legacy_users.report_unknown_hash()
    is_right = password_hashes.verify(password, encoded)  # for nobody too
    return user if is_right and may_try else None
