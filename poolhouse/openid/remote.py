"""What another server answers: JSON by HTTPS, and the keys it signs with. Everything here waits, so it runs aside."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import msgspec
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as ConnectTimeoutError
from urllib3.util import parse_url

from poolhouse.web import is_loopback

DISCOVERY = "/.well-known/openid-configuration"
LEEWAY = 60  # seconds two clocks may differ
# Asymmetric ones: a token must not be provable by what the provider and we both know.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
# Seconds: how long AWS waits is not documented
_TIMEOUT = 5  # to connect, and for each read
_WHOLE = 10.0  # for the whole exchange, however steadily an answer goes on
_LONGEST = 1_000_000  # bytes of an answer
Document = dict[str, Any]


class ProviderFailed(Exception):
    """The provider did not answer, or not with what it should have; the text is what the app client is told."""


def fetch_text(name: str, what: str, url: str) -> str:
    """A text from the provider. Raises ProviderFailed."""
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise ProviderFailed(f"{name} {what} is not https")  # a guess
    status, answer = _sent(what, "GET", url, {}, None)
    if status != 200:
        raise ProviderFailed(f"{name} Error - {status} error getting {what}")
    try:
        return answer.decode()
    except UnicodeDecodeError as error:
        raise ProviderFailed(f"{name} {what} did not answer with text") from error  # a guess


def fetch_json(
    name: str,
    what: str,
    url: str,
    *,
    method: str = "GET",
    form: Mapping[str, str] | None = None,
    authorization: str = "",
    within: float = _WHOLE,
) -> Document:
    """A JSON object from the provider, which must be spoken to by TLS, unless it is on this machine.

    Raises ProviderFailed, also where the answer is not whole within so many seconds.
    """
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise ProviderFailed(f"{name} {what} is not https")  # a guess
    headers = {"Accept": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    body = None
    if form is not None:
        method, body = "POST", urlencode(form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    status, answer = _sent(what, method, url, headers, body, within=within)
    if status != 200:
        doing = "getting token" if form is not None else f"getting {what}"  # the first is documented
        raise ProviderFailed(f"{name} Error - {status} error {doing}")
    try:
        return msgspec.json.decode(answer, type=Document)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProviderFailed(f"{name} {what} did not answer with JSON") from error  # a guess


def ask_json(name: str, what: str, url: str, *, authorization: str = "") -> tuple[int, Document]:
    """The status and the JSON object that a provider answers a GET with; what is no JSON is an empty one.

    Raises ProviderFailed where it cannot be asked.
    """
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise ProviderFailed(f"{name} {what} is not https")
    headers = {"Accept": "application/json", **({"Authorization": authorization} if authorization else {})}
    status, answer = _sent(what, "GET", url, headers, None)
    try:
        return status, msgspec.json.decode(answer, type=Document)
    except (msgspec.DecodeError, RecursionError):
        return status, {}


def _sent(
    what: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, within: float = _WHOLE
) -> tuple[int, bytes]:
    try:
        status, answer = _exchanged(method, url, headers, body, until=time.monotonic() + within)
    except NewConnectionError as error:  # refused, which urllib3 counts among the timeouts
        raise ProviderFailed("Connection reset") from error
    except (ConnectTimeoutError, TimeoutError) as error:
        occurred = "Timeout in calling jwks uri" if what == "jwks uri" else f"Timeout occurred in calling IdP {what}"
        raise ProviderFailed(occurred) from error
    except (HTTPError, HTTPException, OSError) as error:
        raise ProviderFailed("Connection reset") from error
    if len(answer) > _LONGEST:
        raise ProviderFailed(f"IdP {what} answered with too much")  # a guess
    return status, answer


def _exchanged(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, until: float
) -> tuple[int, bytes]:
    """One request and its answer, by a connection of its own; redirects are not followed."""
    asked = parse_url(url)
    kind = HTTPSConnection if asked.scheme == "https" else HTTPConnection
    with closing(kind(asked.host or "", asked.port, timeout=_TIMEOUT)) as connection:
        connection.connect()
        with _cut_off(connection, until):
            connection.request(method, asked.request_uri, body, headers, preload_content=False)
            response = connection.getresponse()
            return response.status, response.read(_LONGEST + 1)


@contextmanager
def _cut_off(connection: HTTPConnection, until: float) -> Iterator[None]:
    """End an exchange that goes on for longer, by which whoever reads wakes up. Raises TimeoutError for it.

    The time for a read begins anew with each byte, so that a server could hold whoever asks for as long as it likes.
    """
    is_late, open_socket = threading.Event(), connection.sock

    def end() -> None:
        is_late.set()
        with suppress(OSError):
            open_socket.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(until - time.monotonic(), end)
    timer.start()
    try:
        yield
    except (HTTPError, HTTPException, OSError) as error:
        if is_late.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
    if is_late.is_set():
        raise TimeoutError


def signing_key(known: Document, header: Mapping[str, Any]) -> jwt.PyJWK:
    """The key that signed, by its id; by being the only one when the token names none."""
    kind, kid = ("EC" if header["alg"].startswith("ES") else "RSA"), header.get("kid")
    usable = [key for key in known["keys"] if key.get("kty") == kind and key.get("use", "sig") == "sig"]
    found = [key for key in usable if key.get("kid") == kid] if kid is not None else usable
    if len(found) != 1 or header["alg"] not in ALGORITHMS:
        raise KeyError(kid)
    return jwt.PyJWK(found[0], algorithm=found[0].get("alg") or header["alg"])
