"""Event source mappings: Lambda takes messages from a queue and runs a function with them.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html. Messages of a batch that succeeded are deleted; those of one
that failed come back when they are no longer hidden. Streams are not built yet.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from poolhouse.call import Invocation
from poolhouse.lambdas.entities import EventSourceMapping, Function
from poolhouse.lambdas.errors import LambdaError
from poolhouse.lambdas.functions import Functions
from poolhouse.store import Store

ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_WAIT = 0.5  # seconds between two looks at a queue to which nothing was sent
_log = logging.getLogger("poolhouse.functions")
May = Callable[[Function, str, str], bool]
"""(function, action, resource) -> whether its execution role may do that."""


class Message(Protocol):
    """A message as a queue hands it out."""

    @property
    def id(self) -> str: ...
    @property
    def receipt_handle(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...
    @property
    def message_attributes(self) -> Mapping[str, Any]: ...
    @property
    def md5(self) -> str: ...


class Queues(Protocol):
    """The queues of the cloud."""

    def receive(self, arn: str, most: int) -> Sequence[Message]: ...
    def delete(self, arn: str, receipt_handles: list[str]) -> None: ...
    def wait(self, seconds: float) -> None: ...


class EventSources:
    """The mappings of one cloud, each polled by a thread of its own."""

    def __init__(
        self, store: Store, functions: Functions, queues: Callable[[], Queues], may: May, *, region: str
    ) -> None:
        self._store, self._functions, self._queues, self._may = store, functions, queues, may
        self._region = region
        self._ending = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def put(self, mapping: EventSourceMapping) -> None:
        """Keep a mapping, new or changed, and poll for it."""
        with self._store.write() as tx:
            tx.event_source_mappings.put(mapping)
        self._start(mapping.uuid)

    def remove(self, uuid: str) -> None:
        """Poll no longer."""
        with self._store.write() as tx:
            tx.event_source_mappings.remove(uuid=uuid)

    def resume(self) -> None:
        """Poll for every mapping that is kept."""
        for mapping in self._store.event_source_mappings.list():
            self._start(mapping.uuid)

    def stop(self) -> None:
        """End every poll, and wait for it; others may be started afterwards."""
        with self._lock:
            ending, threads = self._ending, list(self._threads.values())
            self._ending, self._threads = threading.Event(), {}
        ending.set()
        for thread in threads:
            thread.join()

    def _start(self, uuid: str) -> None:
        with self._lock:
            known = self._threads.get(uuid)
            if known is None or not known.is_alive():
                ending = self._ending
                thread = threading.Thread(target=self._poll, args=(uuid, ending), name=f"poll {uuid}", daemon=True)
                self._threads[uuid] = thread
                thread.start()

    def _poll(self, uuid: str, ending: threading.Event) -> None:
        while not ending.is_set():
            mapping = self._store.event_source_mappings.find(uuid=uuid)
            if mapping is None or not mapping.is_enabled:
                return
            try:
                is_done = self._once(mapping)
            except RuntimeError:  # the cloud is ending
                return
            if not is_done:
                self._queues().wait(_WAIT)

    def _once(self, mapping: EventSourceMapping) -> bool:
        """Run the function with what there is; whether there was anything."""
        function = self._store.functions.find(name=mapping.function)
        if function is None:
            return False
        for action in ACTIONS:
            if not self._may(function, action, mapping.source_arn):
                _log.warning("%s: its role may not %s on %s", function.name, action, mapping.source_arn)
                return False
        messages = self._queues().receive(mapping.source_arn, mapping.batch_size)
        if not messages:
            return False
        records = [self._record(mapping, message) for message in messages]
        try:
            outcome = self._functions.invoke(function.arn, msgspec.json.encode({"Records": records}))
        except LambdaError:
            return True  # such as throttled: the messages come back by themselves
        failed = _failed(mapping, outcome)
        if failed is not None:
            done = [message.receipt_handle for message in messages if message.id not in failed]
            self._queues().delete(mapping.source_arn, done)
        return True

    def _record(self, mapping: EventSourceMapping, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": message.attributes,
            "messageAttributes": message.message_attributes,
            "md5OfBody": message.md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": mapping.source_arn,
            "awsRegion": self._region,
        }


def _failed(mapping: EventSourceMapping, outcome: Invocation) -> set[str] | None:
    """Which messages a function could not handle; None for all of them.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    if outcome.error is not None:
        return None
    if not mapping.reports_failures:
        return set()
    try:
        answer: Any = msgspec.json.decode(outcome.payload)
        listed = (answer or {}).get("batchItemFailures") or []
        failed = {one["itemIdentifier"] for one in listed}
    except (ValueError, AttributeError, TypeError, KeyError):
        return None
    return None if any(not isinstance(one, str) or not one for one in failed) else failed
