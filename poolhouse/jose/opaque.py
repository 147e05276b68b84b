"""Opaque tokens: what a client may only hand back, in the form of a compact JWE (RFC 7516 section 3.1)."""

import itertools
import secrets

import msgspec

from poolhouse.jose.keys import encoded

HEADER = encoded(msgspec.json.encode({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}))
_PARTS = (256, 12, 975, 16)  # key, nonce, text and tag in bytes: makes it as long as AWS's, 1,746 characters
_SPANS = tuple(itertools.pairwise(itertools.accumulate(_PARTS, initial=0)))


def token() -> str:
    """A fresh token: Cognito's refresh tokens look like it, and nobody but AWS can open those.

    There is nothing inside to open: it is all randomness, and whoever made it knows it by its digest.
    """
    entropy = secrets.token_bytes(sum(_PARTS))
    return b".".join((HEADER, *[encoded(entropy[start:end]) for start, end in _SPANS])).decode()
