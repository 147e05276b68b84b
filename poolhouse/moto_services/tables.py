"""moto's tables with two things more: notes of what a request touched, and items to and from JSON."""

import base64
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Context
from typing import Any

import msgspec
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import GlobalSecondaryIndex, LocalSecondaryIndex, Table

from poolhouse.moto_services.snapshot import Snapshot
from poolhouse.store.seal import Sealer

_NOT_DESCRIBED = ("items", "stream_shard", "lambda_event_source_mappings", "touched", "partition")
_INDEX_NAME = 6  # among the arguments of moto's query, after the key
_NUMBERS = Context(prec=50)  # DynamoDB's numbers have 38 digits
_CLASSES: dict[str, type[Any]] = {cls.__name__: cls for cls in (GlobalSecondaryIndex, LocalSecondaryIndex)}

Key = tuple[DynamoType, DynamoType | None]


class KeptTable(Table):
    """moto's table, noting in `touched` what items were before a request changed them."""

    touched: dict[Key, bytes | None]
    partition: DynamoType | None = None  # a query's, while it is answered

    def get_item(
        self, hash_key: DynamoType, range_key: DynamoType | None = None, projection_expression: Any = None
    ) -> Item | None:
        item = super().get_item(hash_key, range_key)
        self._note((hash_key, range_key), item)
        return item.project(projection_expression) if projection_expression and item else item

    def put_item(self, item_attrs: dict[str, Any], *args: Any, **options: Any) -> Item:
        key = self._key(item_attrs)
        if key is not None:
            self._note(key, super().get_item(*key))
        return super().put_item(item_attrs, *args, **options)

    def delete_item(self, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
        self._note((hash_key, range_key), super().get_item(hash_key, range_key))
        return super().delete_item(hash_key, range_key)

    def query(self, hash_key: DynamoType | None, *args: Any, **options: Any) -> Any:
        """moto's, in one partition: it looks through the table."""
        self.partition = None if args[_INDEX_NAME] else hash_key
        try:
            return super().query(hash_key, *args, **options)
        finally:
            self.partition = None

    def all_items(self) -> list[Item]:
        """The items in order, each key read once: moto reads two for each comparison."""
        if self.range_key_attr is None:
            items: list[Any] = list(self.items.values())
            return sorted(items, key=lambda item: item.hash_key.cast_value)
        parts = self.items.values() if self.partition is None else [self.items.get(self.partition, {})]
        found = [item for part in parts for item in part.values()]
        return sorted(found, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))

    def set_stream_specification(self, streams: dict[str, Any] | None) -> None:
        """moto refuses a table another stream for as long as the label of an ended one is there.

        Its records are kept by `dynamodb_streams`: moto would have none after a restart, and some twice.
        """
        super().set_stream_specification(streams)
        self.stream_shard = None
        if self.stream_specification == {"StreamEnabled": False}:
            self.latest_stream_label = None

    @property
    def stream_view(self) -> str:
        """What the records of this table's stream show of an item; empty for no stream."""
        if self.latest_stream_label is None or not self.stream_specification:
            return ""
        return str(self.stream_specification.get("StreamViewType") or "")

    def __deepcopy__(self, memo: dict[int, Any]) -> "KeptTable":
        """moto copies whole tables to undo a transaction; the notes do that here, whatever the table's size."""
        return self

    def place(self, attributes: dict[str, Any]) -> None:
        """Hold an item that was checked when it was written."""
        attrs = LimitedSizeDict()
        for name, value in attributes.items():
            dict.__setitem__(attrs, name, DynamoType(value))  # past the size check, which is quadratic
        hash_key = attrs[self.hash_key_attr]
        range_key = None if self.range_key_attr is None else attrs[self.range_key_attr]
        item = Item(hash_key, range_key, {})
        item.attrs = attrs
        if range_key is None:
            self.items[hash_key] = item  # type: ignore[assignment]
        else:
            self.items[hash_key][range_key] = item

    def drop(self, key: Key) -> None:
        """Hold this item no more."""
        if key[1] is None:
            self.items.pop(key[0], None)
        elif key[0] in self.items:
            self.items[key[0]].pop(key[1], None)

    def now(self, key: Key) -> Item | None:
        """An item as it is, without a note."""
        return super().get_item(*key)

    def _note(self, key: Key, item: Item | None) -> None:
        if key not in self.touched:
            self.touched[key] = None if item is None else msgspec.json.encode(item.to_json()["Attributes"])

    def _key(self, attributes: dict[str, Any]) -> Key | None:
        """An item's key, None when moto is going to refuse it."""
        hash_key = _typed(attributes, self.hash_key_attr, self.hash_key_type)
        range_key = _typed(attributes, self.range_key_attr, self.range_key_type)
        if hash_key is None or (range_key is None and self.range_key_attr is not None):
            return None
        return hash_key, range_key


def _typed(attributes: dict[str, Any], name: str | None, type_name: str | None) -> DynamoType | None:
    """An attribute, if it is there and of this type."""
    if name is None or type_name not in attributes.get(name, ()):
        return None
    return DynamoType(attributes[name])


def adopt(table: Table) -> KeptTable:
    """A table that moto made, noting what is touched from now on."""
    kept: Any = table
    if not isinstance(table, KeptTable):
        kept.__class__ = KeptTable
        kept.touched = {}
        kept.stream_shard = None
    kept.tags = list({tag["Key"]: tag for tag in kept.tags}.values())  # a tag set again replaces the first
    adopted: KeptTable = kept
    return adopted


def describe(table: Table, sealer: Sealer) -> dict[str, Any]:
    """Everything a table is but its items, as JSON."""
    kept = {name: value for name, value in vars(table).items() if name not in _NOT_DESCRIBED}
    described: dict[str, Any] = Snapshot(_CLASSES, sealer).encode(kept)
    return described


def restored(description: Mapping[str, Any], sealer: Sealer) -> KeptTable:
    """The table that was described, empty."""
    made: Any = object.__new__(KeptTable)  # type: ignore[type-abstract]
    vars(made).update(Snapshot(_CLASSES, sealer).decode(description))
    vars(made).update(items=defaultdict(dict), touched={}, lambda_event_source_mappings={}, stream_shard=None)
    table: KeptTable = made
    return table


def encoded(item: Item | None) -> bytes | None:
    return None if item is None else msgspec.json.encode(item.to_json()["Attributes"])


def decoded(document: bytes) -> dict[str, Any]:
    return {name: _value(value) for name, value in msgspec.json.decode(document).items()}


def with_bytes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in attributes.items()}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute value with its binaries as bytes, which JSON has in base64. Most values have none inside."""
    for type_name, inner in value.items():
        if type_name in _NESTING:
            return {type_name: _NESTING[type_name](inner)}
    return value


_NESTING: dict[str, Callable[[Any], Any]] = {
    "B": base64.b64decode,
    "BS": lambda texts: [base64.b64decode(text) for text in texts],
    "L": lambda items: [_value(item) for item in items],
    "M": lambda members: {name: _value(member) for name, member in members.items()},
}


def item_name(key: Key) -> str:
    """The key as one text, the same for numbers that are equal."""
    return msgspec.json.encode([_part(part) for part in key]).decode()


def _part(part: DynamoType | None) -> Any:
    if part is None or part.type != "N":
        return None if part is None else part.value
    return format(_NUMBERS.create_decimal(part.value).normalize(_NUMBERS), "f")
