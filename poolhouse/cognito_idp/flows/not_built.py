"""What AWS does and Poolhouse does not yet: said by its name, where it would be needed."""

from typing import NoReturn

from poolhouse.errors import ApiError


class NotImplemented(ApiError):  # noqa: A001 - the name on the wire, the same as for a whole operation
    """AWS would go on here. Not a 5xx, which SDKs would try again."""


def refuse(what: str) -> NoReturn:
    """Raise NotImplemented with a plain sentence."""
    raise NotImplemented(f"{what} is not implemented yet.")  # noqa: F901 - our own, by that name
