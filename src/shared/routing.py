"""Which function answers a request of a REST API: by method and path, `/notes/<note_id>`.

The routes of a function are few; they are tried in the order they were declared.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., "Response"])
PARAMETER = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Response:
    """An answer: its body is text."""

    status: int
    body: str = ""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """A method and a path, and the function that answers with what stands in the path."""

    method: str
    path: str
    answer: Callable[..., Response]
    pattern: re.Pattern[str]


class Router:
    """Routes, and the request that is being answered: a function answers one at a time."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.event: dict[str, Any] = {}

    def get(self, path: str) -> Callable[[F], F]:
        """Answers GET."""
        return self._route("GET", path)

    def post(self, path: str) -> Callable[[F], F]:
        """Answers POST."""
        return self._route("POST", path)

    def put(self, path: str) -> Callable[[F], F]:
        """Answers PUT."""
        return self._route("PUT", path)

    def patch(self, path: str) -> Callable[[F], F]:
        """Answers PATCH."""
        return self._route("PATCH", path)

    def delete(self, path: str) -> Callable[[F], F]:
        """Answers DELETE."""
        return self._route("DELETE", path)

    def find(self, method: str, path: str) -> Callable[[], Response] | None:
        """What answers, None where nothing does."""
        for route in self.routes:
            match = route.pattern.fullmatch(path) if route.method == method else None
            if match is not None:
                return partial(route.answer, **match.groupdict())
        return None

    def text(self) -> str:
        """The request's body. Raises ValueError when it is no text."""
        body: str = self.event.get("body") or ""
        return base64.b64decode(body).decode() if self.event.get("isBase64Encoded") else body

    def query(self) -> dict[str, str]:
        """The query's parameters; of one given twice the last."""
        return self.event.get("queryStringParameters") or {}

    def header(self, name: str) -> str | None:
        """A header's value, None when it was not sent; `name` in any case."""
        sent: Mapping[str, str] = self.event.get("headers") or {}
        return next((value for key, value in sent.items() if key.lower() == name.lower()), None)

    def _route(self, method: str, path: str) -> Callable[[F], F]:
        def register(answer: F) -> F:
            pattern = re.compile(PARAMETER.sub(r"(?P<\1>[^/]+)", path) + "/*")
            self.routes.append(Route(method, path, answer, pattern))
            return answer

        return register
