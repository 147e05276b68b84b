"""Operators whose two sides are read before they are compared: numbers, dates, truth, addresses, bytes.

What cannot be read never matches. Variables have no meaning here.
"""

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from poolhouse.iam.context import Context
from poolhouse.iam.matching import Matcher

Compile = Callable[..., Matcher]


def number(compare: Callable[[Any, Any], bool]) -> Compile:
    """NumericEquals, NumericLessThan, ..."""
    return _compared(_number, compare)


def date(compare: Callable[[Any, Any], bool]) -> Compile:
    """DateEquals, DateLessThan, ...: ISO 8601 or seconds since 1970."""
    return _compared(_date, compare)


def truth() -> Compile:
    """Bool: true or false, in whatever case."""
    return _compared(_truth, operator.eq)


def address() -> Compile:
    """IpAddress: an address in a range of addresses."""
    return _compared(_network, lambda asked, wanted: asked.version == wanted.version and asked.subnet_of(wanted))


def data() -> Compile:
    """BinaryEquals: the same bytes, in base64."""
    return _compared(_bytes, operator.eq)


def _compared(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Compile:
    def compile_(value: str, *, has_variables: bool) -> Matcher:  # noqa: ARG001 - every family is asked the same way
        wanted = read(value)

        def matches(asked: str, _context: Context) -> bool:
            found = read(asked)
            return found is not None and wanted is not None and compare(found, wanted)

        return matches

    return compile_


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
