"""Bytes from anybody, over a socket: each gets AWS's kind of refusal, nothing of ours, and the next one is served."""

import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import pytest

from demo.stage import Stage
from poolhouse import testing
from poolhouse.wire import buckets

TARGET = "AWSCognitoIdentityProviderService"
SIGN_UP = f"X-Amz-Target: {TARGET}.SignUp"
JSON = "Content-Type: application/x-amz-json-1.1"
SERIALIZATION = (400, b"SerializationException")
INVALID = (400, b"InvalidParameterException")
NO_TOKEN = (403, b"Missing Authentication Token")
NOT_HTTP = (400, b"Invalid HTTP request received.")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with testing.cloud(listen=True) as cloud:
        yield cloud.inner.config.port


def exchange(port: int, data: bytes) -> tuple[int, bytes, bytes]:
    """Send these bytes; status, head and body of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(data)
        received = b""
        while not _is_whole(received):
            chunk = client.recv(65_536)
            if not chunk:
                break
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head[9:12]), head, body


def _is_whole(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(found) and len(body) >= (int(length[1]) if length else 0)


def message(first: str, *headers: str, body: bytes = b"", host: str = "localhost:4566") -> bytes:
    lines = [first, f"Host: {host}", *headers]
    if not any(header.startswith("Content-Length") for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def sign_up(body: bytes) -> bytes:
    return message("POST / HTTP/1.1", SIGN_UP, JSON, body=body)


def named(username: str) -> bytes:
    return sign_up(b'{"ClientId":"abc","Password":"xxxxxxxx","Username":"%s"}' % username.encode())


CASES = {
    "junk": (sign_up(b"{"), SERIALIZATION),
    "nothing": (sign_up(b""), SERIALIZATION),
    "an array": (sign_up(b"[]"), SERIALIZATION),
    "a text": (sign_up(b'"x"'), SERIALIZATION),
    "null": (sign_up(b"null"), SERIALIZATION),
    "a hundred thousand brackets": (sign_up(b"[" * 100_000), SERIALIZATION),
    "deep objects": (sign_up(b'{"a":' * 50_000 + b"1" + b"}" * 50_000), SERIALIZATION),
    "not a number": (sign_up(b'{"ClientId": NaN}'), SERIALIZATION),
    "an endless number": (sign_up(b'{"ClientId": 1e999999}'), SERIALIZATION),
    "broken UTF-8": (sign_up(b'{"ClientId":"\xff\xfe"}'), SERIALIZATION),
    "half a surrogate": (named("\\ud800"), SERIALIZATION),
    "wrong types": (sign_up(b'{"ClientId":1,"Username":[]}'), SERIALIZATION),
    "members missing": (sign_up(b"{}"), INVALID),
    "a NUL in a name": (named("a\\u0000b"), INVALID),
    "a name as long as a book": (named("x" * 100_000), INVALID),
    "a name in SQL": (named("'; DROP TABLE users; --"), INVALID),
    "an operation nobody has": (
        message("POST / HTTP/1.1", f"X-Amz-Target: {TARGET}.Nope", JSON, body=b"{}"),
        (400, b"UnknownOperationException"),
    ),
    "no target": (message("POST / HTTP/1.1", JSON, body=b"{}"), NO_TOKEN),
    "an unsigned request that must be signed": (
        message("POST / HTTP/1.1", f"X-Amz-Target: {TARGET}.ListUserPools", JSON, body=b'{"MaxResults":1}'),
        (400, b"MissingAuthenticationTokenException"),
    ),
    "half a signature": (
        message(
            "POST / HTTP/1.1",
            f"X-Amz-Target: {TARGET}.ListUserPools",
            JSON,
            "Authorization: AWS4-HMAC-SHA256 junk",
            body=b'{"MaxResults":1}',
        ),
        (400, b"IncompleteSignatureException"),
    ),
    "a body that is announced too long": (
        message("POST / HTTP/1.1", "Content-Length: 99999999999"),
        (413, b"RequestEntityTooLargeException"),
    ),
    "a body that becomes too long": (
        message("POST / HTTP/1.1", "Transfer-Encoding: chunked").replace(b"Content-Length: 0\r\n", b"")
        + b"b00000\r\n"
        + b"x" * 0xB00000
        + b"\r\n0\r\n\r\n",
        (413, b"RequestEntityTooLargeException"),
    ),
    "a negative length": (message("POST / HTTP/1.1", "Content-Length: -5"), NOT_HTTP),
    "a length in words": (message("POST / HTTP/1.1", "Content-Length: five"), NOT_HTTP),
    "two lengths": (
        message("POST / HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        NOT_HTTP,
    ),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", NOT_HTTP),
    "headers without end": (message("GET / HTTP/1.1", *(f"X-{n}: {'a' * 1000}" for n in range(200))), NOT_HTTP),
    "a way out of the folder": (message("GET /../../etc/passwd HTTP/1.1"), NO_TOKEN),
    "percent signs": (message("GET /%ff%00%zz HTTP/1.1"), NO_TOKEN),
    "a form of junk": (
        message(
            "POST /oauth2/token HTTP/1.1",
            "Content-Type: application/x-www-form-urlencoded",
            "Authorization: Basic !!!",
            body=b"%ff=%00&&",
        ),
        (400, b"invalid_request"),
    ),
    "a name that was made to point here": (
        message("GET /_poolhouse/outbox HTTP/1.1", host="evil.example.com"),
        (403, b"localhost only"),
    ),
    "another site's page": (
        message("POST /_poolhouse/reset HTTP/1.1", "Origin: https://evil.example"),
        (403, b"other sites"),
    ),
    "a clock past the calendar": (
        message("POST /_poolhouse/clock HTTP/1.1", body=b'{"advance_seconds": 1e99}'),
        (400, b"9999"),
    ),
}


@pytest.mark.parametrize(("sent", "expected"), CASES.values(), ids=CASES)
def test_what_is_wrong_is_refused_and_the_next_is_served(port: int, sent: bytes, expected: tuple[int, bytes]) -> None:
    status, head, body = exchange(port, sent)
    after = exchange(port, message("GET /_poolhouse/health HTTP/1.1"))

    assert (status, expected[1] in body) == (expected[0], True)
    assert b"Traceback" not in head + body
    assert after[0] == 200


def test_a_client_that_never_ends_its_request_holds_up_nobody(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345")

        assert exchange(port, message("GET /_poolhouse/health HTTP/1.1"))[0] == 200


def test_a_bucket_takes_more_in_one_piece_than_others_and_says_where_that_ends(port: int) -> None:
    """Ten megabytes are the gateway's limit; SDKs put more than that into buckets without a thought."""
    keys = boto3.Session(aws_access_key_id="any", aws_secret_access_key="key", region_name="us-east-1")
    s3 = keys.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    s3.create_bucket(Bucket="large")
    content = b"0123456789abcdef" * (12 * 65_536)

    s3.put_object(Bucket="large", Key="a", Body=content)

    assert s3.get_object(Bucket="large", Key="a")["Body"].read() == content
    too_long = f"Content-Length: {buckets.LONGEST_BODY + 1}"
    status, _, body = exchange(port, message("PUT /large/b HTTP/1.1", too_long))
    assert status == 400
    assert b"<Code>EntityTooLarge</Code>" in body
    status, _, body = exchange(port, message("POST / HTTP/1.1", SIGN_UP, JSON, "Content-Length: 10485761"))
    assert (status, b"RequestEntityTooLargeException" in body) == (413, True)


def test_two_requests_in_one_breath_are_answered_in_their_order(port: int) -> None:
    one = message("GET /_poolhouse/nope HTTP/1.1")
    other = message("GET /_poolhouse/health HTTP/1.1", "Connection: close")

    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(one + other)
        received = b"".join(iter(lambda: client.recv(65_536), b""))

    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"404", b"200"]


def test_the_gateway_answers_a_body_that_is_too_long_in_its_own_words(stage: Stage) -> None:
    api_port = urlsplit(stage.api).port
    assert api_port is not None

    announced = message("POST /transactions HTTP/1.1", "Content-Length: 10485761")
    status, head, body = exchange(api_port, announced)

    assert (status, body) == (413, b'{"message":"Request Too Long"}')
    assert b"x-amz-apigw-id" in head
    assert b"connection: close" in head.lower()
