"""The service's calls of AWS, answered by a local cloud in this process: no socket, and a test may step in between."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from poolhouse.testing import LocalCloud
from poolhouse.web import Request, Response

Answer = tuple[int, dict[str, Any]]
Step = Callable[[], Any]


class Wire:
    """Where the service's HTTP goes to. What `before` and `after` are given runs once."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.sent: list[str] = []
        self.bodies: list[bytes] = []
        self._before: list[tuple[str, Step]] = []
        self._after: list[tuple[str, Step]] = []

    def before(self, operation: str, step: Step) -> None:
        """Run something at the moment AWS is about to be asked; a status and a body it returns are the answer."""
        self._before.append((operation, step))

    def after(self, operation: str, step: Step) -> None:
        """Run something when AWS has done it and the answer is still on its way; it may raise."""
        self._after.append((operation, step))

    def forget(self) -> None:
        """Run nothing that has not run."""
        self._before.clear()
        self._after.clear()

    def handle(self, request: Request) -> Response:
        """Answer a request of the service."""
        operation = request.header("x-amz-target").rpartition(".")[2]
        self.sent.append(operation)
        self.bodies.append(request.body)
        if step := _taken(self._before, operation):
            answer = step()
            if isinstance(answer, tuple):
                return Response(answer[0], json.dumps(answer[1]).encode())
        response = self.cloud.inner.handle(request)
        if step := _taken(self._after, operation):
            step()
        return response


def refusal(code: str, message: str = "", *, status: int = 400, **more: object) -> Answer:
    """What a JSON service refuses with."""
    return status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **more}


@contextmanager
def connected(cloud: LocalCloud) -> Iterator[Wire]:
    """Hand everything that Python's own HTTP client sends to this cloud, until the block ends."""
    wire = Wire(cloud)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("http.client.HTTPConnection", lambda netloc, timeout: _Connection(wire, netloc, timeout))
        yield wire


def _taken(steps: list[tuple[str, Step]], operation: str) -> Step | None:
    for number, (name, step) in enumerate(steps):
        if name == operation:
            del steps[number]
            return step
    return None


class _Connection:
    """As much of http.client.HTTPConnection as is used; closed after each answer."""

    def __init__(self, wire: Wire, netloc: str, _timeout: float) -> None:
        self._wire, self._netloc = wire, netloc
        self._answer = Response(500)
        self.sock: SimpleNamespace | None = None

    def connect(self) -> None:
        self.sock = SimpleNamespace(settimeout=lambda _seconds: None)

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        url = urlsplit(path)
        port = urlsplit(f"//{self._netloc}").port or 80
        sent = tuple((name.lower(), value) for name, value in headers.items())
        self._answer = self._wire.handle(Request(method, url.path, url.query, sent, body, port=port))

    def getresponse(self) -> SimpleNamespace:
        told = {name.lower(): value for name, value in self._answer.headers}
        self.sock = None
        return SimpleNamespace(
            status=self._answer.status, read=lambda: self._answer.body, getheaders=lambda: list(told.items())
        )

    def close(self) -> None:
        self.sock = None
