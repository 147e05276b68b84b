"""A cloud for each test, one with the whole template for the journeys, and what a test needs of the machine."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from demo import clients
from demo.stage import Stage
from demo.stage import cloud as running_cloud
from poolhouse import testing

hypothesis.settings.register_profile("untimed", deadline=None)  # how long an example takes says how busy we are
hypothesis.settings.load_profile("untimed")

LEAVE_OUT_NOTHING = "POOLHOUSE_LEAVE_OUT_NOTHING"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_finish() -> None:
    """What the imports left is there to stay: to look through it again and again is a third of a short test's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture
def cloud() -> Iterator[testing.LocalCloud]:
    with testing.cloud() as made:
        yield made


@pytest.fixture
def cognito(cloud: testing.LocalCloud) -> Any:
    return cloud.client("cognito-idp")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """`poolhouse up` with the whole template, as a process, over HTTP."""
    with running_cloud(log=tmp_path_factory.mktemp("stage") / "log.txt") as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> str:
    return _chromium() or "not installed"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, and say so; where nothing may be left out, what is missing fails."""
    if os.environ.get(LEAVE_OUT_NOTHING):
        return
    missing = {"node": not clients.has_node(), "browser": _chromium() is None}
    left_out = [item for item in items if any(missing.get(mark.name) for mark in item.iter_markers())]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    missing = [name for name, is_there in (("Node.js", clients.has_node()), ("Chromium", _chromium())) if not is_there]
    if missing:
        terminalreporter.section("left out")
        terminalreporter.line(f"{' and '.join(missing)} missing here: tests that need it were left out:")
        for path in sorted(Path(__file__).parent.rglob("test_*.py")):
            if "mark.node" in path.read_text() or "mark.browser" in path.read_text():
                terminalreporter.line(f"  {path.relative_to(Path(__file__).parents[1])}")


def _chromium() -> str | None:
    return next((path for path in map(shutil.which, _CHROMIUM) if path), None)
