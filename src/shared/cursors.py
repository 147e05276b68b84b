"""Cursors of lists: where the next page begins, in a form clients pass on without reading it.

A cursor holds the last id of a page and nothing else. The rows it leads to are found under the caller's own key, so a
made-up or borrowed cursor moves within the caller's rows; one that holds no id is refused.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from shared.errors import BadRequest


def make(last_id: str) -> str:
    """The cursor of the page after the row with this id."""
    return urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def parse(cursor: str, id_pattern: str) -> str:
    """The id a cursor holds; BadRequest when it is none of ours."""
    try:
        last_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (NotBase64, ValueError):
        last_id = ""
    if not re.fullmatch(id_pattern, last_id) or make(last_id) != cursor:
        raise BadRequest("The cursor is not one this list has given out.")
    return last_id
