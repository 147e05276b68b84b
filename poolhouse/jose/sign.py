"""Making tokens: compact JWS (RFC 7515 section 3.1)."""

from collections.abc import Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from poolhouse.jose.keys import KeyPair, encoded

_PADDING = PKCS1v15()
_SHA256 = SHA256()


def sign_all(wanted: Sequence[tuple[KeyPair, Mapping[str, object]]]) -> list[str]:
    """Several tokens at once, each of a key and claims."""
    return [sign(key, claims) for key, claims in wanted]


def sign(key: KeyPair, claims: Mapping[str, object]) -> str:
    """A token of these claims, in their order."""
    signed = key.header + encoded(msgspec.json.encode(claims))
    return (signed + b"." + encoded(key.private.sign(signed, _PADDING, _SHA256))).decode()
