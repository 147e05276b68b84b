"""What another server answers: JSON by HTTPS, and the keys it signs with. Everything here waits, so it runs aside."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import msgspec
import urllib3

from poolhouse.web import is_loopback

DISCOVERY = "/.well-known/openid-configuration"
LEEWAY = 60  # seconds two clocks may differ
# Asymmetric ones: a token must not be provable by what the provider and we both know.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_TIMEOUT = urllib3.Timeout(connect=5, read=5)
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
) -> Document:
    """A JSON object from the provider, which must be spoken to by TLS, unless it is on this machine."""
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise ProviderFailed(f"{name} {what} is not https")  # a guess
    headers = {"Accept": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    body = None
    if form is not None:
        method, body = "POST", urlencode(form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    status, answer = _sent(what, method, url, headers, body)
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


def _sent(what: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
    try:
        with (
            urllib3.PoolManager(retries=False, timeout=_TIMEOUT) as http,
            http.request(method, url, headers=headers, body=body, redirect=False, preload_content=False) as response,
        ):
            answer = response.read(_LONGEST + 1)
    except urllib3.exceptions.NewConnectionError as error:  # refused, which urllib3 counts among the timeouts
        raise ProviderFailed("Connection reset") from error
    except urllib3.exceptions.TimeoutError as error:
        occurred = "Timeout in calling jwks uri" if what == "jwks uri" else f"Timeout occurred in calling IdP {what}"
        raise ProviderFailed(occurred) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ProviderFailed("Connection reset") from error
    if len(answer) > _LONGEST:
        raise ProviderFailed(f"IdP {what} answered with too much")  # a guess
    return response.status, answer


def signing_key(known: Document, header: Mapping[str, Any]) -> jwt.PyJWK:
    """The key that signed, by its id; by being the only one when the token names none."""
    kind, kid = ("EC" if header["alg"].startswith("ES") else "RSA"), header.get("kid")
    usable = [key for key in known["keys"] if key.get("kty") == kind and key.get("use", "sig") == "sig"]
    found = [key for key in usable if key.get("kid") == kid] if kid is not None else usable
    if len(found) != 1 or header["alg"] not in ALGORITHMS:
        raise KeyError(kid)
    return jwt.PyJWK(found[0], algorithm=found[0].get("alg") or header["alg"])
