"""SQLite finds by an index what is searched: a pool of a million users is never walked through."""

import sqlite3
from collections.abc import Iterator
from importlib import resources

import pytest

from poolhouse.store import tables
from poolhouse.store.table import Entity

SEARCHES = [
    (entity, (entity.key[0], name))
    for entity in (tables.USERS, tables.SIGN_IN_NAMES, tables.MEMBERSHIPS)
    for name in entity.names[1:]
] + [
    (tables.REFRESH_TOKENS, ("pool_id", "username")),
    (tables.REFRESH_TOKENS, ("pool_id", "username", "origin_jti")),
    (tables.REFRESH_TOKENS, ("id",)),
    (tables.APP_CLIENTS, ("pool_id",)),
    (tables.DOMAINS, ("pool_id",)),
    (tables.MESSAGES, ("recipient",)),
    (tables.ACCESS_KEYS, ("principal_arn",)),
    (tables.SYNC_DATASETS, ("pool_id", "identity_id")),
    (tables.SYNC_RECORDS, ("pool_id", "identity_id", "dataset_name")),
]


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript((resources.files("poolhouse.store") / "schema" / "0001_initial.sql").read_text())
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("entity", "columns"), SEARCHES, ids=lambda value: value.table if isinstance(value, Entity) else ",".join(value)
)
def test_every_searched_column_is_found_by_an_index(
    database: sqlite3.Connection, entity: Entity[object], columns: tuple[str, ...]
) -> None:
    condition = " AND ".join(f"{name} = ?" for name in columns)
    order = ", ".join(entity.key)
    statement = f"EXPLAIN QUERY PLAN SELECT document FROM {entity.table} WHERE {condition} ORDER BY {order}"

    plan = " ".join(row[3] for row in database.execute(statement, ["x"] * len(columns)))

    assert f"({' AND '.join(f'{name}=?' for name in columns)})" in plan
