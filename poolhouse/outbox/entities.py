"""A mail, an SMS or a notification to a device, as it is kept."""

from datetime import datetime

from msgspec import Struct


class Message(Struct, frozen=True):
    """One message that AWS would have sent. `medium` is "EMAIL", "SMS" or "PUSH".

    `code` and `link` are what a person would take from it.
    """

    id: str
    to: str
    medium: str
    subject: str
    body: str
    trigger_source: str
    pool: str
    username: str
    sent_at: datetime
    code: str = ""
    link: str = ""
