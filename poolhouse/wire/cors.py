"""What browsers are told: AWS's JSON endpoints serve pages of every origin, in the words AWS uses."""

from poolhouse.web import Header, Request, Response

_EXPOSED: tuple[Header, ...] = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"),
)


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and bool(request.header("access-control-request-method"))


def preflight(request: Request, request_id: str) -> Response:
    """The answer to a preflight: what was asked for may be sent, for two days."""
    headers = [
        ("x-amzn-RequestId", request_id),
        *_EXPOSED,
        ("Access-Control-Allow-Methods", request.header("access-control-request-method")),
        ("Access-Control-Max-Age", "172800"),
    ]
    wanted = request.header("access-control-request-headers")
    if wanted:
        headers.append(("Access-Control-Allow-Headers", wanted))
    return Response(200, b"", tuple(headers))


def exposed(request: Request, response: Response) -> Response:
    """The response as a page of another origin may read it."""
    return response.with_headers(_EXPOSED) if request.header("origin") else response
