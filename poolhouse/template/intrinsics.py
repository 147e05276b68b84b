"""CloudFormation's intrinsic functions, carried out. Conditions are decided beforehand, in `conditions`.

What a resource becomes is not known before it is made. A rehearsal names resources that give UNKNOWN, and a function
of something unknown is unknown; all else that is wrong with a template shows then, before anything is made.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from poolhouse.template.read import Place

NO_VALUE = object()
UNKNOWN = object()
SUBSTITUTION = re.compile(r"\$\{([^}]*)\}")
VARIABLE = re.compile(r"[A-Za-z0-9_.:]+")


class IntrinsicError(Exception):
    """A function that cannot be carried out, and where it stands."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


class NoAttribute(Exception):
    """A resource has no such attribute."""


class _Unknown(Exception):
    """An argument is not known yet."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the functions may name: parameters and pseudo parameters, mappings, conditions, resources."""

    values: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, bool]
    ref: Callable[[str], Any] | None = None  # a resource's physical id; None where resources may not be named
    attribute: Callable[[str, str], Any] | None = None  # raises NoAttribute


def resolve(value: Any, scope: Scope, place: Place) -> Any:
    """The value with every function in it carried out. Raises IntrinsicError."""
    if isinstance(value, list):
        items = (resolve(item, scope, (*place, index)) for index, item in enumerate(value))
        return [item for item in items if item is not NO_VALUE]
    if not isinstance(value, dict):
        return _static(value, place)
    name = function_name(value)
    if name is not None:
        return _run(name, value[name], scope, (*place, name))
    for key in value:
        if str(key).startswith("Fn::"):
            _fail(f"{key} must be the only key where it stands", (*place, key))
    members = ((key, resolve(item, scope, (*place, key))) for key, item in value.items())
    return {key: item for key, item in members if item is not NO_VALUE}


def _run(name: str, argument: Any, scope: Scope, place: Place) -> Any:
    if name in _NOT_BUILT or name.startswith("Fn::ForEach"):
        _fail(f"{name} is not built yet", place)
    if name in _FOR_CONDITIONS:
        _fail(f"{name} is for the Conditions section; name a condition in Fn::If here", place)
    run = _FUNCTIONS.get(name) or _fail(f"there is no function {name}", place)
    try:
        return _static(run(argument, scope, place), place)
    except _Unknown:
        return UNKNOWN


def _static(value: Any, place: Place) -> Any:
    if value is None:
        _fail("'null' values are not allowed in templates; leave the key out, or give it a value", place)
    return value


def function_name(value: Mapping[str, Any]) -> str | None:
    """The function this mapping is, if it is one."""
    if len(value) != 1:
        return None
    (name,) = value
    return name if name == "Ref" or str(name).startswith("Fn::") else None


def _ref(argument: Any, scope: Scope, place: Place) -> Any:
    if not isinstance(argument, str):
        _fail("Ref takes the name of a parameter or a resource", place)
    if argument == "AWS::NoValue":
        return NO_VALUE
    if argument in scope.values:
        return scope.values[argument]
    if scope.ref is None:
        _no_resources(argument, place)
    return scope.ref(argument)


def _get_att(argument: Any, scope: Scope, place: Place) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str) or not all(parts):
        _fail("every Fn::GetAtt object requires two non-empty parameters: a resource's name and an attribute", place)
    if scope.attribute is None:
        _no_resources(parts[0], place)
    try:
        return scope.attribute(parts[0], text(resolve(parts[1], scope, place), place))
    except NoAttribute as error:
        return _fail(str(error), place)


def _sub(argument: Any, scope: Scope, place: Place) -> str:
    template, own = argument, {}
    if isinstance(argument, list):
        if len(argument) != 2 or not isinstance(argument[1], dict):
            _fail("Fn::Sub takes a string, or a list of a string and a mapping of values", place)
        template, own = argument
    if not isinstance(template, str):
        _fail("Fn::Sub takes a string, or a list of a string and a mapping of values", place)

    def substitute(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if not VARIABLE.fullmatch(name):
            _fail(
                "variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, "
                f"and colons, not {match[0]}; ${{!name}} stands for itself",
                place,
            )
        if name in own:
            return text(resolve(own[name], scope, (*place, 1, name)), place)
        find = _get_att if "." in name else _ref
        return text(find(name, scope, place), place)

    return SUBSTITUTION.sub(substitute, template)


def _join(argument: Any, scope: Scope, place: Place) -> str:
    takes = "every Fn::Join object requires two parameters, a string delimiter and a list of strings"
    delimiter, values = arguments(argument, 2, takes, place)
    if not isinstance(delimiter, str):
        _fail(takes, place)
    items = _list(resolve(values, scope, (*place, 1)), takes, place)
    return delimiter.join([text(item, place) for item in items])


def _split(argument: Any, scope: Scope, place: Place) -> list[str]:
    takes = "every Fn::Split object requires two parameters, a string delimiter and a string to be split"
    delimiter, value = arguments(argument, 2, takes, place)
    if not isinstance(delimiter, str) or not delimiter:
        _fail(takes, place)
    return text(resolve(value, scope, (*place, 1)), place).split(delimiter)


def _select(argument: Any, scope: Scope, place: Place) -> Any:
    takes = "Fn::Select requires a list argument with two elements: an integer index and a list"
    index, values = arguments(argument, 2, takes, place)
    position = text(resolve(index, scope, (*place, 0)), place)
    items = _list(resolve(values, scope, (*place, 1)), takes, place)
    if not position.isdecimal() or not position.isascii():
        _fail(takes, place)
    if len(position) > 6 or int(position) >= len(items):
        _fail(f"Fn::Select cannot select nonexistent value at index {position}", place)
    return items[int(position)]


def _if(argument: Any, scope: Scope, place: Place) -> Any:
    condition, then, otherwise = arguments(argument, 3, "Fn::If takes a condition and two values", place)
    if not isinstance(condition, str) or condition not in scope.conditions:
        _fail(f"there is no condition {condition}; add it to Conditions", (*place, 0))
    chosen = 1 if scope.conditions[condition] else 2
    return resolve(then if chosen == 1 else otherwise, scope, (*place, chosen))


def _find_in_map(argument: Any, scope: Scope, place: Place) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        _fail("every Fn::FindInMap object requires three parameters: a mapping's name and two keys", place)
    keys = [text(resolve(key, scope, (*place, index)), place) for index, key in enumerate(argument[:3])]
    found: Any = scope.mappings
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None:
        return found
    if len(argument) == 4 and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
        return resolve(argument[3]["DefaultValue"], scope, (*place, 3, "DefaultValue"))
    if keys[0] not in scope.mappings:
        _fail(f"Mapping named '{keys[0]}' is not present in the 'Mappings' section of template", place)
    return _fail(f"Unable to get mapping for {'::'.join(keys)}", place)


def _base64(argument: Any, scope: Scope, place: Place) -> str:
    return base64.b64encode(text(resolve(argument, scope, place), place).encode()).decode()


def _availability_zones(argument: Any, scope: Scope, place: Place) -> list[str]:
    region = text(resolve(argument, scope, place), place) or scope.values["AWS::Region"]
    return [f"{region}{letter}" for letter in "abc"]


def _cidr(argument: Any, scope: Scope, place: Place) -> list[str]:
    takes = "Fn::Cidr takes a block, a count from 1 to 256 and the bits of each subnet that many blocks have room for"
    resolved = [text(item, place) for item in _list(resolve(argument, scope, place), takes, place)]
    try:
        block = ipaddress.ip_network(resolved[0], strict=False)
        count, bits = int(resolved[1]), int(resolved[2]) if len(resolved) > 2 else 8
        subnets = block.subnets(new_prefix=block.max_prefixlen - bits)
        made = [str(subnet) for _, subnet in zip(range(min(count, 257)), subnets, strict=False)]
    except (ValueError, IndexError):
        return _fail(takes, place)
    if not 1 <= count <= 256 or len(made) < count or len(resolved) > 3:
        _fail(takes, place)
    return made


def _length(argument: Any, scope: Scope, place: Place) -> int:
    return len(_list(resolve(argument, scope, place), "Fn::Length takes a list", place))


def _to_json(argument: Any, scope: Scope, place: Place) -> str:
    resolved = resolve(argument, scope, place)
    if not isinstance(resolved, dict | list):
        _known(resolved)
        _fail("Fn::ToJsonString takes a mapping or a list", place)
    return json.dumps(resolved, separators=(",", ":"), default=_known)


_FUNCTIONS: Mapping[str, Callable[[Any, Scope, Place], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": _base64,
    "Fn::GetAZs": _availability_zones,
    "Fn::Cidr": _cidr,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json,
}
_NOT_BUILT = {"Fn::ImportValue", "Fn::Transform", "Fn::GetStackOutput"}
_FOR_CONDITIONS = {"Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not"}


def arguments(argument: Any, count: int, takes: str, place: Place) -> list[Any]:
    """A function's argument as the list of this many it takes. Raises IntrinsicError."""
    if not isinstance(argument, list) or len(argument) != count:
        _fail(takes, place)
    return argument


def text(value: Any, place: Place) -> str:
    """A value that stands in a text. Raises IntrinsicError for a list or a mapping."""
    match _known(value):
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
    return _fail("a string is needed here", place)


def _list(value: Any, takes: str, place: Place) -> list[Any]:
    if not isinstance(_known(value), list):
        _fail(takes, place)
    return list(value)


def _known(value: Any) -> Any:
    if value is UNKNOWN:
        raise _Unknown
    return value


def _no_resources(name: str, place: Place) -> NoReturn:
    _fail(
        f"Unresolved dependencies [{name}]. Cannot reference resources in the Conditions block of the template", place
    )


def _fail(message: str, place: Place) -> NoReturn:
    raise IntrinsicError(message, place)
