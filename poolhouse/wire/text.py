"""Values that travel as text (in forms, paths, queries and headers), turned into what JSON would have carried."""

from typing import Any

from botocore.model import Shape

from poolhouse.wire.errors import SerializationException


def value(shape: Shape, text: str) -> Any:
    """The value of a scalar. Raises SerializationException for a number that is none."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except ValueError as error:
        raise SerializationException from error
    return text
