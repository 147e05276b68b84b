"""A model's constraints as compiled functions: decoded JSON in, the operation's request out, or AWS's own sentences.

AWS reads the body first and answers the first value of a wrong type with SerializationException; only then does it
check, and reports every violation at once. A violation names the member by its path in lower camel case:

    1 validation error detected: Value 'x' at 'userAttributes.1.member.name' failed to satisfy constraint: ...

Members and enum values come in the order of Java's hash tables, in which the service keeps them: every capture of
cognito-idp's messages agrees with it. Members whose shape is sensitive are reported without their value; a missing
member is `Value null` either way. Elements of a list and keys and values of a map are reported as one violation of
the whole list or map. Unknown members and nulls are left out, as AWS leaves them.
"""

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from poolhouse.wire.errors import SerializationException
from poolhouse.wire.patterns import matcher

Found = list[str]
Check = Callable[[Any, str, str, Found], Any]
"""(value, path of the parent, own label, violations found) -> the value for the operation."""

Test = tuple[Callable[[Any], object], str]
"""A constraint: what must be true of a value, and its sentence."""

_NUMBERS = ("integer", "long", "float", "double", "short", "byte", "bigdecimal", "biginteger")
_TRUE = {"true", "yes", "y", "t", "1"}
_FALSE = {"false", "no", "n", "f", "0"}
_HASH_TABLE_SIZE = 16


class Violations(Exception):
    """The request is well formed and breaks the model's constraints; the message is AWS's."""

    def __init__(self, found: Sequence[str]) -> None:
        noun = "validation error" if len(found) == 1 else "validation errors"
        super().__init__(f"{len(found)} {noun} detected: {'; '.join(found)}")


def compile_request(shape: StructureShape | None) -> Callable[[object], dict[str, Any]]:
    """A function that reads a decoded body into the request of an operation with this input.

    It raises SerializationException and Violations. Keys it takes are the wire's, keys it gives the model's.
    """
    if shape is None:
        return lambda body: _object(body) and {}
    check = _Compiler().compile(shape)

    def read(body: object) -> dict[str, Any]:
        found: Found = []
        request: dict[str, Any] = check(_object(body), "", "", found)
        if found:
            raise Violations(found)
        return request

    return read


def _object(body: object) -> dict[str, Any]:
    """Captured from an AWS JSON service in 2026: a list is named, any other body gets no sentence."""
    if isinstance(body, dict):
        return body
    raise SerializationException(_START_OF_LIST if isinstance(body, list) else None)


def java_order(names: Iterable[str]) -> list[str]:
    """Names in the order in which a Java 8 HashMap or HashSet gives them."""
    known = list(names)
    size = _HASH_TABLE_SIZE
    while len(known) > size * 0.75:
        size *= 2
    return sorted(known, key=lambda name: _java_hash(name) & (size - 1))


def _java_hash(name: str) -> int:
    value = 0
    for character in name:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return value ^ (value >> 16)


def _label(member: str) -> str:
    return member[:1].lower() + member[1:]


class _Compiler:
    """Compiles the shapes of one operation; a shape that contains itself refers to its own function."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._open: set[str] = set()

    def compile(self, shape: Shape) -> Check:
        name = shape.name
        if name in self._open:
            return self._later(name)
        if name not in self._checks:
            self._open.add(name)
            self._checks[name] = self._compile(shape)
            self._open.discard(name)
        return self._checks[name]

    def _later(self, name: str) -> Check:
        def check(value: Any, path: str, label: str, found: Found) -> Any:
            return self._checks[name](value, path, label, found)

        return check

    def _compile(self, shape: Shape) -> Check:
        if isinstance(shape, StructureShape):
            return _any if shape.metadata.get("document") else self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape)
        if isinstance(shape, MapShape):
            return self._map(shape)
        return _string_check(shape) if shape.type_name == "string" else _scalar_check(shape)

    def _structure(self, shape: StructureShape) -> Check:
        labels = {_label(member): member for member in shape.members}
        required = set(shape.required_members)
        members = [
            (
                shape.members[member].serialization.get("name", member),
                member,
                label,
                member in required,
                self.compile(shape.members[member]),
            )
            for label, member in ((label, labels[label]) for label in java_order(labels))
        ]

        def check(value: Any, path: str, label: str, found: Found) -> dict[str, Any]:
            if value.__class__ is not dict:
                raise _wrong_type(value, "Expected null")
            inner = f"{path}{label}." if label or path else ""
            request = {}
            get = value.get
            for wire_name, name, own, needed, check_member in members:
                item = get(wire_name)
                if item is not None:
                    request[name] = check_member(item, inner, own, found)
                elif needed:
                    found.append(f"Value null at '{inner}{own}' failed to satisfy constraint: Member must not be null")
            return request

        return check

    def _list(self, shape: ListShape) -> Check:
        size = _tests(shape, "length", len)
        sensitive = _is_sensitive(shape)
        read_all = self._elements(shape.member)

        def check(value: Any, path: str, label: str, found: Found) -> list[Any]:
            if value.__class__ is not list:
                raise _wrong_type(value, "Expected list or null")
            items = [item for item in value if item is not None]
            _report(size, items, f"{path}{label}", found, sensitive=sensitive)
            return read_all(items, f"{path}{label}", found, sensitive)

        return check

    def _elements(self, member: Shape) -> Callable[[list[Any], str, Found, bool], list[Any]]:
        if isinstance(member, (StructureShape, ListShape, MapShape)):
            check = self.compile(member)

            def read_each(items: list[Any], path: str, found: Found, _: bool) -> list[Any]:  # noqa: FBT001
                return [check(item, f"{path}.{index}.member", "", found) for index, item in enumerate(items, 1)]

            return read_each
        read, tests = _reader(member), _scalar_tests(member)

        def read_scalars(items: list[Any], path: str, found: Found, sensitive: bool) -> list[Any]:  # noqa: FBT001
            values = [read(item) for item in items]
            if tests and not _all_pass(tests, values):
                found.append(_violation(values, path, _together("Member", tests), sensitive=sensitive))
            return values

        return read_scalars

    def _map(self, shape: MapShape) -> Check:
        size = _tests(shape, "length", len)
        key_tests = _scalar_tests(shape.key)
        sensitive = _is_sensitive(shape)
        read_values = self._values(shape.value)

        def check(value: Any, path: str, label: str, found: Found) -> dict[str, Any]:
            if value.__class__ is not dict:
                raise _wrong_type(value, "Expected null")
            items = {key: item for key, item in value.items() if item is not None}
            here = f"{path}{label}"
            _report(size, items, here, found, sensitive=sensitive)
            if key_tests and not _all_pass(key_tests, items):
                found.append(_violation(items, here, _together("Map keys", key_tests), sensitive=sensitive))
            return read_values(items, here, found, sensitive)

        return check

    def _values(self, member: Shape) -> Callable[[dict[str, Any], str, Found, bool], dict[str, Any]]:
        if isinstance(member, (StructureShape, ListShape, MapShape)):
            check = self.compile(member)

            def read_each(items: dict[str, Any], path: str, found: Found, _: bool) -> dict[str, Any]:  # noqa: FBT001
                return {key: check(item, f"{path}.{key}.member", "", found) for key, item in items.items()}

            return read_each
        read, tests = _reader(member), _scalar_tests(member)

        def read_scalars(items: dict[str, Any], path: str, found: Found, sensitive: bool) -> dict[str, Any]:  # noqa: FBT001
            values = {key: read(item) for key, item in items.items()}
            if tests and not _all_pass(tests, values.values()):
                found.append(_violation(values, path, _together("Map value", tests), sensitive=sensitive))
            return values

        return read_scalars


def _string_check(shape: Shape) -> Check:
    """The commonest check, in one function."""
    tests = _scalar_tests(shape)
    sensitive = _is_sensitive(shape)

    def check(value: Any, path: str, label: str, found: Found) -> Any:
        if value.__class__ is not str:
            raise _wrong_type(value, None, "a String")
        for is_met, _ in tests:
            if not is_met(value):
                _report(tests, value, f"{path}{label}", found, sensitive=sensitive)
                break
        return value

    return check


def _scalar_check(shape: Shape) -> Check:
    read, tests, sensitive = _reader(shape), _scalar_tests(shape), _is_sensitive(shape)

    def check(value: Any, path: str, label: str, found: Found) -> Any:
        value = read(value)
        _report(tests, value, f"{path}{label}", found, sensitive=sensitive)
        return value

    return check


def _any(value: Any, _path: str, _label: str, _found: Found) -> Any:
    return value


def _scalar_tests(shape: Shape) -> list[Test]:
    """A scalar's constraints, in the order AWS lists them."""
    if shape.type_name in _NUMBERS:
        return _tests(shape, "value", lambda value: value)
    if shape.type_name not in ("string", "blob"):
        return []
    tests = _tests(shape, "length", len)
    if pattern := shape.metadata.get("pattern"):
        tests.append((_lazy_matcher(pattern), f"Member must satisfy regular expression pattern: {pattern}"))
    if values := shape.metadata.get("enum"):
        tests.append(
            (set(values).__contains__, f"Member must satisfy enum value set: [{', '.join(java_order(values))}]")
        )
    return tests


def _lazy_matcher(pattern: str) -> Callable[[Any], object]:
    """Compiling an expression costs a millisecond; most operations' are never met."""

    def matches(value: Any) -> object:
        return matcher(pattern)(value)

    return matches


def _tests(shape: Shape, noun: str, measure: Callable[[Any], Any]) -> list[Test]:
    tests: list[Test] = []
    greatest, least = shape.metadata.get("max"), shape.metadata.get("min")
    if greatest is not None:
        sentence = f"Member must have {noun} less than or equal to {greatest}"
        tests.append((lambda value: measure(value) <= greatest, sentence))
    if least is not None and not (noun == "length" and least == 0):
        sentence = f"Member must have {noun} greater than or equal to {least}"
        tests.append((lambda value: measure(value) >= least, sentence))
    return tests


def _all_pass(tests: Sequence[Test], values: Iterable[Any]) -> bool:
    return all(is_met(value) for value in values for is_met, _ in tests)


def _report(tests: Sequence[Test], value: Any, path: str, found: Found, *, sensitive: bool) -> None:
    for is_met, sentence in tests:
        if not is_met(value):
            found.append(_violation(value, path, sentence, sensitive=sensitive))


def _violation(value: Any, path: str, sentence: str, *, sensitive: bool) -> str:
    shown = "Value" if sensitive else f"Value '{_java_text(value)}'"
    return f"{shown} at '{path}' failed to satisfy constraint: {sentence}"


def _together(whose: str, tests: Sequence[Test]) -> str:
    return f"{whose} must satisfy constraint: [{', '.join(sentence for _, sentence in tests)}]"


def _java_text(value: Any) -> str:
    """A value as Java's toString gives it."""
    match value:
        case bool():
            return str(value).lower()
        case bytes():
            return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case list():
            return f"[{', '.join(map(_java_text, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}={_java_text(item)}' for key, item in value.items())}}}"
        case _:
            return str(value)


def _is_sensitive(shape: Shape, above: frozenset[str] = frozenset()) -> bool:
    """Whether this shape or one inside it is marked sensitive."""
    if shape.metadata.get("sensitive"):
        return True
    if shape.name in above:
        return False
    inside: list[Shape] = []
    if isinstance(shape, StructureShape):
        inside = list(shape.members.values())
    elif isinstance(shape, ListShape):
        inside = [shape.member]
    elif isinstance(shape, MapShape):
        inside = [shape.key, shape.value]
    return any(_is_sensitive(one, above | {shape.name}) for one in inside)


_START_OF_LIST = "Start of list found where not expected"
_START_OF_STRUCTURE = "Start of structure or map found where not expected."


def _wrong_type(value: object, otherwise: str | None, wanted: str = "") -> SerializationException:
    """AWS's sentence for a value of a wrong JSON type; `otherwise` where it names no type, for lists and structures."""
    if isinstance(value, list):
        return SerializationException(_START_OF_LIST)
    if isinstance(value, dict):
        return SerializationException(_START_OF_STRUCTURE)
    if otherwise is not None:
        return SerializationException(otherwise)
    found = f"{str(value).upper()}_VALUE" if isinstance(value, bool) else _TOKENS.get(type(value), "NUMBER_VALUE")
    return SerializationException(f"{found} can not be converted to {wanted}")


_TOKENS = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}


def _reader(shape: Shape) -> Callable[[Any], Any]:
    return _READERS.get(shape.type_name, _read_string)


def _read_string(value: Any) -> str:
    if value.__class__ is not str:
        raise _wrong_type(value, None, "a String")
    return str(value)


def _read_integer(value: Any) -> int:
    """A fraction is cut off, as captured from AWS."""
    if value.__class__ is int:
        return int(value)
    if value.__class__ is float and math.isfinite(value):
        return int(value)
    raise _wrong_type(value, None, "an Integer")


def _read_long(value: Any) -> int:
    if value.__class__ in (int, float) and math.isfinite(value):
        return int(value)
    raise _wrong_type(value, None, "a Long")


def _read_float(value: Any) -> float:
    if value.__class__ in (int, float):
        return float(value)
    raise _wrong_type(value, None, "a Double")


def _read_boolean(value: Any) -> bool:
    """AWS takes some words for a boolean too, in any case; "an Boolean" is its own grammar."""
    if value.__class__ is bool:
        return bool(value)
    if isinstance(value, str):
        word = value.lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise SerializationException("STRING_VALUE can not be converted to an Boolean")
    raise _wrong_type(value, None, "a Boolean")


def _read_blob(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if value.__class__ is not str:
        raise _wrong_type(value, None, "a ByteBuffer")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SerializationException from error


def _read_timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if value.__class__ in (int, float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SerializationException from error
    raise _wrong_type(value, None, "a Date")


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "string": _read_string,
    "character": _read_string,
    "integer": _read_integer,
    "long": _read_long,
    "float": _read_float,
    "double": _read_float,
    "boolean": _read_boolean,
    "blob": _read_blob,
    "timestamp": _read_timestamp,
}
