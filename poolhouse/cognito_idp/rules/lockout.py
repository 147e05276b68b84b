"""How long wrong passwords shut a user out.

Cognito developer guide, "Lockout behavior for failed sign-in attempts": after five wrong passwords one second, twice as
long with each further one, up to about fifteen minutes; tries while shut out neither count nor extend it; fifteen quiet
minutes, or the right password, start it afresh.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from poolhouse.cognito_idp.entities import Attempts

KIND = "password"
_FREE = 5
_LONGEST = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(minutes=15)


def is_locked(attempts: Attempts | None, now: datetime) -> bool:
    """Whether the user is shut out now."""
    return attempts is not None and attempts.locked_until is not None and now < attempts.locked_until


def after_wrong_password(attempts: Attempts | None, pool_id: str, username: str, now: datetime) -> Attempts:
    """The record once another password was wrong."""
    if attempts is None or now - attempts.last_at >= _FORGOTTEN_AFTER:
        return Attempts(pool_id, username, KIND, count=1, since=now, last_at=now)
    count = attempts.count + 1
    return replace(attempts, count=count, last_at=now, locked_until=_locked_until(count, now))


def _locked_until(count: int, now: datetime) -> datetime | None:
    if count < _FREE:
        return None
    doublings = min(count - _FREE, 10)  # 2^10 s is already past the longest
    return now + min(timedelta(seconds=2**doublings), _LONGEST)
