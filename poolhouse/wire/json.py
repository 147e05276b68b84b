"""AWS JSON 1.0 and 1.1: POST /, the operation in X-Amz-Target, a JSON object each way."""

from typing import Any

import msgspec
from botocore.model import OperationModel

from poolhouse.errors import ApiError
from poolhouse.web import Request, Response
from poolhouse.wire import query
from poolhouse.wire.constraints import compile_request
from poolhouse.wire.errors import SerializationException
from poolhouse.wire.models import Metadata
from poolhouse.wire.protocol import Decode, Encode, Result, WireProtocol, compile_result, error_headers

_SERVERS = 500  # the first status that is the service's fault
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def read(body: bytes) -> Any:
    """A JSON value. Raises SerializationException for anything that is not JSON; AWS gives no sentence then."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SerializationException from error


def decoder(operation: OperationModel) -> Decode:
    check = compile_request(operation.input_shape)

    def decode(request: Request) -> dict[str, Any]:
        return check(read(request.body))

    return decode


def encoder(operation: OperationModel) -> Encode:
    """No output shape: an empty body. An output shape without members: `{}`. Captured from Cognito."""
    content_type = ("Content-Type", _content_type(operation.metadata.get("jsonVersion", "1.1")))
    if operation.output_shape is None:
        return lambda _, request_id: Response(200, b"", (content_type, ("x-amzn-RequestId", request_id)))
    convert = compile_result(operation.output_shape)

    def encode(result: Result, request_id: str) -> Response:
        body = _encode(convert(result or {}))
        return Response(200, body, (content_type, ("x-amzn-RequestId", request_id)))

    return encode


def error(service: Metadata, failure: ApiError, request_id: str) -> Response:
    """`__type` and, where there is one, `message`; both once more in headers."""
    code, status = (
        (query.NAMES.get(type(failure), (failure.code, failure.status)))
        if (service.is_query_compatible)
        else (failure.code, failure.status)
    )
    body = {"__type": code}
    if failure.message is not None:
        body["message"] = failure.message
    headers = [("Content-Type", _content_type(service.json_version)), *error_headers(failure, request_id)]
    if service.is_query_compatible:
        headers.append(("x-amzn-query-error", f"{code};{'Sender' if status < _SERVERS else 'Receiver'}"))
    return Response(status, _encode(body), tuple(headers))


def _content_type(version: str) -> str:
    return f"application/x-amz-json-{version}"


PROTOCOL = WireProtocol(decoder, encoder, error)
