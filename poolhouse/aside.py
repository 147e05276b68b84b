"""What waits, and what works long, done aside, while the thread that serves goes on with other requests.

Requests are plain functions that run one after the other on the serving thread; threads of their own would spend more
time on handing Python's lock around than on the work (docs/decisions/0001-http-server.md). Two kinds of things may
not be done there: waiting, for a function's answer say, which goes to other threads, and long arithmetic, such as an
RSA signature, which goes to other processes. Their caller hands them over and is resumed with the result. The front
says how (front/fibers.py); where nobody serves, in a test or while a template is deployed, they are simply done.

Never inside `store.write()`, which bars it: other requests would meet the half-done transaction.
"""

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class HandOver(Protocol):
    """Have a function done elsewhere and come back with its result, or what it raised."""

    def __call__(self, function: Callable[[], object], *, is_work: bool) -> object: ...


class _Here(threading.local):
    hand_over: HandOver | None = None
    is_barred = False


_here = _Here()


def wait(function: Callable[[], Result]) -> Result:
    """The result of a function that waits; as many wait at once as there are requests."""
    return _done(function, is_work=False)


def work(function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """The result of a function that only computes; as many run at once as there are cores.

    It is called in another process, or here: all of it goes through pickle, so that a lambda does not.
    """
    return _done(functools.partial(function, *args, **kwargs), is_work=True)


def serve_with(hand_over: HandOver | None) -> None:
    """From now on this thread serves requests, and hands over by this; None when it no longer does."""
    _here.hand_over = hand_over


def bar(*, is_barred: bool) -> None:
    """Bar handing over in this thread, or allow it again."""
    _here.is_barred = is_barred


def _done(function: Callable[[], Result], *, is_work: bool) -> Result:
    if _here.is_barred:
        raise RuntimeError("nothing is done aside inside store.write()")
    hand_over = _here.hand_over
    return function() if hand_over is None else hand_over(function, is_work=is_work)  # type: ignore[return-value]
