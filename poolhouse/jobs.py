"""Long work that goes on after its request was answered, each in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

_log = logging.getLogger(__name__)


class Job:
    """What a job knows of the cloud around it."""

    def __init__(self, now: Callable[[], datetime], ending: threading.Event) -> None:
        self.now = now
        self._ending = ending

    @property
    def must_end(self) -> bool:
        """Whether the cloud ends or is reset: leave everything as it is, and return."""
        return self._ending.is_set()


class Jobs:
    """The jobs of one cloud."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ending = threading.Event()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def start(self, name: str, work: Callable[[Job], None]) -> None:
        """Begin a job. What it raises is logged."""
        job = Job(self._now, self._ending)

        def run() -> None:
            try:
                work(job)
            except Exception:  # noqa: BLE001 - the edge of a thread
                _log.exception("%s failed", name)
            finally:
                with self._lock:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def stop(self) -> None:
        """Have every job end, and wait for it; others may be started afterwards."""
        with self._lock:
            threads, ending = list(self._threads), self._ending
            self._ending = threading.Event()
        ending.set()
        for thread in threads:
            thread.join()
