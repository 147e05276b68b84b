"""The condition keys of a request. Their names are taken in any case; a key without values is absent."""

from collections.abc import Iterable, Mapping

Value = str | Iterable[str]


class Context:
    """Condition keys and their values, always a tuple: of one for a key that has one value."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Value | None]) -> None:
        self._values = {name.lower(): found for name, value in values.items() if (found := _values(value))}

    def get(self, key: str) -> tuple[str, ...]:
        """The values of a key given in lower case; none when it is absent."""
        return self._values.get(key, ())

    def with_keys(self, values: Mapping[str, Value | None]) -> "Context":
        """These keys as well; one that is there already is replaced."""
        made = Context(values)
        made._values = {**self._values, **made._values}
        return made

    def items(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Every key that is there, its name in lower case."""
        return self._values.items()


def _values(value: Value | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
