"""How a pool's schema is declared: the standard attributes, what CreateUserPool may change in them, custom attributes.

In the API's own form (SchemaAttributeType), as the pool keeps it.
Cognito developer guide, "Working with user attributes".
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from poolhouse.cognito_idp.errors import InvalidParameterException

Declared = dict[str, Any]
MOST_CUSTOM = 50
_LONGEST = 2048
_NUMBER = re.compile(r"-?[0-9]{1,18}")

_TEXT = ("0", str(_LONGEST))
# In the order in which AWS lists them.
_STANDARD: Mapping[str, tuple[str, tuple[str, str] | None]] = {
    "profile": ("String", _TEXT),
    "address": ("String", _TEXT),
    "birthdate": ("String", ("10", "10")),
    "gender": ("String", _TEXT),
    "preferred_username": ("String", _TEXT),
    "updated_at": ("Number", None),
    "website": ("String", _TEXT),
    "picture": ("String", _TEXT),
    "identities": ("String", None),
    "sub": ("String", ("1", str(_LONGEST))),
    "phone_number": ("String", _TEXT),
    "phone_number_verified": ("Boolean", None),
    "zoneinfo": ("String", _TEXT),
    "locale": ("String", _TEXT),
    "email": ("String", _TEXT),
    "email_verified": ("Boolean", None),
    "given_name": ("String", _TEXT),
    "family_name": ("String", _TEXT),
    "middle_name": ("String", _TEXT),
    "name": ("String", _TEXT),
    "nickname": ("String", _TEXT),
}


def declared(given: Iterable[Mapping[str, Any]]) -> list[Declared]:
    """The schema of a new pool: every standard attribute, changed where `given` says so, then the custom ones.

    Raises InvalidParameterException.
    """
    schema = {name: _standard(name) for name in _STANDARD}
    for attribute in given:
        name = attribute.get("Name", "")
        if name in _STANDARD:
            schema[name] = _changed(schema[name], attribute)
            continue
        custom = _custom(attribute)
        if custom["Name"] in schema:
            raise InvalidParameterException(
                f"Duplicate custom attribute names {custom['Name']} are not allowed in a user pool schema."
            )
        schema[custom["Name"]] = custom
    _check_count(schema)
    return list(schema.values())


def extended(schema: Iterable[Mapping[str, Any]], given: Iterable[Mapping[str, Any]]) -> list[Declared]:
    """A pool's schema with more custom attributes. Raises InvalidParameterException."""
    attributes: dict[str, Declared] = {attribute["Name"]: dict(attribute) for attribute in schema}
    for attribute in given:
        custom = _custom(attribute)
        name = custom["Name"]
        if name in attributes:
            raise InvalidParameterException(f"{name.removeprefix('dev:')}: Existing attribute already has name {name}.")
        attributes[name] = custom
    _check_count(attributes)
    return list(attributes.values())


def is_custom(name: str) -> bool:
    """Whether this is the full name of a custom attribute, developer-only ones included."""
    return name.startswith(("custom:", "dev:custom:"))


def _standard(name: str) -> Declared:
    data_type, bounds = _STANDARD[name]
    attribute: Declared = {
        "Name": name,
        "AttributeDataType": data_type,
        "DeveloperOnlyAttribute": False,
        "Mutable": name != "sub",
        "Required": name == "sub",
    }
    if data_type == "String":
        lengths = {} if bounds is None else {"MinLength": bounds[0], "MaxLength": bounds[1]}
        attribute["StringAttributeConstraints"] = lengths
    elif data_type == "Number":
        attribute["NumberAttributeConstraints"] = {"MinValue": "0"}
    return attribute


def _changed(standard: Declared, given: Mapping[str, Any]) -> Declared:
    """A standard attribute as a new pool wants it. What is not said of one that is named is false (aws-cdk 8624)."""
    name, data_type = standard["Name"], standard["AttributeDataType"]
    if given.get("AttributeDataType", data_type) != data_type or given.get("DeveloperOnlyAttribute"):
        raise InvalidParameterException(
            "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute " + name
        )
    changed = {**standard, "Mutable": given.get("Mutable", False), "Required": given.get("Required", False)}
    if name == "sub":  # whether AWS refuses a changed sub, or leaves it as it is, is not known
        changed = standard
    return changed | _constraints(name, data_type, given)


def _custom(given: Mapping[str, Any]) -> Declared:
    name = f"custom:{given.get('Name', '')}"
    data_type = given.get("AttributeDataType")
    if not data_type:
        raise InvalidParameterException(
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."
        )
    if given.get("Required"):
        raise InvalidParameterException("Required custom attributes are not supported currently.")
    is_developer_only = bool(given.get("DeveloperOnlyAttribute"))
    attribute: Declared = {
        "Name": f"dev:{name}" if is_developer_only else name,
        "AttributeDataType": data_type,
        "DeveloperOnlyAttribute": is_developer_only,
        "Mutable": given.get("Mutable", False),
        "Required": False,
    }
    empty: Declared = {"StringAttributeConstraints": {}} if data_type == "String" else {}
    empty |= {"NumberAttributeConstraints": {}} if data_type == "Number" else {}
    return attribute | empty | _constraints(name, data_type, given)


def _constraints(name: str, data_type: str, given: Mapping[str, Any]) -> Declared:
    member, least, most, words = {
        "String": ("StringAttributeConstraints", "MinLength", "MaxLength", "max length shorter than it's min length"),
        "Number": ("NumberAttributeConstraints", "MinValue", "MaxValue", "max value smaller than it's min value"),
    }.get(data_type, ("", "", "", ""))
    constraints = given.get(member)
    if not constraints:
        return {}
    low, high = (_bound(name, member, constraints.get(key)) for key in (least, most))
    if data_type == "String" and max(low or 0, high or 0) > _LONGEST:
        raise InvalidParameterException(f"user.{name}: String attributes cannot have a length of more than {_LONGEST}")
    if low is not None and high is not None and low > high:
        raise InvalidParameterException(f"Attribute {name} cannot have a {words}")
    return {member: dict(constraints)}


def _bound(name: str, member: str, text: str | None) -> int | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or (member == "StringAttributeConstraints" and text.startswith("-")):
        raise InvalidParameterException(f"Invalid {member} for schema attribute {name}")
    return int(text)


def _check_count(schema: Iterable[str]) -> None:
    count = sum(is_custom(name) for name in schema)
    if count > MOST_CUSTOM:
        # The quota is documented; the sentence is not.
        raise InvalidParameterException(f"User pool cannot have more than {MOST_CUSTOM} custom attributes.")
