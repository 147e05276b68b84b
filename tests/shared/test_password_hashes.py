import time
from collections.abc import Iterator

import argon2
import bcrypt
import pytest

from shared import password_hashes
from shared.config import settings
from tests.service_support import ARGON2ID, BCRYPT, PASSWORD


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LEGACY_ARGON2ID_COST", "m=64,t=1,p=1")
    monkeypatch.setenv("LEGACY_BCRYPT_COST", "4")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize(
    "encoded", [ARGON2ID, BCRYPT, BCRYPT.replace("$2b$", "$2a$", 1), BCRYPT.replace("$2b$", "$2y$", 1)]
)
def test_the_password_of_a_hash_is_right_and_no_other(encoded: str) -> None:
    assert password_hashes.is_known(encoded)
    assert password_hashes.verify(PASSWORD, encoded)
    for wrong in ("", "correct-horse-7-battery", PASSWORD + " ", PASSWORD + "\0", PASSWORD[:-1]):
        assert not password_hashes.verify(wrong, encoded)


@pytest.mark.parametrize(
    ("password", "encoded"),
    [
        # src/test.c of the argon2 reference implementation; the test vectors of crypt_blowfish
        ("password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ],
)
def test_published_hashes_are_checked(password: str, encoded: str) -> None:
    assert password_hashes.verify(password, encoded)
    assert not password_hashes.verify(password.lower() + "x", encoded)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        PASSWORD,
        "$2b$",
        "$2b$99$" + "." * 53,
        "$2x$04$" + "." * 53,
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1$$",
        ARGON2ID.replace("argon2id", "argon2i"),
        "$1$salt$hash",
        BCRYPT[:-1],
        ARGON2ID[:-1],
        "ü" * 60,
    ],
)
def test_what_is_no_such_hash_has_no_password(encoded: str) -> None:
    assert not password_hashes.verify(PASSWORD, encoded)
    assert not password_hashes.verify("", encoded)


def test_bcrypt_looks_at_72_bytes_as_it_always_did() -> None:
    long = "x" * 72
    encoded = bcrypt.hashpw(long.encode(), bcrypt.gensalt(4)).decode()

    assert password_hashes.verify(long + "what follows", encoded)
    assert not password_hashes.verify("x" * 71, encoded)


def seconds(encoded: str) -> float:
    began = time.process_time()
    password_hashes.verify("wrong", encoded)
    return time.process_time() - began


def test_a_check_costs_the_same_with_a_hash_of_either_kind_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    argon2id = argon2.PasswordHasher(time_cost=4, memory_cost=32768, parallelism=1).hash(PASSWORD)
    bcrypted = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    monkeypatch.setenv("LEGACY_ARGON2ID_COST", "m=32768,t=4,p=1")
    monkeypatch.setenv("LEGACY_BCRYPT_COST", "10")
    settings.cache_clear()

    costs = [min(seconds(encoded) for _ in range(3)) for encoded in (argon2id, bcrypted, "", "$1$unknown$kind")]

    # Without the made-up hashes the last two would take no time, and the others half of it
    assert max(costs) < 1.6 * min(costs)
