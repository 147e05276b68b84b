"""What AWS does and Poolhouse does not yet: said by its name, where it would be needed."""

from typing import NoReturn

from poolhouse.errors import NotImplementedException


def refuse(what: str) -> NoReturn:
    """Raise NotImplementedException with a plain sentence."""
    raise NotImplementedException(f"{what} is not implemented yet.")
