"""Forget what has expired: a few rows now and then, at the cost of a few microseconds."""

import itertools
from datetime import datetime, timedelta

from poolhouse.store import Tx

_EVERY = 64
_AT_ONCE = 256
_counter = itertools.count(1)

# Kept for a while, so that a client that comes late hears "expired" and not "invalid".
_KEPT_FOR = timedelta(days=1)


def now_and_then(tx: Tx, now: datetime) -> None:
    """Every so many times, remove what was good for a while and expired a day ago or more."""
    if next(_counter) % _EVERY:
        return
    before = now - _KEPT_FOR
    for table in (tx.challenge_sessions, tx.federated_sign_ins, tx.authorization_codes, tx.refresh_tokens):
        for limit in (1, _AT_ONCE):  # mostly not even the oldest has expired, and many would be read for nothing
            expired = [row for row in table.list(order=("expires_at",), limit=limit) if row.expires_at < before]
            for row in expired:
                table.remove(id=row.id)
            if not expired:
                break
