"""Passwords that others know: the thirty thousand most common ones, as password crackers try them first.

The list is zxcvbn's. AWS looks among passwords that were found in breaches, which no local cloud could carry.
"""

import functools


def is_common(password: str) -> bool:
    """Whether this is one of them, in whatever case."""
    return password.lower() in _common()


@functools.cache
def _common() -> frozenset[str]:
    # Read at first need: half a megabyte that few clouds ask for.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])
