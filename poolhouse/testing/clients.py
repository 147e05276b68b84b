"""boto3 clients whose requests go to a cloud in this process instead of a socket."""

import io
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from poolhouse.web import Request, Response


@cache
def _session() -> Any:
    # One session for all: it keeps the parsed service models.
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")  # noqa: S106


def client(service: str, handle: Callable[[Request], Response], *, endpoint: str, **options: Any) -> Any:
    """A boto3 client of this service wired to `handle`. `options` are boto3's own, such as aws_access_key_id."""
    retries = Config(retries={"total_max_attempts": 1})
    made = _session().client(service, endpoint_url=endpoint, **{"config": retries, **options})

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        response = handle(_incoming(request))
        response_headers: Any = dict(response.headers)
        return AWSResponse(request.url, response.status, response_headers, _Body(response.body))

    made.meta.events.register("before-send", send)
    return made


def _incoming(request: AWSPreparedRequest) -> Request:
    url = urlsplit(request.url)
    headers = [("host", url.netloc)]
    headers += [(name.lower(), _text(value)) for name, value in request.headers.items() if name.lower() != "host"]
    return Request(
        request.method, url.path or "/", url.query, tuple(headers), _bytes(request.body), port=url.port or 80
    )


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class _Body(io.BytesIO):
    """What botocore reads a response from."""

    def stream(self, amount: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:  # noqa: ARG002, FBT001
        while chunk := self.read(amount):
            yield chunk
