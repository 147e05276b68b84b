"""CustomSMSSender: the pool's short messages, sent through SNS by ourselves.

Run apart from whoever waits for the message, and again when it fails, as custom_email_sender is.
"""

from html import unescape
from typing import Any

from shared import aws, edge, messages, sealed_codes, sms

aws.hurried("sns")  # while Lambda starts the function


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Open the code and send it, in the person's language; a source that is not known is an error."""
    kind = messages.KINDS[event["triggerSource"].removeprefix("CustomSMSSender_")]
    attributes = event["request"]["userAttributes"]
    message = messages.write(
        kind,
        name=attributes.get("name", ""),
        locale=attributes.get("locale", ""),
        code=unescape(sealed_codes.opened(event["request"]["code"])),
        username=attributes.get("email", event["userName"]),
    )
    sms.send(attributes["phone_number"], message)
    return event
