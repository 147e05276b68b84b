"""Temporary keys as STS makes them: an access key, a secret and a session token, and what the session may do."""

import base64
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime

from poolhouse.principal import Principal
from poolhouse.store import Store, Tx
from poolhouse.wire.entities import SEAL_PURPOSE, AccessKey

_ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class TemporaryKeys:
    """Keys in the clear, on their way to whoever asked for them and nowhere else."""

    id: str
    secret: str = field(repr=False)
    session_token: str = field(repr=False)
    principal: Principal
    expires_at: datetime


def make(principal: Principal, expires_at: datetime) -> TemporaryKeys:
    """Keys for a principal, kept nowhere yet."""
    return TemporaryKeys(
        id="ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
        secret=base64.b64encode(secrets.token_bytes(30)).decode(),
        session_token=base64.b64encode(secrets.token_bytes(192)).decode(),
        principal=principal,
        expires_at=expires_at,
    )


def keep(store: Store, tx: Tx, keys: TemporaryKeys, now: datetime) -> None:
    """From now on the wire knows them. The principal's keys that have expired by now are forgotten."""
    principal = keys.principal
    for old in tx.access_keys.list(principal_arn=principal.arn):
        if old.expires_at is not None and old.expires_at <= now:
            tx.access_keys.remove(id=old.id)
    tx.access_keys.add(
        AccessKey(
            id=keys.id,
            sealed_secret=store.sealer.seal(keys.secret.encode(), SEAL_PURPOSE),
            kind=principal.kind,
            principal_arn=principal.arn,
            account_id=principal.account_id,
            session_token_digest=store.sealer.digest(keys.session_token),
            expires_at=keys.expires_at,
            user_id=principal.user_id,
            session=principal.session,
        )
    )
