"""Settings of a pool, or of one of its app clients, that operations of their own set: found, replaced."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import Configuration

RISK = "risk"
UI = "ui"
LOGS = "logs"
SESSIONS = "sessions"


def find(call: Call, pool_id: str, kind: str, client_id: str = "") -> Configuration | None:
    """What was set for the pool, or with `client_id` for that app client alone; None when nothing was."""
    return call.store.configurations.find(pool_id=pool_id, kind=kind, client_id=client_id)


def put(call: Call, pool_id: str, kind: str, client_id: str, settings: Mapping[str, Any]) -> Configuration:
    """Set it anew. A write block of its own."""
    with call.store.write() as tx:
        before = tx.configurations.find(pool_id=pool_id, kind=kind, client_id=client_id)
        created_at = call.now if before is None else before.created_at
        kept = Configuration(pool_id, kind, client_id, created_at, call.now, settings)
        tx.configurations.put(kept)
    return kept
