"""Whom other services tell: functions, queues and topics, asked whether they may be, told with the change itself."""

from collections.abc import Callable, Mapping
from datetime import datetime

from poolhouse.call import InvokeRefused
from poolhouse.lambdas.functions import Functions
from poolhouse.store import Tx

MaySend = Callable[[str, str, str], bool]
"""(queue or topic, service, source ARN) -> whether its policy lets the service send for this resource."""


class FunctionQueue:
    """Whom services tell of something: an event is kept together with what it is about."""

    def __init__(self, functions: Functions, clock: Callable[[], datetime], may_send: MaySend) -> None:
        self._functions, self._clock, self._may_send = functions, clock, may_send

    def check_permitted(self, target_arn: str, *, service: str, source_arn: str) -> None:
        """Raise InvokeRefused where a service may not tell a function, a queue or a topic for this resource."""
        if ":lambda:" in target_arn:
            self._functions.check_permitted(target_arn, service=service, source_arn=source_arn)
        elif not self._may_send(target_arn, service, source_arn):
            raise InvokeRefused("AccessDenied", f"{service} may not send to {target_arn}")

    def put(self, tx: Tx, target_arn: str, payload: bytes, attributes: Mapping[str, str] | None = None) -> None:
        """Queue an event inside a write block."""
        self._functions.later.put(tx, target_arn, payload, attributes)

    def wake(self) -> None:
        """Look at the queue."""
        self._functions.later.wake()

    def now(self) -> datetime:
        """The cloud's time."""
        return self._clock()
