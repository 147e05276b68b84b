"""SRP: against the maths of clients we did not write, and against those who do not know the password."""

import base64
import hashlib
import hmac
import secrets
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycognito import aws_srp

from poolhouse.cognito_idp.rules import srp

AWSSRP: Any = aws_srp.AWSSRP  # pycognito has no types
POOL = "us-east-1_AbCdEfGhI"
USER = "64684428-c021-7049-51b0-d218e66ffecd"
PASSWORD = "Correct horse 1!"
BLOCK = b"a secret block" * 20
TIMESTAMP = "Thu Sep 24 13:50:15 UTC 2026"


def handshake(password: str, salt: str, exponent: bytes, username: str = USER) -> tuple[dict[str, str], bytes]:
    """What pycognito answers to our challenge for PASSWORD, and what we expect."""
    verifier = srp.make_verifier(POOL, username, PASSWORD, salt)
    client = AWSSRP(username, password, POOL, "client", client=object())
    request = client.get_auth_params()
    challenge = {
        "USERNAME": username,
        "USER_ID_FOR_SRP": username,
        "SALT": salt,
        "SRP_B": srp.public_value(verifier, exponent),
        "SECRET_BLOCK": base64.b64encode(BLOCK).decode(),
    }
    answer: dict[str, str] = client.process_challenge(challenge, request)
    return answer, proof(verifier, exponent, request["SRP_A"], answer["TIMESTAMP"], username)


def proof(verifier: bytes, exponent: bytes, client_public: str, timestamp: str, username: str = USER) -> bytes:
    return srp.proof(
        group=srp.group_of(POOL),
        identity=username,
        verifier=verifier,
        exponent=exponent,
        client_public=client_public,
        secret_block=BLOCK,
        timestamp=timestamp,
    )


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32), st.text(min_size=1, max_size=20))
def test_a_client_that_knows_the_password_gives_the_expected_proof(salt: bytes, exponent: bytes, name: str) -> None:
    username = name.encode("utf-8", "ignore").decode()

    answer, expected = handshake(PASSWORD, srp.make_salt(salt), exponent, username)

    assert srp.is_proof(answer["PASSWORD_CLAIM_SIGNATURE"], expected)


def test_a_client_with_another_password_does_not() -> None:
    answer, expected = handshake("Wrong horse 1!", "ab" * 16, secrets.token_bytes(32))

    assert not srp.is_proof(answer["PASSWORD_CLAIM_SIGNATURE"], expected)


def test_the_table_of_powers_is_as_good_as_the_plain_power() -> None:
    verifier = srp.make_verifier(POOL, USER, PASSWORD, "8000000000000000000000000000000f")

    inner = hashlib.sha256(f"{POOL.split('_')[1]}{USER}:{PASSWORD}".encode()).hexdigest()
    x = int(hashlib.sha256(bytes.fromhex("008000000000000000000000000000000f" + inner)).hexdigest(), 16)
    assert int.from_bytes(verifier, "big") == pow(2, x, int(srp.N))


@pytest.mark.parametrize("multiple", [0, 1, 2])
def test_a_public_value_that_is_zero_in_the_group_is_refused(multiple: int) -> None:
    verifier, exponent = srp.make_verifier(POOL, USER, PASSWORD, "ab" * 16), secrets.token_bytes(32)
    public = srp.parse_public_value(format(multiple * int(srp.N), "x"))
    assert public is not None

    with pytest.raises(srp.IllegalPublicValue):
        proof(verifier, exponent, public, TIMESTAMP)


def test_a_proof_from_a_zero_secret_is_not_the_expected_one() -> None:
    """What an attacker without the password would send after A = 0, was it let through: S is then 0."""
    verifier, exponent = srp.make_verifier(POOL, USER, PASSWORD, "ab" * 16), secrets.token_bytes(32)
    expected = proof(verifier, exponent, "2", TIMESTAMP)

    public = int(srp.public_value(verifier, exponent), 16)
    u = hashlib.sha256(b"\0" + public.to_bytes(public.bit_length() // 8 + 1, "big")).digest()
    key = hmac.digest(hmac.digest(u, b"\0", "sha256"), b"Caldera Derived Key\1", "sha256")[:16]
    forged = hmac.digest(key, b"AbCdEfGhI" + USER.encode() + BLOCK + TIMESTAMP.encode(), "sha256")
    assert not srp.is_proof(base64.b64encode(forged).decode(), expected)


@pytest.mark.parametrize("text", ["", "xyz", "0x12", "-1", "1 2", "é", "f" * 771])
def test_what_is_no_number_of_the_groups_size_is_no_public_value(text: str) -> None:
    assert srp.parse_public_value(text) is None


@pytest.mark.parametrize("signature", ["", "no base64!", "é", "AAAA", base64.b64encode(bytes(32)).decode()])
def test_anything_but_the_expected_signature_is_no_proof(signature: str) -> None:
    assert not srp.is_proof(signature, b"x" * 32)


def test_the_salt_never_begins_with_a_zero_byte_since_clients_differ_on_it() -> None:
    assert srp.make_salt(bytes(16)) == "01" + "00" * 15
    assert srp.make_salt(b"\x0f" + bytes(15)) == "0f" + "00" * 15


def test_the_password_check_takes_the_password_and_no_other() -> None:
    verifier = srp.make_verifier(POOL, USER, PASSWORD, "ab" * 16)
    where: dict[str, Any] = {"pool_id": POOL, "username": USER, "salt": "ab" * 16}

    assert srp.is_password(PASSWORD, verifier, **where)
    assert not srp.is_password(PASSWORD.lower(), verifier, **where)
    assert not srp.is_password(PASSWORD, verifier, **{**where, "username": "another"})
    assert not srp.is_password(PASSWORD, verifier, **{**where, "pool_id": "us-east-1_Another00"})


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        (TIMESTAMP, TIMESTAMP),
        ("Sat Sep 5 01:02:03 UTC 2026", "Sat Sep 5 01:02:03 UTC 2026"),
        ("Sat Sep 05 01:02:03 UTC 2026", "Sat Sep 5 01:02:03 UTC 2026"),
        ("Mon Sep 24 13:50:15 UTC 2026", TIMESTAMP),
    ],
)
def test_a_timestamp_is_signed_in_cognitos_own_form(sent: str, signed: str) -> None:
    at = srp.parse_timestamp(sent)

    assert at is not None
    assert srp.timestamp(at) == signed


@pytest.mark.parametrize("text", ["", "2026-09-24T13:50:15Z", "Thu Sep 24 13:50:15 IST 2026", "Thu Sep 24 2026"])
def test_another_form_of_timestamp_is_none(text: str) -> None:
    assert srp.parse_timestamp(text) is None
