"""Secrets at rest: sealed with AES-256-GCM under a key file that only its owner can read."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12  # NIST SP 800-38D section 5.2.1.1
_KEY_BYTES = 32


class Sealer:
    """Seals secrets to text and opens them again; what was sealed for one `purpose` does not open for another."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._digest_key = hmac.digest(key, b"digest", "sha256")

    def seal(self, secret: bytes, purpose: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret, purpose.encode())).decode()

    def unseal(self, sealed: str, purpose: str) -> bytes:
        """The secret. Raises cryptography's InvalidTag when it was sealed for something else or changed."""
        raw = base64.b64decode(sealed)
        return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())

    def digest(self, value: str) -> str:
        """A keyed digest to find a secret by, or to compare a short code with, without keeping it."""
        return hmac.digest(self._digest_key, value.encode(), hashlib.sha256).hex()


def key_file(path: Path) -> bytes:
    """The key in this file, made with mode 0600 at first use. Raises OSError where it cannot be read or made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(_KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
