"""Key pairs for the clouds of one process: to make one takes longer than most tests."""

import itertools
import threading
from collections.abc import Callable

from poolhouse.jose import keys
from poolhouse.jose.keys import KeyPair

_made: list[KeyPair] = []
_making = threading.Lock()


def keys_of_a_cloud() -> Callable[[], KeyPair]:
    """What gives one cloud its key pairs: no pair twice to it, though the next cloud gets the same ones."""
    numbers = itertools.count()

    def next_key() -> KeyPair:
        number = next(numbers)
        with _making:
            while len(_made) <= number:
                _made.append(keys.generate())
        return _made[number]

    return next_key
