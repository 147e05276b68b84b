"""Errors that travel to a client as they are."""

from typing import ClassVar


class ApiError(Exception):
    """An error AWS declares: the class is named exactly as on the wire, its sentence is contract.

    Subclasses stand in their service's `errors.py`; `message` there is the default sentence, None where AWS sends none.
    """

    status: ClassVar[int] = 400
    message: str | None = None

    def __init__(self, message: str | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message or "")

    @property
    def code(self) -> str:
        """The error's name on the wire."""
        return type(self).__name__


class AccessDeniedException(ApiError):
    """No policy allows it. The protocols that call it otherwise (S3 and STS say AccessDenied) translate."""


class NotImplementedException(ApiError):
    """AWS does this and Poolhouse does not yet: said with its name. Not a 5xx, which SDKs would try again."""


class CommandError(Exception):
    """Something the person at the terminal can put right: told in one line, exit code 1."""
