"""The store: what it keeps, whole, once, and across a restart."""

import contextlib
import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from poolhouse import aside
from poolhouse.cognito_idp.entities import ChallengeSession, Membership, User, UserPool
from poolhouse.store import AlreadyExists, InUse, NotFound, OtherVersion, Store
from poolhouse.store.table import Cache

NOW = datetime(2026, 9, 24, 13, 50, 4, tzinfo=UTC)


def user(name: str, **attributes: str) -> User:
    return User("p", name, f"sub-{name}", "CONFIRMED", NOW, NOW, attributes=attributes)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = Store(None if request.param == "memory" else tmp_path)
    yield opened
    opened.close()


def test_what_was_put_is_got_by_key_and_by_unique_column(store: Store) -> None:
    with store.write() as tx:
        tx.users.put(user("ann", email="Ann@example.com"))

    assert store.users.get(pool_id="p", username="ann") == user("ann", email="Ann@example.com")
    assert store.users.find(pool_id="p", sub="sub-ann") is not None


def test_get_raises_and_find_returns_none_for_what_is_not_there(store: Store) -> None:
    assert store.users.find(pool_id="p", username="nobody") is None
    with pytest.raises(NotFound) as raised:
        store.users.get(pool_id="p", username="nobody")
    assert raised.value.entity == "users"


def test_a_block_that_raises_leaves_nothing_behind(store: Store) -> None:
    def fail_halfway() -> None:
        with store.write() as tx:
            tx.users.add(user("ann"))
            raise KeyError

    with pytest.raises(KeyError):
        fail_halfway()

    assert store.users.find(pool_id="p", username="ann") is None


def test_a_name_can_be_added_once_only(store: Store) -> None:
    with store.write() as tx:
        tx.users.add(user("ann"))

    with pytest.raises(AlreadyExists), store.write() as tx:
        tx.users.add(user("ann"))


def test_of_many_takers_at_once_exactly_one_consumes(store: Store) -> None:
    with store.write() as tx:
        tx.challenge_sessions.add(ChallengeSession("s", "p", "c", "ann", "PASSWORD_VERIFIER", NOW))
    start = threading.Barrier(8)

    def take(_: int) -> bool:
        start.wait()
        with store.write() as tx:
            return tx.challenge_sessions.consume(id="s") is not None

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(8)))

    assert sum(taken) == 1


def test_lists_are_ordered_and_paged_by_position(store: Store) -> None:
    with store.write() as tx:
        for name in ("cid", "ann", "bob"):
            tx.users.add(user(name, email=f"{name}@example.com"))

    first = store.users.list(pool_id="p", order=("email",), limit=2)
    rest = store.users.list(pool_id="p", order=("email",), after=store.users.position(first[-1], ("email",)))

    assert [u.username for u in (*first, *rest)] == ["ann", "bob", "cid"]


def test_a_prefix_is_text_and_not_a_pattern(store: Store) -> None:
    with store.write() as tx:
        tx.users.add(user("ann", email="a%n@example.com"))
        tx.users.add(user("aXn", email="axn@example.com"))

    assert [u.username for u in store.users.list(pool_id="p", prefix=("email", "a%"))] == ["ann"]


def test_a_cached_entity_is_read_new_after_a_write(store: Store) -> None:
    with store.write() as tx:
        tx.user_pools.put(UserPool("p", "old", NOW, NOW))
    assert store.user_pools.get(id="p").name == "old"

    with store.write() as tx:
        tx.user_pools.put(UserPool("p", "new", NOW, NOW))

    assert store.user_pools.get(id="p").name == "new"


def test_what_was_not_there_is_found_once_it_is_written(store: Store) -> None:
    assert store.users.find(pool_id="p", username="ann") is None
    assert store.memberships.all(pool_id="p", username="ann") == ()

    with store.write() as tx:
        tx.users.add(user("ann"))
        tx.memberships.add(Membership("p", "ann", "admin"))

    assert store.users.find(pool_id="p", username="ann") == user("ann")
    assert store.memberships.all(pool_id="p", username="ann") == (Membership("p", "ann", "admin"),)


def test_a_write_block_reads_what_it_wrote_and_nobody_reads_what_it_undid(store: Store) -> None:
    def change_and_fail() -> None:
        with store.write() as tx:
            assert tx.users.find(pool_id="p", username="ann") is None
            tx.users.add(user("ann"))
            assert tx.users.find(pool_id="p", username="ann") == user("ann")
            raise KeyError

    with pytest.raises(KeyError):
        change_and_fail()

    assert store.users.find(pool_id="p", username="ann") is None


def test_a_read_that_a_write_overtook_is_not_kept() -> None:
    cache = Cache()

    def overtaken() -> str:
        cache.drop()
        return "old"

    assert cache.read("key", overtaken) == "old"
    assert cache.read("key", lambda: "new") == "new"
    assert cache.read("key", lambda: "newer") == "new"


def test_names_that_nobody_has_do_not_fill_the_memory() -> None:
    cache = Cache()
    for name in range(3 * Cache.AT_MOST):
        cache.read(name, lambda: None)

    assert len(cache) <= Cache.AT_MOST


def test_a_column_that_does_not_exist_is_refused_before_any_sql(store: Store) -> None:
    with pytest.raises(TypeError, match="no column"):
        store.users.list(**{"username = '' OR 1": "x"})  # type: ignore[arg-type]


def test_writing_outside_a_block_is_refused(store: Store) -> None:
    with pytest.raises(TypeError, match=r"store\.write"):
        store.users.put(user("ann"))


def test_blocks_do_not_nest(store: Store) -> None:
    with store.write(), pytest.raises(RuntimeError, match="inside"), store.write():
        pass
    assert not store.is_writing


def test_what_was_kept_is_there_after_reopening(tmp_path: Path) -> None:
    first = Store(tmp_path)
    sealed = first.sealer.seal(b"secret", "test")
    with first.write() as tx:
        tx.memberships.add(Membership("p", "ann", "admin"))
    first.close()

    second = Store(tmp_path)

    assert second.memberships.list(pool_id="p", username="ann")
    assert second.sealer.unseal(sealed, "test") == b"secret"
    assert second.check() == []
    second.close()


def test_two_clouds_do_not_share_a_directory(tmp_path: Path) -> None:
    first = Store(tmp_path)

    with pytest.raises(InUse):
        Store(tmp_path)

    first.close()
    Store(tmp_path).close()


@pytest.mark.parametrize("change", ["DROP TABLE functions", "ALTER TABLE functions ADD COLUMN more TEXT"])
def test_a_store_of_another_schema_is_told_apart_and_left_as_it_is(tmp_path: Path, change: str) -> None:
    Store(tmp_path).close()
    (file,) = tmp_path.glob("*.sqlite*")
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(change)

    for _ in range(2):  # the directory is let go of
        with pytest.raises(OtherVersion):
            Store(tmp_path)


def test_every_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    opened = Store(tmp_path)
    with opened.write() as tx:
        tx.users.add(user("ann"))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert set(modes.values()) == {0o600}, modes
    opened.close()


def test_a_seal_opens_for_its_own_purpose_only(store: Store) -> None:
    sealed = store.sealer.seal(b"secret", "password")

    assert store.sealer.unseal(sealed, "password") == b"secret"
    with pytest.raises(InvalidTag):
        store.sealer.unseal(sealed, "signing key")


def test_clear_forgets_everything(store: Store) -> None:
    with store.write() as tx:
        tx.user_pools.put(UserPool("p", "old", NOW, NOW))
        tx.users.add(user("ann"))
    assert store.user_pools.find(id="p")

    store.clear()

    assert store.user_pools.find(id="p") is None
    assert store.users.count() == 0


def test_nothing_is_done_aside_inside_a_write(tmp_path: Path) -> None:
    store = Store(tmp_path)

    with pytest.raises(RuntimeError, match="nothing is done aside inside"), store.write():
        aside.wait(lambda: None)

    assert aside.wait(lambda: 1) == 1
    store.close()
