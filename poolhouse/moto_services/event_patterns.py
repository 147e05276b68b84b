"""EventBridge's patterns: which events a rule is about.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html and eb-create-pattern-operators.html
"""

import ipaddress
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from poolhouse.errors import ApiError

_OR = "$or"
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OF_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "prefix": str.startswith,
    "suffix": str.endswith,
    "equals-ignore-case": lambda value, wanted: value.lower() == wanted.lower(),
    "wildcard": lambda value, wanted: _is_like(value, wanted.split("*")),
}
_SCALARS = (str, int, float, bool, type(None))
_PAIR = 2


class InvalidEventPatternException(ApiError):
    """A pattern that is none."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Event pattern is not valid. Reason: {reason}")


def check(text: str) -> dict[str, Any]:
    """A pattern, read. Raises InvalidEventPatternException; of its reasons the sentences are partly guesses."""
    try:
        pattern = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidEventPatternException("Invalid JSON") from error
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidEventPatternException("Filter is not an object")
    _check(pattern)
    return pattern


def _check(pattern: Any) -> None:
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidEventPatternException("Empty objects are not allowed")
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            _check(wanted)
            continue
        if not isinstance(wanted, list):
            raise InvalidEventPatternException(f"'{name}' must be an object or an array")
        if not wanted:
            raise InvalidEventPatternException("Empty arrays are not allowed")
        for one in wanted:
            _check(one) if name == _OR else _check_one(one)


def _check_one(wanted: Any) -> None:
    if isinstance(wanted, _SCALARS):
        return
    if not isinstance(wanted, dict) or len(wanted) != 1:
        raise InvalidEventPatternException("Match value must be String, number, true, false, or null")
    ((name, given),) = wanted.items()
    checker = _CHECKS.get(name)
    if checker is None:
        raise InvalidEventPatternException(f"Unrecognized match type {name}")
    if not checker(given):
        raise InvalidEventPatternException(f"Value of {name} is not valid")


def _is_text(given: Any) -> bool:
    return isinstance(given, str)


def _is_text_in_any_case(given: Any) -> bool:
    return isinstance(given, str) or (isinstance(given, dict) and [*given] == ["equals-ignore-case"])


def _is_numeric(given: Any) -> bool:
    if not isinstance(given, list) or not given or len(given) % _PAIR:
        return False
    return all(one in _COMPARE for one in given[::2]) and all(map(_is_number, given[1::2]))


def _is_network(given: Any) -> bool:
    try:
        ipaddress.ip_network(given, strict=False)
    except ValueError:
        return False
    return True


def _is_anything_but(given: Any) -> bool:
    if isinstance(given, dict):
        ((name, inner),) = given.items() if len(given) == 1 else (("", None),)
        listed = inner if isinstance(inner, list) else [inner]
        return name in _OF_TEXT and all(map(_is_text, listed))
    listed = given if isinstance(given, list) else [given]
    return bool(listed) and all(isinstance(one, str) or _is_number(one) for one in listed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "prefix": _is_text_in_any_case,
    "suffix": _is_text_in_any_case,
    "equals-ignore-case": _is_text,
    "wildcard": _is_text,
    "numeric": _is_numeric,
    "cidr": _is_network,
    "anything-but": _is_anything_but,
    "exists": lambda given: isinstance(given, bool),
}


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether an event, or an object in it, is as a pattern wants it."""
    if not isinstance(event, dict):
        return False
    for name, wanted in pattern.items():
        if name == _OR and isinstance(wanted, list):
            if not any(matches(one, event) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            if not any(matches(wanted, one) for one in _each(event.get(name, {}))):
                return False
        elif not _is_any(wanted, event, name):
            return False
    return True


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _is_like(value: str, parts: Sequence[str]) -> bool:
    """Whether the parts stand in a text in this order, the first at its beginning and the last at its end.

    The first place that fits is taken for each, which is never wrong: an expression would try all of them.
    """
    if len(parts) == 1:
        return value == parts[0]
    first, *middle, last = parts
    if not value.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(value) - len(last) >= at and value.endswith(last)


def _is_any(wanted: Sequence[Any], event: Mapping[str, Any], name: str) -> bool:
    if name not in event:
        return {"exists": False} in wanted
    return any(_is(one, value) for one in wanted for value in _each(event[name]))


def _is(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return _same(wanted, value)
    ((name, given),) = wanted.items()
    if name == "exists":
        return bool(given)
    if name == "anything-but":
        return not _is_one_of(given, value)
    if name == "numeric":
        pairs = zip(given[::2], given[1::2], strict=True)
        return _is_number(value) and all(_COMPARE[sign](value, limit) for sign, limit in pairs)
    if name == "cidr":
        return _is_in(value, given)
    return _is_as_text(name, given, value)


def _same(wanted: Any, value: Any) -> bool:
    return wanted == value and isinstance(wanted, bool) is isinstance(value, bool)


def _is_one_of(given: Any, value: Any) -> bool:
    if isinstance(given, dict):
        ((name, inner),) = given.items()
        return any(_is_as_text(name, one, value) for one in _each(inner))
    return any(_same(one, value) for one in _each(given))


def _is_in(value: Any, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _is_as_text(name: str, given: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(given, dict):  # {"prefix": {"equals-ignore-case": "a"}}
        return _OF_TEXT[name](value.lower(), str(given["equals-ignore-case"]).lower())
    return _OF_TEXT[name](value, given)
