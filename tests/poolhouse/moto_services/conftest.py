from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from poolhouse import operate
from poolhouse.errors import ApiError
from poolhouse.files import Files
from poolhouse.moto_services import MotoServices
from poolhouse.store import Store
from poolhouse.web import Request, Response


class Client:
    """Calls operations from inside the process; `error` gives what an operation is refused with."""

    def __init__(self, services: MotoServices) -> None:
        self.services = services

    def __call__(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return operate.through(self.services.handle, service, operation, params)

    def error(self, service: str, operation: str, **params: Any) -> tuple[str, str]:
        with pytest.raises(ApiError) as raised:
            operate.through(self.services.handle, service, operation, params)
        return raised.value.code, raised.value.message or ""

    def raw(self, operation: str, body: bytes) -> Response:
        headers = (("x-amz-target", f"DynamoDB_20120810.{operation}"), ("content-type", "application/x-amz-json-1.0"))
        return self.services.handle("dynamodb", Request("POST", "/", headers=headers, body=body))


Restart = Callable[[], Client]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(directory: Path) -> Iterator[Store]:
    store = Store(directory)
    yield store
    store.close()


@pytest.fixture
def ask(store: Store, directory: Path) -> Client:
    return Client(MotoServices(store, Files(directory / "files"), account_id="000000000000", region="eu-west-1"))


@pytest.fixture
def restarted(store: Store, directory: Path) -> Restart:
    """The same store behind a cloud that was started anew."""
    return lambda: Client(
        MotoServices(store, Files(directory / "files"), account_id="000000000000", region="eu-west-1")
    )


@pytest.fixture
def broken(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on the store cannot write, as on a full disk."""

    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    return lambda: monkeypatch.setattr(Store, "write", refuse)
