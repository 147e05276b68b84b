"""What the protocols have in common: their three functions, and a result made ready for JSON."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any, NamedTuple, Protocol

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from poolhouse.errors import ApiError
from poolhouse.web import Request, Response
from poolhouse.wire.models import Metadata

Result = Mapping[str, object] | None
Decode = Callable[[Request], dict[str, Any]]
"""Request -> the operation's request. Raises SerializationException and constraints.Violations."""
Encode = Callable[[Result, str], Response]
"""(result, request id) -> response."""


class WireProtocol(NamedTuple):
    """How one of AWS's protocols reads an operation's request, writes its result, and writes an error."""

    decoder: Callable[[OperationModel], Decode]
    encoder: Callable[[OperationModel], Encode]
    error: Callable[[Metadata, ApiError, str], Response]


class _Convert(Protocol):
    def __call__(self, value: Any, /) -> object: ...


def compile_result(shape: Shape) -> Callable[[Any], Any]:
    """A function that makes an operation's result ready for JSON: times, blobs, names on the wire; None is left out.

    It raises TypeError for a member the model does not have.
    """
    return _converter(shape, {}) or (lambda value: value)


def _converter(shape: Shape, known: dict[str, _Convert]) -> _Convert | None:
    """None where values go out as they are."""
    if isinstance(shape, StructureShape):
        return None if shape.metadata.get("document") else _structure(shape, known)
    if isinstance(shape, ListShape):
        member = _converter(shape.member, known)
        return None if member is None else (lambda items: [member(item) for item in items])
    if isinstance(shape, MapShape):
        value = _converter(shape.value, known)
        return None if value is None else (lambda items: {key: value(item) for key, item in items.items()})
    if shape.type_name == "timestamp":
        return _TIMES[shape.serialization.get("timestampFormat", "unixTimestamp")]
    return _base64 if shape.type_name == "blob" else None


def _structure(shape: StructureShape, known: dict[str, _Convert]) -> _Convert:
    if shape.name in known:
        return known[shape.name]
    members: dict[str, tuple[str, _Convert | None]] = {}

    def convert(value: Any) -> dict[str, object]:
        out = {}
        for name, item in value.items():
            if item is None:
                continue
            if name not in members:
                raise TypeError(f"{shape.name} has no member {name}")
            wire_name, convert_member = members[name]
            out[wire_name] = item if convert_member is None else convert_member(item)
        return out

    known[shape.name] = convert
    for name, member in shape.members.items():
        members[name] = (member.serialization.get("name", name), _converter(member, known))
    return convert


def _base64(value: Any) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _epoch(value: Any) -> object:
    """Epoch seconds with three decimals, as Cognito sends them."""
    return round(value.timestamp(), 3) if isinstance(value, datetime) else value


def _iso(value: Any) -> object:
    """In UTC, as AWS writes times in XML."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def _http_date(value: Any) -> object:
    return format_datetime(value, usegmt=True) if isinstance(value, datetime) else value


_TIMES: Mapping[str, _Convert] = {"unixTimestamp": _epoch, "iso8601": _iso, "rfc822": _http_date}


def header_text(value: str, limit: int = 1024) -> str:
    """A sentence fit for a header: one line of printable ASCII, cut off where it gets long."""
    return "".join(character if " " <= character <= "~" else "?" for character in value[:limit].replace("\n", " "))


def error_headers(error: ApiError, request_id: str) -> list[tuple[str, str]]:
    """The error once more, in the headers in which AWS's JSON services repeat it."""
    headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", f"{error.code}:")]
    if error.message is not None:
        headers.append(("x-amzn-ErrorMessage", header_text(error.message)))
    return headers
