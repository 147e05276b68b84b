"""Access tokens as the service verifies them, and the keys it reads for that."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.tokens import KEPT, LIFETIME, PAUSE, TRIES, InvalidToken, Keys, key_set, verify_access_token

OURS, OTHERS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
ISSUER, CLIENT = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool12345", "7r6asark7md3ikibfdd0i8fb4t"


def published(**keys: rsa.RSAPrivateKey) -> bytes:
    """What the pool publishes."""
    made = [{**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)} for key in keys.values()]
    named = [{**one, "kid": name, "alg": "RS256", "use": "sig"} for name, one in zip(keys, made, strict=True)]
    return json.dumps({"keys": named}).encode()


def token(key: Any = OURS, *, kid: str = "one", algorithm: str = "RS256", **changes: object) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": "64684428-c021-7049-51b0-d218e66ffecd",
        "username": "64684428-c021-7049-51b0-d218e66ffecd",
        "token_use": "access",
        "client_id": CLIENT,
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid})


def verify(text: str) -> Any:
    keys = Keys(lambda _key_id: key_set(published(one=OURS)))
    return verify_access_token(text, keys, issuers=["http://localhost:4566/p", ISSUER], client_id=CLIENT)


def public_pem() -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return OURS.public_key().public_bytes(serialization.Encoding.PEM, form)


def signed_by_the_public_key() -> str:
    """HS256 with the public key as its secret, made by hand: no library signs it."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = jwt.decode(token(), options={"verify_signature": False})
    head = part(json.dumps({"alg": "HS256", "kid": "one"}).encode()) + "." + part(json.dumps(claims).encode())
    return f"{head}.{part(hmac.digest(public_pem(), head.encode(), hashlib.sha256))}"


def test_a_good_token_tells_its_claims() -> None:
    assert verify(token())["client_id"] == CLIENT


@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "junk",
        lambda: "a.b.c",
        lambda: token(OTHERS),
        lambda: token(kid="two"),
        lambda: token()[:-4] + "AAAA",
        lambda: jwt.encode({"sub": "x"}, "", algorithm="none", headers={"kid": "one"}),
        signed_by_the_public_key,
        lambda: token(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other1234"),
        lambda: token(exp=int(time.time()) - 1),
        lambda: token(exp=None),
        lambda: token(auth_time=None),
        lambda: token(token_use="id"),
        lambda: token(client_id="another"),
        lambda: token(username=None),
    ],
)
def test_a_token_that_is_not_good_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(InvalidToken):
        verify(make())


class Pool:
    """Keys that are published, how often they were read, and a clock."""

    def __init__(self) -> None:
        self.published, self.reads, self.now = published(one=OURS), 0, 0.0
        self.keys = Keys(self.read, lambda: self.now)

    def read(self, _key_id: str) -> Mapping[str, jwt.PyJWK]:
        self.reads += 1
        return key_set(self.published)


def test_keys_are_read_once_and_again_when_they_are_old() -> None:
    pool = Pool()
    for _ in range(3):
        assert pool.keys.find("one").key_id == "one"
    assert pool.reads == 1
    pool.now += LIFETIME
    pool.keys.find("one")
    assert pool.reads == 2


def test_a_new_key_is_found_and_one_taken_back_is_not() -> None:
    pool = Pool()
    pool.keys.find("one")
    pool.published = published(two=OTHERS)
    pool.now += PAUSE

    assert pool.keys.find("two").key_id == "two"
    with pytest.raises(InvalidToken):
        pool.keys.find("one")


def test_made_up_keys_make_nobody_read() -> None:
    pool = Pool()
    for number in range(100):
        with pytest.raises(InvalidToken):
            pool.keys.find(f"made-up-{number}")
    assert pool.reads == 1


def test_however_many_ask_at_once_one_reads() -> None:
    pool = Pool()
    together = threading.Barrier(16)
    found: list[str] = []

    def ask() -> None:
        together.wait()
        found.append(str(pool.keys.find("one").key_id))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["one"] * 16
    assert pool.reads == 1


def test_keys_that_cannot_be_read_are_read_by_the_next_one() -> None:
    pool = Pool()
    good, pool.published = pool.published, b"<html>a page instead</html>"
    with pytest.raises(OSError, match="JSONDecodeError"):
        pool.keys.find("one")

    pool.published = good

    assert pool.keys.find("one").key_id == "one"


class Shelf:
    """Keys that are published one by one; which were looked for, and a clock."""

    def __init__(self, *key_ids: str) -> None:
        self.published, self.now, self.is_away = set(key_ids), 0.0, False
        self.read_ids: list[str] = []
        self.keys = Keys(self.read, lambda: self.now, one_by_one=True)

    def read(self, key_id: str) -> Mapping[str, str]:
        self.read_ids.append(key_id)
        if self.is_away:
            raise OSError("no")
        return {key_id: f"key {key_id}"} if key_id in self.published else {}


def test_keys_that_stand_one_by_one_are_read_once_each() -> None:
    shelf = Shelf("one", "two")

    assert [shelf.keys.find(key_id) for key_id in ("one", "two", "one", "two")] == ["key one", "key two"] * 2

    assert shelf.read_ids == ["one", "two"]


def test_a_key_that_is_not_there_is_looked_for_again_after_a_while() -> None:
    shelf = Shelf()
    for _ in range(3):
        with pytest.raises(InvalidToken):
            shelf.keys.find("one")
    assert shelf.read_ids == ["one"]

    shelf.now, shelf.published = PAUSE, {"one"}

    assert shelf.keys.find("one") == "key one"


def test_made_up_keys_that_would_stand_one_by_one_are_looked_for_ten_times_and_keep_out_nobody_known() -> None:
    shelf = Shelf("one")
    shelf.keys.find("one")
    for number in range(100):
        with pytest.raises((InvalidToken, OSError)):
            shelf.keys.find(f"made-up-{number}")
    assert len(shelf.read_ids) == TRIES

    assert shelf.keys.find("one") == "key one"


def test_a_key_that_cannot_be_read_is_asked_for_ten_times_and_again_after_a_while() -> None:
    shelf = Shelf("one")
    shelf.is_away = True
    for _ in range(100):
        with pytest.raises(OSError):
            shelf.keys.find("one")
    assert len(shelf.read_ids) == TRIES

    shelf.now, shelf.is_away = PAUSE, False

    assert shelf.keys.find("one") == "key one"


def test_of_made_up_keys_so_many_are_remembered_and_none_takes_the_place_of_a_real_one() -> None:
    shelf = Shelf("one")
    shelf.keys.find("one")
    for number in range(3 * KEPT):
        shelf.now += PAUSE
        with pytest.raises(InvalidToken):
            shelf.keys.find(f"made-up-{number}")

    assert shelf.keys.find("one") == "key one"

    assert shelf.read_ids.count("one") == 1
    assert len(shelf.keys._readings) == KEPT
