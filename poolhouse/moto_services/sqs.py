"""SQS: moto's queues, kept whole; waiting for messages is ours, so that nobody holds the others up meanwhile.

Times, such as how long a message stays hidden, go by the machine's clock.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from moto.sqs.models import Message, Queue

from poolhouse.moto_services.permissions import lets_in
from poolhouse.moto_services.whole import Lend, Whole
from poolhouse.store import Store
from poolhouse.web import Request, Response

_FIRST_ERROR = 400
_WAIT = "WaitTimeSeconds"
_LONGEST_WAIT = 20  # seconds
_LOOKS_EVERY = 0.25  # a message that was hidden or delayed comes back without a word
_WITH_URLS = frozenset({"CreateQueue", "GetQueueUrl", "ListQueues", "ListDeadLetterSourceQueues"})


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was received: as functions are told of it, with what deletes it."""

    id: str
    receipt_handle: str
    body: str
    attributes: Mapping[str, str]
    message_attributes: Mapping[str, Any]
    md5: str


class Sqs(Whole):
    """The queues of one account in one region. `origin` is where their URLs lead."""

    def __init__(self, store: Store, lend: Lend, service: str, *, account_id: str, region: str, origin: str) -> None:
        self._arrived = threading.Condition()
        self._own = f"https://sqs.{region}.amazonaws.com/".encode()
        self._origin = f"{origin}/".encode()
        super().__init__(store, lend, service, account_id=account_id, region=region)

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed is durable when this returns."""
        operation = self._operation(request)
        if operation != "ReceiveMessage":
            response = super().handle(request)
            with self._arrived:
                self._arrived.notify_all()
            return response
        params, at_once = _without_waiting(request)
        until = time.monotonic() + self._wait(params)
        response = super().handle(at_once)
        while response.status < _FIRST_ERROR and not _has_messages(response) and self._comes(params, until):
            response = super().handle(at_once)
        return response

    def _comes(self, params: Mapping[str, Any], until: float) -> bool:
        """Wait for a message of a queue; whether there is one before the time is over."""
        name = str(params.get("QueueUrl", "")).rpartition("/")[2]
        while (left := until - time.monotonic()) > 0:
            with self._lock:
                queue = self._backend.queues.get(name)
                if queue is None or queue.messages:
                    return True
            with self._arrived:
                self._arrived.wait(min(left, _LOOKS_EVERY))
        return False

    def policy(self, arn: str) -> str:
        """The policy of the queue of this ARN, as JSON; empty for none."""
        with self._lock:
            queue = self._queue(arn)
            return str(queue.policy or "") if queue is not None else ""

    def may_send(self, arn: str, service: str, source_arn: str) -> bool:
        """Whether the queue's policy lets a service send messages for this resource."""
        about = {"service": service, "source_arn": source_arn, "account_id": self._account_id}
        return lets_in(self.policy(arn), "sqs:SendMessage", arn, **about)

    def send(self, arn: str, body: str, attributes: Mapping[str, str] | None = None) -> None:
        """Put a message into a queue. Raises LookupError where there is none."""
        with self._changing():
            queue = self._queue(arn)
            if queue is None:
                raise LookupError(arn)
            typed = {
                name: {"DataType": "String", "StringValue": value}
                for name, value in (attributes or {}).items()
                if value
            }
            self._backend.send_message(queue.name, body, message_attributes=typed)
        with self._arrived:
            self._arrived.notify_all()

    def receive(self, arn: str, most: int) -> list[Received]:
        """Take up to so many messages of a queue, hidden from others until they are deleted or their time is over."""
        with self._changing():
            queue = self._queue(arn)
            if queue is None or not queue.messages:
                return []
            hidden = int(queue.visibility_timeout)  # type: ignore[attr-defined]
            return [_received(one) for one in self._backend.receive_message(queue.name, most, 0, hidden, ["All"])]

    def delete(self, arn: str, receipt_handles: list[str]) -> None:
        """Delete messages that were received."""
        with self._changing():
            queue = self._queue(arn)
            if queue is not None:
                for handle in receipt_handles:
                    self._backend.delete_message(queue.name, handle)

    def wait(self, seconds: float) -> None:
        """Wait until something was sent, or so long."""
        with self._arrived:
            self._arrived.wait(seconds)

    def _queue(self, arn: str) -> Queue | None:
        return next((one for one in self._backend.queues.values() if one.queue_arn == arn), None)

    def _wait(self, params: Mapping[str, Any]) -> float:
        """How long a request waits: as it says, or as its queue does."""
        if _WAIT in params:
            return float(params[_WAIT])
        with self._lock:
            queue = self._backend.queues.get(str(params.get("QueueUrl", "")).rpartition("/")[2])
            return 0 if queue is None else float(queue.receive_message_wait_time_seconds)

    def _answer(self, operation: str, request: Request) -> Response:
        response = super()._answer(operation, request)
        if operation not in _WITH_URLS:
            return response
        return Response(response.status, response.body.replace(self._own, self._origin), response.headers)

    def _restore(self) -> None:
        """What is no state: a queue's lock, and which of its messages are in somebody's hands."""
        for queue in self._backend.queues.values():
            queue._messages_lock = threading.Condition()
            queue._pending_messages = {one for one in queue._messages if not one.visible}


def _without_waiting(request: Request) -> tuple[dict[str, Any], Request]:
    """A ReceiveMessage's parameters, and the request as one that does not wait; as it is where moto will refuse it."""
    is_json = bool(request.header("x-amz-target"))
    if is_json:
        try:
            params: Any = msgspec.json.decode(request.body)
        except msgspec.DecodeError:
            return {}, request
    else:
        params = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    if not isinstance(params, dict) or not _is_wait(params.get(_WAIT, 0)):
        return {_WAIT: 0}, request
    at_once = {**params, _WAIT: 0}
    body = msgspec.json.encode(at_once) if is_json else urlencode(at_once).encode()
    return params, replace(request, body=body)


def _is_wait(value: object) -> bool:
    return str(value).isdigit() and int(str(value)) <= _LONGEST_WAIT


def _has_messages(response: Response) -> bool:
    return b'"Messages"' in response.body or b"<Message>" in response.body


def _received(message: Message) -> Received:
    return Received(
        id=message.id,
        receipt_handle=str(message.receipt_handle),
        body=message.body,
        attributes={
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": str(message.sender_id),
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        message_attributes={
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value.get("DataType"),
            }
            for name, value in message.message_attributes.items()
        },
        md5=message.body_md5,
    )
