"""moto's objects as JSON and back: only classes on a given list, each object once, secrets sealed.

Members go in order of name, as the store writes them, so that an object stands before what refers to it.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from poolhouse.store.seal import Sealer

_KIND = "$"
_PURPOSE = "moto"


@dataclass
class Snapshot:
    """How objects of `classes` become JSON.

    Attributes named in `secret` are sealed. `outside` names an object that is not kept but found again by `inside`.
    """

    classes: Mapping[str, type[Any]]
    sealer: Sealer
    secret: frozenset[str] = frozenset()
    outside: Callable[[object], str | None] = lambda _: None
    inside: Callable[[str], object] = lambda _: None
    _seen: dict[int, int] = field(default_factory=dict)
    _made: dict[int, Any] = field(default_factory=dict)

    def encode(self, value: Any) -> Any:
        """The JSON of a value. Raises TypeError for an object whose class is not on the list."""
        match value:
            case None | bool() | int() | float() | str():
                return value
            case list():
                return [self.encode(item) for item in value]
            case dict() if _KIND not in value and all(isinstance(key, str) for key in value):
                return {key: self.encode(value[key]) for key in sorted(value)}
            case datetime():
                return {_KIND: "time", "value": value.isoformat()}
            case bytes():
                return {_KIND: "bytes", "value": base64.b64encode(value).decode()}
            case _:
                return self._encode_object(value)

    def decode(self, value: Any) -> Any:
        """What `encode` was given."""
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        if _KIND not in value:
            return {key: self.decode(item) for key, item in value.items()}
        return self._decode_kind(value[_KIND], value)

    def _decode_kind(self, kind: str, value: Mapping[str, Any]) -> Any:
        match kind:
            case "time":
                return datetime.fromisoformat(value["value"])
            case "bytes":
                return base64.b64decode(value["value"])
            case "sealed":
                return self.sealer.unseal(value["value"], _PURPOSE).decode()
            case "same":
                return self._made[value["number"]]
            case "outside":
                return self.inside(value["name"])
            case _:
                return self._decode_object(kind, value["number"], value["value"])

    def _encode_object(self, value: object) -> dict[str, Any]:
        if (known := self.outside(value)) is not None:
            return {_KIND: "outside", "name": known}
        name = type(value).__name__
        if self.classes.get(name) is not type(value):
            raise TypeError(f"moto holds a {name}, which is not kept")
        if id(value) in self._seen:
            return {_KIND: "same", "number": self._seen[id(value)]}
        number = self._seen[id(value)] = len(self._seen)
        attributes = {key: self._attribute(key, item) for key, item in sorted(vars(value).items())}
        return {_KIND: name, "number": number, "value": attributes}

    def _attribute(self, key: str, value: Any) -> Any:
        if key in self.secret and isinstance(value, str):
            return {_KIND: "sealed", "value": self.sealer.seal(value.encode(), _PURPOSE)}
        return self.encode(value)

    def _decode_object(self, name: str, number: int, attributes: Mapping[str, Any]) -> object:
        made: object = object.__new__(self.classes[name])
        self._made[number] = made
        for key, value in attributes.items():
            vars(made)[key] = self.decode(value)
        return made
