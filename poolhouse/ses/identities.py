"""Addresses and domains that mails may come from.

On AWS a link in a mail, or a record in the DNS, verifies them; here they are verified when they are made.
https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

import base64
import secrets
from collections.abc import Mapping
from email.utils import parseaddr

from poolhouse.call import Call
from poolhouse.ses.entities import EmailIdentity
from poolhouse.store import Store


def named(text: str) -> str:
    """An identity's name as it is kept: domains know no capitals, and a display name is no part of it."""
    address = parseaddr(text)[1] if "@" in text else text
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def find(store: Store, name: str) -> EmailIdentity | None:
    """The identity of this very name."""
    return store.email_identities.find(name=named(name))


def behind(store: Store, sender: str) -> EmailIdentity | None:
    """The identity a sender is verified by: the address itself, or the nearest domain it is in; None for none."""
    address = named(sender)
    domain = address.rpartition("@")[2]
    labels = domain.split(".")
    names = [address, *(".".join(labels[start:]) for start in range(len(labels)))]
    return next((one for name in names if (one := store.email_identities.find(name=name)) is not None), None)


def of_sender(store: Store, sender: str) -> str:
    """The name of the identity that sending is decided on; the address itself where it is not verified."""
    identity = behind(store, sender)
    return named(sender) if identity is None else identity.name


def verify(call: Call, name: str, tags: Mapping[str, str] | None = None) -> EmailIdentity:
    """The identity of this name, new or as it was."""
    with call.store.write() as tx:
        identity = tx.email_identities.find(name=named(name))
        if identity is None:
            token = base64.b64encode(secrets.token_bytes(32)).decode()
            identity = EmailIdentity(named(name), call.now, token, dict(tags or {}))
            tx.email_identities.add(identity)
    return identity


def remove(call: Call, name: str) -> bool:
    """Forget an identity; whether it was there."""
    with call.store.write() as tx:
        identity = tx.email_identities.find(name=named(name))
        if identity is not None:
            tx.email_identities.remove(name=identity.name)
    return identity is not None


def listed(store: Store) -> list[EmailIdentity]:
    """All of them, by name."""
    return store.email_identities.list(order=("name",))
