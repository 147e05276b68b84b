from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import records
from shared.errors import Conflict, LimitExceeded
from shared.models import Patch, Record
from shared.records import Contents

NOW = datetime(2026, 9, 24, 13, 50, 14, 123456, tzinfo=UTC)
EMPTY = Contents(base=0, sync_count=0)
TEXT = st.text(st.characters(codec="utf-8"))


def replace(key: str, value: str, sync_count: int = 0) -> Patch:
    return Patch(op="replace", key=key, value=value, sync_count=sync_count)


def told(contents: Contents) -> dict[str, tuple[str | None, int]]:
    return {key: (record.value, record.sync_count) for key, record in contents.records.items()}


def test_every_record_touched_gets_the_new_count_and_no_other() -> None:
    first = records.patched(EMPTY, [replace("a", "1"), replace("b", "2")], now=NOW)

    second = records.patched(first, [replace("a", "3", 1), Patch(op="remove", key="c", sync_count=0)], now=NOW)

    assert told(first) == {"a": ("1", 1), "b": ("2", 1)}
    assert told(second) == {"a": ("3", 2), "b": ("2", 1), "c": (None, 2)}
    assert {record.key for record in second.since(1)} == {"a", "c"}


@pytest.mark.parametrize("sync_count", [0, 1, 3])
def test_a_patch_on_another_count_than_the_records_is_in_conflict(sync_count: int) -> None:
    contents = Contents(0, 2, {"a": Record(key="a", value="x", sync_count=2, modified_at=NOW)})

    with pytest.raises(Conflict) as refused:
        records.patched(contents, [replace("b", "fine"), replace("a", "y", sync_count)], now=NOW)

    assert refused.value.members == {"conflicts": [{"key": "a", "sync_count": 2}]}


def test_a_removed_record_is_written_again_on_the_count_of_its_removal() -> None:
    removed = Contents(0, 4, {"a": Record(key="a", value=None, sync_count=4, modified_at=NOW)})

    assert told(records.patched(removed, [replace("a", "x", 4)], now=NOW)) == {"a": ("x", 5)}
    with pytest.raises(Conflict):
        records.patched(removed, [replace("a", "x", 0)], now=NOW)


def test_records_with_a_value_are_never_forgotten() -> None:
    full = records.patched(EMPTY, [replace(str(number), "") for number in range(1024)], now=NOW)

    with pytest.raises(LimitExceeded, match=r"1,024 records"):
        records.patched(full, [replace("new", "")], now=NOW)
    with pytest.raises(LimitExceeded, match=r"1,024 records"):
        records.patched(full, [replace("new", ""), Patch(op="remove", key="7", sync_count=1)], now=NOW)


def test_of_removed_records_the_oldest_are_forgotten_and_no_more_than_must_be() -> None:
    held = records.patched(EMPTY, [replace(str(number), "") for number in range(1024)], now=NOW)
    for key in "357":
        held = records.patched(held, [Patch(op="remove", key=key, sync_count=1)], now=NOW)

    after = records.patched(held, [replace("new", ""), replace("newer", "")], now=NOW)

    assert set(held.records) - set(after.records) == {"3", "5"}
    assert [after.is_whole_since(count) for count in (0, 2, 3, 4, 5)] == [True, True, True, False, False]
    assert len(after.since(3)) == 1024
    assert [record.key for record in after.since(4)] == ["new", "newer"]


def test_removed_records_make_room_for_bytes_too() -> None:
    long_keys = [replace(f"{number:0>1000}", "") for number in range(1000)]
    held = records.patched(EMPTY, long_keys, now=NOW)
    held = records.patched(held, [Patch(op="remove", key=long_keys[0].key, sync_count=1)], now=NOW)

    after = records.patched(held, [replace("k", "x" * 45_000)], now=NOW)

    assert held.bytes + 45_000 > records.MAX_BYTES >= after.bytes
    assert long_keys[0].key not in after.records


@pytest.mark.parametrize(("value", "fits"), [("x" * 1_048_571, True), ("x" * 1_048_572, False), ("é" * 530_000, False)])
def test_keys_and_values_count_as_the_bytes_of_their_json(value: str, fits: bool) -> None:
    patches = [Patch.model_construct(op="replace", key="k", value=value, sync_count=0)]

    if fits:
        assert records.patched(EMPTY, patches, now=NOW).bytes == 1_048_576
    else:
        with pytest.raises(LimitExceeded, match=r"1,048,576 bytes"):
            records.patched(EMPTY, patches, now=NOW)


@given(st.dictionaries(TEXT.filter(bool), st.none() | TEXT))
def test_what_is_packed_is_unpacked(values: dict[str, str | None]) -> None:
    held = {key: Record(key=key, value=value, sync_count=3, modified_at=NOW) for key, value in values.items()}

    assert records.unpack(records.pack(Contents(0, 3, held))) == held
