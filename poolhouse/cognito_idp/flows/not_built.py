"""What AWS does and Poolhouse does not yet: said by its name, where it would be needed."""

from typing import NoReturn

from poolhouse.errors import ApiError


class NotImplementedException(ApiError):
    """AWS would go on here; the same name as for a whole operation. Not a 5xx, which SDKs would try again."""


def refuse(what: str) -> NoReturn:
    """Raise NotImplementedException with a plain sentence."""
    raise NotImplementedException(f"{what} is not implemented yet.")
