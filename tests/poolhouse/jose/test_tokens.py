"""Tokens: what is signed can be verified, by others too; what was forged in any way is refused."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.jose import jwks, keys, opaque, sign, verify

NOW = datetime(2026, 9, 24, 13, 50, 4, tzinfo=UTC)
ISSUER = "http://localhost:4566/us-east-1_AbCdEfGhI"
KEY = keys.generate()
OTHER_KEY = keys.generate()
CLAIMS = {"sub": "s", "iss": ISSUER, "token_use": "access", "scope": "a b", "exp": int(NOW.timestamp()) + 60}


def find_key(kid: str) -> RSAPublicKey | None:
    return KEY.public if kid == KEY.kid else None


def proven(token: str, **changes: Any) -> verify.VerifiedClaims:
    expected = {"issuer": ISSUER, "token_use": "access", "now": NOW, **changes}
    return verify.verify(token, find_key, **expected)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def hs256(header: dict[str, str], secret: bytes) -> str:
    signed = f"{part(header)}.{part(CLAIMS)}"
    signature = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_flipped_bit(token: str) -> str:
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def with_changed_claims(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{part({**CLAIMS, 'sub': 'somebody else'})}.{signature}"


def with_unused_bits_set(token: str) -> str:
    return token[:-1] + chr(ord(token[-1]) + 1)


def test_the_header_holds_kid_and_alg_in_this_order_and_nothing_else() -> None:
    header = base64.urlsafe_b64decode(sign.sign(KEY, CLAIMS).split(".")[0] + "==")

    assert json.loads(header) == {"kid": KEY.kid, "alg": "RS256"}
    assert header.startswith(b'{"kid":')


def test_a_kid_is_standard_base64_of_32_bytes() -> None:
    assert len(base64.b64decode(KEY.kid, validate=True)) == 32
    assert len(KEY.kid) == 44


def test_what_was_signed_is_verified_here_and_by_another_library_with_the_published_key() -> None:
    token = sign.sign(KEY, CLAIMS)

    published = jwt.PyJWK(jwks.public(KEY))

    assert proven(token).claims == CLAIMS
    assert proven(token).scopes == ("a", "b")
    assert jwt.decode(token, published.key, algorithms=["RS256"], options={"verify_exp": False}) == CLAIMS
    assert set(jwks.public(KEY)) == {"alg", "e", "kid", "kty", "n", "use"}


def test_a_key_comes_back_from_its_der_and_is_read_once() -> None:
    made, read = keys.generate(), []

    def der() -> bytes:
        read.append(1)
        return made.to_der()

    loaded = [keys.load(made.kid, der) for _ in range(2)]

    assert loaded[0].public.public_numbers() == made.public.public_numbers()
    assert len(read) == 1


@pytest.mark.parametrize(
    "forged",
    [
        with_flipped_bit(sign.sign(KEY, CLAIMS)),
        with_changed_claims(sign.sign(KEY, CLAIMS)),
        sign.sign(OTHER_KEY, CLAIMS),
        sign.sign(keys.KeyPair(KEY.kid, OTHER_KEY.private), CLAIMS),
        f"{part({'kid': KEY.kid, 'alg': 'none'})}.{part(CLAIMS)}.",
        f"{part({'kid': KEY.kid, 'alg': 'RS512'})}.{part(CLAIMS)}.{sign.sign(KEY, CLAIMS).split('.')[2]}",
        hs256({"kid": KEY.kid, "alg": "HS256"}, KEY.to_der()),
        hs256({"kid": KEY.kid, "alg": "HS256"}, jwks.public(KEY)["n"].encode()),
        hs256({"kid": KEY.kid, "alg": "RS256"}, b""),
    ],
    ids=[
        "a flipped bit",
        "changed claims",
        "an unknown kid",
        "a foreign key",
        "none",
        "RS512",
        "HS256 by the private key",
        "HS256 by the modulus",
        "a short signature",
    ],
)
def test_a_forged_token_is_refused_by_its_signature(forged: str) -> None:
    with pytest.raises(verify.BadSignature):
        proven(forged)


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "junk",
        "a.b",
        "a.b.c.d",
        "....",
        "é.é.é",
        f"{part('text')}.{part(CLAIMS)}.c2ln",
        f"{part({'alg': 'RS256'})}.{part(CLAIMS)}.c2ln",
        f"{part({'alg': 'RS256', 'kid': 7})}.{part(CLAIMS)}.c2ln",
        with_unused_bits_set(sign.sign(KEY, CLAIMS)),
        sign.sign(KEY, CLAIMS) + "=",
        "x" * 1_000_000,
        opaque.token(),
    ],
)
def test_what_is_no_signed_token_is_malformed(junk: str) -> None:
    with pytest.raises(verify.Malformed):
        proven(junk)


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"iss": "http://localhost:4566/us-east-1_Another00"}, verify.WrongIssuer),
        ({"token_use": "id"}, verify.WrongUse),
        ({"token_use": None}, verify.WrongUse),
        ({"exp": int(NOW.timestamp())}, verify.Expired),
        ({"exp": "soon"}, verify.Malformed),
        ({"exp": None}, verify.Malformed),
    ],
)
def test_a_token_that_was_signed_for_something_else_is_refused(claims: dict[str, object], error: type) -> None:
    with pytest.raises(error):
        proven(sign.sign(KEY, {**CLAIMS, **claims}))


def test_a_token_is_good_until_its_last_second() -> None:
    token = sign.sign(KEY, CLAIMS)

    assert proven(token, now=NOW + timedelta(seconds=59))
    with pytest.raises(verify.Expired):
        proven(token, now=NOW + timedelta(seconds=60))


def test_either_use_is_taken_where_none_is_named_and_no_third() -> None:
    for use in ("id", "access"):
        assert proven(sign.sign(KEY, {**CLAIMS, "token_use": use}), token_use=None)["token_use"] == use
    with pytest.raises(verify.WrongUse):
        proven(sign.sign(KEY, {**CLAIMS, "token_use": "refresh"}), token_use=None)


@given(st.text(alphabet="ABCabc019-_=.", max_size=60))
def test_no_text_makes_verifying_fail_in_any_other_way(text: str) -> None:
    with pytest.raises(verify.TokenError):
        proven(text)


def test_an_opaque_token_has_the_form_of_a_compact_jwe_as_long_as_cognitos_and_is_never_the_same() -> None:
    tokens = {opaque.token() for _ in range(100)}

    header, *parts = [raw(one) for one in tokens.copy().pop().split(".")]

    assert header == b'{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}'
    assert [len(part) for part in parts] == [256, 12, 975, 16]
    assert {len(token) for token in tokens} == {1746}
    assert len(tokens) == 100


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
