"""RSA key pairs that sign tokens."""

import base64
import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_LOADED_AT_MOST = 1024
_loaded: dict[str, "KeyPair"] = {}


@dataclass(frozen=True, eq=False)
class KeyPair:
    """An RSA key pair and the `kid` it is known by."""

    kid: str
    private: rsa.RSAPrivateKey

    @functools.cached_property
    def public(self) -> rsa.RSAPublicKey:
        return self.private.public_key()

    @functools.cached_property
    def header(self) -> bytes:
        """The first part of every token this key signs, with its dot: `kid` and `alg`, no `typ`, as Cognito has it."""
        return encoded(msgspec.json.encode({"kid": self.kid, "alg": "RS256"})) + b"."

    def __reduce__(self) -> tuple[Callable[..., "KeyPair"], tuple[str, bytes]]:
        return _sent, (self.kid, self._der)

    @functools.cached_property
    def _der(self) -> bytes:
        return self.to_der()

    def to_der(self) -> bytes:
        """The private key as PKCS #8 in DER, unencrypted: seal it before it is kept."""
        return self.private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def generate() -> KeyPair:
    """A fresh 2048-bit key pair."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return KeyPair(_kid(private.public_key()), private)


def load(kid: str, read: Callable[[], bytes]) -> KeyPair:
    """The key pair with this kid; `read` gives its DER and is asked once, since parsing costs as much as signing."""
    pair = _loaded.get(kid)
    if pair is None:
        private = serialization.load_der_private_key(read(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        if len(_loaded) >= _LOADED_AT_MOST:
            _loaded.clear()
        pair = _loaded[kid] = KeyPair(kid, private)
    return pair


def _sent(kid: str, der: bytes) -> KeyPair:
    return load(kid, lambda: der)


def _kid(public: rsa.RSAPublicKey) -> str:
    """Standard Base64 of 32 bytes, as Cognito's key ids look: here the SHA-256 of the public key."""
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def encoded(value: bytes) -> bytes:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=")
