"""The temporary keys of functions' execution roles, as Lambda's own AssumeRole would give them: one set a function.

What is kept is an ordinary AccessKey of a role session, so that the wire verifies what a function signs and holds it
to its role's policies.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from poolhouse import temporary_keys
from poolhouse.lambdas.entities import Function
from poolhouse.principal import Principal, RoleSession
from poolhouse.store import Store
from poolhouse.temporary_keys import TemporaryKeys

_TTL = timedelta(hours=12)
_RENEW_BEFORE = timedelta(hours=1)  # a key handed out lives at least this long


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
        self._keys: dict[str, TemporaryKeys] = {}

    def get(self, function: Function) -> TemporaryKeys:
        """Keys that are good for an hour at least."""
        principal_arn = self._principal_arn(function)
        with self._lock:
            keys = self._keys.get(function.name)
            fresh_at = self._clock() + _RENEW_BEFORE
            if keys is None or keys.expires_at < fresh_at or keys.principal.arn != principal_arn:
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

    def _issue(self, function: Function, principal_arn: str) -> TemporaryKeys:
        now = self._clock()
        user_id = f"{self._role_id(function.role_arn)}:{function.name}"
        session = RoleSession(function.role_arn, user_id, now)
        principal = Principal("role_session", principal_arn, self._account_id, user_id=user_id, session=session)
        keys = temporary_keys.make(principal, now + _TTL)
        with self._store.write() as tx:
            temporary_keys.keep(self._store, tx, keys, now)
        return keys
