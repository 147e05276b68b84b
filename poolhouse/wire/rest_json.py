"""REST with JSON bodies: method and path say the operation; members come from path, query, headers and body."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from botocore.model import OperationModel, ServiceModel, StructureShape

from poolhouse.errors import ApiError
from poolhouse.web import Request, Response
from poolhouse.wire import text
from poolhouse.wire.constraints import compile_request
from poolhouse.wire.errors import SerializationException
from poolhouse.wire.json import read
from poolhouse.wire.models import Metadata
from poolhouse.wire.protocol import Decode, Encode, Result, WireProtocol, compile_result, error_headers, header_text

_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")
_FORBIDDEN = {
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "AccessDeniedException",
}
"""REST services answer these with 403 where the JSON protocols have 400."""


class Router:
    """Which operation of a REST service a method and path mean."""

    def __init__(self, model: ServiceModel) -> None:
        routes = []
        for name in model.operation_names:
            http = model.operation_model(name).http
            target = urlsplit(http["requestUri"])
            needed = set(parse_qs(target.query, keep_blank_values=True)) | _required_in(model, name, "querystring")
            headers = _required_in(model, name, "header")
            routes.append((http["method"], path_pattern(target.path), needed, headers, name))
        # Literal segments win over labels; what asks for query fields or headers as well, over what does not.
        self._routes = sorted(routes, key=lambda route: (route[1].pattern.count("("), -len(route[2]), -len(route[3])))

    def find(self, request: Request) -> str | None:
        """The operation's name; None also where fields of the query ask for two of them at once."""
        fields = parse_qs(request.query, keep_blank_values=True).keys()
        found = [
            (needed, name)
            for method, pattern, needed, headers, name in self._routes
            if method == request.method
            and needed <= fields
            and pattern.fullmatch(request.path)
            and all(request.header(header) for header in headers)
        ]
        if not found or any(not needed <= found[0][0] for needed, _ in found):
            return None
        return found[0][1]


def _required_in(model: ServiceModel, operation: str, location: str) -> set[str]:
    """Where each required member of an operation is that stands in the query or in headers."""
    shape = model.operation_model(operation).input_shape
    if shape is None:
        return set()
    found = (shape.members[name].serialization for name in shape.required_members)
    names = {str(one["name"]) for one in found if one.get("location") == location and "name" in one}
    return {name.lower() for name in names} if location == "header" else names


def path_pattern(template: str) -> "re.Pattern[str]":
    """A model's path template as an expression; `{Key+}` takes slashes too."""
    parts = []
    position = 0
    for label in _LABEL.finditer(template):
        parts.append(re.escape(template[position : label.start()]))
        parts.append("(.+)" if label[2] else "([^/]+)")
        position = label.end()
    return re.compile("".join([*parts, re.escape(template[position:])]) + "/?")


def decoder(operation: OperationModel) -> Decode:
    shape = operation.input_shape
    if shape is None:
        return lambda _: {}
    check = compile_request(shape)
    outside = _outside_body(operation, shape)
    wire_names = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
    payload = shape.serialization.get("payload")
    in_body = any("location" not in member.serialization for member in shape.members.values())

    def decode(request: Request) -> dict[str, Any]:
        members = _body(request, shape, payload) if in_body else {}
        return check({**members, **{wire_names[name]: value for name, value in outside(request).items()}})

    return decode


def peeker(operation: OperationModel) -> Decode:
    """What stands in path, query and headers, by the names of the model's members, unchecked."""
    shape = operation.input_shape
    return (lambda _: {}) if shape is None else _outside_body(operation, shape)


def _outside_body(operation: OperationModel, shape: StructureShape) -> Decode:
    template = urlsplit(operation.http["requestUri"]).path
    pattern, labels = path_pattern(template), [label[1] for label in _LABEL.finditer(template)]
    readers = [
        (name, member.serialization.get("name", name), member, _SOURCES[member.serialization["location"]])
        for name, member in shape.members.items()
        if member.serialization.get("location") in _SOURCES
    ]

    def read_outside(request: Request) -> dict[str, Any]:
        found = pattern.fullmatch(request.path)
        path = dict(zip(labels, map(unquote, found.groups() if found else ()), strict=False))
        members = {}
        for name, wire_name, member, source in readers:
            item = source(request, wire_name, path)
            if item is not None:
                members[name] = text.value(member, item)
        return members

    return read_outside


def _from_path(_: Request, name: str, path: Mapping[str, str]) -> str | None:
    return path.get(name)


def _from_query(request: Request, name: str, _: Mapping[str, str]) -> str | None:
    try:
        return parse_qs(request.query, keep_blank_values=True, errors="strict").get(name, [None])[-1]
    except ValueError as error:
        raise SerializationException from error


def _from_header(request: Request, name: str, _: Mapping[str, str]) -> str | None:
    return request.header(name.lower()) or None


_SOURCES: Mapping[str, Callable[[Request, str, Mapping[str, str]], str | None]] = {
    "uri": _from_path,
    "querystring": _from_query,
    "header": _from_header,
}


def _body(request: Request, shape: StructureShape, payload: str | None) -> dict[str, Any]:
    if not request.body:
        return {}
    if payload is None:
        body = read(request.body)
        if not isinstance(body, dict):
            raise SerializationException
        return body
    member = shape.members[payload]
    value = request.body if member.type_name == "blob" else read(request.body)
    return {member.serialization.get("name", payload): value}


def encoder(operation: OperationModel) -> Encode:
    status = int(operation.http.get("responseCode", 200))
    shape = operation.output_shape
    if shape is None:
        return lambda _, request_id: Response(status, b"", (("x-amzn-RequestId", request_id),))
    convert = compile_result(shape)
    in_headers = {
        member.serialization.get("name", name): member
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }

    def encode(result: Result, request_id: str) -> Response:
        members = convert(result or {})
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", request_id)]
        headers += [(name, header_text(_text(members.pop(name)))) for name in in_headers if name in members]
        return Response(status, msgspec.json.encode(members), tuple(headers))

    return encode


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def error(_service: Metadata, failure: ApiError, request_id: str) -> Response:
    status = 403 if failure.code in _FORBIDDEN else failure.status
    body = {"message": failure.message} if failure.message is not None else {}
    headers = (("Content-Type", "application/json"), *error_headers(failure, request_id))
    return Response(status, msgspec.json.encode(body), headers)


PROTOCOL = WireProtocol(decoder, encoder, error)
