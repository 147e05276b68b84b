from collections.abc import Callable, Iterator

import pytest

from shared.config import settings

Configure = Callable[..., None]


@pytest.fixture(autouse=True)
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Sets a function's environment; settings are read anew."""

    def set_environment(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    set_environment(POWERTOOLS_SERVICE_NAME="poolhouse", POWERTOOLS_METRICS_NAMESPACE="Poolhouse")
    yield set_environment
    settings.cache_clear()
