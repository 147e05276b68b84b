"""One invocation, from finding a worker to its answer: what is waited for, what each ending means, what is logged."""

import math
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from poolhouse.call import Invocation
from poolhouse.lambdas.entities import LATEST, Function
from poolhouse.lambdas.process import Worker
from poolhouse.lambdas.runtime_api import Message, WorkerGone
from poolhouse.lambdas.workers import Workers

# Lambda's 6 MB, and the hundred bytes more that it lets through:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_RESPONSE = 6_291_556
_TAIL = 4096
_KEPT_LINES = 1000
_MEGABYTE = 1024 * 1024
_TOO_LARGE = (
    b'{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}'
)
_BAD_ID = b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}'
_UNKNOWN = b'{"errorMessage":"Not built here","errorType":"Runtime.Unknown"}'

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What a worker is given. `client_context` is JSON."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str
    client_context: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended, and the last lines it logged."""

    invocation: Invocation
    request_id: str
    log: Sequence[str]
    version: str = LATEST

    @property
    def log_tail(self) -> bytes:
        """The last 4 KB of the log."""
        return "".join(line + "\n" for line in self.log).encode()[-_TAIL:]


class Run:
    """An invocation under way: `advance` drives it, from one thread at a time, as far as a moment on time.monotonic."""

    def __init__(
        self,
        function: Function,
        event: Event,
        workers: Workers,
        *,
        fingerprint: int,
        init_seconds: float,
        log: Callable[[str, str], None],
        is_to_time_out: bool = False,
    ) -> None:
        self._function = function
        self._event = event
        self._workers = workers
        self._fingerprint = fingerprint
        self._init_seconds = init_seconds
        self._log = log
        self._is_to_time_out = is_to_time_out
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._worker: Worker | None = None
        self._started_at = 0.0
        self._init_took = 0.0
        self._steps = self._run()
        self._until: float | None = None

    def advance(self, until: float = math.inf) -> Outcome | None:
        """Go on until the answer is there, or `until`: then None, and advance may be called again."""
        try:
            if self._until is None:
                self._until = next(self._steps)
            while True:
                wait = min(self._until, until)
                assert self._worker is not None  # noqa: S101
                try:
                    message = self._worker.api.receive(wait)
                except WorkerGone as gone:
                    self._until = self._steps.throw(gone)
                    continue
                if message is None and wait < self._until:
                    return None
                self._until = self._steps.send(message)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def _run(self) -> Generator[float, Message | None, Outcome]:
        """Yields the moment up to which it waits for the worker's next request; is sent the request, None when late."""
        try:
            invocation = self._late() if self._is_to_time_out else None
            while invocation is None:
                parked = yield from self._find_worker()
                invocation = parked if isinstance(parked, Invocation) else (yield from self._hand_over(parked))
        except OSError as error:
            invocation = self._failed("Runtime.InvalidWorkingDir", f"{error.strerror}: {error.filename}")
        except BaseException:
            if self._worker is not None:
                self._workers.discard(self._worker)
            raise
        self._finish(invocation)
        return Outcome(invocation, self._event.request_id, tuple(self._lines), self._function.version)

    def _find_worker(self) -> Generator[float, Message | None, Message | Invocation]:
        """A worker that waits for an event, or how starting one failed. One that died idle is passed over."""
        while True:
            self._worker = None
            worker = self._worker = self._workers.take(self._function, self._fingerprint)
            worker.on_line = self._take_line
            is_new = not worker.is_ready
            began = time.monotonic()
            until = began + self._function.timeout + (self._init_seconds if is_new else 0)
            try:
                message = yield from self._await(until, "next", "init_error")
            except WorkerGone:
                if is_new:
                    return self._crashed(worker)
                self._workers.discard(worker)
                continue
            if message is None:
                return self._timed_out()
            if message.kind == "init_error":
                worker.api.acknowledge(message.connection)
                return self._raised(message.body)
            if is_new:
                worker.is_ready = True
                self._workers.ready(worker)
                self._init_took = time.monotonic() - began
            if worker.api.is_alive:
                return message
            self._workers.discard(worker)

    def _hand_over(self, parked: Message) -> Generator[float, Message | None, Invocation | None]:
        """Give the event to the worker and wait for what it makes of it; None when it died before it had read it."""
        worker = self._worker
        assert worker is not None  # noqa: S101
        self._start()
        try:
            worker.api.send_event(parked.connection, self._head(), self._event.payload)
            message = yield from self._await(self._started_at + self._function.timeout, "response", "error")
        except WorkerGone:
            crash = self._crashed(worker)
            if not (worker.is_warm and worker.api.left_unread()):
                return crash
            self._workers.discard(worker)
            return None
        if message is None:
            return self._timed_out()
        if message.kind == "error":
            worker.api.acknowledge(message.connection)
            worker.is_warm = True
            return self._raised(message.body)
        if len(message.body) > MAX_RESPONSE:
            worker.api.acknowledge(message.connection, b"413 Request Entity Too Large", _TOO_LARGE)
            worker.is_ready = False  # awslambdaric ends over it, as on Lambda
            text = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
            return Invocation(error={"errorMessage": text, "errorType": "Function.ResponseSizeTooLarge"})
        worker.api.acknowledge(message.connection)
        worker.is_warm = True
        return Invocation(message.body)

    def _await(self, until: float, *kinds: str) -> Generator[float, Message | None, Message | None]:
        """The worker's next request of these kinds; everything else it asks for is refused."""
        while True:
            message = yield until
            if message is None:
                return None
            is_ours = message.kind not in ("response", "error") or message.request_id == self._event.request_id
            if message.kind in kinds and is_ours:
                return message
            assert self._worker is not None  # noqa: S101
            if is_ours:
                self._worker.api.acknowledge(message.connection, b"404 Not Found", _UNKNOWN)
            else:
                self._worker.api.acknowledge(message.connection, b"400 Bad Request", _BAD_ID)

    def _head(self) -> bytes:
        event = self._event
        deadline = int((time.time() + self._function.timeout) * 1000)
        head = (
            "Content-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {event.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {event.function_arn}\r\n"
            f"Lambda-Runtime-Trace-Id: {event.trace_id}\r\n"
        ).encode()
        if event.client_context:
            head += b"Lambda-Runtime-Client-Context: %s\r\n" % event.client_context
        return head

    def _raised(self, body: bytes) -> Invocation:
        """The worker's own error document."""
        try:
            return Invocation(error=msgspec.json.decode(body, type=Document))
        except msgspec.DecodeError:
            return Invocation(error={"errorType": "Unhandled", "errorMessage": body.decode(errors="replace")})

    def _timed_out(self) -> Invocation:
        worker = self._worker
        assert worker is not None  # noqa: S101
        worker.is_ready = False
        worker.end()
        worker.api.drain()
        return self._late()

    def _late(self) -> Invocation:
        return self._failed("Sandbox.Timedout", f"Task timed out after {self._function.timeout:.2f} seconds")

    def _crashed(self, worker: Worker) -> Invocation:
        worker.is_ready = False
        status = worker.exit_status()
        worker.api.drain()
        return self._failed("Runtime.ExitError", _exit_text(status))

    def _failed(self, error_type: str, text: str) -> Invocation:
        message = f"RequestId: {self._event.request_id} Error: {text}"
        return Invocation(error={"errorType": error_type, "errorMessage": message})

    def _start(self) -> None:
        if not self._started_at:
            self._take_line(f"START RequestId: {self._event.request_id} Version: {self._function.version}")
        self._started_at = time.monotonic()

    def _finish(self, invocation: Invocation) -> None:
        """Log the end, and give the worker back if it can serve again."""
        if not self._started_at:
            self._start()
        took = (time.monotonic() - self._started_at) * 1000
        worker = self._worker
        if worker is not None:
            worker.flush()
            worker.note_memory()
        self._take_line(f"END RequestId: {self._event.request_id}")
        self._take_line(self._report(took, worker, invocation))
        if worker is None:
            return
        worker.on_line = self._late_line
        if worker.is_ready:
            self._workers.give_back(worker)
        else:
            self._workers.discard(worker)

    def _report(self, took: float, worker: Worker | None, invocation: Invocation) -> str:
        """The REPORT line in its present form: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html."""
        init = self._init_took * 1000
        parts = [
            f"REPORT RequestId: {self._event.request_id}",
            f"Duration: {took:.2f} ms",
            f"Billed Duration: {math.ceil(took + init)} ms",
            f"Memory Size: {self._function.memory} MB",
        ]
        if worker is not None and worker.memory_used:
            parts.append(f"Max Memory Used: {math.ceil(worker.memory_used / _MEGABYTE)} MB")
        if init:
            parts.append(f"Init Duration: {init:.2f} ms")
        if worker is not None and not worker.is_ready and invocation.error is not None:
            error_type = invocation.error.get("errorType")
            is_late = error_type == "Sandbox.Timedout"
            parts += ["Status: timeout"] if is_late else ["Status: error", f"Error Type: {error_type}"]
        return "\t".join(parts) + "\t"

    def _take_line(self, line: str) -> None:
        # awslambdaric puts \r between the lines of one record.
        line = line.replace("\r", "\n")
        self._lines.append(line)
        self._log(self._function.name, line)

    def _late_line(self, line: str) -> None:
        """What the worker wrote while nobody had invoked it."""
        self._log(self._function.name, line.replace("\r", "\n"))


def _exit_text(status: int) -> str:
    """How a process ended, in Lambda's words."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    # Signals as Go's syscall package calls them: that is what writes the text on Lambda.
    names = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "aborted"}
    name = names.get(signal.Signals(-status), (signal.strsignal(-status) or str(-status)).lower())
    return f"Runtime exited with error: signal: {name}"
