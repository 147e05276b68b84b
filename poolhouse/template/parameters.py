"""A template's parameters: what was given, held against what is declared.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import regex

from poolhouse.template.read import Source

Value = str | list[str]
LookUp = Callable[[str], str | None]
"""What a parameter of the parameter store is called -> its value, None for a secret one. Raises LookupError."""
_LISTS = {"CommaDelimitedList", "List<Number>", "List<String>"}
_KNOWN = {"String", "Number", *_LISTS}
_OF_STORE = re.compile(r"AWS::SSM::Parameter::(?:Name|Value<(?P<of>[A-Za-z0-9:]+|List<[A-Za-z0-9:]+>)>)")
_SPECIFIC = re.compile(r"AWS::[A-Za-z0-9:]+|List<AWS::[A-Za-z0-9:]+>")
_ATTRIBUTES = {
    *("Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription", "Description", "NoEcho"),
    *("MinLength", "MaxLength", "MinValue", "MaxValue"),
}
_BOUNDS = ("MinLength", "MaxLength", "MinValue", "MaxValue")
_NAME = re.compile(r"[A-Za-z0-9]{1,255}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_PATTERN_TIMEOUT = 1  # seconds: an expression may take longer than anybody waits


def resolve(source: Source, given: Mapping[str, str], look_up: LookUp) -> dict[str, Value]:
    """Every parameter's value. Raises CommandError for one that is unknown, missing or not allowed.

    The value of one that is in the parameter store is looked up there; its constraints are on what it is called there.
    """
    declared = source.body.get("Parameters") or {}
    if not isinstance(declared, dict):
        raise source.error("Parameters must be a mapping.", "Parameters")
    for name, declaration in declared.items():
        _check_declaration(source, name, declaration)
    unknown = [name for name in given if name not in declared]
    if unknown:
        known = f"there is: {', '.join(declared)}" if declared else "it takes none"
        raise source.error(f"Parameters: [{', '.join(unknown)}] do not exist in the template; {known}.", "Parameters")
    missing = [name for name in declared if name not in given and "Default" not in declared[name]]
    if missing:
        place = ("Parameters", missing[0])
        hint = f"give --parameter {missing[0]}=..."
        raise source.error(f"Parameters: [{', '.join(missing)}] must have values: {hint}", *place)
    values = {name: _value(source, name, declaration, given) for name, declaration in declared.items()}
    return {name: _looked_up(source, name, declared[name], value, look_up) for name, value in values.items()}


def _looked_up(source: Source, name: str, declaration: Mapping[str, Any], value: Value, look_up: LookUp) -> Value:
    """CloudFormation tells of both mistakes in these words."""
    kind = _OF_STORE.fullmatch(str(declaration["Type"]))
    if kind is None:
        return value
    named = str(value)
    try:
        found = look_up(named)
    except LookupError as error:
        said = f"Unable to fetch parameters [{named}] from parameter store for this account."
        raise source.error(f"Parameter {name}: {said}", "Parameters", name) from error
    if kind["of"] is None:
        return named
    if found is None:
        said = f"Parameters [{named}] referenced by template have types not supported by CloudFormation."
        raise source.error(f"Parameter {name}: {said}", "Parameters", name)
    is_list = kind["of"] in _LISTS or kind["of"].startswith("List<")
    return [part.strip() for part in found.split(",")] if is_list else found


def is_secret(declaration: Mapping[str, Any]) -> bool:
    """Whether the parameter's value may never be shown."""
    return str(declaration.get("NoEcho", False)).lower() == "true"


def _check_declaration(source: Source, name: str, declaration: Any) -> None:
    place = ("Parameters", name)
    if not _NAME.fullmatch(name):
        raise source.error(f"Parameter {name}: a name is letters and digits only.", *place)
    if not isinstance(declaration, dict) or not isinstance(declaration.get("Type"), str):
        raise source.error(f"Parameter {name} needs a Type, such as String.", *place)
    strange = [key for key in declaration if key not in _ATTRIBUTES]
    if strange:
        raise source.error(f"Parameter {name}: there is no attribute {strange[0]}.", *place, strange[0])
    kind = declaration["Type"]
    if kind not in _KNOWN and not _SPECIFIC.fullmatch(kind) and not _OF_STORE.fullmatch(kind):
        raise source.error(f"Parameter {name}: there is no type {kind}.", *place, "Type")
    _check_constraints(source, name, declaration)


def _check_constraints(source: Source, name: str, declaration: Mapping[str, Any]) -> None:
    place = ("Parameters", name)
    for bound in _BOUNDS:
        if bound in declaration and _number(declaration[bound]) is None:
            raise source.error(f"Parameter {name}: {bound} must be a number.", *place, bound)
    if not isinstance(declaration.get("AllowedValues", []), list):
        raise source.error(f"Parameter {name}: AllowedValues must be a list.", *place, "AllowedValues")
    if isinstance(declaration.get("Default"), dict | list):
        raise source.error(f"Parameter {name}: Every Default member must be a string.", *place, "Default")


def _value(source: Source, name: str, declaration: Mapping[str, Any], given: Mapping[str, str]) -> Value:
    kind = str(declaration["Type"])
    text = given[name] if name in given else _text(declaration["Default"])
    is_list = kind in _LISTS or kind.startswith("List<")
    values = [part.strip() for part in text.split(",")] if is_list else [text]
    for value in values:
        complaint = _complaint(source, name, declaration, value)
        if complaint:
            shown = "its value" if is_secret(declaration) else repr(value)
            raise source.error(f"Parameter {name}: {shown} {complaint}.", "Parameters", name)
    return values if is_list else text


def _complaint(source: Source, name: str, declaration: Mapping[str, Any], value: str) -> str | None:
    """Why the value is not allowed, None when it is."""
    allowed = [_text(one) for one in declaration.get("AllowedValues", [])]
    if "AllowedValues" in declaration and value not in allowed:
        return f"must be one of AllowedValues: {', '.join(allowed)}"
    if "AllowedPattern" in declaration and not _matches(source, name, str(declaration["AllowedPattern"]), value):
        hint = declaration.get("ConstraintDescription")
        return f"must be {hint}" if hint else f"must match pattern {declaration['AllowedPattern']}"
    if "Number" in str(declaration["Type"]) and not _OF_STORE.fullmatch(str(declaration["Type"])):
        number = _number(value)
        if number is None:
            return "must be a number"
        return _out_of_bounds(
            declaration, number, "MinValue", "MaxValue", lambda word, bound: f"must be {word} {bound}"
        )
    return _out_of_bounds(
        declaration,
        len(value),
        *("MinLength", "MaxLength"),
        lambda word, bound: f"must contain {word} {bound} characters",
    )


def _out_of_bounds(
    declaration: Mapping[str, Any], measure: float, least: str, most: str, say: Callable[[str, Any], str]
) -> str | None:
    low, high = _number(declaration.get(least)), _number(declaration.get(most))
    if low is not None and measure < low:
        return say("at least", declaration[least])
    if high is not None and measure > high:
        return say("at most", declaration[most])
    return None


def _number(value: Any) -> float | None:
    """The number this is or spells; Python's own `float` would take nan and 1_000 too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _matches(source: Source, name: str, pattern: str, value: str) -> bool:
    place = ("Parameters", name, "AllowedPattern")
    try:
        found: object = regex.fullmatch(pattern, value, timeout=_PATTERN_TIMEOUT)  # type: ignore[no-untyped-call]
    except TimeoutError as error:
        raise source.error(f"Parameter {name}: its AllowedPattern takes too long; make it simpler.", *place) from error
    except regex.error as error:
        raise source.error(f"Parameter {name}: its AllowedPattern is not one: {error}.", *place) from error
    return found is not None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def shown(value: Value) -> str:
    """A parameter's value as it is given: a list with commas."""
    return ",".join(value) if isinstance(value, list) else value
