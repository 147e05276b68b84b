"""A template's parameters: what was given, held against what is declared.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Mapping
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.read import Source

Value = str | list[str]
_LISTS = {"CommaDelimitedList", "List<Number>", "List<String>"}
_KNOWN = {"String", "Number", *_LISTS}
_ATTRIBUTES = {
    *("Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription", "Description", "NoEcho"),
    *("MinLength", "MaxLength", "MinValue", "MaxValue"),
}


def resolve(source: Source, given: Mapping[str, str]) -> dict[str, Value]:
    """Every parameter's value. Raises CommandError for one that is unknown, missing or not allowed."""
    declared = source.body.get("Parameters") or {}
    if not isinstance(declared, dict):
        raise source.error("Parameters must be a mapping.", "Parameters")
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise CommandError(
            f"{source.file}: there is no parameter {unknown[0]}. There is: {', '.join(declared) or 'none'}."
        )
    return {name: _value(source, name, declaration, given) for name, declaration in declared.items()}


def _value(source: Source, name: str, declaration: Any, given: Mapping[str, str]) -> Value:
    place = ("Parameters", name)
    if not isinstance(declaration, dict) or "Type" not in declaration:
        raise source.error(f"Parameter {name} needs a Type.", *place)
    strange = [key for key in declaration if key not in _ATTRIBUTES]
    if strange:
        raise source.error(f"Parameter {name}: there is no attribute {strange[0]}.", *place, strange[0])
    kind = str(declaration["Type"])
    if kind.startswith("AWS::SSM::"):
        raise source.error(f"Parameter {name}: values from Parameter Store are not built yet.", *place, "Type")
    if kind not in _KNOWN and not kind.startswith(("AWS::", "List<AWS::")):
        raise source.error(f"Parameter {name}: there is no type {kind}.", *place, "Type")
    if name not in given and "Default" not in declaration:
        raise source.error(f"Parameter {name} has no default: give --parameter {name}=...", *place)
    text = given[name] if name in given else _text(declaration["Default"])
    is_list = kind in _LISTS or kind.startswith("List<")
    values = [part.strip() for part in text.split(",")] if is_list else [text]
    for value in values:
        _check(source, name, declaration, value)
    return values if is_list else text


def _check(source: Source, name: str, declaration: Mapping[str, Any], value: str) -> None:
    complaint = _complaint(declaration, value)
    if complaint:
        shown = "its value" if declaration.get("NoEcho") else repr(value)
        hint = declaration.get("ConstraintDescription")
        must = f"must be {hint}" if hint else complaint
        raise source.error(f"Parameter {name}: {shown} is not allowed: {must}.", "Parameters", name)


def _complaint(declaration: Mapping[str, Any], value: str) -> str | None:
    allowed = declaration.get("AllowedValues")
    if isinstance(allowed, list) and value not in [_text(one) for one in allowed]:
        return f"one of {', '.join(_text(one) for one in allowed)}"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not _matches(str(pattern), value):
        return f"must match {pattern}"
    if "Number" in str(declaration["Type"]):
        return _number_complaint(declaration, value)
    if len(value) < int(declaration.get("MinLength", 0)):
        return f"at least {declaration['MinLength']} characters"
    if "MaxLength" in declaration and len(value) > int(declaration["MaxLength"]):
        return f"at most {declaration['MaxLength']} characters"
    return None


def _number_complaint(declaration: Mapping[str, Any], value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "must be a number"
    if "MinValue" in declaration and number < float(declaration["MinValue"]):
        return f"at least {declaration['MinValue']}"
    if "MaxValue" in declaration and number > float(declaration["MaxValue"]):
        return f"at most {declaration['MaxValue']}"
    return None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # Java's expressions are a little richer than ours; AWS will hold the value against it
        return True


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(_text(one) for one in value)
    return "" if value is None else str(value)
