"""The pool: warm workers for each function, more of them for concurrent calls up to the limits, fewer when idle.

Lambda starts an environment for every call that finds none idle. Here they all share one machine: a hundred that start
at once keep each other from it, and the workers that could answer in the meantime too. So as many start at once as
there are cores, and a call waits first whether a worker of its function is given back: for as long as a start took
last time, so that it waits twice the least it could have, whatever the function does, and longer where much is to do.
"""

import os
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from poolhouse.lambdas.entities import Function
from poolhouse.lambdas.errors import TooManyRequestsException
from poolhouse.lambdas.process import Worker

_KEYS_LEFT = timedelta(minutes=15)  # the longest a function may run

_CLOSED = "the functions are closed"
_PATIENCE = 0.1  # seconds a call waits at least for a busy worker before another is started
_SLOW_START = 2.0  # seconds after which a start, hung perhaps, keeps others waiting no longer
_LOOK_AGAIN = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """`concurrency`: invocations at once of all functions without a reservation of their own, as on AWS.

    `workers`: processes at once; who finds them all busy waits, `busy_seconds` at most.
    """

    concurrency: int = 1000
    workers: int = 100
    busy_seconds: float = 10.0
    idle_seconds: float = 300.0
    init_seconds: float = 10.0  # before a function's own timeout begins


class _Waiter:
    """A call that waits for a worker: it is woken when one is handed to it, or when it may start one."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.woken = threading.Event()
        self.worker: Worker | None = None


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
        self._starting: dict[_Waiter | Worker, tuple[str, float]] = {}  # by what starts: its function, and since when
        self._start_took: dict[str, float] = {}  # seconds, by function
        self._waiting: defaultdict[tuple[str, str], deque[_Waiter]] = defaultdict(deque)
        self._cores = os.cpu_count() or 1
        self._running: Counter[str] = Counter()
        self._unreserved = 0
        self._generation: Counter[str] = Counter()
        self._timer: threading.Timer | None = None
        self.is_closed = False

    def enter(self, function: Function) -> None:
        """Count one more invocation of a function. Raises TooManyRequestsException past a limit."""
        reserved = function.reserved_concurrency
        with self._lock:
            if self.is_closed:
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
        """A worker for this function on this code: the one used last, one that is given back, or a new one.

        Raises OSError if none starts, TooManyRequestsException if all there may be stay busy.
        """
        waiter = _Waiter()
        while True:
            with self._lock:
                if self.is_closed:
                    raise RuntimeError(_CLOSED)
                worker = self._found(function, waiter)
                if worker is None and self._may_start(function, waiter):
                    self._starting[waiter] = function.name, time.monotonic()
                    break
                if worker is None:
                    self._check_wait(waiter)
                    waiter.woken.clear()
                    self._waiting[_key(function)].append(waiter)
                elif self._is_fit(worker, function, fingerprint):
                    self._busy.add(worker)
                    return worker
                else:
                    self._busy.discard(worker)
            if worker is not None:
                worker.kill()
            else:
                self._wait(function, waiter)
        return self._started(function, fingerprint, waiter)

    def ready(self, worker: Worker) -> None:
        """The worker has started: another may."""
        with self._lock:
            if worker in self._starting:
                name, since = self._starting[worker]
                self._start_took[name] = time.monotonic() - since
            self._forget_start(worker)

    def give_back(self, worker: Worker) -> None:
        """The worker is idle, and may be taken again: by who has waited longest."""
        worker.idle_since = time.monotonic()
        name = worker.function.name
        with self._lock:
            is_kept = not self.is_closed and worker.generation == self._generation[name]
            waiting = self._waiting[_key(worker.function)]
            if is_kept and waiting:  # it stays busy
                waiter = waiting.popleft()
                waiter.worker = worker
                waiter.woken.set()
                return
            self._busy.discard(worker)
            if is_kept:
                self._idle[name][worker.function.version].append(worker)
                self._watch()
        if not is_kept:
            worker.kill()

    def discard(self, worker: Worker) -> None:
        """The worker is of no more use."""
        with self._lock:
            self._busy.discard(worker)
            self._forget_start(worker)
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
            self.is_closed = True
            idle = [worker for workers in self._idle_lists() for worker in workers]
            self._idle.clear()
            busy = list(self._busy)
            if self._timer is not None:
                self._timer.cancel()
            self._wake()
        for worker in idle:
            worker.kill()
        for worker in busy:
            worker.end()

    def _found(self, function: Function, waiter: _Waiter) -> Worker | None:
        """The worker that was handed to this call, or the idle one used last; to end it, another's in whose place."""
        worker, waiter.worker = waiter.worker, None
        idle = self._idle[function.name][function.version]
        if worker or idle:
            return worker or idle.pop()
        lists = [workers for workers in self._idle_lists() if workers]
        if not lists or self._alive() < self._limits.workers:
            return None
        return min(lists, key=lambda workers: workers[0].idle_since).pop(0)

    def _may_start(self, function: Function, waiter: _Waiter) -> bool:
        """Whether this call may start a worker now: see the module."""
        now = time.monotonic()
        starting = [name for name, since in self._starting.values() if now - since < _SLOW_START]
        if len(starting) >= self._cores or self._alive() >= self._limits.workers:
            return False
        is_first = function.name not in starting and all(one.function.name != function.name for one in self._busy)
        return is_first or now - waiter.began >= self._patience(function)

    def _patience(self, function: Function) -> float:
        """Seconds to wait for a busy worker."""
        return min(max(_PATIENCE, self._start_took.get(function.name, 0.0)), _SLOW_START)

    def _alive(self) -> int:
        not_made = sum(isinstance(one, _Waiter) for one in self._starting)
        return len(self._busy) + not_made + sum(map(len, self._idle_lists()))

    def _check_wait(self, waiter: _Waiter) -> None:
        if time.monotonic() - waiter.began >= self._limits.busy_seconds and self._alive() >= self._limits.workers:
            raise TooManyRequestsException(is_reserved=False)

    def _wait(self, function: Function, waiter: _Waiter) -> None:
        has_waited = time.monotonic() - waiter.began
        left = self._patience(function) - has_waited
        waiter.woken.wait(left if left > 0 else _LOOK_AGAIN)
        with self._lock:
            if waiter in self._waiting[_key(function)]:
                self._waiting[_key(function)].remove(waiter)

    def _started(self, function: Function, fingerprint: int, waiter: _Waiter) -> Worker:
        generation = self._generation[function.name]
        try:
            worker = self._start(function, fingerprint)
        except BaseException:
            with self._lock:
                self._forget_start(waiter)
            raise
        worker.generation = generation
        with self._lock:
            is_late = self.is_closed
            self._busy.add(worker)
            self._starting[worker] = self._starting.pop(waiter)
        if is_late:
            self.discard(worker)
            raise RuntimeError(_CLOSED)
        return worker

    def _forget_start(self, starting: _Waiter | Worker) -> None:
        if self._starting.pop(starting, None) is not None:
            self._wake()

    def _wake(self) -> None:
        """Have those look again who have waited longest, one of each function."""
        for waiting in self._waiting.values():
            if waiting:
                waiting[0].woken.set()

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
            if any(self._idle_lists()) and not self.is_closed:
                self._watch()
        for worker in old:
            worker.kill()


def _key(function: Function) -> tuple[str, str]:
    return function.name, function.version
