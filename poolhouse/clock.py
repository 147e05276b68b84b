"""The cloud's time: the machine's, moved by a distance that tests and `POST /_poolhouse/clock` choose."""

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that can be moved. Calling it gives aware UTC."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._fixed: datetime | None = None

    def __call__(self) -> datetime:
        return (self._fixed or datetime.now(UTC)) + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Move the clock; the time it shows from now on. Raises OverflowError past the calendar's end."""
        with self._lock:
            moved = self() + by
            self._offset += by
        return moved

    def stop(self, at: datetime) -> None:
        """Stand still at this time, until moved."""
        with self._lock:
            self._fixed, self._offset = at, timedelta()

    def reset(self) -> None:
        """Show the machine's time again."""
        with self._lock:
            self._fixed, self._offset = None, timedelta()
