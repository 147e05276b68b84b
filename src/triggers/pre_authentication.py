"""PreAuthentication: who is barred from signing in.

It runs before the password is checked, so its refusal must not tell more than that: not why, nor until when.
"""

from datetime import UTC, datetime
from typing import Any

from shared import aws, edge, sign_ins
from shared.errors import SignInRefused
from shared.observability import count, logger

aws.hurried("dynamodb")  # while Lambda starts the function, which is quicker than during its first sign-in


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Let the sign-in go on, or raise: Cognito answers `PreAuthentication failed with error <message>.`"""
    # Asked for unknown users too, who take as long as known ones
    if sign_ins.is_blocked(event["userName"], now=datetime.now(UTC)):
        logger.info("sign-in refused", subject=(event["request"].get("userAttributes") or {}).get("sub"))
        count("SignInRefused")
        raise SignInRefused
    return event
