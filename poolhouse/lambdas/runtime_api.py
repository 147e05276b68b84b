"""The Lambda Runtime API for one worker: a loopback port of its own, plain blocking sockets, one `poll` to wait on.

GET  /2018-06-01/runtime/invocation/next              the worker is idle; answered with the event
POST /2018-06-01/runtime/invocation/<id>/response     what the handler returned
POST /2018-06-01/runtime/invocation/<id>/error        what it raised
POST /2018-06-01/runtime/init/error                   the handler could not be imported
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

A worker's parked `next` is its state: the event is written straight onto that connection, by the thread that invokes,
and only onto the connection of a worker that is seen to live. The worker's output is read in the same wait, so that
every line it wrote during an invocation is there before its answer is.
"""

import contextlib
import os
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

_VERSION = b"/2018-06-01/runtime"
_NEXT = _VERSION + b"/invocation/next"
_CHUNK = 64 * 1024  # larger buffers are mapped and unmapped by the allocator, at each read
_DRAINS = 16
_SEND_TIMEOUT = struct.pack("ll", 10, 0)  # a worker that does not take its event for this long is stuck
_ACCEPTED = b'{"status":"OK"}'
_IN = select.POLLIN | select.POLLHUP | select.POLLERR


class WorkerGone(Exception):
    """The worker's process has ended, or it speaks no HTTP."""


@dataclass(slots=True)
class Connection:
    """One connection from the worker, and what it sent that is not read yet."""

    sock: socket.socket
    buffer: bytearray


@dataclass(frozen=True, slots=True)
class Message:
    """One request of the worker: `kind` is "next", "response", "error", "init_error" or "unknown"."""

    kind: str
    connection: Connection
    request_id: str = ""
    body: bytes = b""


class RuntimeApi:
    """Serves one worker. `lifeline` ends when its process does; `output` is the reading end of its output.

    Not thread-safe: one thread at a time has the worker.
    """

    def __init__(self, lifeline: socket.socket, output: int, write: Callable[[bytes], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self._connections: dict[int, Connection] = {}
        self._lifeline = lifeline
        self._output = output
        self._write = write
        self._poll = select.poll()
        for fd in (self._listener.fileno(), lifeline.fileno(), output):
            self._poll.register(fd, _IN)
        self._is_gone = False
        self._was_reset = False

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API is to be."""
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def receive(self, until: float) -> Message | None:
        """The worker's next request; None when there is none by `until`, on time.monotonic. Raises WorkerGone."""
        while True:
            for connection in self._connections.values():
                message = _parse(connection)
                if message is not None:
                    return message
            if not self._wait(until):
                return None

    @property
    def is_alive(self) -> bool:
        """Whether the process was still there when its last request was received."""
        return not self._is_gone

    def send_event(self, connection: Connection, head: bytes, event: bytes) -> None:
        """Answer a parked `next`. Raises WorkerGone."""
        # In one send: head and body apart meet Nagle and a delayed acknowledgement, 40 ms an invocation.
        self._send(connection, b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(event), event))

    def acknowledge(self, connection: Connection, status: bytes = b"202 Accepted", body: bytes = _ACCEPTED) -> None:
        """Answer a POST. That the worker no longer listens is no error: what it had to say is said."""
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        with contextlib.suppress(WorkerGone):
            self._send(connection, head + body)

    def drain(self) -> None:
        """Read the output that is left when the process has ended.

        While it lives there is no need: what it wrote before a request was ready in the same poll as the request.
        """
        for _ in range(_DRAINS):
            if not any(fd == self._output for fd, _ in self._poll.poll(0)):
                return
            self._read_output()

    def left_unread(self) -> bool:
        """Whether the worker, which has ended, had not read all it was sent: its kernel then resets the connection."""
        for fd, connection in list(self._connections.items()):
            connection.sock.setblocking(False)  # noqa: FBT003
            self._read(fd)
        return self._was_reset

    def close(self) -> None:
        """Close every socket; the worker's next call home fails, and awslambdaric then ends."""
        for connection in self._connections.values():
            connection.sock.close()
        self._connections.clear()
        self._listener.close()

    def _wait(self, until: float) -> bool:
        """Wait for anything to happen, and take it in."""
        left = until - time.monotonic()
        ready = self._poll.poll(max(0, left * 1000)) if left != float("inf") else self._poll.poll()
        if not ready:
            return left > 0  # a wait cut short by its rounding goes on
        self._note_end(ready)
        for fd, _ in ready:
            if fd in self._connections:
                self._read(fd)
            elif fd == self._output:
                self._read_output()
            elif fd == self._listener.fileno():
                self._accept()
        return True

    def _note_end(self, ready: list[tuple[int, int]]) -> None:
        """When the process has ended, what it sent before is all here; it is gone once nothing else is ready."""
        if not any(fd == self._lifeline.fileno() for fd, _ in ready):
            return
        self._is_gone = True
        if len(ready) == 1:
            raise WorkerGone

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(True)  # noqa: FBT003
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)  # cheaper than Python's own timeouts
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[sock.fileno()] = Connection(sock, bytearray())
        self._poll.register(sock.fileno(), _IN)

    def _read(self, fd: int) -> None:
        connection = self._connections[fd]
        try:
            data = connection.sock.recv(_CHUNK)
        except OSError as error:
            self._was_reset |= isinstance(error, ConnectionResetError)
            data = b""
        if data:
            connection.buffer += data
            return
        self._poll.unregister(fd)
        del self._connections[fd]
        connection.sock.close()

    def _read_output(self) -> None:
        data = os.read(self._output, _CHUNK)
        if data:
            self._write(data)
        else:
            self._poll.unregister(self._output)

    def _send(self, connection: Connection, data: bytes) -> None:
        try:
            connection.sock.sendall(data)
        except OSError as error:
            self._was_reset = True
            raise WorkerGone from error


def _parse(connection: Connection) -> Message | None:
    """Take one whole request off a connection's buffer, if it is there. Raises WorkerGone for what is no request."""
    buffer = connection.buffer
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = bytes(buffer[:end]).split(b"\r\n")
    length = _content_length(lines[1:])
    total = end + 4 + length
    if len(buffer) < total:
        return None
    body = bytes(buffer[end + 4 : total])
    del buffer[:total]
    method, _, rest = lines[0].partition(b" ")
    return _message(connection, method, rest.partition(b" ")[0], body)


def _content_length(headers: list[bytes]) -> int:
    length = 0
    for header in headers:
        name, _, value = header.lower().partition(b":")
        if name == b"content-length" and value.strip().isdigit():
            length = int(value)
        elif name in (b"content-length", b"transfer-encoding"):  # chunked is response streaming: not built
            raise WorkerGone
    return length


def _message(connection: Connection, method: bytes, path: bytes, body: bytes) -> Message:
    if method == b"GET" and path == _NEXT:
        return Message("next", connection)
    if method == b"POST" and path == _VERSION + b"/init/error":
        return Message("init_error", connection, body=body)
    prefix, _, tail = path.rpartition(b"/")
    if method == b"POST" and prefix.startswith(_VERSION + b"/invocation/") and tail in (b"response", b"error"):
        return Message(tail.decode(), connection, prefix.rpartition(b"/")[2].decode("latin-1"), body)
    return Message("unknown", connection)
