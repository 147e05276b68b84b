"""Access tokens, verified by the service itself: for routes that ask for more than API Gateway's authorizer checks.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import jwt

from shared import sign_outs
from shared.config import settings

LIFETIME = 3600.0  # seconds until published keys are read again
PAUSE = 30.0  # seconds after a reading in which a key that is not known is not looked for again
TRIES = 10  # readings within PAUSE where each key stands alone, whatever came of them
KEPT = 32  # readings that are remembered
PATIENCE = 2  # seconds
LONGEST = 1 << 20  # bytes of what is published
CLAIMS = ["exp", "iat", "auth_time", "sub", "token_use", "client_id", "username"]

K = TypeVar("K")


class InvalidToken(Exception):
    """A token that is not good. Its sentence is for logs: who sends one is told nothing."""


class _Reading(NamedTuple):
    """What was published, by key id, and when."""

    keys: Mapping[str, Any]
    at: float


class Keys(Generic[K]):
    """Published keys, kept: read again when they are old, or once in a while for a key they lack.

    `read` is given a key's id, and answers what is published where that key would be: all keys together or, where they
    stand `one_by_one`, that key or nothing. However many ask at once, one reads and the others wait for it. A flood of
    made-up key ids reads nothing where keys stand together, and TRIES times in PAUSE where they stand one by one.
    """

    def __init__(
        self,
        read: Callable[[str], Mapping[str, K]],
        clock: Callable[[], float] = time.monotonic,
        *,
        one_by_one: bool = False,
    ) -> None:
        self._read, self._clock, self._one_by_one = read, clock, one_by_one
        self._lock = threading.Lock()
        self._readings: dict[str, _Reading] = {}
        self._tries: list[float] = []

    def find(self, key_id: str) -> K:
        """The key of this id. Raises InvalidToken where there is none, OSError where it cannot be read."""
        place = key_id if self._one_by_one else ""
        with self._lock:
            reading = self._readings.get(place)
            age = LIFETIME if reading is None else self._clock() - reading.at
            if reading is None or age >= LIFETIME or (key_id not in reading.keys and age >= PAUSE):
                reading = self._read_again(place, key_id)
            key: K | None = reading.keys.get(key_id)
        if key is None:
            raise InvalidToken("a key that is not published")
        return key

    def _read_again(self, place: str, key_id: str) -> _Reading:
        if self._one_by_one:
            self._count_try(self._clock())
        reading = self._readings[place] = _Reading(self._read(key_id), self._clock())
        if len(self._readings) > KEPT:  # what was not found is forgotten first
            del self._readings[
                min(self._readings, key=lambda at: (bool(self._readings[at].keys), self._readings[at].at))
            ]
        return reading

    def _count_try(self, now: float) -> None:
        self._tries = [at for at in self._tries if now - at < PAUSE]
        if len(self._tries) >= TRIES:
            raise OSError("read too often for now")
        self._tries.append(now)


def published(url: str) -> bytes:
    """What stands at an address of AWS. Raises OSError, of which HTTPError tells a status."""
    try:
        with urlopen(Request(url), timeout=PATIENCE) as answer:  # noqa: S310 - the address is AWS's endpoint
            body: bytes = answer.read(LONGEST)
    except HTTPError as error:
        error.close()
        raise
    except HTTPException as error:  # an answer that is no HTTP
        raise OSError(type(error).__name__) from error
    return body


def key_set(text: bytes) -> Mapping[str, jwt.PyJWK]:
    """The keys of a JSON Web Key Set, by their ids. Raises OSError where it is none: not the caller's fault."""
    try:
        return {key.key_id: key for key in jwt.PyJWKSet.from_json(text.decode()).keys if key.key_id}
    except (ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:  # JSON of any shape
        raise OSError(type(error).__name__) from error


def keys_of_pool() -> Keys[jwt.PyJWK]:
    """The keys that sign our pool's tokens; none is read yet."""
    return Keys(lambda _key_id: key_set(published(f"{_pool()}/.well-known/jwks.json")))


def issuers_of_pool() -> list[str]:
    """Our pool, as tokens name it: below the address Cognito is asked at, or by AWS's own name for it."""
    pool_id = settings().user_pool_id
    return [_pool(), f"https://cognito-idp.{pool_id.partition('_')[0]}.amazonaws.com/{pool_id}"]


def verify_access_token(token: str, keys: Keys[jwt.PyJWK], *, issuers: list[str], client_id: str) -> Mapping[str, Any]:
    """The claims of an access token of this client. Raises InvalidToken, OSError where the keys cannot be read."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != "RS256" or not header.get("kid"):
            raise InvalidToken("a signature of another kind")
        key = keys.find(header["kid"])
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=issuers,
            options={"require": CLAIMS, "verify_aud": False},  # an access token has a client_id in place of an audience
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(type(error).__name__) from None
    if claims["token_use"] != "access" or claims["client_id"] != client_id:  # noqa: S105 - not a password
        raise InvalidToken("a token of another use or client")
    return claims


def _pool() -> str:
    return f"{sign_outs.origin()}/{settings().user_pool_id}"
