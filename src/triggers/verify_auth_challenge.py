"""VerifyAuthChallengeResponse: whether an answer is the code that was mailed."""

from datetime import UTC, datetime
from typing import Any

from shared import aws, edge, sign_in_codes
from shared.sign_in_codes import Challenge

aws.hurried("dynamodb")  # while Lambda starts the function, which is quicker than during its first sign-in


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Say whether it is, and use the code up; every answer counts as a try."""
    request = event["request"]
    challenge = Challenge(**request["privateChallengeParameters"])
    answer = "".join(str(request["challengeAnswer"]).split())  # people write codes in groups
    is_right = sign_in_codes.consume(challenge, event["userName"], answer, now=datetime.now(UTC))
    event["response"]["answerCorrect"] = is_right and not request.get("userNotFound")
    return event
