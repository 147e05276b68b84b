"""How long wrong passwords lock."""

from datetime import UTC, datetime, timedelta

import pytest

from poolhouse.cognito_idp.entities import Attempts
from poolhouse.cognito_idp.rules import lockout

NOW = datetime(2026, 9, 24, tzinfo=UTC)


def after(count: int) -> Attempts:
    """The record after so many wrong passwords, each as soon as the lock allowed."""
    attempts, now = None, NOW
    for _ in range(count):
        if attempts is not None and attempts.locked_until is not None:
            now = attempts.locked_until
        attempts = lockout.after_wrong_password(attempts, "p", "u", now)
    assert attempts is not None
    return attempts


@pytest.mark.parametrize(("count", "seconds"), [(5, 1), (6, 2), (7, 4), (10, 32), (14, 512), (15, 900)])
def test_the_lock_doubles_up_to_fifteen_minutes(count: int, seconds: int) -> None:
    attempts = after(count)

    assert attempts.locked_until == attempts.last_at + timedelta(seconds=seconds)
    assert lockout.is_locked(attempts, attempts.last_at)
    assert not lockout.is_locked(attempts, attempts.last_at + timedelta(seconds=seconds))


def test_four_wrong_passwords_lock_nobody() -> None:
    assert not lockout.is_locked(after(4), NOW)
    assert not lockout.is_locked(None, NOW)


def test_fifteen_quiet_minutes_start_it_afresh() -> None:
    attempts = after(9)

    again = lockout.after_wrong_password(attempts, "p", "u", attempts.last_at + timedelta(minutes=15))

    assert again.count == 1
    assert again.locked_until is None
