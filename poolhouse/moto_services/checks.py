"""What a malformed request gets before moto would trip over it: the wire's own reading of the service's model."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

import msgspec

from poolhouse.errors import NotImplementedException
from poolhouse.wire.constraints import Violations, compile_request
from poolhouse.wire.errors import (
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from poolhouse.wire.models import service_model


def check_served(service: str, operation: str, served: Collection[str]) -> None:
    """Raises NotImplementedException by name, or UnknownOperationException where AWS has no such operation."""
    if operation in served:
        return
    if operation not in service_model(service).operation_names:
        raise UnknownOperationException
    raise NotImplementedException(f"{service} {operation} is not implemented yet in Poolhouse")


def check_json(service: str, operation: str, body: bytes, not_built: Collection[str] = ()) -> None:
    """Raises SerializationException for what is no JSON of the operation's shape, ValidationException for the rest.

    A member of `not_built` raises NotImplementedException by name.
    """
    try:
        request = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise SerializationException from error
    if not isinstance(request, dict):
        raise SerializationException
    if request.get("TableName") is None and "TableName" in _required(service, operation):
        raise ValidationException("The parameter 'TableName' is required but was not present in the request")
    try:
        _reader(service, operation)(request)
    except Violations as violations:
        raise ValidationException(str(violations)) from violations
    for name in request:
        if name in not_built:
            raise NotImplementedException(f"{service} {operation} with {name} is not implemented yet in Poolhouse")


def check_members(service: str, operation: str, parameters: Mapping[str, str]) -> None:
    """Raises ValidationException for required members that a query request lacks."""
    given = {name.partition(".")[0] for name in parameters}
    missing = [name for name in _required(service, operation) if name not in given]
    if missing:
        said = (
            f"Value null at '{name[:1].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null"
            for name in missing
        )
        raise ValidationException(str(Violations(list(said))))


@cache
def _reader(service: str, operation: str) -> Callable[[object], dict[str, Any]]:
    return compile_request(service_model(service).operation_model(operation).input_shape)


@cache
def _required(service: str, operation: str) -> tuple[str, ...]:
    shape = service_model(service).operation_model(operation).input_shape
    return () if shape is None else tuple(shape.required_members)
