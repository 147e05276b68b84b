"""CloudFormation's intrinsic functions, carried out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from poolhouse.template.read import Place

NO_VALUE = object()
_SUBSTITUTION = re.compile(r"\$\{([^}]*)\}")


class IntrinsicError(Exception):
    """A function that cannot be carried out, and where it stands."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Scope:
    """What the functions may name: parameters and pseudo parameters, mappings, conditions, resources."""

    values: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    ref: Callable[[str], Any] | None = None  # a resource's physical id; None where resources may not be named
    attribute: Callable[[str, str], Any] | None = None
    asked: tuple[str, ...] = field(default=())  # the conditions being evaluated


def resolve(value: Any, scope: Scope, place: Place) -> Any:
    """The value with every function in it carried out. Raises IntrinsicError."""
    if isinstance(value, list):
        items = (resolve(item, scope, (*place, index)) for index, item in enumerate(value))
        return [item for item in items if item is not NO_VALUE]
    if isinstance(value, str) and "{{resolve:" in value:
        _fail("dynamic references ({{resolve:...}}) are not built yet", place)
    if not isinstance(value, dict):
        return value
    name = function_name(value)
    if name is not None:
        run = _FUNCTIONS.get(name) or _fail(f"there is no function {name} here", place)
        return run(value[name], scope, (*place, name))
    members = ((key, resolve(item, scope, (*place, key))) for key, item in value.items())
    return {key: item for key, item in members if item is not NO_VALUE}


def function_name(value: Mapping[str, Any]) -> str | None:
    """The function this mapping is, if it is one."""
    if len(value) != 1:
        return None
    (name,) = value
    return name if name == "Ref" or str(name).startswith("Fn::") else None


def holds(condition: Any, scope: Scope, place: Place) -> bool:
    """Whether a condition holds: one of the condition functions, or the name of a condition. Raises IntrinsicError."""
    if isinstance(condition, dict) and len(condition) == 1:
        ((name, argument),) = condition.items()
        if name in _TESTS:
            return _TESTS[name](argument, scope, (*place, name))
    raise IntrinsicError("a condition is Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition", place)


def named(name: Any, scope: Scope, place: Place) -> bool:
    """Whether the condition of this name holds. Raises IntrinsicError."""
    if not isinstance(name, str) or name not in scope.conditions:
        _fail(f"there is no condition {name}", place)
    if name in scope.asked:
        _fail(f"the condition {name} depends on itself", place)
    inner = Scope(scope.values, scope.mappings, scope.conditions, asked=(*scope.asked, name))
    return holds(scope.conditions[name], inner, ("Conditions", name))


def references(value: Any) -> Iterator[tuple[str, str | None]]:
    """Every name that Ref, GetAtt and Sub use inside a value, with the attribute asked for."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        match function_name(value):
            case "Ref":
                yield str(value["Ref"]), None
            case "Fn::GetAtt":
                yield from _get_att_reference(value["Fn::GetAtt"])
            case "Fn::Sub":
                yield from _sub_references(value["Fn::Sub"])
            case _:
                for item in value.values():
                    yield from references(item)


def _get_att_reference(argument: Any) -> Iterator[tuple[str, str | None]]:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if isinstance(parts, list) and len(parts) == 2:
        yield str(parts[0]), str(parts[1])
        yield from references(parts[1])


def _sub_references(argument: Any) -> Iterator[tuple[str, str | None]]:
    text, own = (argument[0], argument[1]) if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    yield from references(list(own.values()) if isinstance(own, dict) else [])
    for name in _SUBSTITUTION.findall(str(text)):
        if not name.startswith("!") and not (isinstance(own, dict) and name.strip() in own):
            resource, _, attribute = name.strip().partition(".")
            yield resource, attribute or None


def _ref(argument: Any, scope: Scope, place: Place) -> Any:
    if not isinstance(argument, str):
        _fail("Ref takes a name", place)
    if argument == "AWS::NoValue":
        return NO_VALUE
    if argument in scope.values:
        return scope.values[argument]
    if scope.ref is None:
        _fail(f"resources cannot be named here: {argument}", place)
    return scope.ref(argument)


def _get_att(argument: Any, scope: Scope, place: Place) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
        _fail("Fn::GetAtt takes a resource and an attribute", place)
    if scope.attribute is None:
        _fail(f"resources cannot be named here: {parts[0]}", place)
    return scope.attribute(parts[0], _text(resolve(parts[1], scope, place), place))


def _sub(argument: Any, scope: Scope, place: Place) -> str:
    text, own = argument, {}
    if isinstance(argument, list):
        if len(argument) != 2 or not isinstance(argument[1], dict):
            _fail("Fn::Sub takes a text, or a list of a text and a mapping", place)
        text, own = argument
    if not isinstance(text, str):
        _fail("Fn::Sub takes a text", place)

    def substitute(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in own:
            return _text(resolve(own[name], scope, (*place, 1, name)), place)
        if "." in name:
            return _text(_get_att(name, scope, place), place)
        return _text(_ref(name, scope, place), place)

    return _SUBSTITUTION.sub(substitute, text)


def _join(argument: Any, scope: Scope, place: Place) -> str:
    delimiter, values = _arguments(argument, 2, "Fn::Join takes a delimiter and a list", place)
    items = _list(resolve(values, scope, (*place, 1)), "Fn::Join", place)
    return str(delimiter).join(_text(item, place) for item in items)


def _split(argument: Any, scope: Scope, place: Place) -> list[str]:
    delimiter, value = _arguments(argument, 2, "Fn::Split takes a delimiter and a text", place)
    if not delimiter:
        _fail("Fn::Split takes a delimiter and a text", place)
    return _text(resolve(value, scope, (*place, 1)), place).split(str(delimiter))


def _select(argument: Any, scope: Scope, place: Place) -> Any:
    index, values = _arguments(argument, 2, "Fn::Select takes an index and a list", place)
    items = _list(resolve(values, scope, (*place, 1)), "Fn::Select", place)
    try:
        number = int(_text(resolve(index, scope, (*place, 0)), place))
    except ValueError:
        _fail("Fn::Select takes a number as its index", place)
    if not 0 <= number < len(items):
        _fail(f"Fn::Select cannot select nonexistent value at index {number}", place)
    return items[number]


def _if(argument: Any, scope: Scope, place: Place) -> Any:
    condition, then, otherwise = _arguments(argument, 3, "Fn::If takes a condition and two values", place)
    chosen = 1 if named(condition, scope, place) else 2
    return resolve(then if chosen == 1 else otherwise, scope, (*place, chosen))


def _find_in_map(argument: Any, scope: Scope, place: Place) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        _fail("Fn::FindInMap takes a mapping, a top level key and a second level key", place)
    keys = [_text(resolve(key, scope, place), place) for key in argument[:3]]
    found: Any = scope.mappings
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None:
        return found
    if len(argument) == 4 and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
        return resolve(argument[3]["DefaultValue"], scope, (*place, 3))
    return _fail(f"Fn::FindInMap finds no {' / '.join(keys)}", place)


def _base64(argument: Any, scope: Scope, place: Place) -> str:
    return base64.b64encode(_text(resolve(argument, scope, place), place).encode()).decode()


def _availability_zones(argument: Any, scope: Scope, place: Place) -> list[str]:
    region = resolve(argument, scope, place) or scope.values["AWS::Region"]
    return [f"{region}{letter}" for letter in "abc"]


def _cidr(argument: Any, scope: Scope, place: Place) -> list[str]:
    resolved = _list(resolve(argument, scope, place), "Fn::Cidr", place)
    try:
        block = ipaddress.ip_network(str(resolved[0]))
        bits = int(resolved[2]) if len(resolved) > 2 else 8
        made = block.subnets(new_prefix=block.max_prefixlen - bits)
        return [str(subnet) for subnet, _ in zip(made, range(int(resolved[1])), strict=False)]
    except (ValueError, IndexError, TypeError):
        return _fail("Fn::Cidr takes a block, a count and the bits of each subnet", place)


def _length(argument: Any, scope: Scope, place: Place) -> int:
    return len(_list(resolve(argument, scope, place), "Fn::Length", place))


def _to_json(argument: Any, scope: Scope, place: Place) -> str:
    return json.dumps(resolve(argument, scope, place), separators=(",", ":"))


def _not_built(name: str) -> Callable[[Any, Scope, Place], NoReturn]:
    def refuse(_argument: Any, _scope: Scope, place: Place) -> NoReturn:
        _fail(f"{name} is not built yet", place)

    return refuse


def _test(argument: Any, scope: Scope, place: Place) -> bool:
    return holds({place[-1]: argument}, scope, place[:-1])


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
    "Fn::Equals": _test,
    "Fn::And": _test,
    "Fn::Or": _test,
    "Fn::Not": _test,
    **{name: _not_built(name) for name in ("Fn::ImportValue", "Fn::Transform", "Fn::ForEach")},
}


def _equals(argument: Any, scope: Scope, place: Place) -> bool:
    left, right = _arguments(argument, 2, "Fn::Equals takes two values", place)
    one, other = (resolve(value, scope, (*place, index)) for index, value in enumerate((left, right)))
    return bool(_comparable(one) == _comparable(other))


def _comparable(value: Any) -> Any:
    """Parameters are text, and a template may write 1 or true."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _every(argument: Any, scope: Scope, place: Place) -> bool:
    return all(_each(argument, scope, place))


def _some(argument: Any, scope: Scope, place: Place) -> bool:
    return any(_each(argument, scope, place))


def _each(argument: Any, scope: Scope, place: Place) -> list[bool]:
    if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
        _fail(f"{place[-1]} takes two to ten conditions", place)
    return [holds(item, scope, (*place, index)) for index, item in enumerate(argument)]


def _not(argument: Any, scope: Scope, place: Place) -> bool:
    (inner,) = _arguments(argument, 1, "Fn::Not takes one condition", place)
    return not holds(inner, scope, (*place, 0))


_TESTS: Mapping[str, Callable[[Any, Scope, Place], bool]] = {
    "Fn::Equals": _equals,
    "Fn::And": _every,
    "Fn::Or": _some,
    "Fn::Not": _not,
    "Condition": named,
}


def _arguments(argument: Any, count: int, what: str, place: Place) -> list[Any]:
    if not isinstance(argument, list) or len(argument) != count:
        _fail(what, place)
    return argument


def _list(value: Any, name: str, place: Place) -> list[Any]:
    if not isinstance(value, list):
        _fail(f"{name} takes a list", place)
    return value


def _text(value: Any, place: Place) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
    return _fail("a text is needed here", place)


def _fail(message: str, place: Place) -> NoReturn:
    raise IntrinsicError(message, place)
