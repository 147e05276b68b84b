"""Threads for what requests hand over, in place of asyncio's executor, whose futures cost more than many a request.

A request may wait for a function that calls back into this cloud, so threads are added while all are busy.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_Work = tuple[Callable[[], object], "asyncio.Future[object]"]


class Workers:
    """Runs functions on threads for one event loop. Call from the loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: int = 256) -> None:
        self._loop = loop
        self._limit = limit
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._waiting = 0  # work handed over and not yet finished
        self._done: deque[tuple[asyncio.Future[object], object, BaseException | None]] = deque()
        self._is_called = False

    def run(self, function: Callable[[], Result]) -> "asyncio.Future[Result]":
        """The function's result or exception, in time."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting += 1
        if self._waiting > len(self._threads) < self._limit:
            self._add_thread()
        self._queue.put((function, future))  # type: ignore[arg-type]
        return future

    def close(self) -> None:
        """Let the threads end when they have finished what was handed over."""
        for _ in self._threads:
            self._queue.put(None)

    def _add_thread(self) -> None:
        # Daemons: a function that never returns must not keep the process.
        thread = threading.Thread(target=self._work, name=f"aside-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            function, future = work
            try:
                self._done.append((future, function(), None))
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
                self._done.append((future, None, error))
            # One wake-up of the loop serves all that finished until it comes.
            if not self._is_called:
                self._is_called = True
                self._wake()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:  # the loop is closed, and nobody waits any more
            self._done.clear()

    def _deliver(self) -> None:
        self._is_called = False
        while self._done:
            future, result, error = self._done.popleft()
            self._waiting -= 1
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
