"""Which resource names which, and the order in which they can be made: the file's own, where it is free."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from poolhouse.template.document import Declared
from poolhouse.template.intrinsics import SUBSTITUTION, VARIABLE, Scope, function_name
from poolhouse.template.read import Place, Source


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that Ref, GetAtt, Sub or DependsOn uses, and where."""

    name: str
    place: Place


def references(value: Any, place: Place, conditions: Mapping[str, bool]) -> Iterator[Reference]:
    """Every name used inside a value; of an Fn::If whose condition is decided, only in the branch that holds.

    A function that is not as it should be is passed over: carrying it out says what is wrong with it.
    """
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from references(item, (*place, index), conditions)
    elif isinstance(value, dict):
        name = function_name(value)
        if name is not None and name in _NAMING:
            yield from _NAMING[name](value[name], (*place, name), conditions)
        else:
            for key, item in value.items():
                yield from references(item, (*place, key), conditions)


def _of_ref(argument: Any, place: Place, _conditions: Mapping[str, bool]) -> Iterator[Reference]:
    if isinstance(argument, str):
        yield Reference(argument, place)


def _of_get_att(argument: Any, place: Place, conditions: Mapping[str, bool]) -> Iterator[Reference]:
    if isinstance(argument, str):
        yield Reference(argument.partition(".")[0], place)
    elif isinstance(argument, list) and argument and isinstance(argument[0], str):
        yield Reference(argument[0], place)
        yield from references(argument[1:], place, conditions)


def _of_sub(argument: Any, place: Place, conditions: Mapping[str, bool]) -> Iterator[Reference]:
    template, own = argument, {}
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
        template, own = argument
        yield from references(list(own.values()), place, conditions)
    for variable in SUBSTITUTION.findall(template) if isinstance(template, str) else ():
        name = variable.strip()
        if VARIABLE.fullmatch(name) and name not in own:
            yield Reference(name.partition(".")[0], place)


def _of_if(argument: Any, place: Place, conditions: Mapping[str, bool]) -> Iterator[Reference]:
    is_decided = isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)
    if is_decided and argument[0] in conditions:
        chosen = 1 if conditions[argument[0]] else 2
        yield from references(argument[chosen], (*place, chosen), conditions)
    else:
        yield from references(argument, place, conditions)


_NAMING: Mapping[str, Callable[[Any, Place, Mapping[str, bool]], Iterator[Reference]]] = {
    "Ref": _of_ref,
    "Fn::GetAtt": _of_get_att,
    "Fn::Sub": _of_sub,
    "Fn::If": _of_if,
}


def linked(
    source: Source, body: Mapping[str, Any], declared: Mapping[str, Declared], scope: Scope
) -> dict[str, Declared]:
    """The resources in order, each with all it names. Raises CommandError for a name of nothing, and for a circle."""
    resources = body["Resources"]
    there = {*resources, *scope.values, "AWS::NoValue"}
    for name, resource in resources.items():
        _check(source, "Resources", _awaited_by(name, resource), {*resources})
        _check(source, "Resources", _named_by(name, resource, {}), there)
    there -= {name for name in resources if name not in declared}
    made = {}
    for name, one in declared.items():
        named = [*_awaited_by(name, resources[name]), *_named_by(name, resources[name], scope.conditions)]
        _check(source, "Resources", named, there)
        needed = dict.fromkeys(reference.name for reference in named if reference.name in declared)
        made[name] = replace(one, depends_on=tuple(needed))
    return _in_order(source, made)


def check_outputs(source: Source, outputs: Mapping[str, Any], declared: Mapping[str, Declared], scope: Scope) -> None:
    """Raises CommandError for an output that names what is not there."""
    for name, value in outputs.items():
        named = list(references(value, ("Outputs", name, "Value"), scope.conditions))
        _check(source, "Outputs", named, {*declared, *scope.values, "AWS::NoValue"})


def _awaited_by(name: str, resource: Mapping[str, Any]) -> list[Reference]:
    depends_on = resource.get("DependsOn", [])
    listed = [depends_on] if isinstance(depends_on, str) else depends_on
    return [Reference(one, ("Resources", name, "DependsOn")) for one in listed]


def _named_by(name: str, resource: Mapping[str, Any], conditions: Mapping[str, bool]) -> list[Reference]:
    """What a resource's values name; CloudFormation counts its Metadata in."""
    parts = ("Properties", "Metadata")
    return [one for part in parts for one in references(resource.get(part), ("Resources", name, part), conditions)]


def _check(source: Source, block: str, named: list[Reference], there: set[str]) -> None:
    missing = [reference for reference in named if reference.name not in there]
    if missing:
        names = ", ".join(dict.fromkeys(reference.name for reference in missing))
        message = f"Unresolved resource dependencies [{names}] in the {block} block of the template."
        raise source.error(message, *missing[0].place)


def _in_order(source: Source, declared: Mapping[str, Declared]) -> dict[str, Declared]:
    """Of those that could be made next, always the first in the file."""
    rank = {name: index for index, name in enumerate(declared)}
    waits = {name: len(one.depends_on) for name, one in declared.items()}
    users: dict[str, list[str]] = {name: [] for name in declared}
    for name, one in declared.items():
        for needed in one.depends_on:
            users[needed].append(name)
    names = list(declared)
    ready = [rank[name] for name in names if waits[name] == 0]
    order: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for user in users[name]:
            waits[user] -= 1
            if waits[user] == 0:
                heapq.heappush(ready, rank[user])
    if len(order) < len(declared):
        circle = _circle(declared, set(order))
        raise source.error(f"Circular dependency between resources: [{', '.join(circle)}].", "Resources", circle[0])
    return {name: declared[name] for name in order}


def _circle(declared: Mapping[str, Declared], done: set[str]) -> list[str]:
    """The resources left over, without those that only wait for the circle."""
    left = [name for name in declared if name not in done]
    while True:
        needed = {one for name in left for one in declared[name].depends_on}
        kept = [name for name in left if name in needed]
        if len(kept) == len(left):
            return left
        left = kept
