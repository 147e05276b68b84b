"""DynamoDB Streams: the changes of tables that have a stream, which `dynamodb` keeps with the changes themselves.

A stream is one shard here. When a stream is ended its records are gone at once, on AWS after a day.
"""

import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from moto.dynamodb.models.table import Table

from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.moto_services import checks
from poolhouse.moto_services.dynamodb import DynamoDB
from poolhouse.moto_services.stream_log import DYNAMODB, Entry, Shard
from poolhouse.moto_services.stream_records import KEEPS, place
from poolhouse.web import Request, Response
from poolhouse.wire.errors import ValidationException

_ITERATOR_TTL = timedelta(minutes=15)
_MOST_READ = 1000
_LARGEST_READ = 1_048_576
_MOST_AT_ONCE = 10_485_760  # more than a function is told at once
_TYPE = ("Content-Type", "application/x-amz-json-1.0")


class ExpiredIteratorException(ApiError):
    """An iterator that is older than fifteen minutes."""


class ResourceNotFoundException(ApiError):
    """No such stream or shard."""


class DynamoDBStreams:
    """The streams of the tables of one account in one region."""

    def __init__(self, tables: DynamoDB, *, region: str, clock: Callable[[], datetime]) -> None:
        self._tables, self._region, self._clock = tables, region, clock
        self._log = tables.log
        self._own: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "DescribeStream": self._describe_stream,
            "GetRecords": self._get_records,
            "GetShardIterator": self._get_shard_iterator,
            "ListStreams": self._list_streams,
        }

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        operation = request.header("x-amz-target").rpartition(".")[2]
        checks.check_served("dynamodbstreams", operation, self._own.keys())
        checks.check_json("dynamodbstreams", operation, request.body, {"ShardFilter"})
        answer = self._own[operation](msgspec.json.decode(request.body or b"{}"))
        return Response(200, msgspec.json.encode(answer), (_TYPE,))

    def shards(self, arn: str) -> list[Shard]:
        """A stream's shard. Raises LookupError where there is no such stream."""
        table = self._find(arn)
        if table is None:
            raise LookupError(arn)
        return [Shard(_shard_id(table))]

    def read(self, arn: str, _shard: str, after: str, limit: int) -> list[Entry]:
        """Up to so many records past this number. Raises LookupError where there is no such stream."""
        table = self._find(arn)
        if table is None:
            raise LookupError(arn)
        return self._log.after(_place(table), after, limit, keeps=KEEPS, room=_MOST_AT_ONCE)

    def latest(self, arn: str, _shard: str) -> str:
        """The number after which only new records come."""
        table = self._find(arn)
        if table is None:
            raise LookupError(arn)
        return self._log.latest(_place(table))

    def before(self, time: datetime) -> str:
        """The number after which only records of this time or later come."""
        return self._log.before(time)

    def wait(self, seconds: float) -> None:
        """Wait until something changed, or so long."""
        self._log.wait(seconds)

    def _find(self, arn: str) -> Table | None:
        return next((table for table in self._tables.streams() if _arn(table) == arn), None)

    def _get(self, arn: str) -> Table:
        table = self._find(arn)
        if table is None:
            raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
        return table

    def _list_streams(self, params: Mapping[str, Any]) -> dict[str, Any]:
        name, after = params.get("TableName"), str(params.get("ExclusiveStartStreamArn") or "")
        tables = sorted((table for table in self._tables.streams() if name in (None, table.name)), key=_arn)
        past = [table for table in tables if _arn(table) > after]
        shown = past[: params.get("Limit", 100)]
        streams = [
            {"StreamArn": _arn(table), "TableName": table.name, "StreamLabel": table.latest_stream_label}
            for table in shown
        ]
        if len(past) > len(shown):
            return {"Streams": streams, "LastEvaluatedStreamArn": _arn(shown[-1])}
        return {"Streams": streams}

    def _describe_stream(self, params: Mapping[str, Any]) -> dict[str, Any]:
        table = self._get(params["StreamArn"])
        specification = table.stream_specification or {}
        shard = {
            "ShardId": _shard_id(table),
            "SequenceNumberRange": {"StartingSequenceNumber": DYNAMODB.text(DYNAMODB.at(_label_time(table)))},
        }
        return {
            "StreamDescription": {
                "StreamArn": _arn(table),
                "StreamLabel": table.latest_stream_label,
                "StreamStatus": "ENABLED",
                "StreamViewType": specification.get("StreamViewType"),
                "CreationRequestDateTime": _label_time(table).timestamp(),
                "TableName": table.name,
                "KeySchema": table.schema,
                "Shards": [] if params.get("ExclusiveStartShardId") == shard["ShardId"] else [shard],
            }
        }

    def _get_shard_iterator(self, params: Mapping[str, Any]) -> dict[str, Any]:
        table, shard = self._get(params["StreamArn"]), params["ShardId"]
        if shard != _shard_id(table):
            raise ResourceNotFoundException(f"Requested resource not found: Shard: {shard} does not exist")
        return {"ShardIterator": self._iterator(table, self._start(table, params))}

    def _start(self, table: Table, params: Mapping[str, Any]) -> str:
        kind, number = params["ShardIteratorType"], params.get("SequenceNumber")
        if kind == "AT_TIMESTAMP":
            raise NotImplementedException(
                "DynamoDB Streams iterators AT_TIMESTAMP are not implemented yet in Poolhouse"
            )
        if kind.endswith("SEQUENCE_NUMBER"):
            if number is None or not number.isdecimal():
                raise ValidationException(
                    f"Invalid SequenceNumber for ShardIteratorType {kind}: {number}"  # a guess
                )
            return DYNAMODB.text(max(0, int(number) - (kind == "AT_SEQUENCE_NUMBER")))
        return self._log.latest(_place(table)) if kind == "LATEST" else "0"

    def _iterator(self, table: Table, after: str) -> str:
        """As on AWS it begins with the stream's ARN: `poolhouse/requests/dynamodb_streams.py` asks for that."""
        return f"{_arn(table)}|1|{after}/{int((self._clock() + _ITERATOR_TTL).timestamp())}"

    def _get_records(self, params: Mapping[str, Any]) -> dict[str, Any]:
        table, after = self._position(params["ShardIterator"])
        limit = params.get("Limit", _MOST_READ)
        if limit > _MOST_READ:
            raise ValidationException(
                f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
                f"Member must have value less than or equal to {_MOST_READ}"
            )
        entries = self._log.after(_place(table), after, limit, keeps=KEEPS, room=_LARGEST_READ)
        after = entries[-1].number if entries else after
        records = [told(entry, self._region) for entry in entries]
        return {"Records": records, "NextShardIterator": self._iterator(table, after)}

    def _position(self, iterator: str) -> tuple[Table, str]:
        arn, _, place_ = iterator.partition("|1|")
        after, _, expires = place_.partition("/")
        table = self._find(arn)
        if table is None:
            raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
        if not after.isdecimal() or not expires.isdecimal():
            raise ValidationException("Invalid ShardIterator")  # a guess
        if int(expires) < self._clock().timestamp():
            raise ExpiredIteratorException("Iterator expired. The iterator is older than 15 minutes.")  # a guess
        return table, after


def told(entry: Entry, region: str) -> dict[str, Any]:
    """A record as GetRecords gives it; functions are told the same, and which stream it is of."""
    return {
        **entry.data,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": {
            "ApproximateCreationDateTime": float(int(entry.at.timestamp())),
            **entry.data["dynamodb"],
            "SequenceNumber": entry.number,
        },
    }


def _arn(table: Table) -> str:
    return f"{table.table_arn}/stream/{table.latest_stream_label}"


def _place(table: Table) -> str:
    return place(table.name, str(table.latest_stream_label))


def _label_time(table: Table) -> datetime:
    return datetime.fromisoformat(str(table.latest_stream_label)).replace(tzinfo=UTC)


def _shard_id(table: Table) -> str:
    """Of AWS's form: when the shard was made, and eight digits."""
    made = int(_label_time(table).timestamp() * 1000)
    return f"shardId-{made:020d}-{zlib.crc32(_arn(table).encode()):08x}"
