"""Requests as fibers: plain functions on the loop's thread that can be left in the middle and taken up again.

A request that hands something over (poolhouse/aside.py) is left until a thread or a process has done it; meanwhile the
loop serves others. `greenlet` keeps the place, as it does for SQLAlchemy's asyncio support.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from greenlet import GreenletExit, getcurrent, greenlet

from poolhouse import aside
from poolhouse.front.processes import Processes
from poolhouse.front.workers import Workers
from poolhouse.web import Request, Response

_Handle = Callable[[Request], Response]


class _Left(NamedTuple):
    """What a fiber is left for: a function to be done aside."""

    function: Callable[[], object]
    is_work: bool


class Fibers:
    """Runs requests on one loop's thread. Make it there."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting = Workers(loop)
        self._working = Processes(loop)
        self._idle: list[Any] = []  # a fiber's stack costs more than most requests: they are used again
        aside.serve_with(_hand_over)

    async def run(self, handle: _Handle, request: Request) -> Response:
        """The answer to a request. Raises what `handle` raises."""
        fiber = self._idle.pop() if self._idle else _started()
        told: Any = fiber.switch((handle, request))
        while isinstance(told, _Left):
            others = self._working if told.is_work else self._waiting
            try:
                result = await others.run(told.function)
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is wanted
                told = fiber.throw(error)
            else:
                told = fiber.switch(result)
        self._idle.append(fiber)
        if isinstance(told, BaseException):
            raise told
        response: Response = told
        return response

    def close(self) -> None:
        """Let the threads and processes end."""
        aside.serve_with(None)
        self._waiting.close()
        self._working.close()


def _started() -> Any:
    """A fiber that takes requests, one after the other."""
    fiber = greenlet(_take_requests)
    fiber.switch()
    return fiber


def _take_requests() -> None:
    parent = getcurrent().parent
    assert parent is not None  # noqa: S101 - the loop's own
    answer: Response | BaseException | None = None
    while True:
        handle, request = parent.switch(answer)
        try:
            answer = handle(request)
        except GreenletExit:
            raise
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is wanted
            answer = error


def _hand_over(function: Callable[[], object], *, is_work: bool) -> object:
    parent = getcurrent().parent
    if parent is None:  # not in a request: nobody would take it up again
        return function()
    return parent.switch(_Left(function, is_work))
