"""SES, both APIs: mails by the identity they come from.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
"""

import email
import email.policy
from collections.abc import Sequence
from email.utils import parseaddr

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_NAMES = ("EmailIdentity", "EmailAddress", "Domain", "Identity")


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """Sending by its sender's identity, other operations by the identity they name."""
    if operation in ("SendEmail", "SendRawEmail"):
        return _sending(operation, params, scope)
    named = next((str(params[name]) for name in _NAMES if params.get(name)), "")
    resource = scope.arn("ses", f"identity/{named}") if named else "*"
    return [Asked(f"ses:{operation}", resource, tag_keys(params.get("Tags")))]


def _sending(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """A whole message is sent by ses:SendRawEmail, through the second API too.

    It is decided on whom the request names and on whom the message's own header names: both are its senders.
    """
    raw = params.get("RawMessage") or (params.get("Content") or {}).get("Raw")
    senders = [str(params.get("Source") or params.get("FromEmailAddress") or "")]
    if raw:  # read as the mail itself is, or another would be decided on than is sent
        message = email.message_from_bytes(raw.get("Data") or b"", policy=email.policy.default)
        senders += [str(value) for value in message.get_all("From", ())]
    action = "ses:SendRawEmail" if raw else f"ses:{operation}"
    return [_from(sender, action, params, scope) for sender in dict.fromkeys(filter(None, senders))] or [Asked(action)]


def _from(sender: str, action: str, params: Params, scope: Scope) -> Asked:
    name, address = parseaddr(sender)
    keys = {
        "ses:FromAddress": address,
        "ses:FromDisplayName": name or None,
        "ses:FeedbackAddress": params.get("ReturnPath") or params.get("FeedbackForwardingEmailAddress"),
        "ses:Recipients": _recipients(params),
        "ses:ApiVersion": "2" if "Content" in params else "1",
    }
    return Asked(action, scope.arn("ses", f"identity/{scope.mail_identity(sender)}"), keys)


def _recipients(params: Params) -> Sequence[str]:
    given = params.get("Destination") or {}
    listed = params.get("Destinations") or ()
    return [*(one for kind in ("To", "Cc", "Bcc") for one in given.get(f"{kind}Addresses") or ()), *listed]
