"""Faults that were asked for: the next calls of an operation fail as AWS fails, so that what a client does can be seen.

None are there until `POST /_poolhouse/faults` (or `poolhouse faults`) puts one up; they are forgotten at the end, and
by a reset. A call that meets one is not done: not even its signature is looked at. What the cloud itself asks for,
such as a deployment, meets none.
"""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from poolhouse.errors import ApiError, CommandError

THROTTLED, UNAVAILABLE, INTERNAL, TIMEOUT = "throttled", "unavailable", "internal", "timeout"
KINDS = (THROTTLED, UNAVAILABLE, INTERNAL, TIMEOUT)
FUNCTION = "lambda"
EVERY = "*"
MOST, LONGEST = 1_000_000, 86_400.0

# What a client is told: status, code, message. Codes are those of the services' pages on common errors; that a message
# is word for word AWS's is a guess where a page has none.
_Answer = tuple[int, str, str]
_ANSWERS: dict[str, dict[str, _Answer]] = {
    THROTTLED: {
        "dynamodb": (
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. "
            "Consider increasing your provisioning level with the UpdateTable API.",
        ),
        "s3": (503, "SlowDown", "Please reduce your request rate."),
        "cognito-idp": (400, "TooManyRequestsException", "Rate exceeded"),
        "cognito-identity": (400, "TooManyRequestsException", "Rate exceeded"),
        "lambda": (429, "TooManyRequestsException", "Rate Exceeded."),
        "sts": (400, "Throttling", "Rate exceeded"),
        "ses": (400, "Throttling", "Maximum sending rate exceeded."),
        "sesv2": (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
        "sns": (400, "Throttling", "Rate exceeded"),
        EVERY: (400, "ThrottlingException", "Rate exceeded"),
    },
    UNAVAILABLE: {
        "s3": (503, "ServiceUnavailable", "Service is unable to handle request."),
        EVERY: (503, "ServiceUnavailable", "The service is unavailable. Please try again later."),
    },
    INTERNAL: {
        "dynamodb": (500, "InternalServerError", "Internal server error"),
        "s3": (500, "InternalError", "We encountered an internal error. Please try again."),
        "cognito-idp": (500, "InternalErrorException", "Internal error"),
        "cognito-identity": (500, "InternalErrorException", "Internal error"),
        "kms": (500, "KMSInternalException", "An internal error occurred."),
        "lambda": (500, "ServiceException", "An error occurred and the request cannot be processed."),
        EVERY: (500, "InternalFailure", "The request processing has failed because of an unknown error."),
    },
}


@dataclass
class Fault:
    """What fails, how, and for how long: so many times, or until a moment on time.monotonic."""

    id: int
    service: str
    operation: str
    kind: str
    times: int | None
    until: float | None

    def told(self, now: float) -> dict[str, object]:
        """As it is shown."""
        left = None if self.until is None else round(self.until - now, 1)
        return {"id": self.id, "service": self.service, "operation": self.operation, "kind": self.kind} | {
            "times": self.times,
            "seconds": left,
        }


class Faults:
    """The faults that are up."""

    def __init__(self, is_service: Callable[[str], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._is_service = is_service
        self._clock = clock
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._up: list[Fault] = []

    def put(
        self, service: str, operation: str, kind: str, *, times: int | None = None, seconds: float | None = None
    ) -> dict[str, object]:
        """Put a fault up: once, if it is said neither how many times nor for how long. Raises CommandError."""
        if kind not in KINDS:
            raise CommandError(f"A fault is one of {', '.join(KINDS)}, not {kind}.")
        if not self._is_service(service):
            raise CommandError(f"There is no service {service} here. Name it as boto3 does, such as dynamodb.")
        if kind == TIMEOUT and (service != FUNCTION or operation == EVERY):
            raise CommandError("What times out is a function: lambda and its name.")
        if times is not None and seconds is not None:
            raise CommandError("Say how many times or for how many seconds, not both.")
        if not (1 <= (1 if times is None else times) <= MOST and 0 < (1 if seconds is None else seconds) <= LONGEST):
            raise CommandError(f"A fault is met 1 to {MOST} times, or for up to {LONGEST:.0f} seconds.")
        with self._lock:
            now = self._clock()
            until = None if seconds is None else now + seconds
            fault = Fault(next(self._ids), service, operation, kind, times or (None if seconds else 1), until)
            self._up.append(fault)
            return fault.told(now)

    def list(self) -> list[dict[str, object]]:
        """Those that are up, in the order they came."""
        with self._lock:
            now = self._clock()
            self._up = [fault for fault in self._up if fault.until is None or fault.until > now]
            return [fault.told(now) for fault in self._up]

    def clear(self) -> None:
        """Take all of them down."""
        with self._lock:
            self._up = []

    def check(self, service: str, operation: str) -> None:
        """Raise what a call meets, if it meets a fault."""
        if self._up and (fault := self._met(service, operation, is_function=False)):
            answers = _ANSWERS[fault.kind]
            raise _error(*answers.get(service, answers[EVERY]))

    def times_out(self, function: str) -> bool:
        """Whether a function is to time out now."""
        return bool(self._up) and self._met(FUNCTION, function, is_function=True) is not None

    def _met(self, service: str, operation: str, *, is_function: bool) -> Fault | None:
        with self._lock:
            now = self._clock()
            for fault in self._up:
                is_it = fault.service == service and fault.operation in {operation, EVERY}
                if not is_it or (fault.kind == TIMEOUT) != is_function or (fault.until and fault.until <= now):
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._up.remove(fault)
                return fault
        return None


def _error(status: int, code: str, message: str) -> ApiError:
    made: type[ApiError] = type(code, (ApiError,), {"status": status})
    return made(message)
