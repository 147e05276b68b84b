"""The table of operators, and what goes around each: IfExists, ForAllValues, ForAnyValue, and Null."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from poolhouse.iam.conditions import arns, compared, text
from poolhouse.iam.conditions.compared import Compile
from poolhouse.iam.context import Context
from poolhouse.iam.errors import MalformedPolicy
from poolhouse.iam.matching import Matcher

_FOR_ALL, _FOR_ANY = "forallvalues", "foranyvalue"
_IF_EXISTS = "ifexists"
_NULL = "null"


class Operator(NamedTuple):
    """How one of its values is compared, and whether the condition holds where none of them does."""

    compile: Compile
    is_negated: bool = False


_STRINGS = {
    "StringEquals": Operator(text.equals),
    "StringNotEquals": Operator(text.equals, is_negated=True),
    "StringEqualsIgnoreCase": Operator(text.equals_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator(text.equals_ignoring_case, is_negated=True),
    "StringLike": Operator(text.like),
    "StringNotLike": Operator(text.like, is_negated=True),
}
_ARNS = {
    "ArnEquals": Operator(arns.like),
    "ArnNotEquals": Operator(arns.like, is_negated=True),
    "ArnLike": Operator(arns.like),
    "ArnNotLike": Operator(arns.like, is_negated=True),
}
_NUMBERS = {
    "NumericEquals": Operator(compared.number(operator.eq)),
    "NumericNotEquals": Operator(compared.number(operator.eq), is_negated=True),
    "NumericLessThan": Operator(compared.number(operator.lt)),
    "NumericLessThanEquals": Operator(compared.number(operator.le)),
    "NumericGreaterThan": Operator(compared.number(operator.gt)),
    "NumericGreaterThanEquals": Operator(compared.number(operator.ge)),
}
_DATES = {
    "DateEquals": Operator(compared.date(operator.eq)),
    "DateNotEquals": Operator(compared.date(operator.eq), is_negated=True),
    "DateLessThan": Operator(compared.date(operator.lt)),
    "DateLessThanEquals": Operator(compared.date(operator.le)),
    "DateGreaterThan": Operator(compared.date(operator.gt)),
    "DateGreaterThanEquals": Operator(compared.date(operator.ge)),
}
_OTHERS = {
    "Bool": Operator(compared.truth()),
    "BinaryEquals": Operator(compared.data()),
    "IpAddress": Operator(compared.address()),
    "NotIpAddress": Operator(compared.address(), is_negated=True),
}
OPERATORS: Mapping[str, Operator] = {
    name.lower(): one for family in (_STRINGS, _ARNS, _NUMBERS, _DATES, _OTHERS) for name, one in family.items()
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator with one key. `name` and `key` are as the policy writes them."""

    name: str
    key: str
    wanted: tuple[str, ...]
    matchers: tuple[Matcher, ...]
    looked_up: str
    is_negated: bool
    qualifier: str
    if_exists: bool

    def holds(self, context: Context) -> bool:
        """Whether the request's values meet it."""
        values = context.get(self.looked_up)
        if not values:
            return self._without_value()
        if self.qualifier == _FOR_ALL:
            return all(self._meets(value, context) for value in values)
        if self.qualifier == _FOR_ANY or not self.is_negated:
            return any(self._meets(value, context) for value in values)
        return all(self._meets(value, context) for value in values)

    def _without_value(self) -> bool:
        if self.qualifier == _FOR_ANY:
            return False
        return self.qualifier == _FOR_ALL or self.if_exists or self.is_negated

    def _meets(self, value: str, context: Context) -> bool:
        is_one = any(matches(value, context) for matches in self.matchers)
        return is_one is not self.is_negated


@dataclass(frozen=True, slots=True)
class Null:
    """Whether a key is absent ("true") or there ("false")."""

    name: str
    key: str
    wanted: tuple[str, ...]
    looked_up: str

    def holds(self, context: Context) -> bool:
        """Whether it is as wanted."""
        is_absent = not context.get(self.looked_up)
        return any((one.lower() == "true") is is_absent for one in self.wanted)


AnyCondition = Condition | Null


def parse(name: str, key: str, wanted: Sequence[str], *, has_variables: bool) -> AnyCondition:
    """An operator as a policy writes it. Raises MalformedPolicy for one that AWS does not know."""
    qualifier, _, rest = name.lower().rpartition(":")
    if qualifier not in ("", _FOR_ALL, _FOR_ANY):
        raise MalformedPolicy(f"Invalid Condition type : {name}")
    if rest == _NULL and not qualifier:
        return Null(name, key, tuple(wanted), key.lower())
    if_exists = rest.endswith(_IF_EXISTS)
    found = OPERATORS.get(rest.removesuffix(_IF_EXISTS) if if_exists else rest)
    if found is None:
        raise MalformedPolicy(f"Invalid Condition type : {name}")
    return Condition(
        name=name,
        key=key,
        wanted=tuple(wanted),
        matchers=tuple(found.compile(one, has_variables=has_variables) for one in wanted),
        looked_up=key.lower(),
        is_negated=found.is_negated,
        qualifier=qualifier,
        if_exists=if_exists,
    )
