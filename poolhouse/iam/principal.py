"""Who asks, and how a policy's Principal meets them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from poolhouse.iam.errors import MalformedPolicy

_KINDS = ("AWS", "Federated", "Service", "CanonicalUser")
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")


@dataclass(frozen=True, slots=True)
class Requester:
    """Whoever asks.

    `kind` is "root", "user", "role_session", "federated_user", "service", "federated" or "anonymous"; `arn` is the
    user's or the session's, `role_arn` that of a session's role with its path. `name` is what a policy calls a service
    ("s3.amazonaws.com") or a provider of web identities or SAML assertions.
    """

    kind: str
    arn: str = ""
    account_id: str = ""
    role_arn: str = ""
    name: str = ""
    user_id: str = ""


ANONYMOUS = Requester("anonymous")


class Grant(IntEnum):
    """How closely a Principal names who asks; how far other policies still count follows from it."""

    NOTHING = 0
    ACCOUNT = 1  # the account, which may pass it on by its own policies
    ROLE = 2  # the role behind a session, or everybody
    ITSELF = 3  # this user, this session, this service


@dataclass(frozen=True, slots=True)
class Principals:
    """A statement's Principal or NotPrincipal."""

    named: Mapping[str, tuple[str, ...]]
    is_everybody: bool
    is_negated: bool

    def grant(self, requester: Requester) -> Grant:
        """How this Principal meets a requester."""
        met = self._met(requester)
        if self.is_negated:
            return Grant.NOTHING if met else Grant.ROLE
        return met

    def _met(self, requester: Requester) -> Grant:
        return Grant.ROLE if self.is_everybody else _BY_KIND[requester.kind](self, requester)

    def _by_arn(self, requester: Requester) -> Grant:
        named = self.named.get("AWS", ())
        if requester.arn in named:
            return Grant.ITSELF
        if requester.role_arn and requester.role_arn in named:
            return Grant.ROLE
        return Grant.ACCOUNT if any(_is_account(one, requester.account_id) for one in named) else Grant.NOTHING

    def _by_account(self, requester: Requester) -> Grant:
        is_named = any(_is_account(one, requester.account_id) for one in self.named.get("AWS", ()))
        return Grant.ITSELF if is_named else Grant.NOTHING

    def _by_service(self, requester: Requester) -> Grant:
        return Grant.ITSELF if requester.name in self.named.get("Service", ()) else Grant.NOTHING

    def _by_provider(self, requester: Requester) -> Grant:
        return Grant.ITSELF if requester.name in self.named.get("Federated", ()) else Grant.NOTHING

    def _by_nothing(self, _requester: Requester) -> Grant:
        return Grant.NOTHING


_BY_KIND = {
    "root": Principals._by_account,
    "user": Principals._by_arn,
    "role_session": Principals._by_arn,
    "federated_user": Principals._by_arn,
    "service": Principals._by_service,
    "federated": Principals._by_provider,
    "anonymous": Principals._by_nothing,
}


def parse(element: Any, *, is_negated: bool) -> Principals:
    """The value of a Principal or NotPrincipal. Raises MalformedPolicy."""
    if element == "*":
        return Principals({}, is_everybody=True, is_negated=is_negated)
    if not isinstance(element, Mapping) or not element:
        raise MalformedPolicy("Invalid principal in policy")
    for kind in element:
        if kind not in _KINDS:
            raise MalformedPolicy(f"Invalid principal in policy: {kind}")
    named = {kind: _texts(value) for kind, value in element.items()}
    return Principals(named, is_everybody="*" in named.get("AWS", ()), is_negated=is_negated)


def _texts(value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(one, str) for one in values):
        raise MalformedPolicy("Invalid principal in policy")
    return tuple(values)


def _is_account(named: str, account_id: str) -> bool:
    match = _ACCOUNT.fullmatch(named)
    return match is not None and match[1] == account_id
