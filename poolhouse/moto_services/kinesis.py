"""Kinesis Data Streams: moto's streams and shards, kept whole; their records, one row each, are ours.

moto would move a shard's records to its children, and all would be written anew for each record. Times of records go by
the cloud's clock. Of Kinesis' two wires this is the JSON one.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from moto.kinesis.models import Shard as MotoShard
from moto.kinesis.models import Stream

from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.moto_services import checks
from poolhouse.moto_services.shards import adopt, holding, open_shards
from poolhouse.moto_services.stream_log import KINESIS, Entry, Shard, StreamLog
from poolhouse.moto_services.whole import Lend, Whole
from poolhouse.store import Store, Tx
from poolhouse.web import Request, Response
from poolhouse.wire.errors import ValidationException

_FIRST_ERROR = 400
_ITERATOR_TTL = timedelta(minutes=5)
_MOST_SHARDS = 500  # the quota of most regions
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html and API_GetRecords.html
_LARGEST_RECORD = 1_048_576
_LARGEST_PUT = 10_485_760
_LARGEST_READ = 10_485_760
_MOST_READ = 10_000
_HASHES = 2**128
_TYPE = ("Content-Type", "application/x-amz-json-1.1")


class ExpiredIteratorException(ApiError):
    """An iterator that is older than five minutes."""


class InvalidArgumentException(ApiError):
    """What the model allows and Kinesis does not."""


class LimitExceededException(ApiError):
    """More than an account may have."""


class ResourceNotFoundException(ApiError):
    """No such stream or shard."""


class Kinesis(Whole):
    """The streams of one account in one region."""

    def __init__(
        self,
        store: Store,
        lend: Lend,
        service: str,
        *,
        account_id: str,
        region: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        self._gone: list[str] = []  # where records were of a stream that is being deleted
        self._log = StreamLog(store, f"{service}:{account_id}:{region}", KINESIS, clock, _kept_size)
        self._own: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "DescribeStream": self._describe_stream,
            "GetRecords": self._get_records,
            "GetShardIterator": self._get_shard_iterator,
            "ListShards": self._list_shards,
            "ListStreams": self._list_streams,
            "ListTagsForStream": self._list_tags,
            "PutRecord": self._put_record,
            "PutRecords": self._put_records,
        }
        super().__init__(store, lend, service, account_id=account_id, region=region)

    def handle(self, request: Request) -> Response:
        """Answer one request; what it changed is durable when this returns."""
        operation = self._operation(request)
        if "cbor" in request.header("content-type"):
            raise NotImplementedException("Kinesis in CBOR is not implemented yet in Poolhouse: have the SDK send JSON")
        if operation not in self._own:
            return super().handle(request)
        checks.check_json(self._service, operation, request.body, self._kind.not_built)
        params = msgspec.json.decode(request.body or b"{}")
        with self._lock:
            answer = self._own[operation](params)
        if operation.startswith("Put"):
            self._log.wake()
        return Response(200, msgspec.json.encode(answer), (_TYPE,))

    def shards(self, arn: str) -> list[Shard]:
        """A stream's shards, parents first. Raises LookupError where there is no such stream."""
        with self._lock:
            stream = self._found(arn)
            parents = {one.shard_id: (one.parent, one.adjacent_parent) for one in stream.shards.values()}
            return [
                Shard(one.shard_id, tuple(p for p in parents[one.shard_id] if p), is_closed=not one.is_open)
                for one in stream.shards.values()
            ]

    def read(self, arn: str, shard: str, after: str, limit: int) -> list[Entry]:
        """Up to so many records of a shard past this number. Raises LookupError where there is no such stream."""
        with self._lock:
            stream = self._found(arn)
            return self._log.after(_place(stream, shard), after, limit, keeps=_keeps(stream), room=_LARGEST_READ)

    def latest(self, arn: str, shard: str) -> str:
        """The number after which only new records of a shard come."""
        with self._lock:
            return self._log.latest(_place(self._found(arn), shard))

    def before(self, time: datetime) -> str:
        """The number after which only records of this time or later come."""
        return self._log.before(time)

    def wait(self, seconds: float) -> None:
        """Wait until something was put, or so long."""
        self._log.wait(seconds)

    def _found(self, arn: str) -> Stream:
        stream: Stream | None = self._backend.streams.get(arn.rpartition("stream/")[2])
        if stream is None or stream.arn != arn:
            raise LookupError(arn)
        return stream

    def _answer(self, operation: str, request: Request) -> Response:
        params = msgspec.json.decode(request.body or b"{}")
        self._gone = []
        if operation == "CreateStream":
            _check_new(params)
            response = super()._answer(operation, request)
            if response.status < _FIRST_ERROR:
                self._backend.streams[params["StreamName"]].tags.update(params.get("Tags") or {})
        else:
            stream = self._stream(params)
            _check_change(operation, params, stream)
            response = super()._answer(operation, request)
            if operation == "DeleteStream" and response.status < _FIRST_ERROR:
                self._gone = [_place(stream, shard) for shard in stream.shards]
            if operation == "UpdateShardCount" and response.status < _FIRST_ERROR:  # moto gives what it was given
                named = {"StreamName": stream.stream_name, "StreamARN": stream.arn}
                answer = {**msgspec.json.decode(response.body), **named}
                response = Response(response.status, msgspec.json.encode(answer), response.headers)
        number = self._log.numbers.at(self._clock())
        for one in self._backend.streams.values():
            adopt(one, number)
        return response

    def _also(self, tx: Tx) -> None:
        """A stream's records go with it."""
        for place in self._gone:
            self._log.forget(tx, place)
        self._gone = []

    def _stream(self, params: Mapping[str, Any]) -> Stream:
        """The stream a request names, by name or ARN."""
        name, arn = params.get("StreamName"), params.get("StreamARN")
        if not name and not arn:
            raise InvalidArgumentException("Either StreamName or StreamARN must be provided.")  # a guess
        named = str(name or str(arn).rpartition("stream/")[2])
        stream: Stream | None = self._backend.streams.get(named)
        if stream is None or (arn and stream.arn != arn):
            raise ResourceNotFoundException(f"Stream {named} under account {self._account_id} not found.")
        return stream

    def _put_record(self, params: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(params)
        _check_record(params, "")
        (entry,) = self._put(stream, [params])
        return {**entry, "EncryptionType": "NONE"}

    def _put_records(self, params: Mapping[str, Any]) -> dict[str, Any]:
        stream, records = self._stream(params), params["Records"]
        for number, record in enumerate(records, start=1):
            _check_record(record, f"records.{number}.member.")
        if sum(map(_size, records)) > _LARGEST_PUT:
            raise InvalidArgumentException("Records size exceeds 10 MB limit")  # the sentence is a guess
        return {"FailedRecordCount": 0, "Records": self._put(stream, records), "EncryptionType": "NONE"}

    def _put(self, stream: Stream, records: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        shards = [holding(stream, _hash_key(record)).shard_id for record in records]
        answers = []
        with self._store.write() as tx:
            for shard, record in zip(shards, records, strict=True):
                data = {"key": record["PartitionKey"], "data": record["Data"]}
                entry = self._log.add(tx, _place(stream, shard), data, keeps=_keeps(stream))
                answers.append({"SequenceNumber": entry.number, "ShardId": shard})
        return answers

    def _get_shard_iterator(self, params: Mapping[str, Any]) -> dict[str, Any]:
        stream, shard = self._stream(params), str(params["ShardId"])
        if shard not in stream.shards:
            raise ResourceNotFoundException(
                f"Shard {shard} in stream {stream.stream_name} under account {self._account_id} does not exist"
            )
        return {"ShardIterator": self._iterator(stream, shard, self._start(stream, shard, params))}

    def _start(self, stream: Stream, shard: str, params: Mapping[str, Any]) -> str:
        """The number after which an iterator reads."""
        kind = params["ShardIteratorType"]
        given, time = params.get("StartingSequenceNumber"), params.get("Timestamp")
        if kind.endswith("SEQUENCE_NUMBER"):
            if given is None or len(given) > KINESIS.digits:
                raise InvalidArgumentException(
                    f"StartingSequenceNumber {given} used in GetShardIterator on shard {shard} in stream "
                    f"{stream.stream_name} under account {self._account_id} is invalid."
                )
            return KINESIS.text(max(0, int(given) - (kind == "AT_SEQUENCE_NUMBER")))
        if kind == "AT_TIMESTAMP":
            if time is None:
                raise InvalidArgumentException("Must specify timestamp parameter for iterator type AT_TIMESTAMP.")
            return self._log.before(_time(time))
        return self._log.latest(_place(stream, shard)) if kind == "LATEST" else "0"

    def _iterator(self, stream: Stream, shard: str, after: str) -> str:
        """Where a reader stands. Whoever may read it knows the stream's name: `poolhouse/requests/kinesis.py` asks."""
        expires_at = int((self._clock() + _ITERATOR_TTL).timestamp())
        return f"{stream.stream_name}/{shard}/{after}/{expires_at}"

    def _get_records(self, params: Mapping[str, Any]) -> dict[str, Any]:
        stream, shard, after = self._position(str(params["ShardIterator"]), params.get("StreamARN"))
        limit = params.get("Limit", _MOST_READ)
        place = _place(stream, shard.shard_id)
        entries = self._log.after(place, after, limit, keeps=_keeps(stream), room=_LARGEST_READ)
        after = entries[-1].number if entries else after
        is_more = bool(self._log.after(place, after, 1, keeps=_keeps(stream), room=_LARGEST_READ))
        behind = self._clock() - entries[-1].at if entries and is_more else timedelta()
        answer: dict[str, Any] = {
            "Records": [_record_type(entry) for entry in entries],
            "MillisBehindLatest": behind // timedelta(milliseconds=1),
        }
        if shard.is_open or is_more:
            return {**answer, "NextShardIterator": self._iterator(stream, shard.shard_id, after)}
        return {**answer, "ChildShards": _children(stream, shard)}

    def _position(self, iterator: str, arn: object) -> tuple[Stream, MotoShard, str]:
        name, shard, after, expires, *rest = [*iterator.split("/"), "", "", ""]
        stream = self._backend.streams.get(name)
        is_whole = after.isdecimal() and expires.isdecimal() and not any(rest)
        if stream is None or shard not in stream.shards or not is_whole or (arn and arn != stream.arn):
            raise InvalidArgumentException("Invalid ShardIterator.")
        if int(expires) < self._clock().timestamp():
            raise ExpiredIteratorException(
                "Iterator expired. The iterator is older than 5 minutes (300000 milliseconds)."  # a guess
            )
        return stream, stream.shards[shard], after

    def _list_streams(self, params: Mapping[str, Any]) -> dict[str, Any]:
        after = str(params.get("ExclusiveStartStreamName") or params.get("NextToken") or "")
        names = sorted(name for name in self._backend.streams if name > after)
        shown = names[: params.get("Limit", 100)]
        summaries = [
            {
                "StreamName": one.stream_name,
                "StreamARN": one.arn,
                "StreamStatus": one.status,
                "StreamModeDetails": one.stream_mode,
                "StreamCreationTimestamp": _created(one),
            }
            for one in (self._backend.streams[name] for name in shown)
        ]
        is_more = len(names) > len(shown)
        answer: dict[str, Any] = {"StreamNames": shown, "HasMoreStreams": is_more, "StreamSummaries": summaries}
        return {**answer, "NextToken": shown[-1]} if is_more else answer

    def _list_shards(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A token is the stream and its last shard that was listed: nothing else may be given with it."""
        name, _, after = str(params.get("NextToken") or "").partition("/")
        if name and (params.get("StreamName") or params.get("ExclusiveStartShardId")):
            raise InvalidArgumentException("NextToken and StreamName cannot be provided together.")
        stream = self._stream({"StreamName": name} if name else params)
        after = after or str(params.get("ExclusiveStartShardId") or "")
        listed, is_more = _page(stream, after, params.get("MaxResults", 1000))
        answer: dict[str, Any] = {"Shards": [one.to_json() for one in listed]}
        return {**answer, "NextToken": f"{stream.stream_name}/{listed[-1].shard_id}"} if is_more else answer

    def _list_tags(self, params: Mapping[str, Any]) -> dict[str, Any]:
        after = str(params.get("ExclusiveStartTagKey") or "")
        tags = [{"Key": key, "Value": value} for key, value in sorted(self._stream(params).tags.items()) if key > after]
        limit = params.get("Limit", len(tags))
        return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}

    def _describe_stream(self, params: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(params)
        listed, is_more = _page(stream, str(params.get("ExclusiveStartShardId") or ""), params.get("Limit", 100))
        described = stream.to_json()["StreamDescription"]
        return {
            "StreamDescription": {
                **{name: value for name, value in described.items() if value is not None},
                "StreamCreationTimestamp": _created(stream),
                "StreamModeDetails": stream.stream_mode,
                "Shards": [one.to_json() for one in listed],
                "HasMoreShards": is_more,
            }
        }


def _place(stream: Stream, shard: str) -> str:
    """What a shard's records are kept under."""
    return f"{stream.stream_name} {stream.creation_datetime.isoformat()} {shard}"


def _keeps(stream: Stream) -> timedelta:
    return timedelta(hours=stream.retention_period_hours)


def _created(stream: Stream) -> float:
    return stream.creation_datetime.replace(tzinfo=stream.creation_datetime.tzinfo or UTC).timestamp()


def _time(given: Any) -> datetime:
    try:
        return datetime.fromtimestamp(float(given), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise InvalidArgumentException(f"Timestamp {given} is invalid.") from None


def _check_new(params: Mapping[str, Any]) -> None:
    """What moto does not ask of a new stream."""
    is_on_demand = (params.get("StreamModeDetails") or {}).get("StreamMode") == "ON_DEMAND"
    if params.get("ShardCount") is None and not is_on_demand:
        raise InvalidArgumentException("ShardCount must be specified for a stream in PROVISIONED mode.")  # a guess
    _check_count(params.get("ShardCount") or 1)


def _check_change(operation: str, params: Mapping[str, Any], stream: Stream) -> None:
    """What moto would do all the same."""
    count = len(open_shards(stream))
    match operation:
        case "MergeShards":
            for name in (params["ShardToMerge"], params["AdjacentShardToMerge"]):
                _check_open(stream, name)
        case "SplitShard":
            _check_count(count + 1)
        case "UpdateShardCount":
            _check_target(count, params["TargetShardCount"])


def _check_count(count: int) -> None:
    if count > _MOST_SHARDS:
        raise LimitExceededException(f"This request would exceed the shard limit: {_MOST_SHARDS}")  # a guess


def _check_target(count: int, target: int) -> None:
    shown = f"Current open shard count: {count} Target shard count: {target}"
    if target > 2 * count:
        raise InvalidArgumentException(
            f"UpdateShardCount cannot scale up over double your current open shard count. {shown}"
        )
    if 2 * target < count:
        raise InvalidArgumentException(
            f"UpdateShardCount cannot scale down below half your current open shard count. {shown}"
        )
    _check_count(target)


def _check_open(stream: Stream, name: str) -> None:
    if name in stream.shards and not stream.shards[name].is_open:
        raise InvalidArgumentException(
            f"Shard {name} in stream {stream.stream_name} under account {stream.account_id} has already been "
            "merged or split, and thus is not eligible for merging or splitting."
        )


def _kept_size(data: Mapping[str, Any]) -> int:
    return len(data["data"]) * 3 // 4


def _size(record: Mapping[str, Any]) -> int:
    return len(base64.b64decode(record["Data"])) + len(str(record["PartitionKey"]).encode())


def _check_record(record: Mapping[str, Any], where: str) -> None:
    """The model lets a record be without a key, and ten times as large: of streams that were made so."""
    if "PartitionKey" not in record:
        unmet = f"Value null at '{where}partitionKey' failed to satisfy constraint: Member must not be null"
    elif _size(record) > _LARGEST_RECORD:
        unmet = (
            f"Value at '{where}data' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_LARGEST_RECORD}"
        )
    else:
        return
    raise ValidationException(f"1 validation error detected: {unmet}")


def _hash_key(record: Mapping[str, Any]) -> int:
    """Which shard a record goes to: as it says, or by its partition key's MD5."""
    explicit = record.get("ExplicitHashKey")
    if explicit is None:
        return int(hashlib.md5(str(record["PartitionKey"]).encode(), usedforsecurity=False).hexdigest(), 16)
    if int(explicit) >= _HASHES:
        raise InvalidArgumentException(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, {_HASHES - 1}]. "
            f"Specified value was {explicit}"
        )
    return int(explicit)


def _record_type(entry: Entry) -> dict[str, Any]:
    return {
        "SequenceNumber": entry.number,
        "ApproximateArrivalTimestamp": round(entry.at.timestamp(), 3),
        "Data": entry.data["data"],
        "PartitionKey": entry.data["key"],
    }


def _children(stream: Stream, shard: MotoShard) -> list[dict[str, Any]]:
    """What a reader goes on with after the end of a shard."""
    return [
        {
            "ShardId": one.shard_id,
            "ParentShards": [parent for parent in (one.parent, one.adjacent_parent) if parent],
            "HashKeyRange": one.to_json()["HashKeyRange"],
        }
        for one in stream.shards.values()
        if shard.shard_id in (one.parent, one.adjacent_parent)
    ]


def _page(stream: Stream, after: str, limit: int) -> tuple[list[MotoShard], bool]:
    """Shards past this one, and whether there are more."""
    past = [shard for name, shard in sorted(stream.shards.items()) if name > after]
    return past[:limit], len(past) > limit
