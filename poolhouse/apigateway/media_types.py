"""Which media types an API treats as binary.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
"""

import re

from poolhouse.apigateway.entities import RestApi


def is_binary(api: RestApi, header: str) -> bool:
    """Whether the media type of a Content-Type, or the first one of an Accept, is among the API's binary ones."""
    binary = api.body.get("x-amazon-apigateway-binary-media-types") or ()
    if not binary or not header:
        return False
    media_type = re.split("[,;]", header, maxsplit=1)[0].strip().lower()
    return any(_matches(media_type, str(pattern).lower()) for pattern in binary)


def _matches(media_type: str, pattern: str) -> bool:
    if pattern in ("*/*", media_type):
        return True
    kind, _, subtype = pattern.partition("/")
    return subtype == "*" and media_type.partition("/")[0] == kind
