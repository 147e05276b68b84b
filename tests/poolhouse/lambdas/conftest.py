"""Real functions in a folder of their own, run by real workers."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from poolhouse.clock import Clock
from poolhouse.lambdas.entities import Function
from poolhouse.lambdas.functions import Functions
from poolhouse.lambdas.workers import Limits
from poolhouse.store import Store

ACCOUNT = "111122223333"
REGION = "eu-west-1"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


class House:
    """Functions of one account, their log, their clock, and the folder their code is written to."""

    def __init__(self, code: Path, **options: Any) -> None:
        self.code = code
        self.clock = Clock()
        self.store = Store(None)
        self.log: list[tuple[str, str]] = []
        self.functions = Functions(
            self.store,
            origin="http://127.0.0.1:4566",
            account_id=ACCOUNT,
            region=REGION,
            clock=self.clock,
            log=lambda name, line: self.log.append((name, line)),
            code_check_seconds=0,
            **options,
        )

    def write(self, source: str) -> None:
        """Write the one module that every function's handler stands in."""
        (self.code / "app.py").write_text(source)

    def put(
        self,
        source: str | None = None,
        *,
        name: str = "main",
        handler: str = "app.handler",
        variables: dict[str, str] | None = None,
        **more: Any,
    ) -> Function:
        """Deploy a function."""
        if source is not None:
            self.write(source)
        settings: dict[str, Any] = {"runtime": RUNTIME, "code": str(self.code), **more}
        function = Function(
            name=name,
            arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            handler=handler,
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/service/{name}-role",
            modified_at=datetime(2026, 1, 1, tzinfo=UTC),
            **settings,
        )
        self.functions.put(function, variables)
        return function

    def answer(self, event: object = None, name: str = "main") -> Any:
        """What a function returns for an event."""
        invocation = self.functions.invoke(name, msgspec.json.encode(event))
        assert invocation.error is None, invocation.error
        return msgspec.json.decode(invocation.payload)

    def error(self, event: object = None, name: str = "main") -> dict[str, Any]:
        """The error document a function ends with."""
        invocation = self.functions.invoke(name, msgspec.json.encode(event))
        assert invocation.error is not None, invocation.payload
        return dict(invocation.error)

    def close(self) -> None:
        self.functions.close()
        self.store.close()


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Makes houses with options of Functions' own."""
    made: list[House] = []

    def make(**options: Any) -> House:
        code = tmp_path / f"code{len(made)}"
        code.mkdir()
        made.append(House(code, **options))
        return made[-1]

    yield make
    for house in made:
        house.close()


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    return new_house(limits=Limits(idle_seconds=0))
