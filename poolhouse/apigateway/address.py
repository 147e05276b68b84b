"""Where a URL on the AWS endpoint names an API and a stage.

`<api id>.execute-api.localhost:4566/<stage>/...` is AWS's own form with another domain;
`/restapis/<api id>/<stage>/_user_request_/...` is for clients that cannot resolve such a host.
"""

import re
from dataclasses import dataclass

from poolhouse.web import Request

_HOST = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.", re.IGNORECASE)
_PATH = re.compile(r"/restapis/(?P<api>[^/]+)/(?P<stage>[^/]+)/_user_request_(?P<rest>(?:/.*)?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """An API, one of its stages, and the path below the stage as the client sent it."""

    api_id: str
    stage: str
    path: str
    is_of_host: bool = False


def find(request: Request) -> Address | None:
    """The address of a request, or None where it is not for a deployed API."""
    host = _HOST.match(request.header("host"))
    if host is not None:
        _, stage, *rest = [*request.path.split("/", 2), ""][:3]
        return Address(host["api"].lower(), stage, f"/{''.join(rest)}", is_of_host=True)
    path = _PATH.fullmatch(request.path)
    return None if path is None else Address(path["api"], path["stage"], path["rest"] or "/")
