"""AWS's published vectors for Signature Version 4: each good one is taken, and refused when anything in it is another.

The suite is the one of AWS's own SDKs, its paths as they are before they are encoded; S3's are those of
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and sigv4-query-string-auth.html.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from poolhouse.errors import ApiError
from poolhouse.store import Store
from poolhouse.web import Header, Request
from poolhouse.wire.entities import SEAL_PURPOSE, AccessKey
from poolhouse.wire.sigv4 import Verifier

HOST, DATE = ("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")
FORM = ("content-type", "application/x-www-form-urlencoded")
SUITE_KEY = ("AKIAIDEXAMPLE0000000", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
S3_KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7"
    "mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+"
    "xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
# By name: method, path, query, headers beside host and date, body, signature.
SUITE: dict[str, tuple[str, str, str, tuple[Header, ...], bytes, str]] = {
    "get-vanilla": ("GET", "/", "", (), b"", VANILLA),
    "get-slash": ("GET", "//", "", (), b"", VANILLA),
    "get-slash-dot-slash": ("GET", "/./", "", (), b"", VANILLA),
    "get-relative": ("GET", "/example/..", "", (), b"", VANILLA),
    "get-relative-relative": ("GET", "/example1/example2/../..", "", (), b"", VANILLA),
    "get-unreserved": (
        "GET",
        f"/{UNRESERVED}",
        "",
        (),
        b"",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    "get-utf8": (
        "GET",
        "/\u1234",
        "",
        (),
        b"",
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    "get-space": (
        "GET",
        "/example space/",
        "",
        (),
        b"",
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    ),
    "get-vanilla-query-order-key-case": (
        "GET",
        "/",
        "Param2=value2&Param1=value1",
        (),
        b"",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "get-vanilla-query-unreserved": (
        "GET",
        "/",
        f"{UNRESERVED}={UNRESERVED}",
        (),
        b"",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    "get-vanilla-utf8-query": (
        "GET",
        "/",
        "%E1%88%B4=bar",
        (),
        b"",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    "get-header-key-duplicate": (
        "GET",
        "/",
        "",
        (("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")),
        b"",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    "get-header-value-order": (
        "GET",
        "/",
        "",
        (("my-header1", "value4"), ("my-header1", "value1"), ("my-header1", "value3"), ("my-header1", "value2")),
        b"",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    "get-header-value-trim": (
        "GET",
        "/",
        "",
        (("my-header1", " value1"), ("my-header2", ' "a   b   c"')),
        b"",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    "post-vanilla": ("POST", "/", "", (), b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    "post-header-key-sort": (
        "POST",
        "/",
        "",
        (("my-header1", "value1"),),
        b"",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-header-value-case": (
        "POST",
        "/",
        "",
        (("my-header1", "VALUE1"),),
        b"",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    "post-sts-header-before": (
        "POST",
        "/",
        "",
        (("x-amz-security-token", TOKEN),),
        b"",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
    "post-x-www-form-urlencoded": (
        "POST",
        "/",
        "",
        (FORM,),
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    "post-x-www-form-urlencoded-parameters": (
        "POST",
        "/",
        "",
        (("content-type", "application/x-www-form-urlencoded; charset=utf8"),),
        b"Param1=value1",
        "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
    ),
}
Verify = Callable[..., Any]


@pytest.fixture
def verify() -> Iterator[Verify]:
    """Who signed, at the time the vectors are of, with their keys."""
    store = Store(None)

    def ask(request: Request, service: str, at: str, *, as_s3: bool = False, token: str = "") -> Any:
        with store.write() as tx:
            for key_id, secret in (SUITE_KEY, S3_KEY):
                sealed = store.sealer.seal(secret.encode(), SEAL_PURPOSE)
                digest = store.sealer.digest(token) if token else None
                tx.access_keys.put(AccessKey(key_id, sealed, "user", "arn", "1", session_token_digest=digest))
        now = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return Verifier(store, clock=lambda: now, account_id="1").verify(request, service=service, as_s3=as_s3)

    yield ask
    store.close()


def suite_request(name: str) -> Request:
    method, path, query, more, body, signature = SUITE[name]
    headers = (HOST, DATE, *more)
    signed = ";".join(sorted({key for key, _ in headers}))
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={SUITE_KEY[0]}/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={signed}, Signature={signature}"
    )
    return Request(method, path, query, (*headers, ("authorization", authorization)), body)


@pytest.mark.parametrize("name", SUITE)
def test_the_suites_good_ones_are_taken(verify: Verify, name: str) -> None:
    token = TOKEN if "sts" in name else ""

    assert verify(suite_request(name), "service", "20150830T123600Z", token=token).kind == "user"


CHANGES: dict[str, Callable[[Request], Request]] = {
    "method": lambda request: dataclasses.replace(request, method="DELETE"),
    "path": lambda request: dataclasses.replace(request, path=f"{request.path}x"),
    "query": lambda request: dataclasses.replace(request, query=f"{request.query}&x=1"),
    "body": lambda request: dataclasses.replace(request, body=request.body + b"x"),
    "host": lambda request: dataclasses.replace(request, headers=(("host", "evil.example.com"), *request.headers[1:])),
    "header": lambda request: dataclasses.replace(
        request, headers=(request.headers[0], ("x-amz-date", "20150830T123601Z"), *request.headers[2:])
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", SUITE)
def test_with_anything_else_in_them_they_are_not(verify: Verify, name: str, change: str) -> None:
    token = TOKEN if "sts" in name else ""

    with pytest.raises(ApiError):
        verify(CHANGES[change](suite_request(name)), "service", "20150830T123600Z", token=token)


S3_DATE, S3_HOST = ("x-amz-date", "20130524T000000Z"), ("host", "examplebucket.s3.amazonaws.com")
EMPTY = hashlib.sha256(b"").hexdigest()
WELCOME = b"Welcome to Amazon S3."
# By name: method, path, query, headers, body, signature.
S3: dict[str, tuple[str, str, str, tuple[Header, ...], bytes, str]] = {
    "GET Object": (
        "GET",
        "/test.txt",
        "",
        (S3_HOST, ("range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY), S3_DATE),
        b"",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "PUT Object": (
        "PUT",
        "/test%24file.text",
        "",
        (
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            S3_HOST,
            ("x-amz-content-sha256", hashlib.sha256(WELCOME).hexdigest()),
            S3_DATE,
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ),
        WELCOME,
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "GET Bucket Lifecycle": (
        "GET",
        "/",
        "lifecycle",
        (S3_HOST, ("x-amz-content-sha256", EMPTY), S3_DATE),
        b"",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "GET Bucket (List Objects)": (
        "GET",
        "/",
        "max-keys=2&prefix=J",
        (S3_HOST, ("x-amz-content-sha256", EMPTY), S3_DATE),
        b"",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}


@pytest.mark.parametrize("name", S3)
def test_s3s_are_taken_and_not_with_another_path(verify: Verify, name: str) -> None:
    method, path, query, headers, body, signature = S3[name]
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={S3_KEY[0]}/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={';'.join(key for key, _ in headers)},Signature={signature}"
    )
    request = Request(method, path, query, (*headers, ("authorization", authorization)), body)

    assert verify(request, "s3", "20130524T000000Z", as_s3=True).kind == "user"
    with pytest.raises(ApiError):
        verify(dataclasses.replace(request, path=f"{path}x"), "s3", "20130524T000000Z", as_s3=True)


def test_s3s_presigned_one_is_taken_while_it_lasts(verify: Verify) -> None:
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={S3_KEY[0]}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = Request("GET", "/test.txt", query, (S3_HOST,))

    for at in ("20130524T000000Z", "20130525T000000Z"):
        assert verify(request, "s3", at, as_s3=True).kind == "user"
    for at in ("20130525T000001Z", "20130523T235000Z"):
        with pytest.raises(ApiError):
            verify(request, "s3", at, as_s3=True)
