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


def test_records_are_counted_with_removed_ones() -> None:
    full = records.patched(EMPTY, [replace(str(number), "") for number in range(1024)], now=NOW)
    lighter = records.patched(full, [Patch(op="remove", key="7", sync_count=1)], now=NOW)

    with pytest.raises(LimitExceeded, match=r"1,024 records"):
        records.patched(lighter, [replace("new", "")], now=NOW)
    assert len(records.patched(lighter, [replace("7", "again", 2)], now=NOW).records) == 1024


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
