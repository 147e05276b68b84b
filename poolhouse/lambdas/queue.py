"""Functions as other services see them: asked whether they may be told, and told with the change they are told of."""

from collections.abc import Callable
from datetime import datetime

from poolhouse.lambdas.functions import Functions
from poolhouse.store import Tx


class FunctionQueue:
    """The functions of a cloud as services see them: an event is kept together with what it is about."""

    def __init__(self, functions: Functions, clock: Callable[[], datetime]) -> None:
        self._functions, self._clock = functions, clock

    def check_permitted(self, function_arn: str, *, service: str, source_arn: str) -> None:
        """Raise InvokeRefused where a service may not invoke a function for this resource."""
        self._functions.check_permitted(function_arn, service=service, source_arn=source_arn)

    def put(self, tx: Tx, function_arn: str, payload: bytes) -> None:
        """Queue an event inside a write block."""
        self._functions.later.put(tx, function_arn, payload)

    def wake(self) -> None:
        """Look at the queue."""
        self._functions.later.wake()

    def now(self) -> datetime:
        """The cloud's time."""
        return self._clock()
