"""Ask one server the same thing as fast as it answers, over a few kept-alive connections: `python -m bench.load`.

Reads a plan as JSON on standard input, prints what it saw as JSON. It is a process of its own so that it does not share
the server's interpreter, and speaks HTTP by hand so that it costs as little as it can: the two share the machine.
"""

import asyncio
import base64
import itertools
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import uvloop

COUNTER = b"#########"  # stands for a number that is new in every request, in as many digits


@dataclass
class Seen:
    """What came back: answers with a good status, bad ones by status, milliseconds of each good one."""

    good: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    example: str = ""


class _Connection(asyncio.Protocol):
    """One client: a request, its answer, the next request; a new connection where the server closes each one."""

    def __init__(self, plan: "_Plan", seen: Seen) -> None:
        self._plan = plan
        self._seen = seen
        self._buffer = b""
        self._sent = 0.0
        self._is_answered = False
        self._opening: asyncio.Task[None] | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        """Connect, and begin to send."""
        self._is_answered = False
        await asyncio.get_running_loop().create_connection(lambda: self, self._plan.host, self._plan.port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length, chunked = _framing(head)
        if chunked:
            if not body.endswith(b"0\r\n\r\n"):
                return
        elif len(body) < length:
            return
        self._buffer = b""
        self._count(head, body)
        if b"connection: close" in head.lower():
            self._is_answered = True
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self.done.done():
            return
        if self._is_answered:
            self._opening = asyncio.ensure_future(self.open())
            return
        self._seen.bad["closed"] = self._seen.bad.get("closed", 0) + 1
        self.done.set_result(None)

    def _count(self, head: bytes, body: bytes) -> None:
        status = head[9:12].decode()
        if status.startswith("2"):
            self._seen.good += 1
            self._seen.latencies.append((time.perf_counter() - self._sent) * 1000)
        else:
            self._seen.bad[status] = self._seen.bad.get(status, 0) + 1
            self._seen.example = self._seen.example or body[:300].decode(errors="replace")

    def _send(self) -> None:
        message = self._plan.next()
        if message is None:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(message)


class _Plan:
    """Requests to send, until the time is over or enough were sent."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.host, self.port = plan["host"], plan["port"]
        messages = [base64.b64decode(message) for message in plan["messages"]]
        seconds, start, count = plan["seconds"], plan["start"], plan["count"]
        self._messages = itertools.cycle(messages)
        self._numbers = itertools.count(start)
        self._until = time.perf_counter() + seconds
        self._left = count

    def next(self) -> bytes | None:
        if time.perf_counter() >= self._until or self._left == 0:
            return None
        if self._left is not None:
            self._left -= 1
        message = next(self._messages)
        if COUNTER in message:
            message = message.replace(COUNTER, b"%0*d" % (len(COUNTER), next(self._numbers)))
        return message


def _framing(head: bytes) -> tuple[int, bool]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        match name.strip().lower():
            case b"content-length":
                return int(value), False
            case b"transfer-encoding":
                return 0, b"chunked" in value.lower()
    return 0, False


async def _load(plan: dict[str, Any]) -> Seen:
    seen = Seen()
    pending = _Plan(plan)
    started = time.perf_counter()
    connections = [_Connection(pending, seen) for _ in range(plan["connections"])]
    for connection in connections:
        await connection.open()
    await asyncio.wait([connection.done for connection in connections], timeout=plan["seconds"] + 30)
    seen.seconds = time.perf_counter() - started
    return seen


def main() -> None:
    """Read the plan, play it, print what was seen."""
    seen = uvloop.run(_load(json.load(sys.stdin)))
    seen.latencies.sort()
    quantiles = [seen.latencies[int(len(seen.latencies) * q)] for q in (0.5, 0.99)] if seen.latencies else []
    print(json.dumps(asdict(seen) | {"latencies": quantiles}))


if __name__ == "__main__":
    main()
