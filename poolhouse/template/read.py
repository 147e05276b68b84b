"""Template files: YAML with CloudFormation's short tags, or JSON, and the line of everything in them.

A template may come from a stranger: size, depth and the number of values are bounded before they cost anything.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from poolhouse.errors import CommandError

Place = tuple[str | int, ...]
_MAX_BYTES = 1_048_576  # what CloudFormation itself takes
_MAX_VALUES = 200_000  # anchors could make a small file a huge document
_MAX_DEPTH = 100  # libyaml's own composer leaves the process by a fault at some thousands
_MAX_MESSAGE = 600
_AS_THEY_ARE = {"Ref", "Condition"}  # tags that stand for a key of the same name; all others for Fn::Name
_CONSTRUCTORS = {
    "tag:yaml.org,2002:int": yaml.SafeLoader.construct_yaml_int,
    "tag:yaml.org,2002:float": yaml.SafeLoader.construct_yaml_float,
    "tag:yaml.org,2002:bool": yaml.SafeLoader.construct_yaml_bool,
    "tag:yaml.org,2002:null": yaml.SafeLoader.construct_yaml_null,
}
_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content, and the line of each value by its place: the keys and indexes that lead to it."""

    file: Path
    body: dict[str, Any]
    lines: Mapping[Place, int]

    def error(self, message: str, *place: str | int) -> CommandError:
        """An error about the value at this place, or about what holds it: one line with file and line."""
        if place[:1] == ("Resources",) and len(place) > 1 and place[:2] not in self.lines:
            place = ("Resources", *self._written(str(place[1])))
        while place and place not in self.lines:
            place = place[:-1]
        return refusal(self.file, self.lines.get(place, 1), message)

    def _written(self, made_up: str) -> tuple[str, ...]:
        """The resource the translator made this one from: it begins with the same name."""
        resources = self.body.get("Resources")
        names = [str(name) for name in resources] if isinstance(resources, dict) else []
        return tuple(sorted((name for name in names if made_up.startswith(name)), key=len)[-1:])


def refusal(file: Path, line: int | None, message: str) -> CommandError:
    """What is wrong at a line of a file, in one line that holds nothing a terminal would obey."""
    text = _CONTROL.sub(" ", message)
    text = text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}..."
    return CommandError(f"{file}: {text}" if line is None else f"{file}:{line}: {text}")


def read(file: Path) -> Source:
    """The file. Raises CommandError, with the line where there is one."""
    text = _text(file)
    try:
        _check_depth(file, text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refusal(file, line, f"this is not YAML: {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        raise refusal(file, 1, f"this is not YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(root, yaml.MappingNode) or root.tag != _PLAIN[yaml.MappingNode]:
        raise refusal(file, 1, "a template is a mapping with a Resources section; this file is none.")
    reader = _Reader(file)
    body = reader.value(root, ())
    return Source(file, body, reader.lines)


def _text(file: Path) -> str:
    try:
        if file.exists() and not file.is_file():
            raise refusal(file, None, "this is not a file; name the template itself.")
        with file.open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise refusal(file, None, f"{error.strerror or error}.") from error
    except ValueError as error:  # a NUL in its name
        raise CommandError(f"{str(file)!r}: {error}.") from error
    if len(raw) > _MAX_BYTES:
        raise refusal(file, None, f"the template is larger than the {_MAX_BYTES:,} bytes CloudFormation takes.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise refusal(file, line, "this is not UTF-8: save the file in that encoding.") from error


def _check_depth(file: Path, text: str) -> None:
    """The parser works through a file one event at a time and at any depth; composing it does not."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise _too_deep(file, event.start_mark.line + 1 if event.start_mark else 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(file: Path, line: int) -> CommandError:
    return refusal(file, line, f"the template is nested more than {_MAX_DEPTH} levels deep; make it flatter.")


class _Reader:
    """Walks the nodes of one file."""

    def __init__(self, file: Path) -> None:
        self.lines: dict[Place, int] = {}
        self._file = file
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, place: Place) -> Any:
        if len(self.lines) >= _MAX_VALUES:
            raise self._refusal(node, f"the template has more than {_MAX_VALUES:,} values.")
        if len(place) > _MAX_DEPTH:  # an alias within its own anchor, too
            raise _too_deep(self._file, _line(node))
        self.lines[place] = _line(node)
        tag = node.tag.removeprefix("!") if node.tag.startswith("!") else None
        if tag:
            return self._short(tag, node, place)
        match node:
            case yaml.MappingNode():
                return self._mapping(node, place)
            case yaml.SequenceNode():
                return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
            case yaml.ScalarNode():
                return self._scalar(node)
        raise TypeError(type(node).__name__)

    def _short(self, tag: str, node: yaml.Node, place: Place) -> dict[str, Any]:
        key = tag if tag in _AS_THEY_ARE else f"Fn::{tag}"
        plain = type(node)(_PLAIN[type(node)], node.value, node.start_mark, node.end_mark)
        value = self.value(plain, (*place, key))
        if key == "Fn::GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {key: value}

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise self._refusal(key_node, "CloudFormation does not take YAML merge keys (<<); write it out.")
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._refusal(key_node, "a key must be plain text.")
            key = str(key_node.value)
            if key in made:
                raise self._refusal(key_node, f"{key} is here twice; remove one.")
            made[key] = self.value(value_node, (*place, key))
            self.lines[(*place, key)] = _line(key_node)
        return made

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        construct = _CONSTRUCTORS.get(node.tag)
        if construct is None:  # a date is text to CloudFormation
            return str(node.value)
        try:
            made = construct(self._scalars, node)
        except (ValueError, KeyError, OverflowError) as error:
            raise self._refusal(node, f"{node.value[:60]!r} is not a number; quote it.") from error
        return made if _is_json(made) else str(node.value)

    def _refusal(self, node: yaml.Node, message: str) -> CommandError:
        return refusal(self._file, _line(node), message)


def _is_json(value: Any) -> bool:
    """Whether JSON carries it as it is: a number of more than 64 bits, or none at all, stays the text it was."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


_PLAIN: dict[type[yaml.Node], str] = {
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.ScalarNode: "tag:yaml.org,2002:str",
}


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
