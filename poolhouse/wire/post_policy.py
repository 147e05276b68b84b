"""What a signed policy lets a form upload say, and until when.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html; the sentences are those recorded
from S3, but for those that are marked as a guess.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from poolhouse.errors import AccessDeniedException
from poolhouse.wire.errors import EntityTooLarge, EntityTooSmall, InvalidPolicyDocument
from poolhouse.wire.post_form import Form

_MEMBERS = ("expiration", "conditions")
_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_UNCOVERED = frozenset({"x-amz-signature", "policy", "file"})
_IGNORED = "x-ignore-"
_EQ, _STARTS_WITH, _RANGE = "eq", "starts-with", "content-length-range"


@dataclass(frozen=True, slots=True)
class _Condition:
    operation: str
    operands: tuple[Any, Any]
    said: Sequence[Any]  # as a refusal repeats it


def check(form: Form, bucket: str, now: datetime) -> None:
    """Return when the form's policy lets it all in. Raises InvalidPolicyDocument, AccessDenied, EntityTooLarge..."""
    expires_at, conditions = _parsed(form.get("policy"))
    if now > expires_at:
        raise AccessDeniedException("Invalid according to Policy: Policy expired.")
    values = {name: field.value for name, field in form.fields.items()} | {"bucket": bucket}
    for condition in conditions:
        if condition.operation == _RANGE:
            _check_range(condition, len(form.content))
        elif not _holds(condition, values):
            _refuse(condition)
    covered = {str(one.operands[0]).removeprefix("$").lower() for one in conditions if one.operation != _RANGE}
    extra = [
        field.name
        for name, field in form.fields.items()
        if name not in covered | _UNCOVERED and not name.startswith(_IGNORED)
    ]
    if extra:
        raise AccessDeniedException(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _parsed(text: str) -> tuple[datetime, list[_Condition]]:
    try:
        document = json.loads(base64.b64decode(text, validate=True), parse_float=_no_json, parse_constant=_no_json)
    except binascii.Error:
        raise InvalidPolicyDocument("Invalid Policy: invalid Base64 encoding.") from None  # a guess
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        _no_json("")
    _check_members(document)
    return _expiration(document["expiration"]), [_condition(one) for one in document["conditions"]]


def _check_members(document: Mapping[str, object]) -> None:
    for name in document:
        if name not in _MEMBERS:
            raise InvalidPolicyDocument(f"Invalid Policy: Unexpected: '{name.lower()}'")
    for name in _MEMBERS:
        if name not in document:
            raise InvalidPolicyDocument(f"Invalid Policy: Policy missing {name}.")  # a guess
    if not isinstance(document["conditions"], list):
        raise InvalidPolicyDocument("Invalid Policy: Invalid 'conditions' value: must be a List.")  # a guess


def _expiration(given: object) -> datetime:
    try:
        if isinstance(given, str) and _EXPIRATION.fullmatch(given):
            return datetime.fromisoformat(given).astimezone(UTC)
    except ValueError:  # such as a thirteenth month
        pass
    raise InvalidPolicyDocument(f"Invalid Policy: Invalid 'expiration' value: '{given}'")


def _condition(given: object) -> _Condition:
    if isinstance(given, Mapping):
        return _simple(given)
    if not isinstance(given, list):
        raise InvalidPolicyDocument("Invalid Policy: Invalid condition test: must be a List or Object.")  # a guess
    if not given:
        raise InvalidPolicyDocument("Invalid Policy: Invalid Condition: missing operation identifier.")
    operation = str(given[0]).lower()
    if operation not in (_EQ, _STARTS_WITH, _RANGE):
        raise InvalidPolicyDocument(f"Invalid Policy: Invalid Condition: unknown operation '{given[0]}'.")  # a guess
    if len(given) != 3:
        raise InvalidPolicyDocument(f"Invalid Policy: Invalid {operation}: wrong number of arguments.")  # a guess
    if operation != _RANGE and not all(isinstance(one, str) for one in given):
        _no_json("")
    return _Condition(operation, (given[1], given[2]), given)


def _simple(given: Mapping[str, object]) -> _Condition:
    if len(given) != 1:
        raise InvalidPolicyDocument(
            "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
        )
    ((name, value),) = given.items()
    if value is None:
        _no_json("")
    if not isinstance(value, str):
        raise InvalidPolicyDocument("Invalid Policy: Invalid Simple-Condition: value must be a string.")
    return _Condition(_EQ, (f"${name}", value), (_EQ, f"${name}", value))


def _holds(condition: _Condition, values: Mapping[str, str]) -> bool:
    """Names are compared in any case, values as they are; a field that was not sent has none."""
    name, wanted = condition.operands
    value = values.get(name.removeprefix("$").lower()) if name.startswith("$") else None
    if value is None:
        return False
    if condition.operation == _EQ:
        return bool(value == wanted)
    if name.lower() == "$content-type":  # a list, each of which begins so
        return all(one.strip().startswith(wanted) for one in value.split(","))
    return value.startswith(wanted)


def _check_range(condition: _Condition, size: int) -> None:
    try:
        least, most = (int(str(bound)) for bound in condition.operands)
    except ValueError:
        _refuse(condition)
    if size < least:
        raise EntityTooSmall(elements={"ProposedSize": str(size), "MinSizeAllowed": str(least)})
    if size > most:
        raise EntityTooLarge(elements={"ProposedSize": str(size), "MaxSizeAllowed": str(most)})


def _refuse(condition: _Condition) -> NoReturn:
    said = json.dumps(list(condition.said), ensure_ascii=False)
    raise AccessDeniedException(f"Invalid according to Policy: Policy Condition failed: {said}")


def _no_json(_: str) -> NoReturn:
    raise InvalidPolicyDocument("Invalid Policy: Invalid JSON.")
