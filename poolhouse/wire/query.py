"""AWS Query: a form with Action, Version and `Members.member.1.Name` keys in, XML out. STS and IAM speak it."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from poolhouse.errors import AccessDeniedException, ApiError
from poolhouse.web import Request, Response
from poolhouse.wire import text
from poolhouse.wire.constraints import compile_request
from poolhouse.wire.errors import (
    ExpiredTokenException,
    IncompleteSignatureException,
    InternalErrorException,
    InvalidParameterException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    SerializationException,
    UnknownOperationException,
    UnrecognizedClientException,
    ValidationException,
)
from poolhouse.wire.models import Metadata
from poolhouse.wire.protocol import Decode, Encode, Result, WireProtocol, compile_result

_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 10_000
_XML = ("Content-Type", "text/xml")

NAMES: Mapping[type[ApiError], tuple[str, int]] = {
    SerializationException: ("MalformedInput", 400),
    UnknownOperationException: ("InvalidAction", 400),
    MissingAuthenticationTokenException: ("MissingAuthenticationToken", 403),
    IncompleteSignatureException: ("IncompleteSignature", 403),
    InvalidSignatureException: ("SignatureDoesNotMatch", 403),
    UnrecognizedClientException: ("InvalidClientTokenId", 403),
    ExpiredTokenException: ("ExpiredToken", 403),
    AccessDeniedException: ("AccessDenied", 403),
    ValidationException: ("ValidationError", 400),
    InvalidParameterException: ("ValidationError", 400),
    InternalErrorException: ("InternalFailure", 500),
}
"""What this protocol calls the wire's own errors, with AWS's status. A service's own errors keep their names."""

_OF_SERVICES: Mapping[str, Mapping[type[ApiError], tuple[str, int]]] = {
    "sns": {AccessDeniedException: ("AuthorizationError", 403)},
}

Node = dict[str, Any]
"""A form as a tree: text at `""`, and what stands behind a dot under its own name."""


def form(request: Request) -> dict[str, str]:
    """The fields of the form in the body, or of the query where there is no form; of a repeated field, the last."""
    raw = request.query
    if request.header("content-type").startswith(_FORM):
        raw = request.body.decode("latin-1")
    try:
        return dict(parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS))
    except ValueError as error:
        raise SerializationException from error


def decoder(operation: OperationModel) -> Decode:
    check = compile_request(operation.input_shape)
    shape = operation.input_shape

    def decode(request: Request) -> dict[str, Any]:
        if shape is None:
            return {}
        try:
            return check(_read(shape, _tree(form(request))))
        except RecursionError as error:
            raise SerializationException from error

    return decode


def _tree(fields: Mapping[str, str]) -> Node:
    root: Node = {}
    for key, item in fields.items():
        node = root
        for part in key.split("."):
            node = node.setdefault(part, {})
        node[""] = item
    return root


def _read(shape: Shape, node: Node) -> Any:
    if isinstance(shape, StructureShape):
        names = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
        return {wire: _read(shape.members[name], node[wire]) for name, wire in names.items() if wire in node}
    if isinstance(shape, ListShape):
        items = node if shape.serialization.get("flattened") else node.get(_member_name(shape), {})
        return [_read(shape.member, item) for item in _in_order(items)]
    if isinstance(shape, MapShape):
        entries = node if shape.serialization.get("flattened") else node.get("entry", {})
        return {
            entry.get(shape.key.serialization.get("name", "key"), {}).get("", ""): _read(
                shape.value, entry.get(shape.value.serialization.get("name", "value"), {})
            )
            for entry in _in_order(entries)
        }
    return text.value(shape, node.get("", ""))


def _in_order(items: Node) -> list[Node]:
    return [items[index] for index in sorted((key for key in items if key.isdigit()), key=int)]


def _member_name(shape: ListShape) -> str:
    return str(shape.member.serialization.get("name", "member"))


def encoder(operation: OperationModel) -> Encode:
    name = operation.name
    shape = operation.output_shape
    namespace = operation.metadata.get("xmlNamespace", "")
    uri = namespace if isinstance(namespace, str) else namespace.get("uri", "")
    wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
    convert = compile_result(shape) if shape is not None else None

    def encode(result: Result, request_id: str) -> Response:
        inner = ""
        if shape is not None and convert is not None:
            inner = "".join(_members(shape, dict(result or {})))
        if wrapper:
            inner = f"<{wrapper}>{inner}</{wrapper}>"
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        document = f'<{name}Response xmlns="{uri}">{inner}{metadata}</{name}Response>'
        return Response(200, document.encode(), (_XML, ("x-amzn-RequestId", request_id)))

    return encode


def _members(shape: StructureShape, value: Mapping[str, Any]) -> Iterable[str]:
    for name, item in value.items():
        if item is not None:
            member = shape.members[name]
            yield from _element(member.serialization.get("name", name), member, item)


def _element(name: str, shape: Shape, value: Any) -> Iterable[str]:
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        for item in value:
            yield from _element(name, shape.member, item)
        return
    yield f"<{name}>{''.join(_content(shape, value))}</{name}>"


def _content(shape: Shape, value: Any) -> Iterable[str]:
    if isinstance(shape, StructureShape):
        yield from _members(shape, value)
    elif isinstance(shape, ListShape):
        for item in value:
            yield from _element(_member_name(shape), shape.member, item)
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield "<entry>"
            yield from _element(shape.key.serialization.get("name", "key"), shape.key, key)
            yield from _element(shape.value.serialization.get("name", "value"), shape.value, item)
            yield "</entry>"
    else:
        yield xml_text(_scalar(shape, value))


def _scalar(shape: Shape, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if shape.type_name == "timestamp":
        return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return str(compile_result(shape)(value))


def xml_text(value: str) -> str:
    """Text for an XML document; what XML 1.0 cannot hold becomes a question mark."""
    return "".join(
        character if character >= " " or character in "\t\n" else "?" for character in escape(value, quote=False)
    )


def error(service: Metadata, failure: ApiError, request_id: str) -> Response:
    named = {**NAMES, **_OF_SERVICES.get(service.name, {})}
    code, status = named.get(type(failure), (failure.code, failure.status))
    sender = "Sender" if status < 500 else "Receiver"
    message = xml_text(failure.message or "")
    body = (
        f'<ErrorResponse xmlns="{service.namespace}"><Error><Type>{sender}</Type><Code>{code}</Code>'
        f"<Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Response(status, body.encode(), (_XML, ("x-amzn-RequestId", request_id)))


PROTOCOL = WireProtocol(decoder, encoder, error)
