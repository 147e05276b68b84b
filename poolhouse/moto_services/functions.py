"""Lambda's functions as the services that tell them something see them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from poolhouse.call import InvokeRefused
from poolhouse.store import Tx


class FunctionQueue(Protocol):
    """Where functions are told of changes."""

    def check_permitted(self, function_arn: str, *, service: str, source_arn: str) -> None:
        """Raise InvokeRefused where a service may not invoke a function for this resource."""

    def put(self, tx: Tx, target_arn: str, payload: bytes, attributes: Mapping[str, str] | None = None) -> None:
        """Queue an event inside a write block."""

    def wake(self) -> None:
        """Look at the queue."""

    def now(self) -> datetime:
        """The cloud's time."""


class NoFunctions:
    """A cloud without functions."""

    def check_permitted(self, function_arn: str, *, service: str, source_arn: str) -> None:
        raise InvokeRefused("ResourceNotFoundException", f"{service} {source_arn}: Function not found: {function_arn}")

    def put(self, tx: Tx, target_arn: str, payload: bytes, attributes: Mapping[str, str] | None = None) -> None:
        """There is nobody to tell."""

    def wake(self) -> None:
        """There is nothing to look at."""

    def now(self) -> datetime:
        return datetime.now(UTC)
