"""What functions are told of records of streams, and what queues and topics are told of records that were given up.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and with-ddb.html, kinesis-on-failure-destination.html
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from poolhouse.lambdas.entities import EventSourceMapping, Function
from poolhouse.lambdas.event_sources.sources import Entry, service
from poolhouse.lambdas.invocation import Outcome

_BATCH = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


def told(mapping: EventSourceMapping, function: Function, shard: str, entry: Entry, region: str) -> dict[str, Any]:
    """One of an event's Records."""
    common = {"awsRegion": region, "eventSourceARN": mapping.source_arn}
    if service(mapping.source_arn) == "kinesis":
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": entry.data["key"],
                "sequenceNumber": entry.number,
                "data": entry.data["data"],
                "approximateArrivalTimestamp": round(entry.at.timestamp(), 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{entry.number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": function.role_arn,
            **common,
        }
    return {
        "eventID": entry.data["eventID"],
        "eventName": entry.data["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": float(int(entry.at.timestamp())),
            **entry.data["dynamodb"],
            "SequenceNumber": entry.number,
        },
        **common,
    }


def given_up(
    mapping: EventSourceMapping,
    function: Function,
    shard: str,
    entries: Sequence[Entry],
    *,
    condition: str,
    tries: int,
    outcome: Outcome | None,
    now: datetime,
) -> dict[str, Any]:
    """The document for the on-failure destination. Without an `outcome` none of it reached the function now."""
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": outcome.request_id if outcome is not None else "",
            "functionArn": function.arn,
            "condition": condition,
            "approximateInvokeCount": tries,
        }
    }
    if outcome is not None:
        response = {"statusCode": 200, "executedVersion": outcome.version}
        unhandled = {} if outcome.invocation.error is None else {"functionError": "Unhandled"}
        document["responseContext"] = {**response, **unhandled}
    return {
        **document,
        "version": "1.0",
        "timestamp": _text(now),
        _BATCH[service(mapping.source_arn)]: {
            "shardId": shard,
            "startSequenceNumber": entries[0].number,
            "endSequenceNumber": entries[-1].number,
            "approximateArrivalOfFirstRecord": _text(entries[0].at),
            "approximateArrivalOfLastRecord": _text(entries[-1].at),
            "batchSize": len(entries),
            "streamArn": mapping.source_arn,
        },
    }


def _text(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"
