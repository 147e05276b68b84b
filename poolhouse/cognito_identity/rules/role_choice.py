"""Which role an identity gets.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

# How the roles of a SAML assertion are chosen from: one is taken, of several CustomRoleArn must name one
# (GetCredentialsForIdentity in the API reference).
OF_ASSERTION: Mapping[str, Any] = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}


class Denied(Exception):
    """The mapping denies; the text is for the client."""


class NoRole(Exception):
    """The pool has no role for this."""


def of_guest(roles: Mapping[str, str]) -> str:
    """The role of guests. Raises NoRole."""
    return _role(roles, "unauthenticated")


def of_login(
    roles: Mapping[str, str], mapping: Mapping[str, Any] | None, login: str, claims: Mapping[str, Any], custom: str
) -> str:
    """The role of somebody signed in, by their provider's mapping where it has one.

    `custom` is the role they ask for, empty for none. Raises Denied and NoRole.
    """
    if mapping is None:
        default = _role(roles, "authenticated")
        if custom and custom != default:
            raise Denied(f"Access to Role '{custom}' is forbidden.")  # a guess
        return default
    found = _by_token(claims, custom) if mapping["Type"] == "Token" else _by_rules(mapping, claims, custom)
    if found:
        return found
    if custom:
        raise Denied(f"Access to Role '{custom}' is forbidden.")  # a guess
    if mapping.get("AmbiguousRoleResolution") == "Deny":
        raise Denied(f"The ambiguous role mapping rules for: {login} denied this request.")
    return _role(roles, "authenticated")


def _by_token(claims: Mapping[str, Any], custom: str) -> str:
    """The role that was asked for, the preferred one, or the only one; empty where it is ambiguous."""
    given = claims.get("cognito:roles") or []
    roles = [str(one) for one in given] if isinstance(given, list) else [str(given)]
    if custom:
        return custom if custom in roles else ""
    preferred = claims.get("cognito:preferred_role")
    if preferred:
        return str(preferred)
    return roles[0] if len(roles) == 1 else ""


def _by_rules(mapping: Mapping[str, Any], claims: Mapping[str, Any], custom: str) -> str:
    """The first rule that matches; with a role that was asked for, the first that matches and gives it."""
    rules: Iterable[Mapping[str, str]] = (mapping.get("RulesConfiguration") or {}).get("Rules") or ()
    for rule in rules:
        if _matches(rule, claims) and (not custom or rule["RoleARN"] == custom):
            return rule["RoleARN"]
    return ""


def _matches(rule: Mapping[str, str], claims: Mapping[str, Any]) -> bool:
    """A claim that is a list is compared by its text, and contained by any of its values; the first is not proven."""
    claim, wanted = claims.get(rule["Claim"]), rule["Value"]
    if claim is None:
        return False  # NotEqual, too, is skipped where the claim is absent
    values = [str(one) for one in claim] if isinstance(claim, list) else [_text(claim)]
    text = ",".join(values)
    match rule["MatchType"]:
        case "Equals":
            return text == wanted
        case "NotEqual":
            return text != wanted
        case "StartsWith":
            return text.startswith(wanted)
        case _:
            return any(wanted in value for value in values)


def _text(claim: object) -> str:
    return str(claim).lower() if isinstance(claim, bool) else str(claim)


def _role(roles: Mapping[str, str], kind: str) -> str:
    if not roles.get(kind):
        raise NoRole
    return roles[kind]
