"""Keeps the garbage collector from stopping every request: its full rounds look at all there is.

The models of AWS's services and moto's modules are a million objects that stay: a round over them takes a fifth of a
second, and comes every few hundred requests. So what has survived a long round is not looked at in the next ones. It
is freed as everything is, when nobody refers to it any more; only cycles made of it stay.
https://docs.python.org/3/library/gc.html#gc.freeze
"""

import gc
import time
from typing import Any

_LONG = 0.03  # seconds


def keep_short() -> None:
    """From now on, in this process."""
    gc.callbacks.append(_Rounds())


class _Rounds:
    def __init__(self) -> None:
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:  # noqa: ARG002 - what gc.callbacks calls it with
        if phase == "start":
            self._began = time.perf_counter()
        elif time.perf_counter() - self._began > _LONG:
            gc.freeze()
