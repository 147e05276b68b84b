"""The parameters of a request: application/x-www-form-urlencoded, each at most once (RFC 6749 sections 3.1 and 3.2)."""

import re
from urllib.parse import parse_qsl

from poolhouse.oauth.errors import InvalidRequest
from poolhouse.web import Request

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_MAX_BYTES = 64 * 1024  # far above a refresh token; what Cognito takes at most is not documented
_MAX_FIELDS = 64
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse(request: Request) -> dict[str, str]:
    """The form of a POST by name, parameters without a value left out. Raises InvalidRequest."""
    content_type = request.header("content-type").partition(";")[0].strip().lower()
    if content_type != _MEDIA_TYPE:
        raise InvalidRequest
    return _parsed(request.body)


def parse_query(request: Request) -> dict[str, str]:
    """The query of a GET in the same way. Raises InvalidRequest."""
    return _parsed(request.query.encode("latin-1", errors="replace"))


def _parsed(text: bytes) -> dict[str, str]:
    if len(text) > _MAX_BYTES or _BROKEN_ESCAPE.search(text):
        raise InvalidRequest
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:  # not ASCII, an escape that is not UTF-8, or too many fields
        raise InvalidRequest from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequest
    return {name: value for name, value in form.items() if value}  # RFC 6749 section 3.2: empty is as if left out
