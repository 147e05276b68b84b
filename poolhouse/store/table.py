"""One kind of entity in one SQL table: get, find, list, count, add, put, remove, consume."""

import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")
Result = TypeVar("Result")
Value = str | int | float | None
Values = list[Value]
Connect = Callable[[], AbstractContextManager[sqlite3.Connection]]


class StoreError(Exception):
    """What a table can say of an entity."""

    def __init__(self, entity: str, key: Mapping[str, object]) -> None:
        self.entity = entity
        self.key = key
        super().__init__(entity)


class NotFound(StoreError):
    """There is no such entity."""


class AlreadyExists(StoreError):
    """An entity with this key, or with one of its unique columns, is there already."""


@dataclass(frozen=True)
class Entity(Generic[T]):
    """How one kind of entity is kept.

    `key` and `columns` name attributes of the struct; a column's value may be given by a function instead.
    `cached` is for what many requests read and few write: one write drops everything read from its table.
    """

    table: str
    type: type[T]
    key: tuple[str, ...]
    columns: Mapping[str, Callable[[T], object]] = field(default_factory=dict)
    cached: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        return (*self.key, *self.columns)

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[T]:
        return msgspec.json.Decoder(self.type)

    def row(self, item: T) -> list[Value | bytes]:
        """The SQL values of an entity, in the order of `names`, then the document."""
        values: list[Value | bytes] = [_sql(getattr(item, name)) for name in self.key]
        values += [_sql(value(item)) for value in self.columns.values()]
        return [*values, _ENCODER.encode(item)]

    @cached_property
    def insert(self) -> str:
        names = (*self.names, "document")
        return f"INSERT INTO {self.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608

    @cached_property
    def upsert(self) -> str:
        changed = ", ".join(f"{name} = excluded.{name}" for name in (*self.columns, "document"))
        return f"{self.insert} ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changed}"


_ENCODER = msgspec.json.Encoder(order="deterministic")
_UNREAD = object()
_VARIABLES = 500  # fewer than any SQLite takes in one statement


class Cache:
    """What was read from one table, found or not, dropped whole when the table is written.

    A read that a write overtook is not kept. Bounded: names that nobody has are kept as well.
    """

    AT_MOST = 4096

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0
        self._results: dict[Hashable, Any] = {}

    def read(self, key: Hashable, load: Callable[[], Result]) -> Result:
        """What `load` gives, or gave for this key before."""
        result = self._results.get(key, _UNREAD)
        if result is not _UNREAD:
            return result  # type: ignore[no-any-return]
        generation = self._generation
        result = load()
        with self._lock:
            if generation == self._generation:
                if len(self._results) >= self.AT_MOST:
                    self._results = {}
                self._results[key] = result
        return result

    def __len__(self) -> int:
        return len(self._results)

    def drop(self) -> None:
        """Forget everything."""
        with self._lock:
            self._generation += 1
            self._results = {}


class Table(Generic[T]):
    """The entities of one kind, on one connection. Keys and columns are given by name.

    Write verbs work inside `store.write()` only; everywhere else they raise TypeError.
    """

    def __init__(
        self, entity: Entity[T], connect: Connect, *, cache: Cache | None = None, written: set[str] | None = None
    ) -> None:
        self._entity = entity
        self._connect = connect
        self._cache = cache
        self._written = written

    def find(self, **where: Value) -> T | None:
        """The one entity with these columns, or None. `where` must name a key or a unique index."""
        cache = self._usable_cache()
        if cache is None:
            return self._load(where)
        return cache.read(("find", *where.items()), lambda: self._load(where))

    def get(self, **where: Value) -> T:
        """The one entity with these columns. Raises NotFound."""
        item = self.find(**where)
        if item is None:
            raise NotFound(self._entity.table, where)
        return item

    def all(self, **where: Value) -> "tuple[T, ...]":
        """Every entity with these columns, ordered by key. Of a cached table, where few are expected."""
        cache = self._usable_cache()
        if cache is None:
            return tuple(self._select(where))
        return cache.read(("all", *where.items()), lambda: tuple(self._select(where)))

    def list(
        self,
        *,
        order: Sequence[str] = (),
        after: Sequence[Value] = (),
        limit: int | None = None,
        descending: bool = False,
        prefix: tuple[str, str] | None = None,
        **where: Value,
    ) -> list[T]:
        """Entities with these columns, ordered by `order` and then by key.

        `after` is the position of the last entity of the page before: its values of `order` and key, as `position`
        gives them. `prefix` is a column and how its text begins.
        """
        return [*self._select(where, prefix, order, after, limit, descending=descending)]

    def position(self, item: T, order: Sequence[str] = ()) -> Values:
        """Where an entity stands in a list of this order, for `after`."""
        row = dict(zip(self._entity.names, self._entity.row(item), strict=False))
        return [row[name] for name in self._order(order)]  # type: ignore[misc]

    def count(self, **where: Value) -> int:
        """How many entities have these columns."""
        sql, values = self._condition(where, None)
        with self._connect() as connection:
            row = connection.execute(f"SELECT count(*) FROM {self._entity.table} WHERE {sql}", values).fetchone()  # noqa: S608
        return int(row[0])

    def add(self, item: T) -> None:
        """Keep a new entity. Raises AlreadyExists when its key or a unique column is taken."""
        self._write(self._entity.insert, item)

    def add_all(self, items: Sequence[T]) -> None:
        """Keep many new entities at once. Raises AlreadyExists, without saying which it was."""
        self._write_rows(self._entity.insert, [self._entity.row(item) for item in items])

    def among(self, column: str, values: Sequence[Value], **where: Value) -> set[Value]:
        """Which of these values of a column are there, among the entities with these columns."""
        self._check([column])
        found: set[Value] = set()
        for start in range(0, len(values), _VARIABLES):
            part = values[start : start + _VARIABLES]
            sql, bound = self._condition(where, None)
            sql += f" AND {column} IN ({', '.join('?' * len(part))})"
            statement = f"SELECT {column} FROM {self._entity.table} WHERE {sql}"  # noqa: S608
            with self._connect() as connection:
                found.update(row[0] for row in connection.execute(statement, [*bound, *part]))
        return found

    def put(self, item: T) -> None:
        """Keep an entity, new or in place of the one with its key. Raises AlreadyExists for another's unique column."""
        self._write(self._entity.upsert, item)

    def remove(self, **where: Value) -> int:
        """Forget every entity with these columns; how many there were."""
        sql, values = self._condition(where, None)
        with self._changing() as connection:
            return connection.execute(f"DELETE FROM {self._entity.table} WHERE {sql}", values).rowcount  # noqa: S608

    def consume(self, **where: Value) -> T | None:
        """Take an entity that may be used once: the first taker gets it, everyone after gets None."""
        sql, values = self._condition(where, None)
        with self._changing() as connection:
            statement = f"DELETE FROM {self._entity.table} WHERE {sql} RETURNING document"  # noqa: S608
            row = connection.execute(statement, values).fetchone()
        return None if row is None else self._entity.decoder.decode(row[0])

    def _select(
        self,
        where: Mapping[str, Value],
        prefix: tuple[str, str] | None = None,
        order: Sequence[str] = (),
        after: Sequence[Value] = (),
        limit: int | None = None,
        *,
        descending: bool = False,
    ) -> Sequence[T]:
        sql, values = self._condition(where, prefix)
        by = self._order(order)
        if after:
            # Columns that `where` holds fast say nothing of the place, and would keep SQLite from going there at once.
            place = [(name, value) for name, value in zip(by, after, strict=True) if name not in where]
            sql += f" AND ({', '.join(name for name, _ in place)}) {'<' if descending else '>'} "
            sql += f"({', '.join('?' * len(place))})"
            values += [value for _, value in place]
        ordered = ", ".join(f"{name} DESC" if descending else name for name in by)
        sql = f"SELECT document FROM {self._entity.table} WHERE {sql} ORDER BY {ordered}"  # noqa: S608
        if limit is not None:
            sql += f" LIMIT {int(limit)}"
        with self._connect() as connection:
            rows = connection.execute(sql, values).fetchall()
        return [self._entity.decoder.decode(row[0]) for row in rows]

    def _usable_cache(self) -> Cache | None:
        """None as well inside a write block that has written this table: what it wrote is nobody else's yet."""
        return None if self._written is not None and self._entity.table in self._written else self._cache

    def _load(self, where: Mapping[str, Value]) -> T | None:
        condition = " AND ".join(f"{name} = ?" for name in where)
        sql = f"SELECT document FROM {self._entity.table} WHERE {condition} LIMIT 1"  # noqa: S608
        with self._connect() as connection:
            row = connection.execute(sql, [_sql(value) for value in where.values()]).fetchone()
        return None if row is None else self._entity.decoder.decode(row[0])

    def _write(self, sql: str, item: T) -> None:
        row = self._entity.row(item)
        try:
            with self._changing() as connection:
                connection.execute(sql, row)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE):
                key = dict(zip(self._entity.key, row, strict=False))
                raise AlreadyExists(self._entity.table, key) from error
            raise

    def _write_rows(self, sql: str, rows: Iterable[Sequence[Value | bytes]]) -> None:
        try:
            with self._changing() as connection:
                connection.executemany(sql, rows)
        except sqlite3.IntegrityError as error:
            raise AlreadyExists(self._entity.table, {}) from error

    def _changing(self) -> AbstractContextManager[sqlite3.Connection]:
        if self._written is None:
            raise TypeError("writes belong inside store.write()")
        self._written.add(self._entity.table)
        return self._connect()

    def _order(self, order: Sequence[str]) -> tuple[str, ...]:
        by = (*order, *(name for name in self._entity.key if name not in order))
        self._check(by)
        return by

    def _condition(self, where: Mapping[str, Value], prefix: tuple[str, str] | None) -> tuple[str, Values]:
        self._check(where)
        terms = [f"{name} IS NULL" if value is None else f"{name} = ?" for name, value in where.items()]
        values: Values = [value for value in map(_sql, where.values()) if value is not None]
        if prefix is not None:
            self._check([prefix[0]])
            terms.append(f"{prefix[0]} >= ? AND {prefix[0]} < ?")
            values += [prefix[1], prefix[1] + "\U0010ffff"]
        return " AND ".join(terms) or "1", values

    def _check(self, names: Sequence[str] | Mapping[str, Value]) -> None:
        unknown = [name for name in names if name not in self._entity.names]
        if unknown:
            raise TypeError(f"{self._entity.table} has no column {', '.join(unknown)}")


def _sql(value: object) -> Value:
    match value:
        case datetime():
            return value.timestamp()
        case bool():
            return int(value)
        case None | str() | int() | float():
            return value
        case _:
            raise TypeError(f"not a column value: {type(value).__name__}")
