"""HTTP as plain values: what every door is given and what it gives back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Header = tuple[str, str]

_LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    `path` and `query` are as the client sent them, still percent-encoded; header names are lower case, in order,
    repeats kept; `port` is the listening port the request came in on.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    port: int = 0
    http_version: str = "1.1"

    def header(self, name: str, default: str = "") -> str:
        """The first value of a header; `name` in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return default

    def header_values(self, name: str) -> list[str]:
        """Every value of a header, in order; `name` in lower case."""
        return [value for key, value in self.headers if key == name]


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response; Content-Length is added at the socket."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = field(default=())

    def with_headers(self, extra: Iterable[Header]) -> "Response":
        """The same response with more headers at the end."""
        return Response(self.status, self.body, (*self.headers, *extra))


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine: RFC 6761 gives it every name under localhost, too."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # such as an unclosed bracket
        return False
    return host in _LOOPBACK_HOSTS or host.endswith(".localhost")
