"""The temporary keys of functions' execution roles, as Lambda's own AssumeRole would give them: one set a function.

What is kept is an ordinary AccessKey of a role session, so that the wire verifies what a function signs and holds it
to its role's policies.
"""

import base64
import secrets
import string
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from poolhouse.lambdas.entities import Function
from poolhouse.principal import RoleSession
from poolhouse.store import Store
from poolhouse.wire.entities import SEAL_PURPOSE, AccessKey

_TTL = timedelta(hours=12)
_RENEW_BEFORE = timedelta(hours=1)  # a key handed out lives at least this long
_ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """Keys in the clear, on their way into a worker's environment and nowhere else."""

    id: str
    secret: str = field(repr=False)
    session_token: str = field(repr=False)
    principal_arn: str
    expires_at: datetime


class RoleKeyRing:
    """Issues each function's keys, and issues new ones before the old expire."""

    def __init__(
        self, store: Store, *, account_id: str, clock: Callable[[], datetime], role_id: Callable[[str], str]
    ) -> None:
        self._store = store
        self._role_id = role_id
        self._account_id = account_id
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, RoleKeys] = {}

    def get(self, function: Function) -> RoleKeys:
        """Keys that are good for an hour at least."""
        principal_arn = self._principal_arn(function)
        with self._lock:
            keys = self._keys.get(function.name)
            fresh_at = self._clock() + _RENEW_BEFORE
            if keys is None or keys.expires_at < fresh_at or keys.principal_arn != principal_arn:
                keys = self._keys[function.name] = self._issue(function, principal_arn)
            return keys

    def remove(self, function: Function) -> None:
        """Forget every key of a function: what it signs from now on is refused."""
        with self._lock:
            self._keys.pop(function.name, None)
        with self._store.write() as tx:
            tx.access_keys.remove(principal_arn=self._principal_arn(function))

    def _principal_arn(self, function: Function) -> str:
        """The role session's name is the function's, as on Lambda."""
        role = function.role_arn.rpartition("/")[2]
        return f"arn:aws:sts::{self._account_id}:assumed-role/{role}/{function.name}"

    def _issue(self, function: Function, principal_arn: str) -> RoleKeys:
        now = self._clock()
        user_id = f"{self._role_id(function.role_arn)}:{function.name}"
        keys = RoleKeys(
            id="ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
            secret=base64.b64encode(secrets.token_bytes(30)).decode(),
            session_token=base64.b64encode(secrets.token_bytes(192)).decode(),
            principal_arn=principal_arn,
            expires_at=now + _TTL,
        )
        kept = AccessKey(
            id=keys.id,
            sealed_secret=self._store.sealer.seal(keys.secret.encode(), SEAL_PURPOSE),
            kind="role_session",
            principal_arn=principal_arn,
            account_id=self._account_id,
            session_token_digest=self._store.sealer.digest(keys.session_token),
            expires_at=keys.expires_at,
            user_id=user_id,
            session=RoleSession(function.role_arn, user_id, now),
        )
        with self._store.write() as tx:
            for old in tx.access_keys.list(principal_arn=principal_arn):
                if old.expires_at is not None and old.expires_at <= now:
                    tx.access_keys.remove(id=old.id)
            tx.access_keys.add(kept)
        return keys
