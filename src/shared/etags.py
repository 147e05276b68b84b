"""Versions as entity tags (RFC 9110 section 8.8.3), and what If-Match asks of them."""

import re

from shared.errors import BadRequest

_TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'
_TAGS = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*")
ANY = frozenset({"*"})


def make(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def parse(if_match: str | None) -> frozenset[str] | None:
    """The tags an If-Match header names, ANY for "*", None when it was not sent; BadRequest when it is malformed."""
    if if_match is None:
        return None
    if if_match == "*":
        return ANY
    if not _TAGS.fullmatch(if_match):
        raise BadRequest('If-Match is * or a list of entity tags such as "1".')
    return frozenset(re.findall(_TAG, if_match))


def matches(expected: frozenset[str] | None, version: int | None) -> bool:
    """Whether a version, None for what is not there, is one of those expected; a weak tag never is."""
    if expected is None:
        return True
    return version is not None and (expected == ANY or make(version) in expected)
