"""The pool: warm workers for each function, more of them for concurrent calls up to the limits, fewer when idle."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from poolhouse.lambdas.entities import Function
from poolhouse.lambdas.errors import TooManyRequestsException
from poolhouse.lambdas.process import Worker

_KEYS_LEFT = timedelta(minutes=15)  # the longest a function may run

_CLOSED = "the functions are closed"


@dataclass(frozen=True, slots=True)
class Limits:
    """`concurrency`: invocations at once of all functions without a reservation of their own. On AWS it is 1,000."""

    concurrency: int = 100
    idle_seconds: float = 300.0
    init_seconds: float = 10.0  # before a function's own timeout begins


class Workers:
    """Workers by function, and by the version they run as. `start` makes one for a function on a state of its code."""

    def __init__(
        self, start: Callable[[Function, int], Worker], *, clock: Callable[[], datetime], limits: Limits
    ) -> None:
        self._start = start
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: defaultdict[str, dict[str, list[Worker]]] = defaultdict(lambda: defaultdict(list))
        self._busy: set[Worker] = set()
        self._running: Counter[str] = Counter()
        self._unreserved = 0
        self._generation: Counter[str] = Counter()
        self._timer: threading.Timer | None = None
        self._is_closed = False

    def enter(self, function: Function) -> None:
        """Count one more invocation of a function. Raises TooManyRequestsException past a limit."""
        reserved = function.reserved_concurrency
        with self._lock:
            if self._is_closed:
                raise RuntimeError(_CLOSED)
            if reserved is not None and self._running[function.name] >= reserved:
                raise TooManyRequestsException(is_reserved=True)
            if reserved is None and self._unreserved >= self._limits.concurrency:
                raise TooManyRequestsException(is_reserved=False)
            self._running[function.name] += 1
            self._unreserved += reserved is None

    def leave(self, function: Function) -> None:
        """Count it no more."""
        with self._lock:
            self._running[function.name] -= 1
            self._unreserved -= function.reserved_concurrency is None

    def take(self, function: Function, fingerprint: int) -> Worker:
        """A worker for this function on this code: the one used last, or a new one. Raises OSError if none starts."""
        while True:
            with self._lock:
                idle = self._idle[function.name][function.version]
                worker = idle.pop() if idle else None
                if worker is None:
                    break
                if self._is_fit(worker, function, fingerprint):
                    self._busy.add(worker)
                    return worker
            worker.kill()
        generation = self._generation[function.name]
        worker = self._start(function, fingerprint)
        worker.generation = generation
        with self._lock:
            is_late = self._is_closed
            self._busy.add(worker)
        if is_late:
            self.discard(worker)
            raise RuntimeError(_CLOSED)
        return worker

    def give_back(self, worker: Worker) -> None:
        """The worker is idle, and may be taken again."""
        worker.idle_since = time.monotonic()
        name = worker.function.name
        with self._lock:
            self._busy.discard(worker)
            is_kept = not self._is_closed and worker.generation == self._generation[name]
            if is_kept:
                self._idle[name][worker.function.version].append(worker)
                self._watch()
        if not is_kept:
            worker.kill()

    def discard(self, worker: Worker) -> None:
        """The worker is of no more use."""
        with self._lock:
            self._busy.discard(worker)
        worker.kill()

    def retire(self, name: str) -> None:
        """End a function's workers: idle ones now, busy ones when they have answered."""
        with self._lock:
            self._generation[name] += 1
            idle = [worker for workers in self._idle.pop(name, {}).values() for worker in workers]
        for worker in idle:
            worker.kill()

    def close(self) -> None:
        """End every worker now; invocations under way fail."""
        with self._lock:
            self._is_closed = True
            idle = [worker for workers in self._idle_lists() for worker in workers]
            self._idle.clear()
            busy = list(self._busy)
            if self._timer is not None:
                self._timer.cancel()
        for worker in idle:
            worker.kill()
        for worker in busy:
            worker.end()

    def _is_fit(self, worker: Worker, function: Function, fingerprint: int) -> bool:
        return (
            (worker.function is function or worker.function == function)
            and worker.fingerprint == fingerprint
            and worker.keys_expire_at - self._clock() > _KEYS_LEFT
        )

    def _idle_lists(self) -> list[list[Worker]]:
        return [workers for versions in self._idle.values() for workers in versions.values()]

    def _watch(self) -> None:
        """See to it that idle workers are looked at when the first of them may have been idle long enough."""
        if self._timer is None and self._limits.idle_seconds:
            self._timer = threading.Timer(self._limits.idle_seconds, self._retire_idle)
            self._timer.daemon = True
            self._timer.start()

    def _retire_idle(self) -> None:
        kept_since = time.monotonic() - self._limits.idle_seconds
        with self._lock:
            old = [w for workers in self._idle_lists() for w in workers if w.idle_since <= kept_since]
            for workers in self._idle_lists():
                workers[:] = [w for w in workers if w.idle_since > kept_since]
            self._timer = None
            if any(self._idle_lists()) and not self._is_closed:
                self._watch()
        for worker in old:
            worker.kill()
