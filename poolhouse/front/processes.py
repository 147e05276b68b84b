"""Processes that compute for requests, since on threads they would share Python's lock with what serves.

Each takes calls from a socket, one after the other, and sends back what they gave (front/computing.py is its end). They
start at the first need, since most clouds compute little, and one more while all are busy. The serving thread computes
too: before one is ready, and, between other events, when all have enough in hand; cores that are all busy serve most.
What one that died had in hand is done again: what is sent only computes, and gives the same twice. They end after a
time without work, and with this process, however it ends.
"""

import asyncio
import logging
import os
import pickle
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from poolhouse.front import computing

Result = TypeVar("Result")

_IN_HAND = 4  # so much keeps a process busy while the serving thread is at something else
_AT_MOST = 4  # one serving thread cannot feed more
_log = logging.getLogger(__name__)


class _Job(NamedTuple):
    function: Callable[[], object]
    message: bytes
    future: "asyncio.Future[Any]"

    def do_here(self) -> None:
        if not self.future.done():
            self.settle(*computing.outcome(self.function))

    def settle(self, result: object, error: BaseException | None) -> None:
        if self.future.done():  # nobody waits any more
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class Processes:
    """Computes for one event loop. Call from the loop's thread only.

    At most `limit` processes, by default one for each core but the serving thread's; one that has had nothing to do
    for `idle_s` seconds ends.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: int | None = None, idle_s: float = 60) -> None:
        self.idle_s = idle_s
        self._loop = loop
        self._limit = min((os.cpu_count() or 1) - 1, _AT_MOST) if limit is None else limit
        self._left: deque[_Job] = deque()  # what is in no process's hand
        self._all: set[_Process] = set()
        self._ready: list[_Process] = []
        self._starting: asyncio.Task[None] | None = None
        self._is_helping = False
        self._is_closed = False

    def run(self, function: Callable[[], Result]) -> "asyncio.Future[Result]":
        """What the function gives or raises, in time. It, its result and its exceptions go through pickle.

        Raises what pickle raises for a function it cannot send.
        """
        message = computing.framed(pickle.dumps(function, pickle.HIGHEST_PROTOCOL))
        future: asyncio.Future[Result] = self._loop.create_future()
        if all(process.jobs for process in self._ready):
            self._start_one()
        self._left.append(_Job(function, message, future))
        self.hand_out()
        return future

    def close(self) -> None:
        """End the processes."""
        self._is_closed = True
        for process in tuple(self._all):
            process.end()

    def hand_out(self) -> None:
        """Give each process what it may have in hand; the rest is done here, when other events have had their turn."""
        while self._left and self._ready:
            process = min(self._ready, key=lambda one: len(one.jobs))
            if len(process.jobs) >= _IN_HAND:
                break
            process.send(self._left.popleft())
        if self._left and not self._is_helping:
            self._is_helping = True
            self._loop.call_soon(self._help)

    def on_ready(self, process: "_Process") -> None:
        """It waits for calls."""
        self._starting = None
        self._ready.append(process)

    def on_end(self, process: "_Process") -> None:
        """It takes no more calls, for whatever reason, and has not done what it has in hand."""
        self._all.discard(process)
        if process in self._ready:
            self._ready.remove(process)
        elif not self._is_closed:
            self._give_up("it ended before it was ready")
        self._left.extendleft(reversed(process.jobs))
        self.hand_out()

    def _help(self) -> None:
        self._is_helping = False
        self.hand_out()
        if self._left:
            self._left.popleft().do_here()

    def _start_one(self) -> None:
        if self._starting is None and len(self._ready) < self._limit and not self._is_closed:
            self._starting = self._loop.create_task(self._start())

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        here = str(Path(computing.__file__).parents[2])  # where this very package is
        path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
        with theirs:
            try:
                child = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-P", "-m", computing.__name__],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    env={**os.environ, "PYTHONPATH": path},
                )
            except OSError as error:
                ours.close()
                self._give_up(str(error))
                return
        process = _Process(self, self._loop, child)
        self._all.add(process)
        await self._loop.create_connection(lambda: process, sock=ours)

    def _give_up(self, why: str) -> None:
        """Do not try again what failed once: all of it can be done here, only slower."""
        _log.warning("Cannot start a process to compute in: %s.", why)
        self._starting, self._limit = None, 0


class _Process(asyncio.Protocol):
    """One process, and what it has in hand, in the order it was sent."""

    def __init__(self, processes: Processes, loop: asyncio.AbstractEventLoop, child: "subprocess.Popen[bytes]") -> None:
        self.jobs: deque[_Job] = deque()
        self._processes = processes
        self._loop = loop
        self._child = child
        self._transport: Any = None
        self._received = bytearray()
        self._is_ready = False
        self._used_at = 0.0

    def send(self, job: _Job) -> None:
        """Have this done."""
        self.jobs.append(job)
        self._used_at = self._loop.time()
        self._transport.write(job.message)

    def end(self) -> None:
        """End the process at once."""
        self._reap()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (message := computing.unframed(self._received)) is not None:
            if self._is_ready:
                result, error = pickle.loads(message)  # noqa: S301 - of our own process
                self.jobs.popleft().settle(result, error)
            else:
                self._is_ready = True
                self._used_at = self._loop.time()
                self._processes.on_ready(self)
                self._end_when_idle()
        self._processes.hand_out()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._reap()
        self._processes.on_end(self)

    def _reap(self) -> None:
        self._child.kill()
        self._child.wait()

    def _end_when_idle(self) -> None:
        if self._transport.is_closing():
            return
        left = self._used_at + self._processes.idle_s - self._loop.time()
        if left > 0 or self.jobs:
            self._loop.call_later(max(left, 0.1), self._end_when_idle)
        else:
            self.end()
