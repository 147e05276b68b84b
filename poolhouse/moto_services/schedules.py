"""Rules of EventBridge that go by time: rate(5 minutes) and cron(0 12 * * ? *), by the cloud's clock, in UTC.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
What was due while the cloud was down runs once when it is there again.
"""

import calendar
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from poolhouse.errors import NotImplementedException
from poolhouse.moto_services.entities import MotoRecord
from poolhouse.store import Store, Tx
from poolhouse.wire.errors import ValidationException

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if number}
_DAYS = {name.upper(): (number + 1) % 7 + 1 for number, name in enumerate(calendar.day_abbr)}
_FIELDS: tuple[tuple[int, int, Mapping[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, {}),
)
_LOOKS_EVERY = 0.5  # seconds: the cloud's clock may be moved
_HORIZON = timedelta(days=366 * 5)
_KIND = "schedule"
_INVALID = "Parameter ScheduleExpression is not valid."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so often."""

    every: timedelta

    def after(self, last: datetime) -> datetime | None:
        """When it is due next."""
        return last + self.every


@dataclass(frozen=True, slots=True)
class Cron:
    """At the minutes that are in all of its fields: minute, hour, day, month, day of the week (SUN is 1), year."""

    fields: tuple[frozenset[int], ...]

    def after(self, last: datetime) -> datetime | None:
        """When it is due next; None where it never is again."""
        at = last.replace(second=0, microsecond=0) + timedelta(minutes=1)
        minutes, hours, *_ = self.fields
        for _ in range(_HORIZON.days):
            if self._is_on(at):
                for hour in sorted(one for one in hours if one >= at.hour):
                    first = at.minute if hour == at.hour else 0
                    minute = min((one for one in minutes if one >= first), default=None)
                    if minute is not None:
                        return at.replace(hour=hour, minute=minute)
            at = (at + timedelta(days=1)).replace(hour=0, minute=0)
        return None

    def _is_on(self, at: datetime) -> bool:
        _, _, days, months, weekdays, years = self.fields
        return at.year in years and at.month in months and at.day in days and at.isoweekday() % 7 + 1 in weekdays


def parse(text: str) -> Rate | Cron:
    """A schedule. Raises ValidationException, and NotImplementedException for L, W and #."""
    rate = _RATE.fullmatch(text)
    if rate is not None:
        number = int(rate[1])
        if not number or (number == 1) is bool(rate[3]):  # rate(1 minute), rate(2 minutes)
            raise ValidationException(_INVALID)
        return Rate(number * _UNITS[rate[2]])
    cron = _CRON.fullmatch(text)
    parts = cron[1].split() if cron is not None else []
    if len(parts) != len(_FIELDS) or (parts[2] == "?") is (parts[4] == "?"):  # one of the two days is left open
        raise ValidationException(_INVALID)
    if any(re.search(r"[LW#]", part) for part in (parts[2], re.sub("[A-Z]{3}", "", parts[4]))):
        raise NotImplementedException("L, W and # of EventBridge's cron expressions are not implemented yet")
    return Cron(tuple(_field(part, *one) for part, one in zip(parts, _FIELDS, strict=True)))


def _field(text: str, first: int, last: int, names: Mapping[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.upper().split(","):
        span, slash, step = part.partition("/")
        low, dash, high = span.partition("-")
        if span in ("*", "?"):
            begin, end = first, last
        else:
            begin = _number(low, names)
            end = _number(high, names) if dash else last if slash else begin
        every = _number(step, {}) if slash else 1
        if not first <= begin <= end <= last or every < 1:
            raise ValidationException(_INVALID)
        found |= set(range(begin, end + 1, every))
    return frozenset(found)


def _number(text: str, names: Mapping[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isascii() or not text.isdigit():
        raise ValidationException(_INVALID)
    return int(text)


Scheduled = Callable[[], Mapping[str, tuple[str, datetime | None]]]
"""-> each rule's schedule, and when it ran last."""


class Schedules:
    """Runs what is due. `run` is called with a rule's name and the time it was due, and keeps that."""

    def __init__(
        self, clock: Callable[[], datetime], scheduled: Scheduled, run: Callable[[str, datetime], None]
    ) -> None:
        self._clock, self._scheduled, self._run = clock, scheduled, run
        self._begun: dict[tuple[str, str], datetime] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def look(self) -> None:
        """Begin to look at the clock, where there is a schedule."""
        if self._thread is None and self._scheduled():
            self.run_due()  # from now on they count
            self._thread = threading.Thread(target=self._serve, name="schedules", daemon=True)
            self._thread.start()

    def run_due(self) -> None:
        """Run each rule whose time has come: once, however often it has come."""
        now = self._clock()
        for name, (text, last) in self._scheduled().items():
            begun = last or self._begun.setdefault((name, text), now)
            due = parse(text).after(begun)
            if due is not None and due <= now:
                self._run(name, now)

    def close(self) -> None:
        """End."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def keep(self, tx: Tx, scope: str, rule: str, at: datetime) -> None:
        """Write down when a rule ran."""
        tx.moto_records.put(MotoRecord(scope, _KIND, "", rule, {"at": at.isoformat()}))

    def last(self, store: Store, scope: str, rule: str) -> datetime | None:
        """When a rule ran last."""
        found = store.moto_records.find(service=scope, kind=_KIND, parent="", name=rule)
        return None if found is None else datetime.fromisoformat(found.data["at"])

    def _serve(self) -> None:
        while not self._is_closed:
            try:
                self.run_due()
            except Exception:  # the edge of this thread: one failure must not end the others' schedules
                log.exception("a schedule could not be run")
            with self._changed:
                self._changed.wait(_LOOKS_EVERY)
