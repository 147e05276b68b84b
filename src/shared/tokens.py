"""Access tokens, verified by the service itself: for routes that ask for more than API Gateway's authorizer checks.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.request import Request, urlopen

import jwt

LIFETIME = 3600.0  # seconds until the published keys are read again
PAUSE = 30.0  # seconds after a reading in which a key that is not known is not looked for again
PATIENCE = 2  # seconds
LONGEST = 1 << 20  # bytes of a key set
CLAIMS = ["exp", "iat", "auth_time", "sub", "token_use", "client_id", "username"]


class InvalidToken(Exception):
    """A token that is not good. Its sentence is for logs: who sends one is told nothing."""


class Keys:
    """A pool's published keys, kept: read again when they are old, or once in a while for a key they lack.

    However many ask at once, one reads and the others wait for it; a flood of made-up key ids reads nothing.
    """

    def __init__(self, read: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at = -LIFETIME

    def find(self, key_id: str) -> jwt.PyJWK:
        """The key of this id. Raises InvalidToken where there is none, OSError where they cannot be read."""
        with self._lock:
            age = self._clock() - self._read_at
            if age >= LIFETIME or (key_id not in self._keys and age >= PAUSE):
                self._keys = {
                    key.key_id: key for key in jwt.PyJWKSet.from_json(self._read().decode()).keys if key.key_id
                }
                self._read_at = self._clock()
            key = self._keys.get(key_id)
        if key is None:
            raise InvalidToken("a key the pool does not have")
        return key


def published(url: str) -> bytes:
    """What stands at an address of the pool. Raises OSError."""
    with urlopen(Request(url), timeout=PATIENCE) as answer:  # noqa: S310 - the address is Cognito's endpoint
        body: bytes = answer.read(LONGEST)
    return body


def verify_access_token(token: str, keys: Keys, *, issuers: list[str], client_id: str) -> Mapping[str, Any]:
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
