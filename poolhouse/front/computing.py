"""The other end of front/processes.py: makes the calls that come in at stdin, until nobody is there to send any.

A message is its length in four bytes and a pickle: in, a function to call; out, its result and what it raised, one of
them None. The first message out is empty and says that calls are waited for.
"""

import contextlib
import os
import pickle
import signal
from collections.abc import Callable

_LENGTH_BYTES = 4


def framed(message: bytes) -> bytes:
    """A message as it is sent."""
    return len(message).to_bytes(_LENGTH_BYTES, "big") + message


def unframed(received: bytearray) -> bytes | None:
    """The first message received, which is taken out; None while it is not there whole."""
    end = _LENGTH_BYTES + int.from_bytes(received[:_LENGTH_BYTES], "big")
    if len(received) < max(end, _LENGTH_BYTES):
        return None
    message = bytes(received[_LENGTH_BYTES:end])
    del received[:end]
    return message


def outcome(function: Callable[[], object]) -> tuple[object, Exception | None]:
    """What the call gives, and what it raises."""
    try:
        return function(), None
    except Exception as error:  # noqa: BLE001 - it is raised where the result is wanted
        return None, error


def main() -> None:
    """Compute until nobody is there to send or to be answered."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the cloud, which ends this one when it ends
    with contextlib.suppress(ConnectionError):
        _compute()


def _compute() -> None:
    received = bytearray()
    _send(b"")
    while data := os.read(0, 65536):
        received += data
        while (message := unframed(received)) is not None:
            function = pickle.loads(message)  # noqa: S301 - of the process that started this one
            _send(pickle.dumps(outcome(function), pickle.HIGHEST_PROTOCOL))


def _send(message: bytes) -> None:
    left = memoryview(framed(message))
    while left:
        left = left[os.write(1, left) :]


if __name__ == "__main__":
    main()
