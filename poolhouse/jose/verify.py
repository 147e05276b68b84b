"""Proving tokens: which error each doubt is, and the claims of what stood every check."""

import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from poolhouse.jose.keys import encoded

FindKey = Callable[[str], RSAPublicKey | None]
_PADDING = PKCS1v15()
_HASHES = {"RS256": SHA256(), "RS512": SHA512()}
_MAX_CHARACTERS = 262_144  # the longest text the service models let a token have is far below this
_MAP = msgspec.json.Decoder(dict[str, Any])


class TokenError(Exception):
    """Why a token proves nothing."""


class Malformed(TokenError):
    """Not a signed token at all: not three parts, not JSON, no `kid`, or members of the wrong type."""


class BadSignature(TokenError):
    """Not signed with RS256 by the key it names, or it names a key that the issuer does not have."""


class WrongIssuer(TokenError):
    """Somebody else issued it."""


class WrongUse(TokenError):
    """An ID token where an access token belongs, or the reverse."""


class Expired(TokenError):
    """It was good once."""


@dataclass(frozen=True, slots=True)
class VerifiedClaims:
    """The claims of a token whose signature, issuer, use and time were checked. Only `verify` makes one."""

    claims: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.claims[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.claims.get(name, default)

    @property
    def subject(self) -> str:
        return str(self.claims.get("sub", ""))

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(str(self.claims.get("scope", "")).split())


@dataclass(frozen=True, slots=True)
class Unverified:
    """A token taken apart. Nothing in it is proven: good for finding out whose key to ask for, and no more."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def issuer(self) -> str:
        return str(self.claims.get("iss", ""))


def parse(token: str) -> Unverified:
    """Take a compact JWS apart. Raises Malformed."""
    if len(token) > _MAX_CHARACTERS:
        raise Malformed("too long")
    try:
        signed, header, claims, signature = _split(token.encode("ascii"))
        return Unverified(_MAP.decode(_decoded(header)), _MAP.decode(_decoded(claims)), signed, _decoded(signature))
    except (ValueError, RecursionError) as error:  # msgspec's DecodeError is a ValueError; deep nesting is no token
        raise Malformed("not a token") from error


def verify(
    token: str | Unverified, find_key: FindKey, *, issuer: str, token_use: str | None, now: datetime
) -> VerifiedClaims:
    """The claims of this token, proven. `token_use` is "id", "access", or None for either.

    Raises Malformed, BadSignature, WrongIssuer, WrongUse, Expired: the first that applies, in this order.
    """
    unverified = parse(token) if isinstance(token, str) else token
    claims = unverified.claims
    check_signature(unverified, find_key)
    if claims.get("iss") != issuer:
        raise WrongIssuer("not this issuer")
    if claims.get("token_use") not in ((token_use,) if token_use else ("id", "access")):
        raise WrongUse("not a token for this use")
    expires_at = claims.get("exp")
    if not isinstance(expires_at, int):
        raise Malformed("no expiry")
    if now.timestamp() >= expires_at:
        raise Expired("expired")
    return VerifiedClaims(claims)


def check_signature(token: Unverified, find_key: FindKey, algorithm: str = "RS256") -> None:
    """Raise Malformed or BadSignature unless the key that the token names signed it by this algorithm."""
    kid = token.header.get("kid")
    if not isinstance(kid, str):
        raise Malformed("no kid")
    # RFC 8725 section 3.1: the algorithm is ours to choose, never the token's; "crit" would ask for what we do not do.
    if token.header.get("alg") != algorithm or "crit" in token.header:
        raise BadSignature(f"not {algorithm}")
    key = find_key(kid)
    if key is None:
        raise BadSignature("unknown key")
    try:
        key.verify(token.signature, token.signed, _PADDING, _HASHES[algorithm])
    except InvalidSignature:
        raise BadSignature("wrong signature") from None


def _split(token: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    signed, _, signature = token.rpartition(b".")
    header, claims = signed.split(b".")
    return signed, header, claims, signature


def _decoded(part: bytes) -> bytes:
    """Base64url in its one canonical form: a token with a changed character is another token (RFC 4648 section 3.5)."""
    value = binascii.a2b_base64(part.translate(_FROM_URL) + b"=" * (-len(part) % 4))
    if encoded(value) != part:
        raise ValueError("not canonical")
    return value


_FROM_URL = bytes.maketrans(b"-_", b"+/")
