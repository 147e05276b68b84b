"""The records of streams, one row each, in the order of their numbers; kept for as long as a stream keeps them.

A number begins with the time it was given at, so that a place in a shard can be found by time, and is higher than
those before it even where the clock was set back.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from poolhouse.moto_services.entities import MotoRecord
from poolhouse.store import Store, Tx

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KIND = "record"
_FORGOTTEN_AT_ONCE = 2  # records past their time, for each that is added
_PAGE = 25  # records read at once: each may be a megabyte


@dataclass(frozen=True, slots=True)
class Numbers:
    """How sequence numbers are made: `digits` of them, of which `after` stand behind the microseconds."""

    digits: int
    after: int
    prefix: int = 0

    def at(self, time: datetime) -> int:
        """The lowest number of a time."""
        micros = (time - _EPOCH) // _MICROSECOND
        return int(self.prefix * 10 ** (self.digits - len(str(self.prefix))) + micros * 10**self.after)

    def text(self, number: int) -> str:
        """A number as it is kept, so that text and numbers sort alike."""
        return f"{number:0{self.digits}d}"


KINESIS = Numbers(digits=56, after=36, prefix=49)
DYNAMODB = Numbers(digits=28, after=12)


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard as its readers see it: `parents` come before it; one that is `closed` gets no more records."""

    id: str
    parents: tuple[str, ...] = ()
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a shard, with what its service keeps of it."""

    number: str
    at: datetime
    data: Mapping[str, Any]


class StreamLog:
    """The records of one service of one account in one region. `size` says how many bytes one counts for."""

    def __init__(
        self,
        store: Store,
        scope: str,
        numbers: Numbers,
        clock: Callable[[], datetime],
        size: Callable[[Mapping[str, Any]], int],
    ) -> None:
        self._store, self._scope, self._clock, self._size = store, scope, clock, size
        self.numbers = numbers
        self._last: dict[str, int] = {}
        self._arrived = threading.Condition()

    def add(self, tx: Tx, shard: str, data: Mapping[str, Any], *, keeps: timedelta) -> Entry:
        """Add a record to a shard inside a write block. `wake` is called once it is kept."""
        now = self._clock()
        entry = Entry(self.numbers.text(self._next(shard, now)), now, data)
        kept = {"at": now.isoformat(), "data": data}
        tx.moto_records.add(MotoRecord(self._scope, _KIND, shard, entry.number, kept))
        horizon = self.numbers.text(self.numbers.at(now - keeps))
        for old in tx.moto_records.list(service=self._scope, kind=_KIND, parent=shard, limit=_FORGOTTEN_AT_ONCE):
            if old.name >= horizon:
                break
            tx.moto_records.remove(service=self._scope, kind=_KIND, parent=shard, name=old.name)
        return entry

    def forget(self, tx: Tx, shard: str) -> None:
        """Drop a shard's records inside a write block."""
        tx.moto_records.remove(service=self._scope, kind=_KIND, parent=shard)

    def after(self, shard: str, number: str, limit: int, *, keeps: timedelta, room: int) -> list[Entry]:
        """Records past this number, oldest first, but none past their time: up to so many, and bytes, but one."""
        horizon = self.numbers.text(max(0, self.numbers.at(self._clock() - keeps) - 1))
        place = max(number.zfill(self.numbers.digits), horizon)
        found: list[Entry] = []
        while len(found) < limit:
            page = self._page(shard, place, min(_PAGE, limit - len(found)))
            for entry in page:
                room -= self._size(entry.data)
                if room < 0 and found:
                    return found
                found.append(entry)
            if len(page) < _PAGE:
                break
            place = page[-1].number
        return found

    def _page(self, shard: str, after: str, limit: int) -> list[Entry]:
        place = [self._scope, _KIND, shard, after]
        found = self._store.moto_records.list(service=self._scope, kind=_KIND, parent=shard, after=place, limit=limit)
        return [Entry(one.name, datetime.fromisoformat(one.data["at"]), one.data["data"]) for one in found]

    def latest(self, shard: str) -> str:
        """The number after which only what is added from now on comes."""
        return self.numbers.text(max(self._highest(shard), self.numbers.at(self._clock()) - 1))

    def before(self, time: datetime) -> str:
        """The number after which only what was added at this time or later comes."""
        return self.numbers.text(max(0, self.numbers.at(time) - 1))

    def wake(self) -> None:
        """Tell who waits."""
        with self._arrived:
            self._arrived.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until something was added, or so long."""
        with self._arrived:
            self._arrived.wait(seconds)

    def _next(self, shard: str, now: datetime) -> int:
        """Write blocks come one after the other, so that nobody else is given a number meanwhile."""
        number = self._last[shard] = max(self._highest(shard) + 1, self.numbers.at(now))
        return number

    def _highest(self, shard: str) -> int:
        if shard not in self._last:
            last = self._store.moto_records.list(
                service=self._scope, kind=_KIND, parent=shard, descending=True, limit=1
            )
            return self._last.setdefault(shard, int(last[0].name) if last else 0)
        return self._last[shard]
