"""Messages of queues. Those of a batch that succeeded are deleted; the others come back when they are hidden no more.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from typing import Any

import msgspec

from poolhouse.lambdas.entities import EventSourceMapping, Function
from poolhouse.lambdas.errors import LambdaError
from poolhouse.lambdas.event_sources.failures import failed
from poolhouse.lambdas.event_sources.sources import Message, Services
from poolhouse.lambdas.functions import Functions

_WAIT = 0.5  # seconds between two looks at a queue to which nothing was sent


class QueuePoller:
    """Polls queues for mappings."""

    def __init__(self, functions: Functions, services: Services, *, region: str) -> None:
        self._functions, self._services, self._region = functions, services, region

    def once(self, mapping: EventSourceMapping, function: Function) -> bool:
        """Run the function with what there is; whether there was anything."""
        messages = self._services.sqs.receive(mapping.source_arn, mapping.batch_size)
        if not messages:
            return False
        records = [self._record(mapping, message) for message in messages]
        try:
            outcome = self._functions.invoke(function.arn, msgspec.json.encode({"Records": records}))
        except LambdaError:
            return True  # such as throttled: the messages come back by themselves
        not_done = failed(mapping, outcome)
        if not_done is not None:
            done = [message.receipt_handle for message in messages if message.id not in not_done]
            self._services.sqs.delete(mapping.source_arn, done)
        return True

    def wait(self, _mapping: EventSourceMapping) -> None:
        """Wait until something was sent, or for a while."""
        self._services.sqs.wait(_WAIT)

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
