"""A policy document, parsed once and compiled: what its statements say of an action, a resource and who asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from poolhouse.iam import matching, principal
from poolhouse.iam.conditions import operators
from poolhouse.iam.conditions.operators import AnyCondition
from poolhouse.iam.context import Context
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.iam.matching import Matcher
from poolhouse.iam.principal import Grant, Principals, Requester

_NEWEST, _OLDEST = "2012-10-17", "2008-10-17"
SYNTAX = "Syntax errors in policy."
_MEMBERS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_REMEMBERED = 512  # actions a policy has been asked for


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `matchers` of resources are empty where the policy is attached to its resource."""

    number: int  # from 1, in its document
    sid: str
    is_allow: bool
    actions: tuple[str, ...]
    is_action_match: re.Pattern[str]
    not_action: bool
    resources: tuple[str, ...]
    resource_matchers: tuple[Matcher, ...]
    not_resource: bool
    principals: Principals | None
    conditions: tuple[AnyCondition, ...]

    def is_about(self, action: str) -> bool:
        """Whether its Action or NotAction takes in this action."""
        return (self.is_action_match.fullmatch(action) is not None) is not self.not_action

    def is_on(self, resource: str, context: Context) -> bool:
        """Whether its Resource or NotResource takes in this resource."""
        if not self.resource_matchers:
            return True
        for matches in self.resource_matchers:
            if matches(resource, context):
                return not self.not_resource
        return self.not_resource

    def grant(self, requester: Requester) -> Grant:
        """How its Principal meets who asks; a policy without one is theirs already."""
        return Grant.ITSELF if self.principals is None else self.principals.grant(requester)

    def holds(self, context: Context) -> bool:
        """Whether every one of its conditions is met."""
        return all(condition.holds(context) for condition in self.conditions)


@dataclass(frozen=True)
class Policy:
    """A compiled document. `name` is what it is called where a decision is explained."""

    name: str
    version: str
    statements: tuple[Statement, ...]
    _about: dict[str, tuple[Statement, ...]] = field(default_factory=dict, repr=False, compare=False)

    def about(self, action: str) -> tuple[Statement, ...]:
        """The statements that take in an action: found once, so that the others cost nothing afterwards."""
        found = self._about.get(action)
        if found is None:
            if len(self._about) >= _REMEMBERED:
                self._about.clear()
            found = self._about[action] = tuple(one for one in self.statements if one.is_about(action))
        return found

    def denials(self) -> "Policy":
        """Its denials alone."""
        return Policy(self.name, self.version, tuple(one for one in self.statements if not one.is_allow))

    @cached_property
    def names_principals(self) -> bool:
        """Whether this is a policy of a resource."""
        return any(one.principals is not None for one in self.statements)


def parse(document: str | Mapping[str, Any], name: str = "") -> Policy:
    """A document, as JSON or as its value. Raises MalformedPolicy."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise MalformedPolicy(SYNTAX) from error
    if not isinstance(document, Mapping):
        raise MalformedPolicy(SYNTAX)
    version = document.get("Version", _OLDEST)
    if version not in (_NEWEST, _OLDEST):
        raise MalformedPolicy(SYNTAX)
    statements = document.get("Statement")
    found = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise MalformedPolicy(SYNTAX)
    parsed = tuple(_statement(one, number, version == _NEWEST) for number, one in enumerate(found, 1))
    return Policy(name, version, parsed)


def _statement(source: Any, number: int, has_variables: bool) -> Statement:  # noqa: FBT001 - the document's version
    if not isinstance(source, Mapping) or source.get("Effect") not in ("Allow", "Deny") or source.keys() - _MEMBERS:
        raise MalformedPolicy(SYNTAX)
    actions, not_action = _either(source, "Action")
    resources, not_resource = _either(source, "Resource", is_required=False)
    return Statement(
        number=number,
        sid=str(source.get("Sid", "")),
        is_allow=source["Effect"] == "Allow",
        actions=actions,
        is_action_match=_actions(actions),
        not_action=not_action,
        resources=resources,
        resource_matchers=tuple(matching.arn(one, has_variables=has_variables) for one in resources),
        not_resource=not_resource,
        principals=_principals(source),
        conditions=tuple(_conditions(source.get("Condition", {}), has_variables=has_variables)),
    )


def _either(source: Mapping[str, Any], name: str, *, is_required: bool = True) -> tuple[tuple[str, ...], bool]:
    """An element and whether it is its Not-. Exactly one of the two is there, or none where it may be absent."""
    there = [key for key in (name, f"Not{name}") if key in source]
    if not there and not is_required:
        return (), False
    if len(there) != 1:
        raise MalformedPolicy(SYNTAX)
    values = _texts(source[there[0]])
    if not values:
        raise MalformedPolicy(SYNTAX)
    return values, there[0].startswith("Not")


def _actions(actions: Sequence[str]) -> re.Pattern[str]:
    """Actions are taken in any case; their wildcards span whatever they meet."""
    patterns = (re.escape(one).replace(r"\*", ".*").replace(r"\?", ".") for one in actions)
    return re.compile("|".join(patterns), re.IGNORECASE)


def _principals(source: Mapping[str, Any]) -> Principals | None:
    there = [name for name in ("Principal", "NotPrincipal") if name in source]
    if len(there) > 1:
        raise MalformedPolicy(SYNTAX)
    if not there:
        return None
    return principal.parse(source[there[0]], is_negated=there[0] == "NotPrincipal")


def _conditions(source: Any, *, has_variables: bool) -> list[AnyCondition]:
    if not isinstance(source, Mapping):
        raise MalformedPolicy(SYNTAX)
    found = []
    for name, keys in source.items():
        if not isinstance(keys, Mapping):
            raise MalformedPolicy(SYNTAX)
        found += [
            operators.parse(name, key, _texts(wanted), has_variables=has_variables) for key, wanted in keys.items()
        ]
    return found


def _texts(value: Any) -> tuple[str, ...]:
    """One value or a list of them; JSON's own numbers and truth values are read as what they look like."""
    values = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(one, str | int | float) for one in values):
        raise MalformedPolicy(SYNTAX)
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in values)
