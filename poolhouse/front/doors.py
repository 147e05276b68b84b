"""Which host and path belongs to which part of the cloud: a short table, asked from the top.

/_poolhouse/imports/...                       files of user imports, their URLs signed
/_poolhouse/...                               control, for this machine's own pages and programs only
<api>.execute-api.<host>, /restapis/...       API Gateway
/.well-known/...                              the keys of identity pools' own tokens
/sts/...                                      the keys of tokens that tell others who a principal is
any path but /, without an AWS signature      the authorization server
everything else, and what they leave          AWS's own protocols
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from poolhouse.web import Request, Response, is_loopback

Handle = Callable[[Request], Response]
MayHandle = Callable[[Request], Response | None]


class Door(NamedTuple):
    """A part of the cloud and the requests that may be for it; it answers None to one that is not."""

    is_for: Callable[[Request], object]
    handle: MayHandle


def open_doors(
    *,
    control: Handle,
    imports: Handle,
    gateway: MayHandle,
    identity_keys: Handle,
    outbound_keys: MayHandle,
    oauth: MayHandle,
    wire: Handle,
) -> Handle:
    """The AWS endpoint: every part behind its door."""
    doors = (
        Door(_is_import, from_this_machine_only(imports)),
        Door(_is_control, from_this_machine_only(control)),
        Door(_is_api, gateway),
        Door(_is_of_identity_pools, identity_keys),
        Door(lambda request: request.path.startswith("/sts/"), outbound_keys),
        Door(_is_unsigned_path, oauth),
    )
    return through(doors, wire)


def too_long(_: Request) -> Response:
    """What AWS's JSON protocols answer a body with that is too long."""
    body = b'{"__type":"RequestEntityTooLargeException","message":"Request body is too long."}'
    return Response(413, body, (("Content-Type", "application/x-amz-json-1.1"),))


def refuse_too_long(of_s3: Handle, is_upload: Callable[[Request], bool]) -> Handle:
    """The AWS endpoint for bodies that are too long: files of imports are put to S3, too."""
    return lambda request: of_s3(request) if _is_import(request) or is_upload(request) else too_long(request)


def through(doors: Iterable[Door], otherwise: Handle) -> Handle:
    """One `handle` of several: the first door that is for a request and answers it."""
    table = tuple(doors)

    def handle(request: Request) -> Response:
        for is_for, answer in table:
            if is_for(request):
                response = answer(request)
                if response is not None:
                    return response
        return otherwise(request)

    return handle


def _is_import(request: Request) -> bool:
    return request.path.startswith("/_poolhouse/imports/")


def _is_control(request: Request) -> bool:
    return request.path.startswith("/_poolhouse/")


def _is_api(request: Request) -> bool:
    return request.path.startswith("/restapis/") or ".execute-api." in request.header("host").lower()


def _is_of_identity_pools(request: Request) -> bool:
    return request.path in ("/.well-known/openid-configuration", "/.well-known/jwks_uri")


def _is_unsigned_path(request: Request) -> bool:
    """AWS's own requests are sent to `/`, or signed."""
    is_signed = request.header("authorization").startswith("AWS4-") or "X-Amz-Signature=" in request.query
    return request.path != "/" and not is_signed


def from_this_machine_only(handle: Handle) -> Handle:
    """The same door, shut to pages of other sites.

    A browser on this machine would carry their requests here: under a name of theirs that resolves to 127.0.0.1 (the
    Host header shows it), or across sites (the Origin or Sec-Fetch-Site header shows it).
    """

    def guarded(request: Request) -> Response:
        origin = request.header("origin")
        if not is_loopback(f"//{request.header('host')}"):
            return _forbidden("This address answers to localhost only.")
        if (origin and not is_loopback(origin)) or request.header("sec-fetch-site") == "cross-site":
            return _forbidden("Pages of other sites have no access here.")
        return handle(request)

    return guarded


def _forbidden(reason: str) -> Response:
    return Response(403, b'{"message": "%s"}' % reason.encode(), (("Content-Type", "application/json"),))
