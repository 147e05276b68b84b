"""Errors in the protocols that no service here speaks, so that an SDK's user still reads which service is missing."""

from poolhouse.errors import ApiError
from poolhouse.web import Response
from poolhouse.wire.models import Metadata
from poolhouse.wire.query import xml_text

_XML = ("Content-Type", "text/xml")


def rest_xml_error(service: Metadata, failure: ApiError, request_id: str) -> Response:
    """S3 sends the error alone, the others in an ErrorResponse; SDKs read both."""
    inner = f"<Code>{failure.code}</Code><Message>{xml_text(failure.message or '')}</Message>"
    if service.signature.startswith("s3"):
        body = f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    else:
        body = f"<ErrorResponse><Error>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return _xml(failure, body, request_id)


def ec2_error(_service: Metadata, failure: ApiError, request_id: str) -> Response:
    inner = f"<Code>{failure.code}</Code><Message>{xml_text(failure.message or '')}</Message>"
    body = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    return _xml(failure, body, request_id)


def _xml(failure: ApiError, body: str, request_id: str) -> Response:
    return Response(failure.status, body.encode(), (_XML, ("x-amzn-RequestId", request_id)))


def cbor_error(_service: Metadata, failure: ApiError, request_id: str) -> Response:
    """A map of two texts in CBOR (RFC 8949), as the RPC v2 protocol wants it."""
    fields = {"__type": failure.code, "message": failure.message or ""}
    body = bytes([0xA0 | len(fields)]) + b"".join(_cbor_text(text) for pair in fields.items() for text in pair)
    headers = (
        ("Content-Type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("x-amzn-RequestId", request_id),
    )
    return Response(failure.status, body, headers)


def _cbor_text(text: str) -> bytes:
    raw = text.encode()
    return b"\x79" + len(raw).to_bytes(2, "big") + raw  # major type 3 with a length of two bytes
