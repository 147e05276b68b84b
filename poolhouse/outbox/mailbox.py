"""Deliver a message into the store, and find the newest."""

from poolhouse.outbox.entities import Message
from poolhouse.store import Store

_NEWEST = 200


def deliver(store: Store, message: Message) -> None:
    """Keep a message; it is there when this returns."""
    with store.write() as tx:
        tx.messages.add(message)


def find(store: Store, *, to: str | None = None, limit: int = _NEWEST) -> list[Message]:
    """Messages, newest first, all or to one address or number."""
    if to is None:
        return store.messages.list(order=("sent_at",), descending=True, limit=limit)
    return store.messages.list(order=("sent_at",), descending=True, limit=limit, recipient=to)


def message_type(message: Message) -> dict[str, object]:
    """A message as `GET /_poolhouse/outbox` lists it."""
    return {
        "to": message.to,
        "medium": message.medium,
        "subject": message.subject,
        "body": message.body,
        "code": message.code,
        "link": message.link,
        "trigger_source": message.trigger_source,
        "pool": message.pool,
        "username": message.username,
        "sent_at": message.sent_at.isoformat(),
        "id": message.id,
    }
