"""The models' regular expressions, which are Java's, compiled for Python. A value matches as a whole or not at all."""

import re
from collections.abc import Callable
from functools import cache

import regex

_ASCII_CLASSES = {"w": "0-9A-Za-z_", "d": "0-9", "s": r" \t\n\x0b\f\r"}
_SHORT = 4096
_TIMEOUT_S = 0.5
_ESCAPE_OR_BRACKET = re.compile(r"\\.|\[\^?|\]", re.DOTALL)


@cache
def matcher(pattern: str) -> Callable[[str], object]:
    r"""A function that is true of the strings that match.

    In Java \w, \d and \s are ASCII and \p{L} is not; `re` has no \p, and `regex` can make only both ASCII or neither.
    """
    if r"\p" not in pattern:
        return re.compile(pattern, re.ASCII).fullmatch
    return _guarded(_spelled_out(pattern))


def _guarded(pattern: str) -> Callable[[str], object]:
    fullmatch: Callable[..., object] = regex.compile(pattern).fullmatch  # type: ignore[no-untyped-call]

    def matches(value: str) -> object:
        if len(value) <= _SHORT:
            return fullmatch(value)
        try:
            return fullmatch(value, timeout=_TIMEOUT_S)
        except TimeoutError:  # a long value made to backtrack does not match either
            return None

    return matches


def _spelled_out(pattern: str) -> str:
    r"""The pattern with \w, \d and \s written as ASCII classes, inside brackets and outside."""
    inside = False

    def replace(found: "re.Match[str]") -> str:
        nonlocal inside
        part = found[0]
        if part.startswith("\\"):
            members = _ASCII_CLASSES.get(part[1])
            if members is None:
                return part
            return members if inside else f"[{members}]"
        inside = part != "]"
        return part

    return _ESCAPE_OR_BRACKET.sub(replace, pattern)
