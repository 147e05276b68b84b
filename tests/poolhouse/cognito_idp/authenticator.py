"""An authenticator in software: makes passkeys and signs with them, as Web Authentication Level 3 has it."""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

ORIGIN = "https://app.example.com"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class Authenticator:
    """One passkey. Each part of its answers may be spoilt by `changes`."""

    def __init__(self, algorithm: int = -7, *, verifies: bool = True) -> None:
        self.algorithm = algorithm
        self.flags = _PRESENT | (_VERIFIED if verifies else 0)
        self.id = secrets.token_bytes(32)
        self.sign_count = 0
        self.key: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if algorithm == -7
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )

    def make(self, options: dict[str, Any], *, origin: str = ORIGIN, **changes: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives for these options."""
        party = changes.get("party", options["rp"]["id"])
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(self._public_key())
        data = self._data(party, self.flags | _ATTESTED) + attested
        client = self._client_data("webauthn.create", changes.get("challenge", options["challenge"]), origin)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": encoded(client),
            "attestationObject": encoded(attestation),
            "transports": ["internal"],
        }
        return {**self._named(), "response": response}

    def sign(self, options: dict[str, Any], *, origin: str = ORIGIN, **changes: Any) -> dict[str, Any]:
        """What `navigator.credentials.get` gives for these options."""
        self.sign_count += 1
        data = self._data(changes.get("party", options["rpId"]), changes.get("flags", self.flags))
        client = self._client_data("webauthn.get", changes.get("challenge", options["challenge"]), origin)
        signed = data + hashlib.sha256(client).digest()
        response = {
            "clientDataJSON": encoded(client),
            "authenticatorData": encoded(data),
            "signature": encoded(changes.get("signature") or self._signature(signed)),
        }
        return {**self._named(), "response": response}

    def _named(self) -> dict[str, Any]:
        return {
            "id": encoded(self.id),
            "rawId": encoded(self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }

    def _data(self, party: str, flags: int) -> bytes:
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _signature(self, signed: bytes) -> bytes:
        if self.algorithm == -7:
            return bytes(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return bytes(self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))

    def _public_key(self) -> dict[int, Any]:
        """COSE, RFC 9053 and RFC 8230."""
        numbers = self.key.public_key().public_numbers()
        if self.algorithm == -7:
            return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return {1: 3, 3: self.algorithm, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
