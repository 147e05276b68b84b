"""Which function answers a request, of a REST API or of a load balancer: by method and path, `/notes/<note_id>`.

The routes of a function are few; they are tried in the order they were declared. A load balancer reaches those alone
that say so: API Gateway has asked for a route's scopes or signature before its function runs, a load balancer has not.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote_plus

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
    is_behind_load_balancer: bool


class Router:
    """Routes, and the request that is being answered: a function answers one at a time."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.event: dict[str, Any] = {}

    def get(self, path: str, *, is_behind_load_balancer: bool = False) -> Callable[[F], F]:
        """Answers GET; no other method behind a load balancer, whose cookie browsers send for pages of others too."""
        return self._route("GET", path, is_behind_load_balancer=is_behind_load_balancer)

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

    @property
    def is_of_load_balancer(self) -> bool:
        """Whether a load balancer has sent the request."""
        return "elb" in self.event["requestContext"]

    def find(self, method: str, path: str) -> Callable[[], Response] | None:
        """What answers, None where nothing does."""
        for route in self.routes:
            match = route.pattern.fullmatch(path) if route.method == method else None
            if match is not None and (route.is_behind_load_balancer or not self.is_of_load_balancer):
                return partial(route.answer, **match.groupdict())
        return None

    def text(self) -> str:
        """The request's body. Raises ValueError when it is no text."""
        body: str = self.event.get("body") or ""
        return base64.b64decode(body).decode() if self.event.get("isBase64Encoded") else body

    def query(self) -> dict[str, list[str]]:
        """The query's parameters, each with all its values. A load balancer leaves them as they were sent: encoded."""
        lists: Mapping[str, list[str]] = self.event.get("multiValueQueryStringParameters") or {}
        texts: Mapping[str, str] = self.event.get("queryStringParameters") or {}
        sent = [(name, value) for name, values in lists.items() for value in values] or list(texts.items())
        read = unquote_plus if self.is_of_load_balancer else str
        parameters: dict[str, list[str]] = {}
        for name, value in sent:
            parameters.setdefault(read(name), []).append(read(value))
        return parameters

    def header(self, name: str) -> str | None:
        """A header's value, of one sent twice the last, None when it was not sent; `name` in any case."""
        lists: Mapping[str, list[str]] = self.event.get("multiValueHeaders") or {}
        sent = self.event.get("headers") or {key: values[-1] for key, values in lists.items() if values}
        return next((value for key, value in sent.items() if key.lower() == name.lower()), None)

    def headers(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """An answer's headers, in lists where the request's came in lists: whoever sent it reads no others."""
        if "multiValueHeaders" in self.event:
            return {"multiValueHeaders": {name: [value] for name, value in headers.items()}}
        return {"headers": dict(headers)}

    def _route(self, method: str, path: str, *, is_behind_load_balancer: bool = False) -> Callable[[F], F]:
        def register(answer: F) -> F:
            pattern = re.compile(PARAMETER.sub(r"(?P<\1>[^/]+)", path) + "/*")
            self.routes.append(Route(method, path, answer, pattern, is_behind_load_balancer))
            return answer

        return register
