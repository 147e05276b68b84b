"""moto's objects as JSON and back: only classes on a given list, each object once, secrets sealed.

Members go in order of name, as the store writes them, so that an object stands before what refers to it.
"""

import base64
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from poolhouse.store.seal import Sealer

_KIND = "$"
_PURPOSE = "moto"
_FACTORIES: Mapping[str, type[Any]] = {"list": list, "dict": dict, "set": set}


@dataclass
class Snapshot:
    """How objects of `classes` become JSON.

    Attributes named in `secret` are sealed, those in `left_out` are somebody else's to keep. `outside` names an object
    that is not kept but found again by `inside`.
    """

    classes: Mapping[str, type[Any]]
    sealer: Sealer
    secret: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    outside: Callable[[object], str | None] = lambda _: None
    inside: Callable[[str], object] = lambda _: None
    _seen: dict[int, int] = field(default_factory=dict)
    _made: dict[int, Any] = field(default_factory=dict)

    def encode(self, value: Any) -> Any:
        """The JSON of a value. Raises TypeError for an object whose class is not on the list."""
        if value is None or isinstance(value, str | int | float):
            return value
        kind = type(value)
        if kind is list:
            return [self.encode(item) for item in value]
        if kind is dict and _KIND not in value and all(isinstance(key, str) for key in value):
            return {key: self.encode(value[key]) for key in sorted(value)}
        encoder: Callable[[Any], Any] = self._encoders.get(kind, self._encode_object)
        return encoder(value)

    def decode(self, value: Any) -> Any:
        """What `encode` was given."""
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        if _KIND not in value:
            return {key: self.decode(item) for key, item in value.items()}
        decoder: Callable[[Any], Any] = self._decoders.get(value[_KIND], self._decode_object)
        return decoder(value)

    @cached_property
    def _encoders(self) -> Mapping[type[Any], Callable[[Any], dict[str, Any]]]:
        return {
            datetime: lambda value: {_KIND: "time", "value": value.isoformat()},
            bytes: lambda value: {_KIND: "bytes", "value": base64.b64encode(value).decode()},
            tuple: lambda value: {_KIND: "tuple", "value": [self.encode(item) for item in value]},
            set: lambda value: {_KIND: "set", "value": [self.encode(item) for item in sorted(value, key=str)]},
            dict: self._encode_pairs,
            OrderedDict: self._encode_pairs,
            defaultdict: self._encode_pairs,
        }

    @cached_property
    def _decoders(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        return {
            "time": lambda value: datetime.fromisoformat(value["value"]),
            "bytes": lambda value: base64.b64decode(value["value"]),
            "tuple": lambda value: tuple(self.decode(item) for item in value["value"]),
            "set": lambda value: {self.decode(item) for item in value["value"]},
            "pairs": self._decode_pairs,
            "sealed": lambda value: self.sealer.unseal(value["value"], _PURPOSE).decode(),
            "same": lambda value: self._made[value["number"]],
            "outside": lambda value: self.inside(value["name"]),
        }

    def _encode_pairs(self, value: dict[Any, Any]) -> dict[str, Any]:
        """A mapping whose keys are not text or whose order counts, and one that fills itself."""
        pairs = [[self.encode(key), self.encode(item)] for key, item in value.items()]
        of = type(value).__name__
        if isinstance(value, defaultdict):
            of = f"{of} {getattr(value.default_factory, '__name__', '')}"
        return {_KIND: "pairs", "of": of, "value": pairs}

    def _decode_pairs(self, value: Mapping[str, Any]) -> dict[Any, Any]:
        pairs = [(self.decode(key), self.decode(item)) for key, item in value["value"]]
        kind, _, factory = value["of"].partition(" ")
        if kind == "defaultdict":
            return defaultdict(_FACTORIES.get(factory), pairs)
        return OrderedDict(pairs) if kind == "OrderedDict" else dict(pairs)

    def _encode_object(self, value: object) -> dict[str, Any]:
        if (known := self.outside(value)) is not None:
            return {_KIND: "outside", "name": known}
        name = type(value).__name__
        if self.classes.get(name) is not type(value):
            raise TypeError(f"moto holds a {name}, which is not kept")
        if id(value) in self._seen:
            return {_KIND: "same", "number": self._seen[id(value)]}
        number = self._seen[id(value)] = len(self._seen)
        attributes = {
            key: self._attribute(key, item) for key, item in sorted(vars(value).items()) if key not in self.left_out
        }
        encoded = {_KIND: name, "number": number, "value": attributes}
        if isinstance(value, dict):  # past what its class makes of reading
            encoded["pairs"] = [[self.encode(key), self.encode(item)] for key, item in dict.items(value)]
        return encoded

    def _attribute(self, key: str, value: Any) -> Any:
        if key in self.secret and isinstance(value, str):
            return {_KIND: "sealed", "value": self.sealer.seal(value.encode(), _PURPOSE)}
        return self.encode(value)

    def _decode_object(self, value: Mapping[str, Any]) -> object:
        kind = self.classes[value[_KIND]]
        made: object = dict.__new__(kind) if issubclass(kind, dict) else object.__new__(kind)
        self._made[value["number"]] = made
        for key, item in value["value"].items():
            vars(made)[key] = self.decode(item)
        if isinstance(made, dict):
            for key, item in value["pairs"]:
                dict.__setitem__(made, self.decode(key), self.decode(item))
        return made
