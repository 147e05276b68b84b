"""A pool's password policy: what a password lacks, in the service's own words."""

from collections.abc import Mapping
from typing import Any

from poolhouse.cognito_idp.errors import InvalidPasswordException

# How the sentence begins depends on the operation.
SIGN_UP = "Password did not conform with policy: "
TEMPORARY = "Password did not conform with password policy: "
# Seen from NEW_PASSWORD_REQUIRED and AdminSetUserPassword; ChangePassword and ConfirmForgotPassword are taken to say
# the same, which no capture proves.
NEW = "Password does not conform to policy: "

# Cognito developer guide, "Adding user pool password requirements": these, and the space inside a password.
SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
DEFAULT_MINIMUM_LENGTH = 8


def check(password: str, policy: Mapping[str, Any], prefix: str) -> None:
    """Raise InvalidPasswordException, its sentence begun with `prefix`, when the policy refuses the password."""
    reason = violation(password, policy)
    if reason is not None:
        raise InvalidPasswordException(prefix + reason)


def violation(password: str, policy: Mapping[str, Any]) -> str | None:
    """The first thing that the password lacks, or None. `policy` is the API's PasswordPolicyType."""
    if len(password) < policy.get("MinimumLength", DEFAULT_MINIMUM_LENGTH):
        return "Password not long enough"
    for requirement, (kind, characters) in CLASSES.items():
        if policy.get(requirement) and not characters.intersection(password):
            return f"Password must have {kind} characters"
    return None


# In the order in which they are complained of (observed: uppercase is named first when several are missing).
CLASSES: Mapping[str, tuple[str, frozenset[str]]] = {
    "RequireUppercase": ("uppercase", frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    "RequireLowercase": ("lowercase", frozenset("abcdefghijklmnopqrstuvwxyz")),
    "RequireNumbers": ("numeric", frozenset("0123456789")),
    "RequireSymbols": ("symbol", SYMBOLS),
}
