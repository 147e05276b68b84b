import gc
from collections.abc import Iterator

import pytest

from poolhouse.front import pauses


@pytest.fixture
def collector() -> Iterator[None]:
    """Python's collector, left as it was."""
    callbacks = list(gc.callbacks)
    yield
    gc.callbacks[:] = callbacks


@pytest.mark.usefixtures("collector")
def test_what_survives_a_long_round_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "_LONG", 0.0)
    pauses.keep_short()
    before = gc.get_freeze_count()
    kept: list[list[int]] = [[] for _ in range(1000)]

    gc.collect()

    assert gc.get_freeze_count() >= before + len(kept)


@pytest.mark.usefixtures("collector")
def test_a_short_round_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "_LONG", 3600.0)
    pauses.keep_short()
    before = gc.get_freeze_count()

    gc.collect()

    assert gc.get_freeze_count() <= before
