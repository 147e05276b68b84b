"""Bodies that are signed chunk by chunk, as clients send streams to S3.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, and ...-streaming-trailers.html
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Protocol

from poolhouse.wire.errors import IncompleteBody, InvalidSignatureException

_PLAIN, _WITH_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
SIGNED = frozenset({_PLAIN, _WITH_TRAILER})
_EMPTY = hashlib.sha256(b"").hexdigest()
_HEAD = re.compile(rb"([0-9a-fA-F]{1,8});chunk-signature=([0-9a-f]{64})")


class Given(Protocol):
    """What is known from the request's own signature: its scope, and itself, which the first chunk's builds on."""

    @property
    def scope(self) -> str: ...

    @property
    def signature(self) -> str: ...


def verify(body: bytes, given: Given, signing_key: bytes, at: str, kind: str) -> None:
    """Raise InvalidSignatureException unless each chunk, and the trailer, was signed after the one before it.

    Raises IncompleteBody for a body that does not end as it should.
    """
    previous, position = given.signature, 0
    for head, start, end in _chunks(body):
        to_sign = "\n".join(
            ["AWS4-HMAC-SHA256-PAYLOAD", at, given.scope, previous, _EMPTY, hashlib.sha256(body[start:end]).hexdigest()]
        )
        previous = _checked(signing_key, to_sign, head[2].decode())
        position = end
    if kind == _WITH_TRAILER:
        _check_trailer(body[position:], given, signing_key, at, previous)


def _chunks(body: bytes) -> Iterator[tuple[re.Match[bytes], int, int]]:
    """Each chunk's head, and where its content begins and ends; the last is empty."""
    position = 0
    while True:
        line_end = body.find(b"\r\n", position)
        head = None if line_end < 0 else _HEAD.fullmatch(body, position, line_end)
        if head is None:
            raise IncompleteBody
        start, size = line_end + 2, int(head[1], 16)
        end = start + size
        if size and body[end : end + 2] != b"\r\n":
            raise IncompleteBody
        yield head, start, end
        if not size:
            return
        position = end + 2


def _check_trailer(rest: bytes, given: Given, signing_key: bytes, at: str, previous: str) -> None:
    lines = [line for line in rest.replace(b"\r\n", b"\n").split(b"\n") if line]
    signatures = [line for line in lines if line.lower().startswith(b"x-amz-trailer-signature:")]
    if len(signatures) != 1:
        raise IncompleteBody
    signed = b"".join(line + b"\n" for line in lines if line is not signatures[0])
    to_sign = "\n".join(["AWS4-HMAC-SHA256-TRAILER", at, given.scope, previous, hashlib.sha256(signed).hexdigest()])
    _checked(signing_key, to_sign, signatures[0].partition(b":")[2].strip().decode("latin-1"))


def _checked(signing_key: bytes, to_sign: str, signature: str) -> str:
    expected = hmac.digest(signing_key, to_sign.encode(), "sha256").hex()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise InvalidSignatureException
    return signature
