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
    """Every so many times, remove challenge sessions and refresh tokens that expired a day ago or more."""
    if next(_counter) % _EVERY:
        return
    before = now - _KEPT_FOR
    for session in tx.challenge_sessions.list(order=("expires_at",), limit=_AT_ONCE):
        if session.expires_at >= before:
            break
        tx.challenge_sessions.remove(id=session.id)
    for token in tx.refresh_tokens.list(order=("expires_at",), limit=_AT_ONCE):
        if token.expires_at >= before:
            break
        tx.refresh_tokens.remove(id=token.id)
