"""Records of streams, shard by shard and in order. Where a mapping stands is kept after each batch: none is lost.

A batch comes again until the function is done with it, or it is given up: after so many tries, or as too old. A cloud
that ended before the place was kept begins with the same batch again, as AWS may.
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html, services-kinesis-batchfailurereporting
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from poolhouse.lambdas.entities import EventSourceMapping, Function, ShardPosition
from poolhouse.lambdas.errors import LambdaError
from poolhouse.lambdas.event_sources.failures import failed
from poolhouse.lambdas.event_sources.records import given_up, told
from poolhouse.lambdas.event_sources.sources import Entry, Services, Shard, Streams, service
from poolhouse.lambdas.functions import MAX_PAYLOAD, Functions
from poolhouse.lambdas.invocation import Outcome
from poolhouse.store import Store

_WAIT = 0.5  # seconds between two looks at a stream to which nothing was added
_PAUSES = (0.1, 30.0)  # seconds before a shard is tried again, twice as long each time: AWS does not say how long
_FRAME = len(b'{"Records":[]}')
_EXHAUSTED, _TOO_OLD = "RetryAttemptsExhausted", "RecordAgeExceeded"


class StreamPoller:
    """Polls streams for mappings."""

    def __init__(
        self,
        store: Store,
        functions: Functions,
        services: Services,
        *,
        region: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._functions, self._services = store, functions, services
        self._region, self._clock = region, clock
        self._pauses: dict[tuple[str, str], tuple[float, float]] = {}  # until when (time.monotonic), and how long

    def start(self, mapping: EventSourceMapping) -> list[ShardPosition]:
        """Where a new mapping stands. Shards that come later are read from their beginning.

        Raises LookupError where there is no such stream.
        """
        streams, arn = self._streams(mapping), mapping.source_arn
        shards, starts_at = streams.shards(arn), mapping.starts_at_time
        for place in [one for one in list(self._pauses) if one[0] == mapping.uuid]:
            self._pauses.pop(place, None)
        if mapping.starts_at == "TRIM_HORIZON":
            return []
        if starts_at is not None:
            return [ShardPosition(mapping.uuid, shard.id, streams.before(starts_at)) for shard in shards]
        return [ShardPosition(mapping.uuid, shard.id, streams.latest(arn, shard.id)) for shard in shards]

    def once(self, mapping: EventSourceMapping, function: Function) -> bool:
        """Run the function with a batch of each shard; whether there was any."""
        try:
            shards = self._streams(mapping).shards(mapping.source_arn)
            unread: set[str] = set()
            is_done = False
            for shard in shards:
                if unread.isdisjoint(shard.parents):
                    is_done |= self._take(mapping, function, shard)
                    if not shard.is_closed or self._is_unread(mapping, shard):
                        unread.add(shard.id)
                else:  # what came before is handled before
                    unread.add(shard.id)
        except LookupError:  # the stream is gone
            return False
        return is_done

    def wait(self, mapping: EventSourceMapping) -> None:
        """Wait until something was added, or a shard is to be tried again, or for a while."""
        now = time.monotonic()
        pauses = list(self._pauses.items())  # other mappings' threads change it meanwhile
        left = [until - now for (uuid, _), (until, _) in pauses if uuid == mapping.uuid and until > now]
        self._streams(mapping).wait(min([*left, _WAIT]))

    def _streams(self, mapping: EventSourceMapping) -> Streams:
        return self._services.stream(service(mapping.source_arn))

    def _position(self, mapping: EventSourceMapping, shard: Shard) -> ShardPosition:
        found = self._store.shard_positions.find(mapping=mapping.uuid, shard=shard.id)
        return found or ShardPosition(mapping.uuid, shard.id)

    def _is_unread(self, mapping: EventSourceMapping, shard: Shard) -> bool:
        position = self._position(mapping, shard)
        return bool(position.ends or self._next(mapping, position, shard, most=1))

    def _next(
        self, mapping: EventSourceMapping, position: ShardPosition, shard: Shard, *, most: int
    ) -> Sequence[Entry]:
        """The records that come next, none past the end of what is tried again."""
        found = self._streams(mapping).read(mapping.source_arn, shard.id, position.after, most)
        return [entry for entry in found if not position.ends or entry.number <= position.ends[-1]]

    def _take(self, mapping: EventSourceMapping, function: Function, shard: Shard) -> bool:
        """Run the function with the shard's next batch; whether there was one."""
        if self._is_paused(mapping, shard):
            return False
        position = self._position(mapping, shard)
        entries = self._next(mapping, position, shard, most=mapping.batch_size)
        if not entries:
            if position.ends:  # what was to be tried again is past its time
                self._keep(mapping, replace(position, after=position.ends[-1], ends=position.ends[:-1], tries=0))
            return bool(position.ends)
        old = self._too_old(mapping, entries)
        if old:
            self._give_up(mapping, function, position, old, condition=_TOO_OLD, outcome=None)
            return True
        entries, event = self._event(mapping, function, shard, entries)
        try:
            outcome = self._functions.run(function.arn, event)
        except LambdaError:  # such as throttled: that is not the function's failure, and no try
            self._pause(mapping, shard)
            return False
        if outcome.invocation.error is not None and self._functions.is_closed:  # cut off, which is no try either
            return False
        self._settle(mapping, function, position, entries, outcome)
        return True

    def _too_old(self, mapping: EventSourceMapping, entries: Sequence[Entry]) -> Sequence[Entry]:
        if mapping.max_age < 0:
            return []
        horizon = self._clock() - timedelta(seconds=mapping.max_age)
        return [entry for entry in entries if entry.at < horizon]

    def _event(
        self, mapping: EventSourceMapping, function: Function, shard: Shard, entries: Sequence[Entry]
    ) -> tuple[Sequence[Entry], bytes]:
        """The event for a function, with as many of the first records as it may hold, and these."""
        records: list[bytes] = []
        room = MAX_PAYLOAD - _FRAME
        for entry in entries:
            record = msgspec.json.encode(told(mapping, function, shard.id, entry, self._region))
            room -= len(record) + 1
            if room < 0 and records:
                break
            records.append(record)
        return entries[: len(records)], b'{"Records":[' + b",".join(records) + b"]}"

    def _settle(
        self,
        mapping: EventSourceMapping,
        function: Function,
        position: ShardPosition,
        entries: Sequence[Entry],
        outcome: Outcome,
    ) -> None:
        """Keep where the mapping stands now."""
        done = _done(mapping, outcome, entries)
        end = entries[-1].number
        left = entries[done:]
        if not left:
            self._pauses.pop((mapping.uuid, position.shard), None)
            self._keep(mapping, _past(position, end))
            return
        after = entries[done - 1].number if done else position.after
        ends = position.ends if end in position.ends else (*position.ends, end)
        again = replace(position, after=after, ends=ends)
        if mapping.splits and (done or len(left) > 1):  # neither counts as a try
            halves = ends if done else (*ends, left[len(left) // 2 - 1].number)
            self._keep(mapping, replace(again, ends=halves))
        elif 0 <= mapping.tries_again <= position.tries:
            self._give_up(mapping, function, again, left, condition=_EXHAUSTED, outcome=outcome)
        else:
            self._keep(mapping, replace(again, tries=position.tries + 1))
            self._pause_for(mapping, position.shard)

    def _give_up(
        self,
        mapping: EventSourceMapping,
        function: Function,
        position: ShardPosition,
        entries: Sequence[Entry],
        *,
        condition: str,
        outcome: Outcome | None,
    ) -> None:
        """Go past these records, and tell the mapping's queue or topic of them."""
        self._pauses.pop((mapping.uuid, position.shard), None)
        document = given_up(
            mapping,
            function,
            position.shard,
            entries,
            condition=condition,
            tries=position.tries + (outcome is not None),
            outcome=outcome,
            now=self._clock(),
        )
        self._keep(mapping, _past(position, entries[-1].number), msgspec.json.encode(document))

    def _keep(self, mapping: EventSourceMapping, position: ShardPosition, document: bytes = b"") -> None:
        with self._store.write() as tx:
            if tx.event_source_mappings.find(uuid=mapping.uuid) is None:  # it was removed meanwhile
                return
            tx.shard_positions.put(position)
            if document and mapping.on_failure_arn:
                self._functions.later.put(tx, mapping.on_failure_arn, document)
        if document:
            self._functions.later.wake()

    def _is_paused(self, mapping: EventSourceMapping, shard: Shard) -> bool:
        return self._pauses.get((mapping.uuid, shard.id), (0.0, 0.0))[0] > time.monotonic()

    def _pause(self, mapping: EventSourceMapping, shard: Shard) -> None:
        self._pause_for(mapping, shard.id)

    def _pause_for(self, mapping: EventSourceMapping, shard: str) -> None:
        shortest, longest = _PAUSES
        _, before = self._pauses.get((mapping.uuid, shard), (0.0, shortest / 2))
        seconds = min(before * 2, longest)
        self._pauses[mapping.uuid, shard] = time.monotonic() + seconds, seconds


def _past(position: ShardPosition, number: str) -> ShardPosition:
    """Past this record, and past what ends there."""
    ends = tuple(end for end in position.ends if end > number)
    return replace(position, after=number, ends=ends, tries=0)


def _done(mapping: EventSourceMapping, outcome: Outcome, entries: Sequence[Entry]) -> int:
    """How many of the first records the function is done with: all before the first that it names."""
    not_done = failed(mapping, outcome.invocation)
    numbers = [entry.number for entry in entries]
    if not_done is None or not not_done <= set(numbers):  # what names no record of the batch fails it whole: a guess
        return 0
    return min((numbers.index(number) for number in not_done), default=len(numbers))
