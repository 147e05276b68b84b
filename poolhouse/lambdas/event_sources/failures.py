"""What a function says it could not handle of a batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting, and
for streams https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from typing import Any

import msgspec

from poolhouse.call import Invocation
from poolhouse.lambdas.entities import EventSourceMapping


def failed(mapping: EventSourceMapping, outcome: Invocation) -> set[str] | None:
    """The identifiers of what a function could not handle; None for the whole batch."""
    if outcome.error is not None:
        return None
    if not mapping.reports_failures:
        return set()
    try:
        answer: Any = msgspec.json.decode(outcome.payload)
        listed = (answer or {}).get("batchItemFailures") or []
        found = {one["itemIdentifier"] for one in listed}
    except (ValueError, AttributeError, TypeError, KeyError):
        return None
    return None if any(not isinstance(one, str) or not one for one in found) else found
