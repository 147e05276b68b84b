"""Who mails may come from, as it is kept."""

from datetime import datetime

from msgspec import Struct


class EmailIdentity(Struct, frozen=True):
    """An address, or a domain with all below it. `token` is what a domain's DNS record would hold."""

    name: str
    created_at: datetime
    token: str
    tags: dict[str, str] = {}
