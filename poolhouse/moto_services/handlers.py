"""One request to one of moto's handlers, in process: no server, no patched clients."""

import functools
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.core import request as moto_request
from moto.core import responses as moto_responses
from moto.core.base_backend import BaseBackend
from moto.core.utils import method_names_from_class
from moto.iam.models import IAMBackend, iam_backends
from moto.utilities.utils import get_partition

from poolhouse.web import Request, Response

_OWN = frozenset({"status", "server", "date"})  # what the socket's edge says itself

# moto lists a handler class's methods anew for each request, a fifth of its time for a small one.
vars(moto_responses)["method_names_from_class"] = functools.cache(method_names_from_class)


class _Places(dict[str, BaseBackend]):
    """Where a backend is found: by region, or by partition.

    One service of moto's may look for another's; where that has not been asked for yet, it finds an empty one.
    """

    def __missing__(self, place: str) -> BaseBackend:
        backend = next(iter(self.values()))
        return type(backend)(place, backend.account_id)

    def reset(self) -> None:
        """A `mock_aws` in the same process resets all it finds. What is here is held by the store, and stays."""


def install(backends: Any, account_id: str, place: str, backend: BaseBackend) -> None:
    """Have moto's handlers find this backend; callers hold their service's lock until the answer is there.

    Past moto's own entrance, which reads every region of every partition from botocore first.
    """
    dict.__setitem__(backends, account_id, _Places({place: backend}))


def visit(account_id: str, region: str) -> None:
    """Every handler looks for the account's access keys in IAM: have it there, though it holds none."""
    if account_id not in iam_backends:
        partition = get_partition(region)
        install(iam_backends, account_id, partition, IAMBackend(partition, account_id))


Dispatch = Callable[..., Any]


def call(
    dispatch: Dispatch, request: Request, *, host: str, account_id: str, headers: dict[str, str], path: str = "/"
) -> Response:
    """moto's answer. moto takes the account from a header and the region from the host."""
    query = "" if "x-amz-target" in headers else request.query  # the body is all that was decided on
    url = f"https://{host}{path}" + (f"?{query}" if query and path != "/" else "")
    sent = {**headers, "x-moto-account-id": account_id}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path),
        "RAW_URI": path + (f"?{query}" if query else ""),
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "HTTP_HOST": host,
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(request.body),
        "CONTENT_LENGTH": str(len(request.body)),
        "CONTENT_TYPE": request.header("content-type"),
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.items()}
    asked = moto_request.Request(environ)
    status, answered, body = dispatch(asked, url, asked.headers)
    if "json" in request.header("content-type"):  # moto says application/json in errors, AWS what it was sent
        answered = {**answered, "Content-Type": request.header("content-type")}
    own = _OWN if request.method == "HEAD" else _OWN | {"content-length"}
    kept = tuple((name, str(value)) for name, value in answered.items() if name.lower() not in own)
    return Response(int(status), body.encode() if isinstance(body, str) else body, kept)
