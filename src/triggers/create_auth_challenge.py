"""CreateAuthChallenge: a code to sign in with, by mail.

Whoever may not have one - nobody of that name, an address that was never verified, somebody who must reset their
password - is asked for it all the same, in the same words and the same time: theirs goes to nobody.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared import aws, edge, mail, messages, sign_in_codes
from shared.errors import CodeRefused
from shared.observability import count
from shared.sign_in_codes import Challenge

aws.hurried("dynamodb")  # while Lambda starts the function, which is quicker than during its first sign-in
aws.hurried("ses", mail.region())


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Send a code at the beginning of a sign-in; after a wrong answer the code that was sent still holds."""
    rounds = event["request"].get("session") or []
    challenge = _sent(event) if not rounds else Challenge(*rounds[-1]["challengeMetadata"].split())
    event["response"] |= {
        "publicChallengeParameters": {"medium": "EMAIL", "digits": str(sign_in_codes.DIGITS)},
        "privateChallengeParameters": {"id": challenge.id, "key": challenge.key},
        # The functions alone see it: it brings the challenge to the next round
        "challengeMetadata": f"{challenge.id} {challenge.key}",
    }
    return event


def _sent(event: Mapping[str, Any]) -> Challenge:
    username, now = event["userName"], datetime.now(UTC)
    attributes = event["request"].get("userAttributes") or {}
    if not sign_in_codes.may_have_another(username, now=now):
        count("SignInCodeRefused")
        raise CodeRefused
    challenge, code = sign_in_codes.make(username, now=now)
    message = messages.write("sign_in", name=attributes.get("name", ""), locale=attributes.get("locale", ""), code=code)
    may_have_it = not event["request"].get("userNotFound") and _is_reachable(attributes)
    mail.send(attributes["email"] if may_have_it else mail.NOBODY, message)
    return challenge


def _is_reachable(attributes: Mapping[str, str]) -> bool:
    is_verified = attributes.get("email_verified", "").lower() == "true"
    return is_verified and "email" in attributes and attributes.get("cognito:user_status") == "CONFIRMED"
