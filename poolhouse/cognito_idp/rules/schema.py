"""Attributes that clients send, held against their pool's schema, with AWS's own sentences.

Cognito developer guide, "Working with user attributes". A sentence marked as a guess has no capture behind it.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.cognito_idp.rules.destinations import is_email, is_phone_number

# What users may never write themselves; of these an administrator may write the verified flags.
PROTECTED = ("sub", "email_verified", "phone_number_verified", "identities")
_LONGEST = 2048
_NUMBER = re.compile(r"-?[0-9]{1,100}")
_FORMATS = {
    "email": (is_email, "Invalid email address format."),
    "phone_number": (is_phone_number, "Invalid phone number format."),
}
# How the service's inner schema calls them, seen in its errors; the others are their own names in camel case.
_INNER_NAMES = {
    "name": "name.formatted",
    "given_name": "name.givenName",
    "family_name": "name.familyName",
    "middle_name": "name.middleName",
    "email": "emails",
    "phone_number": "phoneNumbers",
    "address": "addresses",
    "nickname": "nickName",
    "preferred_username": "preferredUsername",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a pool says of one attribute. `least` and `most` bound a text's length or a number's value."""

    name: str
    data_type: str
    is_mutable: bool
    is_required: bool
    least: int | None = None
    most: int | None = None


def of(pool: UserPool, names: Collection[str] | None = None) -> dict[str, Attribute]:
    """The pool's attributes by name, or those among `names`."""
    items = pool.settings.get("SchemaAttributes", ())
    return {item["Name"]: _parsed(item) for item in items if names is None or item["Name"] in names}


def check_sign_up(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException unless a person may sign up with these: known, well formed, none missing."""
    _check_not_protected(attributes)
    _check_new(pool, attributes)
    check_complete(pool, attributes)


def check_complete(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException when a required attribute is missing."""
    lacking = missing(pool, attributes)
    if lacking:
        raise InvalidParameterException(f"Attributes did not conform to the schema: {_required(lacking)}")


def check_created(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException unless an administrator may create a user with these.

    Required attributes may be missing when the user can add them at the first sign-in, that is, when they are mutable.
    """
    _check_not_protected([name for name in attributes if not name.endswith("_verified")])
    _check_new(pool, attributes)
    schema = of(pool)
    lacking = [name for name in missing(pool, attributes) if not schema[name].is_mutable]
    if lacking:
        raise InvalidParameterException(f"Attributes did not conform to the schema: {_required(lacking)}")


def check_update(pool: UserPool, changes: Mapping[str, str], *, by_admin: bool) -> None:
    """Raise unless these may be changed; an empty value deletes. The whole batch is refused for one wrong member."""
    _check_not_protected([name for name in changes if not (by_admin and name.endswith("_verified"))])
    if not by_admin:
        _check_not_developer_only(changes)
    schema = of(pool)
    complaints = [
        f"user.{name}: {complaint}\n"
        for name, value in changes.items()
        if (complaint := _update_complaint(schema.get(name), value))
    ]
    if complaints:
        raise InvalidParameterException("".join(complaints))
    _check_formats({name: value for name, value in changes.items() if value})
    _check_not_required(schema, [name for name, value in changes.items() if not value])


def check_deletion(pool: UserPool, names: Collection[str], *, by_admin: bool) -> None:
    """Raise unless these attributes may be deleted."""
    _check_not_protected([name for name in names if not (by_admin and name.endswith("_verified"))])
    if not by_admin:
        _check_not_developer_only(names)
    schema = of(pool)
    for name in names:
        if name not in schema:
            raise InvalidParameterException(
                f"Invalid user attributes: Type for attribute {{{name}}} could not be determined"
            )
    _check_not_required(schema, names)
    for name in names:
        if not schema[name].is_mutable:
            raise InvalidParameterException(
                f"Invalid user attributes: {_inner_name(name)}: This attribute does not satisfy the mutability "
                "validation defined in the schema."
            )


def missing(pool: UserPool, attributes: Mapping[str, str]) -> list[str]:
    """The required attributes that are not there."""
    return [name for name in _required_names(pool) if not attributes.get(name)]


def check_readable(pool: UserPool, names: Iterable[str], message: str) -> None:
    """Raise InvalidParameterException with `message` when an app client cannot be allowed to read these."""
    schema = of(pool)
    if any(name not in schema or name.startswith("dev:") for name in names):
        raise InvalidParameterException(message)


def check_writable(pool: UserPool, names: Collection[str], message: str) -> None:
    """The same for writing: nothing protected, and every required attribute among them."""
    if any(name in PROTECTED for name in names) or any(name not in names for name in _required_names(pool)):
        raise InvalidParameterException(message)
    check_readable(pool, names, message)


def _required_names(pool: UserPool) -> list[str]:
    items = pool.settings.get("SchemaAttributes", ())
    return [item["Name"] for item in items if item.get("Required") and item["Name"] != "sub"]


def _parsed(item: Mapping[str, Any]) -> Attribute:
    text, number = item.get("StringAttributeConstraints", {}), item.get("NumberAttributeConstraints", {})
    return Attribute(
        item["Name"],
        item["AttributeDataType"],
        is_mutable=bool(item.get("Mutable")),
        is_required=bool(item.get("Required")),
        least=_number(text.get("MinLength", number.get("MinValue"))),
        most=_number(text.get("MaxLength", number.get("MaxValue"))),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _check_new(pool: UserPool, attributes: Mapping[str, str]) -> None:
    check_values(of(pool, attributes), attributes)


def check_values(schema: Mapping[str, Attribute], attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException unless these attributes of a new user are known and well formed."""
    for name in attributes:
        if name not in schema:
            raise InvalidParameterException(
                f"Attributes did not conform to the schema: Type for attribute {{{name}}} could not be determined"
            )
    _check_formats(attributes)
    complaints = [
        f"{name}: {complaint}\n"
        for name, value in attributes.items()
        if value and (complaint := _value_complaint(schema[name], value))
    ]
    if complaints:
        raise InvalidParameterException(f"Attributes did not conform to the schema: {''.join(complaints)}")


def _check_not_protected(names: Iterable[str]) -> None:
    for name in names:
        if name in PROTECTED:
            raise InvalidParameterException(f"Cannot modify the non-mutable attribute {name}")


def _check_not_developer_only(names: Iterable[str]) -> None:
    if any(name.startswith("dev:") for name in names):
        raise NotAuthorizedException("A client attempted to write unauthorized attribute")


def _check_formats(attributes: Mapping[str, str]) -> None:
    for name, (is_well_formed, complaint) in _FORMATS.items():
        if name in attributes and not is_well_formed(attributes[name]):
            raise InvalidParameterException(complaint)


def _check_not_required(schema: Mapping[str, Attribute], deleted: Iterable[str]) -> None:
    required = [name for name in deleted if schema[name].is_required]
    if required:
        raise InvalidParameterException(f"Invalid user attributes: {_required(required)}")


def _update_complaint(attribute: Attribute | None, value: str) -> str | None:
    if attribute is None:
        return "Attribute does not exist in the schema."
    if not attribute.is_mutable:
        return "Attribute cannot be updated."
    return _value_complaint(attribute, value) if value else None


def _value_complaint(attribute: Attribute, value: str) -> str | None:
    check = {"String": _text_complaint, "Number": _number_complaint}.get(attribute.data_type)
    if check is not None:
        return check(attribute, value)
    if attribute.data_type == "Boolean":
        return None if value.lower() in {"true", "false"} else "Attribute value must be true or false."  # a guess
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "Attribute value must be a date."  # a guess, as is the form
    return None


def _text_complaint(attribute: Attribute, value: str) -> str | None:
    most = _LONGEST if attribute.most is None else attribute.most
    if len(value) > most:
        return f"String must be no longer than {most} characters"
    if attribute.least is not None and len(value) < attribute.least:
        return f"String must be no shorter than {attribute.least} characters"  # a guess, after the sentence above
    return None


def _number_complaint(attribute: Attribute, value: str) -> str | None:
    if not _NUMBER.fullmatch(value):
        return "Attribute value must be a number."  # a guess, as are the two below
    number = int(value)
    if attribute.most is not None and number > attribute.most:
        return f"Number must be no greater than {attribute.most}"
    if attribute.least is not None and number < attribute.least:
        return f"Number must be no less than {attribute.least}"
    return None


def _required(names: Iterable[str]) -> str:
    """`name.familyName: The attribute name.familyName is required`, for each; how AWS joins several is a guess."""
    inner = [_inner_name(name) for name in names]
    return ",\n".join(f"{name}: The attribute {name} is required" for name in inner)


def _inner_name(name: str) -> str:
    if name.startswith("custom:"):
        return f"Custom.User.{name.removeprefix('custom:')}"
    first, *rest = name.split("_")
    return _INNER_NAMES.get(name, first + "".join(part.capitalize() for part in rest))
