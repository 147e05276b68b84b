"""DefineAuthChallenge: whether somebody who signs in by a mailed code is asked for it, is in, or has failed."""

from typing import Any

from shared.observability import LambdaContext, logger

CHALLENGE = "CUSTOM_CHALLENGE"
MAX_TRIES = 3  # as sign_in_codes counts them, which would load botocore


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Ask for the code, three times at most; nothing but the right answer to it issues tokens."""
    rounds = event["request"].get("session") or []
    is_ours = all(one["challengeName"] == CHALLENGE for one in rounds)  # SRP_A and the like have no place in it
    is_right = is_ours and bool(rounds) and rounds[-1]["challengeResult"] is True
    is_over = not is_ours or (len(rounds) >= MAX_TRIES and not is_right)
    event["response"] |= {
        "issueTokens": is_right and not event["request"].get("userNotFound"),
        "failAuthentication": is_over,
    }
    if not (is_right or is_over):
        event["response"]["challengeName"] = CHALLENGE
    return event
