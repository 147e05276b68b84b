"""Making tokens: compact JWS (RFC 7515 section 3.1)."""

from collections.abc import Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from poolhouse.jose.keys import KeyPair, encoded

_PADDING = PKCS1v15()
_SHA256 = SHA256()
_SHA512 = SHA512()


def sign_all(wanted: Sequence[tuple[KeyPair, Mapping[str, object]]]) -> list[str]:
    """Several tokens at once, each of a key and claims."""
    return [sign(key, claims) for key, claims in wanted]


def sign(key: KeyPair, claims: Mapping[str, object]) -> str:
    """A token of these claims, in their order."""
    signed = key.header + encoded(msgspec.json.encode(claims))
    return (signed + b"." + encoded(key.private.sign(signed, _PADDING, _SHA256))).decode()


def sign_rs512(key: KeyPair, claims: Mapping[str, object]) -> str:
    """The same by RS512, with the header that identity pools' tokens have."""
    header = msgspec.json.encode({"kid": key.kid, "typ": "JWS", "alg": "RS512"})
    signed = encoded(header) + b"." + encoded(msgspec.json.encode(claims))
    return (signed + b"." + encoded(key.private.sign(signed, _PADDING, _SHA512))).decode()
