"""Fn::ForEach, unrolled as the transform AWS::LanguageExtensions does, before anything else is made of a template.

    Fn::ForEach::Alarms: [Name, [Me, Users], {"${Name}Alarm": {...}}]

comes to MeAlarm and UsersAlarm: in keys and texts the item stands for ${Name} and &{Name}, and for a Ref to Name.
Names of resources and conditions are made of it by Fn::Sub alone, as in `{Ref: !Sub "${Name}Function"}`; that
others stay as they are written is what cfn-lint knows of CloudFormation, and AWS's page does not say.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from poolhouse.template.parameters import Value
from poolhouse.template.read import Place, Source

PREFIX = "Fn::ForEach::"
_SECTIONS = ("Conditions", "Resources", "Outputs")
_MOST = 100_000  # values: loops within loops would fill the memory
_TAKES = "takes an identifier, a list (or a Ref to a parameter that is one), and a mapping to be repeated"
_NAMES = frozenset({"Condition", "DependsOn", "Fn::GetAtt", "Fn::If", "Ref"})
_PLAIN = re.compile(r"[A-Za-z0-9]+")


def unrolled(source: Source, values: Mapping[str, Value]) -> Source:
    """The template without loops. Raises CommandError."""
    if not any(PREFIX in str(key) for place in source.lines for key in place):
        return source
    unrolling = _Unrolling(source, values)
    body = {
        name: unrolling.of(section, (name,), (name,), {}) if name in _SECTIONS else section
        for name, section in source.body.items()
    }
    return replace(source, body=body, lines={**source.lines, **unrolling.lines})


@dataclass(slots=True)
class _Unrolling:
    """`lines` are those of what the loops made."""

    source: Source
    values: Mapping[str, Value]
    lines: dict[Place, int] = field(default_factory=dict)
    count: int = 0

    def of(self, value: Any, place: Place, made: Place, items: Mapping[str, str]) -> Any:
        """A value that is written at one place and comes to stand at another, with the items of the loops around it."""
        self._note(place, made)
        if isinstance(value, dict):
            return self._function(value, place, made, items) if items else self._mapping(value, place, made, items)
        if isinstance(value, list):
            return [self.of(item, (*place, n), (*made, n), items) for n, item in enumerate(value)]
        return _substituted(value, items) if isinstance(value, str) else value

    def _function(self, value: Mapping[str, Any], place: Place, made: Place, items: Mapping[str, str]) -> Any:
        """A mapping inside a loop: an Fn::Sub of items alone is a text, and names are made by one or stay."""
        if _referred(value) in items:
            return items[_referred(value)]
        result = self._mapping(value, place, made, items)
        for name in _NAMES & result.keys():
            result[name] = _as_written(value[name], result[name], first_only=name == "Fn::If")
        text = result.get("Fn::Sub") if len(result) == 1 else None
        return text if isinstance(text, str) and "${" not in text else result

    def _mapping(self, value: Mapping[str, Any], place: Place, made: Place, items: Mapping[str, str]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, inner, inner_place, inner_items in self._members(value, place, items):
            if key in result:
                raise self.source.error(f"{key} is here twice: once more by a loop.", *inner_place)
            result[key] = self.of(inner, inner_place, (*made, key), inner_items)
        return result

    def _members(
        self, value: Mapping[str, Any], place: Place, items: Mapping[str, str]
    ) -> Iterator[tuple[str, Any, Place, Mapping[str, str]]]:
        """A mapping's members, those of its loops once for each item."""
        for key, inner in value.items():
            if not key.startswith(PREFIX):
                yield _substituted(key, items), inner, (*place, key), items
                continue
            at = (*place, key)
            name, collection, repeated = self._loop(key, inner, at, items)
            for item in collection:
                self._count(at)
                yield from self._members(repeated, (*at, 2), {**items, name: item})

    def _loop(
        self, key: str, argument: Any, place: Place, items: Mapping[str, str]
    ) -> tuple[str, list[str], dict[str, Any]]:
        if not isinstance(argument, list) or len(argument) != 3:
            raise self.source.error(f"{key} {_TAKES}.", *place)
        name, collection, repeated = argument
        listed = self._collection(collection, items)
        if not isinstance(name, str) or not isinstance(repeated, dict) or listed is None:
            raise self.source.error(f"{key} {_TAKES}.", *place)
        if name in self.values or name in items:
            raise self.source.error(f"{key}: {name} is the name of something else, too; rename one.", *place)
        for item in listed:
            bare = any(f"${{{name}}}" in one for one in repeated)
            if bare and not _PLAIN.fullmatch(item):
                message = f"{key}: {item!r} cannot stand in a name; letters and digits can, others by &{{{name}}}."
                raise self.source.error(message, *place)
        return name, listed, repeated

    def _collection(self, collection: Any, items: Mapping[str, str]) -> list[str] | None:
        if isinstance(collection, dict):
            collection = self.values.get(_referred(collection))
        if not isinstance(collection, list):
            return None
        found = [items.get(_referred(one)) if isinstance(one, dict) else one for one in collection]
        return [str(one) for one in found] if all(type(one) in (str, int) for one in found) else None

    def _count(self, place: Place) -> None:
        self.count += 1
        if self.count > _MOST:
            raise self.source.error(f"the loops of this template come to more than {_MOST:,} values.", *place)

    def _note(self, place: Place, made: Place) -> None:
        self._count(place)
        if place != made and place in self.source.lines:
            self.lines[made] = self.source.lines[place]


def _as_written(before: Any, after: Any, *, first_only: bool) -> Any:
    """Names as they were before items came to stand in them."""
    if isinstance(before, str):
        return before
    if isinstance(before, list) and isinstance(after, list):
        kept = range(1 if first_only else len(before))
        return [
            was if n in kept and isinstance(was, str) else now
            for n, (was, now) in enumerate(zip(before, after, strict=True))
        ]
    return after


def _referred(value: Mapping[str, Any]) -> str:
    """What a Ref names; empty for anything else."""
    name = value.get("Ref") if len(value) == 1 else None
    return name if isinstance(name, str) else ""


def _substituted(text: str, items: Mapping[str, str]) -> str:
    for name, item in items.items():
        text = text.replace(f"${{{name}}}", item).replace(f"&{{{name}}}", re.sub(r"[^A-Za-z0-9]", "", item))
    return text
