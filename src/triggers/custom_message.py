"""CustomMessage: the text of every mail, in the person's language."""

from typing import Any

from shared import messages
from shared.config import settings
from shared.observability import LambdaContext, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Write subject and text; an event returned as it came means Cognito's own text."""
    kind = messages.KINDS.get(event["triggerSource"].removeprefix("CustomMessage_"))
    attributes = event["request"]["userAttributes"]
    if kind is None or (kind == "activation" and attributes.get("cognito:user_status") != "UNCONFIRMED"):
        return event

    code = event["request"]["codeParameter"]
    message = messages.write(
        kind,
        name=attributes.get("name", ""),
        locale=attributes.get("locale", ""),
        code=code,
        username=event["request"].get("usernameParameter") or "",
        link=messages.activation_link(settings().activation_url, attributes["email"], code)
        if kind == "activation"
        else "",
    )
    event["response"] |= {
        "emailSubject": message.subject,
        "emailMessage": message.html,
        "smsMessage": message.text,
    }
    return event
