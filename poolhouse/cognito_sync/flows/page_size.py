"""How many a page has."""

from collections.abc import Mapping
from typing import Any

from poolhouse.cognito_sync.errors import InvalidParameterException


def page_size(request: Mapping[str, Any], most: int) -> int:
    """As many as are asked for, up to the operation's most. How many are most, and the refusal, are guesses."""
    wanted = request.get("MaxResults")
    if wanted is not None and wanted < 1:
        raise InvalidParameterException("MaxResults must be greater than 0.")
    return most if wanted is None else min(int(wanted), most)
