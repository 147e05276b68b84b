"""Lambda's Invoke: POST /2015-03-31/functions/{FunctionName}/invocations, as SDKs and the aws CLI send it.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html. Of Lambda's other operations none is built.
"""

import base64
import binascii
import re
from urllib.parse import parse_qs, unquote

import msgspec

from poolhouse.lambdas.errors import (
    InvalidRequestContentException,
    LambdaError,
    UnknownOperationException,
    ValidationException,
)
from poolhouse.lambdas.functions import Functions
from poolhouse.web import Request, Response

_PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_TYPES = ("Event", "RequestResponse", "DryRun")
_JSON = ("Content-Type", "application/json")


def handle(functions: Functions, request: Request) -> Response:
    """Answer one request to Lambda's endpoint, errors as Lambda words them."""
    try:
        return _invoke(functions, request)
    except LambdaError as error:
        body = msgspec.json.encode(error.document())
        return Response(error.status, body, (_JSON, ("x-amzn-ErrorType", error.code)))


def _invoke(functions: Functions, request: Request) -> Response:
    match = _PATH.fullmatch(request.path)
    if match is None or request.method != "POST":
        raise UnknownOperationException(
            f"{request.method} {request.path} is not built yet: Invoke is the one operation of Lambda that is"
        )
    name = unquote(match[1])
    qualifier = parse_qs(request.query).get("Qualifier", [None])[0]
    payload = request.body or b"{}"
    match _invocation_type(request):
        case "DryRun":
            functions.get(name, qualifier=qualifier)
            return Response(204)
        case "Event":
            _check_json(payload)
            functions.run_later(name, payload, qualifier=qualifier)
            return Response(202)
        case _:
            return _run(functions, request, name, qualifier, payload)


def _run(functions: Functions, request: Request, name: str, qualifier: str | None, payload: bytes) -> Response:
    _check_json(payload)
    outcome = functions.run(name, payload, qualifier=qualifier, client_context=_client_context(request))
    headers = [_JSON, ("X-Amz-Executed-Version", outcome.version), ("x-amzn-RequestId", outcome.request_id)]
    invocation = outcome.invocation
    if invocation.error is not None:
        headers.append(("X-Amz-Function-Error", "Unhandled"))
    if request.header("x-amz-log-type") == "Tail":
        headers.append(("X-Amz-Log-Result", base64.b64encode(outcome.log_tail).decode()))
    body = invocation.payload if invocation.error is None else msgspec.json.encode(invocation.error)
    return Response(200, body, tuple(headers))


def _invocation_type(request: Request) -> str:
    value = request.header("x-amz-invocation-type", "RequestResponse")
    if value not in _TYPES:
        raise ValidationException(
            f"1 validation error detected: Value '{value}' at 'invocationType' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(_TYPES)}]"
        )
    return value


def _check_json(payload: bytes) -> None:
    """AWS's words, then the parser's own: Lambda's are those of its Java library."""
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {error}"
        ) from error


def _client_context(request: Request) -> bytes:
    """The X-Amz-Client-Context header: JSON in base64; encoded anew so that it stands on one line."""
    value = request.header("x-amz-client-context")
    if not value:
        return b""
    try:
        return msgspec.json.encode(msgspec.json.decode(base64.b64decode(value, validate=True)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, binascii.Error) as error:
        raise InvalidRequestContentException("Client context must be a valid Base64-encoded JSON object.") from error
