"""What a change of attributes does to a user: verified flags, values that wait, addresses to verify.

Cognito developer guide, "Verifying updates to email addresses and phone numbers".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from poolhouse.cognito_idp.entities import User
from poolhouse.cognito_idp.rules.destinations import MEDIUMS, Destination


@dataclass(frozen=True, slots=True)
class Changed:
    """The user as changed, the addresses that want a code, and the addresses whose older codes are void."""

    user: User
    to_verify: tuple[Destination, ...]
    voided: frozenset[str]


def apply(
    user: User, changes: Mapping[str, str], *, auto_verified: Collection[str], verified_before_update: Collection[str]
) -> Changed:
    """Apply changes to a user; an empty value deletes the attribute."""
    attributes, waiting = dict(user.attributes), dict(user.unverified)
    to_verify, voided = [], set()
    for name, value in changes.items():
        if name not in MEDIUMS:
            _set(attributes, name, value)
            continue
        if value == attributes.get(name, "") and name not in waiting:
            continue
        voided.add(name)
        waiting.pop(name, None)
        is_verified = changes.get(f"{name}_verified") == "true"
        if value and not is_verified and name in auto_verified:
            to_verify.append(Destination(name, value))
        if value and not is_verified and name in verified_before_update:
            waiting[name] = value
            continue
        _set(attributes, name, value)
        _set(attributes, f"{name}_verified", ("true" if is_verified else "false") if value else "")
    return Changed(replace(user, attributes=attributes, unverified=waiting), tuple(to_verify), frozenset(voided))


def verified(user: User, name: str) -> User:
    """The user once an address has been verified: a value that waited takes its place."""
    value = user.unverified.get(name, user.attributes.get(name, ""))
    return replace(
        user,
        attributes={**user.attributes, name: value, f"{name}_verified": "true"},
        unverified={key: waiting for key, waiting in user.unverified.items() if key != name},
    )


def _set(attributes: dict[str, str], name: str, value: str) -> None:
    if value:
        attributes[name] = value
    else:
        attributes.pop(name, None)
