"""Policy variables: a text of a policy as parts, some of which are read from the request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
Only documents of version 2012-10-17 have them. A value stands for itself: a wildcard in it is a plain character.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from poolhouse.iam.context import Context

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ESCAPED = {"*": "*", "?": "?", "$": "$"}
_DEFAULT = re.compile(r"\s*([^,]+?)\s*(?:,\s*'(.*)')?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Plain:
    """Characters that stand for themselves, wherever they came from."""

    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Characters of the policy, among which `*` and `?` may be wildcards."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A condition key of the request, its name in lower case, and what stands for it when it is absent."""

    key: str
    default: str | None = None


Part = Plain | Pattern | Variable


def parse(text: str, *, has_variables: bool) -> tuple[Part, ...]:
    """The parts of a text. `has_variables` is whether the document's version knows them."""
    if not has_variables or "${" not in text:
        return (Pattern(text),)
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[Part]:
    end = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > end:
            yield Pattern(text[end : found.start()])
        inner, end = found[1], found.end()
        yield Plain(_ESCAPED[inner]) if inner in _ESCAPED else _variable(inner)
    if end < len(text):
        yield Pattern(text[end:])


def _variable(inner: str) -> Variable:
    match = _DEFAULT.fullmatch(inner)
    if match is None:
        return Variable(inner.strip().lower())
    return Variable(match[1].lower(), match[2])


def resolve(parts: Sequence[Part], context: Context) -> tuple[Plain | Pattern, ...] | None:
    """The parts with every variable's value; None where one has no single value and no default."""
    resolved: list[Plain | Pattern] = []
    for part in parts:
        if not isinstance(part, Variable):
            resolved.append(part)
            continue
        values = context.get(part.key)
        value = values[0] if len(values) == 1 else part.default
        if value is None or len(values) > 1:
            return None
        resolved.append(Plain(value))
    return tuple(resolved)
