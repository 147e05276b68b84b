"""The listening ports: in the main thread until a signal comes, or in a thread of their own.

uvicorn with uvloop and httptools where they are (docs/decisions/0001-http-server.md), without them otherwise.
"""

import asyncio
import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.config import Config as UvicornConfig
from uvicorn.importer import import_from_string

from poolhouse.errors import CommandError
from poolhouse.front.asgi import Door, Edge, Handle
from poolhouse.front.doors import too_long
from poolhouse.front.fibers import Fibers
from poolhouse.web import Request

MAX_BODY = 10 * 1024 * 1024  # API Gateway's own limit; no request of Cognito's comes near it
_BACKLOG = 512
_KEEP_ALIVE_S = 75
_SHUTDOWN_S = 3
_MAX_HEADERS = 64 * 1024
_LOOPBACK = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Listener:
    """A port and what answers on it. Port 0 picks a free one; a loopback host listens on IPv6's loopback too.

    `too_long` answers in place of `handle` where the body is longer than `max_body` bytes, and gets none. A request
    may have a longer one where `longest` says so.
    """

    host: str
    port: int
    handle: Handle
    too_long: Handle = too_long
    max_body: int = MAX_BODY
    longest: Callable[[Request], int] = lambda _request: 0


class Server:
    """One event loop for all listeners. Ports are taken when it is made, so that a taken one is told at once.

    Raises CommandError for a port that cannot be listened on.
    """

    def __init__(self, listeners: list[Listener]) -> None:
        self._sockets: list[socket.socket] = []
        self.listeners: list[Listener] = []
        try:
            for listener in listeners:
                self._open(listener)
        except BaseException:
            self._close_sockets()
            raise
        self._uvicorn: _Uvicorn | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()

    @property
    def ports(self) -> list[int]:
        """The port of each listener, in their order."""
        return [listener.port for listener in self.listeners]

    def run(self) -> None:
        """Serve in this thread until SIGINT or SIGTERM, or until `stop`."""
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self._serve())

    def start(self) -> None:
        """Serve in a thread of its own; returns when connections are taken."""
        self._thread = threading.Thread(target=self.run, name="http", daemon=True)
        self._thread.start()
        self._started.wait()

    def wait(self) -> None:
        """After `start`: hold the main thread until SIGINT or SIGTERM. A second signal has its usual effect."""
        asked = threading.Event()
        usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def end(*_: object) -> None:
            asked.set()
            for number, handler in usual.items():
                signal.signal(number, handler)

        for number in usual:
            signal.signal(number, end)
        asked.wait()

    def stop(self) -> None:
        """Finish what is under way, for a few seconds at most, and close the ports."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._close_sockets()

    async def _serve(self) -> None:
        fibers = Fibers(asyncio.get_running_loop())
        edge = Edge(fibers, {each.port: _door(each) for each in self.listeners})
        self._uvicorn = _Uvicorn(_config(edge), self._started)
        try:
            await self._uvicorn.serve(sockets=self._sockets)
        finally:
            self._started.set()
            fibers.close()

    def _open(self, listener: Listener) -> None:
        host = _LOOPBACK.get(listener.host, listener.host)
        first = _listen(host, listener.port)
        self._sockets.append(first)
        port = first.getsockname()[1]
        self.listeners.append(replace(listener, port=port))
        if host == "127.0.0.1" and socket.has_ipv6:
            # "localhost" is ::1 first to some clients. A machine without IPv6 is served all the same.
            with contextlib.suppress(_NoSuchAddress):
                self._sockets.append(_listen("::1", port))

    def _close_sockets(self) -> None:
        for one in self._sockets:
            one.close()


def _door(listener: Listener) -> Door:
    return Door(listener.handle, listener.too_long, listener.max_body, listener.longest)


class _NoSuchAddress(Exception):
    """This machine does not have the address."""


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _NoSuchAddress from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if host == "::1" and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise _NoSuchAddress from error
        raise CommandError(_refusal(host, port, error)) from error
    return listening


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program: stop it, or choose another port."
    return f"Cannot listen on port {port} of {host}: {error.strerror or error}."


class _Uvicorn(uvicorn.Server):
    """uvicorn that says when it has started, and takes a signal as the wish to end rather than raising it again."""

    def __init__(self, config: UvicornConfig, on_started: threading.Event) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def _config(edge: Edge) -> UvicornConfig:
    return UvicornConfig(
        edge,
        http=_http_protocol(),
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who sends X-Forwarded-For to this machine would choose its own address
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )


def _http_protocol() -> Any:
    """httptools' protocol with a limit on headers, which it lacks; h11, which has one, where httptools is missing."""
    try:
        parsed: Any = import_from_string(HTTP_PROTOCOLS["httptools"])
    except ImportError:
        return "h11"

    class Limited(parsed):  # type: ignore[misc]
        def on_message_begin(self) -> None:
            self._taken = 0
            super().on_message_begin()

        def on_url(self, url: bytes) -> None:
            self._count(len(url))
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._count(len(name) + len(value))
            super().on_header(name, value)

        def _count(self, size: int) -> None:
            self._taken += size
            if self._taken > _MAX_HEADERS:
                raise ValueError("headers too long")  # httptools makes it a parse error: 400, and the end

    return Limited


def _loop_factory() -> Any:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
