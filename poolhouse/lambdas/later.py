"""Asynchronous invocations: an event is kept before it is acknowledged, and tried again when the function fails.

AWS Lambda developer guide, "Invoking a Lambda function asynchronously": two more tries, the first after a minute, the
second after two; throttled ones for up to six hours. A cloud that ended meanwhile goes on when it starts again, so that
an event may come twice, as on AWS.
"""

import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from poolhouse.call import Invocation
from poolhouse.lambdas.entities import QueuedEvent
from poolhouse.lambdas.errors import LambdaError, TooManyRequestsException
from poolhouse.store import Store, Tx

_TRIES_AFTER = (timedelta(minutes=1), timedelta(minutes=2))
_LONGEST = timedelta(hours=6)
_THROTTLED = timedelta(seconds=1), timedelta(minutes=5)  # "from 1 second ... to a maximum of 5 minutes"
_AT_ONCE = 10
_CUT_OFF = 5  # seconds
_LOOKS_EVERY = 0.2  # seconds, while something is queued: the cloud's clock may be moved
Run = Callable[[QueuedEvent], Invocation]
DeadLetter = Callable[[QueuedEvent, Invocation], QueuedEvent | None]


class Later:
    """The queue of one cloud. `run` has an event handled and waits; `dead_letter` is what follows one given up."""

    def __init__(self, store: Store, clock: Callable[[], datetime], run: Run, dead_letter: DeadLetter) -> None:
        self._store, self._clock, self._run, self._dead_letter = store, clock, run, dead_letter
        self._changed = threading.Condition()
        self._under_way: set[str] = set()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def put(self, tx: Tx, target_arn: str, payload: bytes, attributes: Mapping[str, str] | None = None) -> None:
        """Queue an event, kept with whatever else this write block keeps; `wake` is called once it is."""
        tx.queued_events.add(self.event(target_arn, payload.decode(), attributes))

    def event(self, target_arn: str, payload: str, attributes: Mapping[str, str] | None = None) -> QueuedEvent:
        """A new event, due at once."""
        now = self._clock()
        return QueuedEvent(str(uuid.uuid4()), target_arn, payload, now, now, attributes=attributes or {})

    def wake(self) -> None:
        """Look at the queue."""
        with self._changed:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._serve, name="asynchronous invocations", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def resume(self) -> None:
        """Go on with what was queued when the cloud ended."""
        if self._store.queued_events.count():
            self.wake()

    def join(self, timeout: float = 30) -> bool:
        """Wait until nothing is due and nothing under way; whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way and not self._due(), timeout)

    def stop(self) -> None:
        """Start nothing more; what is queued stays."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Wait for what is under way, which is cut off by now."""
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, _CUT_OFF)
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        with self._changed:
            while not self._is_closed:
                for event in self._due()[: _AT_ONCE - len(self._under_way)]:
                    self._under_way.add(event.id)
                    threading.Thread(target=self._try, args=(event,), name=f"later: {event.id}", daemon=True).start()
                self._changed.wait(_LOOKS_EVERY if self._store.queued_events.count() else None)

    def _due(self) -> list[QueuedEvent]:
        now = self._clock()
        due = [one for one in self._store.queued_events.list() if one.due_at <= now and one.id not in self._under_way]
        return sorted(due, key=lambda one: one.queued_at)

    def _try(self, event: QueuedEvent) -> None:
        try:
            self._settle(event, self._outcome(event))
        finally:
            with self._changed:
                self._under_way.discard(event.id)
                self._changed.notify_all()

    def _outcome(self, event: QueuedEvent) -> Invocation | None:
        """What came of it; None where the function could not be run now, or the cloud is ending."""
        try:
            return self._run(event)
        except TooManyRequestsException:
            return None
        except LambdaError as error:
            return Invocation(error={"errorMessage": error.message or "", "errorType": error.code})
        except LookupError as error:
            return Invocation(error={"errorMessage": f"no such target: {error}", "errorType": "LookupError"})
        except RuntimeError:
            return None

    def _settle(self, event: QueuedEvent, outcome: Invocation | None) -> None:
        if self._is_closed and (outcome is None or outcome.error is not None):
            return  # it was cut off, and is tried anew
        now = self._clock()
        again = _again(event, outcome, now)
        with self._store.write() as tx:
            if tx.queued_events.find(id=event.id) is None:  # everything was forgotten meanwhile
                return
            if again is not None:
                tx.queued_events.put(again)
                return
            tx.queued_events.remove(id=event.id)
            if outcome is None or outcome.error is not None:
                follows = self._dead_letter(event, outcome or Invocation())
                if follows is not None:
                    tx.queued_events.add(follows)


def _again(event: QueuedEvent, outcome: Invocation | None, now: datetime) -> QueuedEvent | None:
    """The event as it is queued for another try; None when it is done, or given up."""
    if outcome is not None and outcome.error is None:
        return None
    if outcome is None:
        waits = min(_THROTTLED[0] * 2**event.throttled, _THROTTLED[1])
        event = replace(event, throttled=min(event.throttled + 1, 16), due_at=now + waits)
    elif event.tries < len(_TRIES_AFTER):
        event = replace(event, tries=event.tries + 1, due_at=now + _TRIES_AFTER[event.tries])
    else:
        return None
    return event if event.due_at - event.queued_at <= _LONGEST else None
