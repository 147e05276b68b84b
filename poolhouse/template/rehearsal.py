"""What is wrong with a template that only the types of its resources can tell, found before anything is made.

Every resource is rehearsed with all that is known: parameters are there, what other resources become is not yet.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template import dynamic, schema
from poolhouse.template.document import Declared, Made, Template
from poolhouse.template.dynamic import Operate
from poolhouse.template.entities import StackResource
from poolhouse.template.intrinsics import UNKNOWN
from poolhouse.template.resources.registry import INSTEAD, TYPES, what_works
from poolhouse.template.schema import Unfit

_MOST_SHOWN = 10


def check(template: Template, rows: Mapping[str, StackResource], operate: Operate) -> None:
    """Raises CommandError that names everything wrong, each with its line. `rows` is what is deployed.

    References to parameters are looked up by `operate`.
    """
    unknown = [one for one in template.resources.values() if one.type not in TYPES]
    problems = [_unknown_type(template, one) for one in unknown]
    if problems:
        raise CommandError(f"{_in_one_line(template, problems)} What works: {what_works()}.")
    problems = [*_changed_types(template, rows), *_problems(template, operate)]
    if problems:
        raise CommandError(_in_one_line(template, problems))


def fitted(template: Template, declared: Declared, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Resolved properties as the type takes them. Raises CommandError with the line."""
    kind = TYPES[declared.type]
    try:
        made: dict[str, Any] = kind.fitted(schema.of(declared.type), properties)
    except Unfit as error:
        raise template.error(f"{error}.", declared.logical_id, *error.path) from error
    for name in made:
        if not kind.is_handled(name):
            message = f"the property {name} of {declared.type} is not built yet."
            raise template.error(message, declared.logical_id, name)
    return made


def _unknown_type(template: Template, declared: Declared) -> CommandError:
    place = ("Resources", declared.logical_id, "Type")
    instead = INSTEAD.get(declared.type)
    message = f"{declared.type} is not built yet{f': {instead}' if instead else ''}."
    return template.source.error(f"{declared.logical_id}: {message}", *place)


def _changed_types(template: Template, rows: Mapping[str, StackResource]) -> Iterator[CommandError]:
    for declared in template.resources.values():
        row = rows.get(declared.logical_id)
        if row is not None and row.type != declared.type:
            yield template.source.error(
                f"Update of resource type is not permitted. The new template modifies resource type of the following "
                f"resources: [{declared.logical_id}].",
                *("Resources", declared.logical_id, "Type"),
            )


def _attributes(kind: str) -> frozenset[str]:
    return schema.of(kind).attributes | TYPES[kind].also_gives


def looked_up(template: Template, declared: Declared, properties: Any, operate: Operate) -> Any:
    """Resolved properties with the parameters they refer to. Raises CommandError with the line."""
    try:
        return dynamic.with_parameters(properties, operate)
    except CommandError as error:
        raise template.error(str(error), declared.logical_id) from error


def _problems(template: Template, operate: Operate) -> Iterator[CommandError]:
    made = {
        name: Made(UNKNOWN, dict.fromkeys(_attributes(declared.type), UNKNOWN))  # type: ignore[arg-type]
        for name, declared in template.resources.items()
    }
    for declared in template.resources.values():
        try:
            place = ("Resources", declared.logical_id, "Properties")
            resolved = template.resolve(declared.properties, made, *place)
            fitted(template, declared, dynamic.rehearsed(looked_up(template, declared, resolved, operate)))
        except CommandError as error:
            yield error
    for name, value in template.outputs.items():
        try:
            template.resolve(value, made, "Outputs", name, "Value")
        except CommandError as error:
            yield error


def _in_one_line(template: Template, problems: Sequence[CommandError]) -> str:
    first, *others = (str(problem) for problem in problems)
    if not others:
        return first
    shown = [re.sub(r"^(\d+): ", r"line \1: ", other.removeprefix(f"{template.file}:")) for other in others]
    more = f" (and {len(shown) - _MOST_SHOWN} more)" if len(shown) > _MOST_SHOWN else ""
    return f"{first} Also {' '.join(shown[:_MOST_SHOWN])}{more}"
