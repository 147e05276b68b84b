"""From a socket's request to a `Request`, through a fiber, and back to the socket."""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

from poolhouse.front.fibers import Fibers
from poolhouse.web import Request, Response

Handle = Callable[[Request], Response]
_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = logging.getLogger(__name__)
_WITHOUT_BODY = (204, 304)
_CONTROLS = bytes.maketrans(bytes([*range(9), *range(10, 32), 127]), b" " * 32)  # no header may hold them
_FAILED = Response(500, b'{"message": "Internal server error"}', (("Content-Type", "application/json"),))


class TooLong(Exception):
    """The body is longer than this listener takes."""


class Door(NamedTuple):
    """What answers on a port: requests, and those whose body is longer than `max_body` bytes, without it.

    `longest` says of a request, as far as it is known before its body, how long that may be if that is longer.
    """

    handle: Handle
    too_long: Handle
    max_body: int
    longest: Callable[[Request], int] = lambda _request: 0


class Edge:
    """The ASGI application: one door for each port."""

    def __init__(self, fibers: Fibers, doors: Mapping[int, Door]) -> None:
        self._fibers = fibers
        self._doors = doors

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        door = self._doors[scope["server"][1]]
        try:
            body = await _body(scope, receive, door)
        except TooLong:
            # What is left of the body is not read: the connection ends with the answer.
            response = await self._answer(door.too_long, _request(scope, b""))
            await _respond(send, response.with_headers([("Connection", "close")]))
            return
        if body is not None:
            await _respond(send, await self._answer(door.handle, _request(scope, body)))

    async def _answer(self, handle: Handle, request: Request) -> Response:
        try:
            return await self._fibers.run(handle, request)
        except Exception:  # noqa: BLE001 - the edge of a port
            # Every part answers its own failures; what gets here is a bug in a part's edge.
            _log.exception("%s on port %d", request.method, request.port)
            return _FAILED


async def _body(scope: _Scope, receive: _Receive, door: Door) -> bytes | None:
    """The whole body; None when the client went away first. Raises TooLong."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            _check(scope, door, int(value))
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return None if message["type"] == "http.disconnect" else body
    chunks, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message["body"])
        size += len(chunks[-1])
        _check(scope, door, size)
    return b"".join(chunks)


def _check(scope: _Scope, door: Door, size: int) -> None:
    if size > door.max_body and size > door.longest(_request(scope, b"")):
        raise TooLong


def _request(scope: _Scope, body: bytes) -> Request:
    client = scope["client"]
    return Request(
        scope["method"],
        scope["raw_path"].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]),
        body,
        client[0] if client else "",
        scope["server"][1],
        scope["http_version"],
    )


async def _respond(send: _Send, response: Response) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1", "replace").translate(_CONTROLS))
        for name, value in response.headers
    ]
    body = b"" if response.status in _WITHOUT_BODY else response.body
    # An answer to HEAD states how long what it leaves out would be.
    if response.status not in _WITHOUT_BODY and not any(name.lower() == b"content-length" for name, _ in headers):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
