"""A template's conditions, decided: each by its name, once, before any resource is looked at.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from poolhouse.template import intrinsics
from poolhouse.template.intrinsics import IntrinsicError, Scope
from poolhouse.template.read import Place


def decide(conditions: Mapping[str, Any], scope: Scope) -> dict[str, bool]:
    """Whether each condition holds. Raises IntrinsicError."""
    decision = _Decision(conditions, scope)
    for name in conditions:
        try:
            decision.named(name, ("Conditions", name))
        except RecursionError as error:
            message = f"{name} builds on too long a chain of conditions; make it shorter"
            raise IntrinsicError(message, ("Conditions", name)) from error
    return decision.made


@dataclass(slots=True)
class _Decision:
    """What was decided so far, and which conditions are being decided: none may come back to itself."""

    conditions: Mapping[str, Any]
    scope: Scope
    made: dict[str, bool] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def named(self, name: Any, place: Place) -> bool:
        if not isinstance(name, str) or name not in self.conditions:
            _fail(f"there is no condition {name}; add it to Conditions", place)
        if name in self.asked:
            _fail(f"Circular dependency between conditions: [{', '.join(self.asked)}]", place)
        if name not in self.made:
            self.asked.append(name)
            self.made[name] = self.holds(self.conditions[name], ("Conditions", name))
            self.asked.pop()
        return self.made[name]

    def holds(self, condition: Any, place: Place) -> bool:
        if isinstance(condition, dict) and len(condition) == 1:
            ((name, argument),) = condition.items()
            if name in _TESTS:
                return _TESTS[name](self, argument, (*place, name))
        return _fail("a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition", place)


def _equals(decision: _Decision, argument: Any, place: Place) -> bool:
    pair = intrinsics.arguments(argument, 2, "Fn::Equals requires a list argument with two elements", place)
    one, other = (intrinsics.resolve(value, decision.scope, (*place, index)) for index, value in enumerate(pair))
    return bool(_comparable(one) == _comparable(other))


def _comparable(value: Any) -> Any:
    """Parameters are text, and a template may write 1 or true."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _and(decision: _Decision, argument: Any, place: Place) -> bool:
    return all(_each(decision, argument, place))


def _or(decision: _Decision, argument: Any, place: Place) -> bool:
    return any(_each(decision, argument, place))


def _each(decision: _Decision, argument: Any, place: Place) -> list[bool]:
    if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
        _fail(f"every {place[-1]} object requires a list of at least 2 and at most 10 boolean parameters", place)
    return [decision.holds(item, (*place, index)) for index, item in enumerate(argument)]


def _not(decision: _Decision, argument: Any, place: Place) -> bool:
    takes = "every Fn::Not object requires a list with exactly 1 boolean parameter"
    (inner,) = intrinsics.arguments(argument, 1, takes, place)
    return not decision.holds(inner, (*place, 0))


_TESTS: Mapping[str, Callable[[_Decision, Any, Place], bool]] = {
    "Fn::Equals": _equals,
    "Fn::And": _and,
    "Fn::Or": _or,
    "Fn::Not": _not,
    "Condition": _Decision.named,
}


def _fail(message: str, place: Place) -> NoReturn:
    raise IntrinsicError(message, place)
