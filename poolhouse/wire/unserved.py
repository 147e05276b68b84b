"""Errors in the protocols that no operation of our own speaks: S3's, and for naming a service that is missing."""

from collections.abc import Mapping

from poolhouse.errors import AccessDeniedException, ApiError
from poolhouse.web import Response
from poolhouse.wire import errors
from poolhouse.wire.models import Metadata
from poolhouse.wire.query import xml_text

_XML = ("Content-Type", "text/xml")


# What S3 calls the wire's own errors: its status and, where it is another, its sentence.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_OF_S3: Mapping[type[ApiError], tuple[str, int, str]] = {
    errors.MissingAuthenticationTokenException: ("AccessDenied", 403, "Access Denied"),
    errors.InvalidSignatureException: (
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    errors.IncompleteSignatureException: ("AuthorizationHeaderMalformed", 400, ""),
    errors.UnrecognizedClientException: (
        "InvalidAccessKeyId",
        403,
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    errors.ExpiredTokenException: ("ExpiredToken", 400, "The provided token has expired."),
    errors.RequestExpired: ("AccessDenied", 403, ""),
    errors.HeadersNotSigned: ("AccessDenied", 403, ""),
    errors.RequestNotYetValid: ("AccessDenied", 403, ""),
    errors.InternalErrorException: ("InternalError", 500, "We encountered an internal error. Please try again."),
    AccessDeniedException: ("AccessDenied", 403, ""),
}


def rest_xml_error(service: Metadata, failure: ApiError, request_id: str) -> Response:
    """S3 sends the error alone, the others in an ErrorResponse; SDKs read both."""
    if service.is_s3:
        return _s3_error(failure, request_id)
    inner = f"<Code>{failure.code}</Code><Message>{xml_text(failure.message or '')}</Message>"
    body = f"<ErrorResponse><Error>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return _xml(failure, body, request_id)


def _s3_error(failure: ApiError, request_id: str) -> Response:
    code, status, sentence = _OF_S3.get(type(failure), (failure.code, failure.status, ""))
    more = failure.elements if isinstance(failure, errors.S3Refusal) else {}
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{xml_text(sentence or failure.message or '')}</Message>"
        f"{''.join(f'<{name}>{xml_text(value)}</{name}>' for name, value in more.items())}"
        f"<RequestId>{request_id}</RequestId></Error>"
    )
    headers = (("Content-Type", "application/xml"), ("x-amz-request-id", request_id))
    return Response(status, body.encode(), headers)


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
