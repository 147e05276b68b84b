"""A cloud that keeps its state, and deploying into it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.template.deploy import Deployed
from tests.poolhouse.template.support import Deploy


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[testing.LocalCloud]:
    with testing.cloud(config=Config(state=tmp_path / "state", reraise=True)) as made:
        yield made


@pytest.fixture
def cognito(cloud: testing.LocalCloud) -> Any:
    return cloud.client("cognito-idp")


@pytest.fixture
def said() -> list[str]:
    """What the last deployment said."""
    return []


@pytest.fixture
def deploy(cloud: testing.LocalCloud, tmp_path: Path, said: list[str]) -> Deploy:
    """Deploy this text as the folder's template.yaml."""

    def run(text: str, progress: Callable[[str], None] = said.append, **parameters: str) -> Deployed:
        file = tmp_path / "template.yaml"
        file.write_text(text)
        said.clear()
        deployed = cloud.inner.deploy(file, parameters, progress)
        assert deployed is not None
        return deployed

    return run
