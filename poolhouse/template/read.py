"""Template files: YAML with CloudFormation's short tags, or JSON, and the line of everything in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from poolhouse.errors import CommandError

Place = tuple[str | int, ...]
_MAX_BYTES = 1_048_576  # what CloudFormation itself takes
_MAX_VALUES = 200_000  # anchors could make a small file a huge document
_AS_THEY_ARE = {"Ref", "Condition"}  # tags that stand for a key of the same name; all others for Fn::Name
_CONSTRUCTORS = {
    "tag:yaml.org,2002:int": yaml.SafeLoader.construct_yaml_int,
    "tag:yaml.org,2002:float": yaml.SafeLoader.construct_yaml_float,
    "tag:yaml.org,2002:bool": yaml.SafeLoader.construct_yaml_bool,
    "tag:yaml.org,2002:null": yaml.SafeLoader.construct_yaml_null,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content, and the line of each value by its place: the keys and indexes that lead to it."""

    file: Path
    body: dict[str, Any]
    lines: Mapping[Place, int]

    def error(self, message: str, *place: str | int) -> CommandError:
        """An error about the value at this place, or about what holds it: one line with file and line."""
        while place and place not in self.lines:
            place = place[:-1]
        return CommandError(f"{self.file}:{self.lines.get(place, 1)}: {message}")


def read(file: Path) -> Source:
    """The file. Raises CommandError, with the line where there is one."""
    text = _text(file)
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CommandError(f"{file}:{line}: this is not YAML: {error.problem or error.context}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise CommandError(f"{file}:1: this is not YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(root, yaml.MappingNode):
        raise CommandError(f"{file}:1: a template is a mapping with a Resources section; this file is none.")
    reader = _Reader(file)
    body = reader.value(root, ())
    return Source(file, body, reader.lines)


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.") from error
    if len(raw) > _MAX_BYTES:
        raise CommandError(f"{file}: the template has {len(raw):,} bytes; CloudFormation takes {_MAX_BYTES:,} at most.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CommandError(f"{file}:{line}: this is not UTF-8: save the file in that encoding.") from error


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader:
    """Walks the nodes of one file."""

    def __init__(self, file: Path) -> None:
        self.lines: dict[Place, int] = {}
        self._file = file
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, place: Place) -> Any:
        if len(self.lines) >= _MAX_VALUES:
            raise CommandError(f"{self._file}:{_line(node)}: the template has more than {_MAX_VALUES:,} values.")
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
                raise CommandError(
                    f"{self._file}:{_line(key_node)}: CloudFormation does not take YAML merge keys (<<); write it out."
                )
            if not isinstance(key_node, yaml.ScalarNode):
                raise CommandError(f"{self._file}:{_line(key_node)}: a key must be plain text.")
            key = str(key_node.value)
            if key in made:
                raise CommandError(f"{self._file}:{_line(key_node)}: {key} is here twice; remove one.")
            made[key] = self.value(value_node, (*place, key))
            self.lines[(*place, key)] = _line(key_node)
        return made

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        construct = _CONSTRUCTORS.get(node.tag)
        if construct is None:  # a date is text to CloudFormation
            return str(node.value)
        try:
            return construct(self._scalars, node)
        except (ValueError, KeyError, OverflowError) as error:
            raise CommandError(f"{self._file}:{_line(node)}: {node.value!r} is not a number.") from error


_PLAIN: dict[type[yaml.Node], str] = {
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.ScalarNode: "tag:yaml.org,2002:str",
}


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
