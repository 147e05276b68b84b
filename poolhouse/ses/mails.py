"""A mail, however it was handed in: checked, and put into the outbox once for each who gets it."""

import email
import email.policy
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from typing import Any

from poolhouse.call import Call
from poolhouse.errors import ApiError
from poolhouse.outbox.entities import Message
from poolhouse.ses import identities
from poolhouse.ses.errors import MessageRejected

_MOST_RECIPIENTS = 50  # https://docs.aws.amazon.com/ses/latest/dg/quotas.html
_HEADERS = ("To", "Cc", "Bcc")


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent. `senders` may have display names, and so may `recipients`; a whole message may name two senders."""

    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    subject: str
    body: str


def destination(given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """All the addresses of a Destination."""
    return tuple(one for kind in _HEADERS for one in given.get(f"{kind}Addresses") or ())


def simple(sender: str, to: tuple[str, ...], message: Mapping[str, Any]) -> Mail:
    """A mail given as subject and body: the outbox shows the HTML, where there is any."""
    body = message["Body"]
    text = body.get("Html") or body.get("Text") or {}
    return Mail((sender,), to, message["Subject"]["Data"], str(text.get("Data") or ""))


def raw(sender: str | None, to: Sequence[str], data: bytes, bad_request: type[ApiError]) -> Mail:
    """A whole MIME message; its headers say who sends and who gets it where the request does not.

    Raises `bad_request` for a message that names nobody.
    """
    message = email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)
    senders = [sender or "", *(str(value) for value in message.get_all("From", ()))]
    if not any(senders):
        raise bad_request("Missing required header 'From'.")
    told = [str(value) for name in _HEADERS for value in message.get_all(name, ())]
    found = tuple(to) or tuple(address for _, address in getaddresses(told) if address)
    part = message.get_body(("html", "plain"))
    text = "" if part is None else str(part.get_content())
    return Mail(tuple(dict.fromkeys(filter(None, senders))), found, str(message.get("Subject") or ""), text)


def send(call: Call, mail: Mail, bad_request: type[ApiError]) -> str:
    """Send a mail: it is in the outbox when this returns; its id.

    Raises MessageRejected for a sender that is not verified, and `bad_request` for addresses that are none.
    """
    if not mail.recipients:
        raise bad_request("Missing required header 'To'.")
    if len(mail.recipients) > _MOST_RECIPIENTS:
        raise bad_request(f"Recipient count exceeds {_MOST_RECIPIENTS}.")
    for address in (*mail.senders, *mail.recipients):
        _check_address(address, bad_request)
    unverified = [sender for sender in mail.senders if identities.behind(call.store, sender) is None]
    if unverified:
        raise MessageRejected(
            "Email address is not verified. The following identities failed the check in region "
            f"{call.region.upper()}: {', '.join(unverified)}"
        )
    with call.store.write() as tx:
        for recipient in dict.fromkeys(parseaddr(one)[1] for one in mail.recipients):
            tx.messages.add(_message(call, mail, recipient))
    return f"{int(call.now.timestamp() * 1000):016x}-{uuid.uuid4()}-000000"


def _check_address(address: str, bad_request: type[ApiError]) -> None:
    _, found = parseaddr(address)
    local, at, domain = found.rpartition("@")
    if not at or not domain:
        raise bad_request("Missing final '@domain'")
    if not local:
        raise bad_request("Missing local name")
    if any(character.isspace() or not character.isprintable() for character in found):
        raise bad_request("Local address contains control or whitespace")


def _message(call: Call, mail: Mail, recipient: str) -> Message:
    return Message(
        id=str(uuid.uuid4()),
        to=recipient,
        medium="EMAIL",
        subject=mail.subject,
        body=mail.body,
        trigger_source="SES",
        pool="",
        username="",
        sent_at=call.now,
    )
