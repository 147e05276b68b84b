"""The SQLite file: one writer at a time, readers beside it, schema brought up to date at opening."""

import contextlib
import fcntl
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path

from poolhouse import aside
from poolhouse.store.seal import Sealer, key_file
from poolhouse.store.table import Cache
from poolhouse.store.tables import Tables

_FILE_NAME = "poolhouse.sqlite3"
_KEY_NAME = "key"
_LOCK_NAME = "lock"
# Checkpoints cost a sync: a log of 32 MB gathers many changes of a page before each.
_CHECKPOINT, _LOADING_CHECKPOINT = 8_000, 80_000  # pages
_LARGEST_LOG = 64 * 1024 * 1024
_CACHE_KB, _LOADING_CACHE_KB = 2_000, 65_536  # the first is SQLite's own


class InUse(Exception):
    """Another process has this store open."""


class OtherVersion(Exception):
    """The store was made with another schema than this version's, which no numbered file leads to."""


class Tx(Tables):
    """The tables inside a write block."""


class Store(Tables):
    """Everything the cloud keeps. `directory` None keeps it in memory: the same SQL, nothing on disk.

    Raises InUse when another process has the directory open: caches and single use rely on one process; OtherVersion
    when what is there has another schema.
    """

    def __init__(self, directory: Path | None) -> None:
        self._caches: dict[str, Cache] = {}
        self._lock = threading.RLock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._file = None if directory is None else directory / _FILE_NAME
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held = None if directory is None else _hold(directory)
        if self._file is not None:  # SQLite gives its other files the mode of this one
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
        self.sealer = Sealer(secrets.token_bytes(32) if directory is None else key_file(directory / _KEY_NAME))
        self._writer = self._open()
        try:
            _migrate(self._writer)
        except BaseException:
            self._writer.close()
            if self._held is not None:
                os.close(self._held)
            raise
        self._written: set[str] = set()
        super().__init__(self._reading, self._caches)
        self._tx = Tx(lambda: contextlib.nullcontext(self._writer), self._caches, self._written)

    @property
    def is_writing(self) -> bool:
        """Whether this thread is inside a write block."""
        return getattr(self._local, "writing", False)

    @contextlib.contextmanager
    def write(self) -> Iterator[Tx]:
        """A write transaction: kept whole and durable when the block ends, undone whole when it raises.

        Blocks do not nest, and nothing slow belongs in one: every other writer waits.
        """
        if self.is_writing:
            raise RuntimeError("store.write() inside store.write()")
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            self._local.writing = True
            aside.bar(is_barred=True)
            try:
                yield self._tx
                self._writer.execute("COMMIT")
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            finally:
                aside.bar(is_barred=False)
                self._local.writing = False
                self._drop_caches()

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        """For as long as much is written at once: more pages kept in memory, and checkpoints far apart.

        Indexes are written all over the file then; pages that many rows change are carried over once.
        """
        with self._lock:
            self._writer.execute(f"PRAGMA cache_size = {-_LOADING_CACHE_KB}")
            self._writer.execute(f"PRAGMA wal_autocheckpoint = {_LOADING_CHECKPOINT}")
        try:
            yield
        finally:
            with self._lock:
                self._writer.execute(f"PRAGMA cache_size = {-_CACHE_KB}")
                self._writer.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
                self._writer.execute("PRAGMA shrink_memory")
            if self._file is not None:  # on a connection of its own: others read and write meanwhile
                with contextlib.closing(self._open()) as connection:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def clear(self) -> None:
        """Forget everything."""
        with self.write():
            for (name,) in self._writer.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                self._writer.execute(f'DELETE FROM "{name}"')  # noqa: S608
                self._written.add(name)

    def check(self) -> list[str]:
        """What SQLite's own integrity check finds wrong: nothing, in a sound store."""
        with self._reading() as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Close every connection; the store is of no use afterwards."""
        with self._lock:
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _drop_caches(self) -> None:
        for table in self._written:
            if table in self._caches:
                self._caches[table].drop()
        self._written.clear()

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        if self._file is None:
            return self._shared()
        connection = getattr(self._local, "reader", None)
        if connection is None:
            connection = self._local.reader = self._open()
            with self._lock:
                self._readers.append(connection)
        return contextlib.nullcontext(connection)

    @contextlib.contextmanager
    def _shared(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._writer

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512, timeout=30
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # docs/decisions/0003-sqlite.md
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
        connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG}")  # bytes, once it is begun anew
        return connection


def _hold(directory: Path) -> int:
    """A lock that ends with this process, however it ends."""
    descriptor = os.open(directory / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InUse(str(directory)) from None
    return descriptor


def _migrate(connection: sqlite3.Connection) -> None:
    """Apply the numbered schema files that this file has not seen, each whole."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    files = sorted(
        (
            entry
            for entry in resources.files("poolhouse.store").joinpath("schema").iterdir()
            if entry.name[:4].isdigit()
        ),
        key=lambda entry: entry.name,
    )
    for entry in files:
        number = int(entry.name[:4])
        if number > version:
            connection.executescript(f"BEGIN; {entry.read_text()} PRAGMA user_version = {number}; COMMIT;")
    if version:
        _check_schema(connection, [entry.read_text() for entry in files])


def _check_schema(connection: sqlite3.Connection, scripts: list[str]) -> None:
    """Before a release a schema file may still change under a store that has seen it: told, not stumbled over."""
    with contextlib.closing(sqlite3.connect(":memory:")) as fresh:
        for script in scripts:
            fresh.executescript(script)
        if _schema(fresh) != _schema(connection):
            raise OtherVersion


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall())
