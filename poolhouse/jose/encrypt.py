"""Opaque tokens: compact JWE (RFC 7516 section 3.1), RSA-OAEP and A256GCM."""

import secrets

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1

from poolhouse.jose.keys import encoded

HEADER = encoded(msgspec.json.encode({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}))
_OAEP = OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None)  # noqa: S303 - what "RSA-OAEP" names, RFC 7518 section 4.3
_TAG_BYTES = 16


def encrypt(key: RSAPublicKey, plaintext: bytes) -> str:
    """A token that only the holder of the private key can read."""
    content_key, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
    sealed = AESGCM(content_key).encrypt(nonce, plaintext, HEADER)
    parts = (key.encrypt(content_key, _OAEP), nonce, sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:])
    return b".".join((HEADER, *map(encoded, parts))).decode()
