"""CustomEmailSender: the pool's mails, sent through SES by ourselves.

Nobody waits for it: Lambda runs it apart from the sign-up or sign-in, and again, after a minute and after two more,
when it fails. A mail whose answer was lost is so sent twice, with the same code, which does no harm; none is lost for
a moment's failure.
"""

from html import unescape
from typing import Any

from shared import aws, edge, mail, messages, sealed_codes
from shared.config import settings

aws.hurried("ses", mail.region())  # while Lambda starts the function


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Open the code and mail it, in the person's language; a source that is not known is an error."""
    source = event["triggerSource"].removeprefix("CustomEmailSender_")
    attributes = event["request"]["userAttributes"]
    # A guess: with an address that waits for its proof, the attributes have the one the code is for
    email = attributes["email"]
    if source == "AccountTakeOverNotification":
        kind, code = "unusual_sign_in", ""  # what else it tells is not documented
    else:
        # Temporary passwords have < and > as HTML has them
        kind, code = messages.KINDS[source], unescape(sealed_codes.opened(event["request"]["code"]))
    if kind == "activation" and attributes.get("cognito:user_status") != "UNCONFIRMED":
        kind = "new_address"
    link = messages.activation_link(settings().activation_url, email, code) if kind == "activation" else ""
    message = messages.write(
        kind,
        name=attributes.get("name", ""),
        locale=attributes.get("locale", ""),
        code=code,
        username=email if kind == "invitation" else "",
        link=link,
    )
    mail.send(email, message)
    return event
