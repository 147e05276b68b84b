"""Texts of a policy held against texts of a request: with wildcards, and ARNs segment by segment.

A wildcard of an ARN stays within its segment; the last one takes the rest, colons and slashes included.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from poolhouse.iam.context import Context
from poolhouse.iam.variables import Part, Pattern, Plain, Variable, parse, resolve

_SEGMENTS = 6
_NOTHING = r"(?!)"
_Compile = Callable[[Sequence[Plain | Pattern]], str]
_RESOLVED = 4096  # texts with variables filled in, of the identities that are about


Matcher = Callable[[str, Context], bool]
"""One text of a policy: (a text of the request, its context) -> whether they match."""


def text(source: str, *, has_variables: bool, ignore_case: bool = False) -> Matcher:
    """The text itself: no wildcards."""
    return _matcher(source, _plain, has_variables=has_variables, ignore_case=ignore_case)


def wildcards(source: str, *, has_variables: bool, ignore_case: bool = False) -> Matcher:
    """`*` for any characters, `?` for one."""
    return _matcher(source, _glob, has_variables=has_variables, ignore_case=ignore_case)


def arn(source: str, *, has_variables: bool) -> Matcher:
    """An ARN, each of its segments with wildcards; `*` alone is everything."""
    return _matcher(source, _arn, has_variables=has_variables)


def _matcher(source: str, compile_: _Compile, *, has_variables: bool, ignore_case: bool = False) -> Matcher:
    parts = parse(source, has_variables=has_variables)
    flags = re.DOTALL | re.IGNORECASE if ignore_case else re.DOTALL
    fixed = [part for part in parts if not isinstance(part, Variable)]
    if len(fixed) == len(parts):
        match = re.compile(compile_(fixed), flags).fullmatch
        return lambda value, _context: match(value) is not None
    return _with_variables(parts, compile_, flags)


def _with_variables(parts: tuple[Part, ...], compile_: _Compile, flags: int) -> Matcher:
    # Most texts are about something else whatever their variables hold, which is told sooner than these are filled in.
    anything = [Pattern("*") if isinstance(part, Variable) else part for part in parts]
    may_match = re.compile(_glob(anything), flags).fullmatch

    def matches(value: str, context: Context) -> bool:
        if may_match(value) is None:
            return False
        resolved = resolve(parts, context)
        return resolved is not None and _compiled(compile_, resolved, flags).fullmatch(value) is not None

    return matches


@lru_cache(maxsize=_RESOLVED)
def _compiled(compile_: _Compile, parts: tuple[Plain | Pattern, ...], flags: int) -> re.Pattern[str]:
    return re.compile(compile_(parts), flags)


def _plain(parts: Sequence[Plain | Pattern]) -> str:
    return "".join(re.escape(part.text) for part in parts)


def _glob(parts: Sequence[Plain | Pattern], any_character: str = ".") -> str:
    """What stands between two `*` is taken where it comes first, which is never wrong, and not looked for again.

    To try all places, as an expression does, would take longer than anybody waits: some thirty `*` are enough.
    """
    pieces = [""]
    for part in parts:
        if isinstance(part, Plain):
            pieces[-1] += re.escape(part.text)
            continue
        head, *rest = (re.escape(one).replace(r"\?", any_character) for one in part.text.split("*"))
        pieces[-1] += head
        pieces += rest
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    return f"{first}{''.join(f'(?>{any_character}*?{one})' for one in middle)}{any_character}*{last}"


def _arn(parts: Sequence[Plain | Pattern]) -> str:
    segments = _segments(parts)
    if len(segments) < _SEGMENTS:
        is_whole = any(isinstance(part, Plain) for part in parts)  # a variable may hold a whole ARN
        return _glob(parts) if is_whole or all(part.text.strip("*") == "" for part in parts) else _NOTHING
    *first, last = segments
    return ":".join([*(_glob(segment, "[^:]") for segment in first), _glob(last)])


def _segments(parts: Sequence[Plain | Pattern]) -> list[list[Plain | Pattern]]:
    """The parts of each segment. A colon in a variable's value does not begin another."""
    segments: list[list[Plain | Pattern]] = [[]]
    for part in parts:
        if isinstance(part, Plain):
            segments[-1].append(part)
            continue
        head, *rest = part.text.split(":", _SEGMENTS - len(segments))
        segments[-1].append(Pattern(head))
        segments.extend([Pattern(one)] for one in rest)
    return segments
