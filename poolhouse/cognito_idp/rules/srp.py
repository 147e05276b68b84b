"""SRP-6a as Cognito's clients speak it: verifiers, the server's public value, and the proof a client owes.

RFC 5054 with the 3072-bit group of appendix A (RFC 3526's, g = 2), SHA-256, and Cognito's own key derivation:
HKDF-SHA256 (RFC 5869) with the info text `Caldera Derived Key`, cut to 16 bytes. Integers are hashed in as few bytes
as hold them, with a zero byte in front when the top bit is set; that padding is part of the protocol.
"""

import base64
import binascii
import functools
import hashlib
import hmac
import threading
from datetime import UTC, datetime

import gmpy2
from gmpy2 import mpz  # type: ignore[attr-defined]

N = mpz(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2
SALT_BYTES = 16  # Cognito sends 32 hex digits
EXPONENT_BYTES = 32  # twice the strength of the group, RFC 5054 section 3.1
_INFO = b"Caldera Derived Key\x01"  # the counter byte of HKDF's one and only block
_TIMESTAMP = "%a %b %d %H:%M:%S UTC %Y"
VERIFIER_BYTES = 384  # as many as N has
_MAX_PUBLIC_DIGITS = 2 * (VERIFIER_BYTES + 1)


class IllegalPublicValue(Exception):
    """The client's public value would make the proof independent of the password."""


def make_salt(entropy: bytes) -> str:
    """A salt in hex from `SALT_BYTES` random bytes.

    The first byte is never zero: some clients hash the salt as they read it and others as a number.
    """
    return bytes([entropy[0] or 1, *entropy[1:]]).hex()


def make_verifier(pool_id: str, username: str, password: str, salt: str) -> bytes:
    """What is kept in place of a password. `username` is the stored one, which clients get as USER_ID_FOR_SRP."""
    return _verifier(_private_key(pool_id, username, password, salt))


def is_password(password: str, verifier: bytes, *, pool_id: str, username: str, salt: str) -> bool:
    """Whether this is the password the verifier was made of."""
    return hmac.compare_digest(make_verifier(pool_id, username, password, salt), verifier)


def public_value(verifier: bytes, exponent: bytes) -> str:
    """The server's SRP_B in hex: k * v + g^b."""
    b = int.from_bytes(exponent, "big")
    return format((_multiplier() * _number(verifier) + _power_of_g(b)) % N, "x")


def parse_public_value(text: str) -> str | None:
    """A client's SRP_A as lower-case hex, or None when it is not a number of the group's size."""
    if not 0 < len(text) <= _MAX_PUBLIC_DIGITS or text.strip("0123456789abcdefABCDEF"):
        return None
    return text.lower()


def group_of(pool_id: str) -> str:
    """What stands before a user's name in what is hashed: the pool's id after its region."""
    return pool_id.partition("_")[2]


def proof(
    *,
    group: str,
    identity: str,
    verifier: bytes,
    exponent: bytes,
    client_public: str,
    secret_block: bytes,
    timestamp: str,
) -> bytes:
    """The signature a client that knows the secret makes over the challenge.

    `group` and `identity` are the pool's and the user's, or a device's group key and key.
    Raises IllegalPublicValue for A mod N = 0 (RFC 5054 section 2.5.4), whose secret anyone can know.
    """
    a, b = mpz(client_public, 16), _number(exponent)
    u_hash = _hash(_padded(a) + _padded(mpz(public_value(verifier, exponent), 16)))
    u = _number(u_hash)
    if a % N == 0 or u == 0:
        raise IllegalPublicValue
    shared = gmpy2.powmod(a * gmpy2.powmod(_number(verifier), u, N) % N, b, N)  # type: ignore[attr-defined]
    extracted = hmac.digest(_padded(u), _padded(shared), "sha256")
    key = hmac.digest(extracted, _INFO, "sha256")[:16]
    message = b"".join((group.encode(), identity.encode(), secret_block, timestamp.encode()))
    return hmac.digest(key, message, "sha256")


def is_proof(signature: str, expected: bytes) -> bool:
    """Whether a client's PASSWORD_CLAIM_SIGNATURE, in Base64, is the expected one."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, expected)


def parse_timestamp(text: str) -> datetime | None:
    """A client's TIMESTAMP, such as `Thu Sep 24 13:50:15 UTC 2026`; None when it is not of that form."""
    try:
        return datetime.strptime(text, _TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def timestamp(at: datetime) -> str:
    """A time as Cognito writes it, the day of the month without a leading zero: this is what is signed."""
    return f"{at:%a %b} {at.day} {at:%H:%M:%S UTC %Y}"


@functools.lru_cache(4096)
def _verifier(private_key: int) -> bytes:
    """Remembered, since the same people sign in again and again, and this is most of what checking a password costs."""
    verifier: bytes = _power_of_g(private_key).to_bytes(VERIFIER_BYTES, "big")
    return verifier


def _private_key(pool_id: str, username: str, password: str, salt: str) -> int:
    inner = _hash(f"{group_of(pool_id)}{username}:{password}".encode())
    return int.from_bytes(_hash(_padded(mpz(salt, 16)) + inner), "big")


def _hash(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


def _number(value: bytes) -> mpz:
    return mpz(int.from_bytes(value, "big"))


def _padded(number: mpz) -> bytes:
    """The number in whole bytes, with a zero byte in front when the top bit is set."""
    return int(number).to_bytes(number.bit_length() // 8 + 1, "big")


@functools.cache
def _multiplier() -> mpz:
    return _number(_hash(_padded(N) + bytes([G])))


_building = threading.Lock()


def _power_of_g(exponent: int) -> mpz:
    """g to a power of at most 256 bits: one product per byte of the exponent."""
    result = mpz(1)
    for row, byte in zip(_powers_of_g(), exponent.to_bytes(EXPONENT_BYTES, "little"), strict=True):
        if byte:
            result = result * row[byte] % N
    return result


def _powers_of_g() -> tuple[tuple[mpz, ...], ...]:
    with _building:  # the first to come builds, those who come meanwhile wait for it
        return _table()


@functools.cache
def _table() -> tuple[tuple[mpz, ...], ...]:
    """Row i holds g^(j * 256^i) for every byte j. g and N never change, so this is worked out once, at first need."""
    rows, base = [], mpz(G)
    for _ in range(EXPONENT_BYTES):
        row = [mpz(1)]
        for _ in range(256):
            row.append(row[-1] * base % N)
        base = row.pop()
        rows.append(tuple(row))
    return tuple(rows)
