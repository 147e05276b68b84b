"""Signatures: those of keys that were issued here are verified, each part of them."""

import datetime
import hashlib
import json
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.web import Request
from poolhouse.wire import sigv4

TARGET = "AWSCognitoIdentityProviderService.ListUserPools"
BODY = b'{"MaxResults": 1}'
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
Headers = dict[str, str]


@pytest.fixture
def key(cloud: Any) -> Credentials:
    """A key of an IAM user of this cloud who may do this."""
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    allow = {"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    iam.put_user_policy(UserName="ann", PolicyName="pools", PolicyDocument=document)
    made = iam.create_access_key(UserName="ann")["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def signed(credentials: Credentials, *, service: str = "cognito-idp", at: datetime.datetime | None = None) -> Headers:
    """The headers of a request, signed by botocore."""
    headers = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", "http://localhost:4566/", data=BODY, headers=headers)
    at = at or datetime.datetime.now(datetime.UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=at):
        SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def ask(cloud: Any, headers: Headers, body: bytes = BODY) -> tuple[int, str, str]:
    response = cloud.fetch("POST", "/", headers=headers, body=body)
    answer = json.loads(response.body)
    return response.status, answer.get("__type", ""), answer.get("message", "")


def test_what_an_issued_key_signs_is_served(cloud: Any, key: Credentials) -> None:
    assert ask(cloud, signed(key)) == (200, "", "")


def test_another_secret_is_refused(cloud: Any, key: Credentials) -> None:
    forged = Credentials(key.access_key, "x" * 40)

    assert ask(cloud, signed(forged)) == (400, "InvalidSignatureException", MISMATCH)


def test_another_body_is_refused(cloud: Any, key: Credentials) -> None:
    assert ask(cloud, signed(key), b'{"MaxResults": 2}') == (400, "InvalidSignatureException", MISMATCH)


def test_another_operation_under_the_same_signature_is_refused(cloud: Any, key: Credentials) -> None:
    headers = signed(key) | {"X-Amz-Target": "AWSCognitoIdentityProviderService.DeleteUserPool"}

    assert ask(cloud, headers) == (400, "InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize("digit", [0, 31, 63])
def test_each_digit_of_the_signature_counts(cloud: Any, key: Credentials, digit: int) -> None:
    headers = signed(key)
    at = len(headers["Authorization"]) - 64 + digit
    other = "1" if headers["Authorization"][at] == "0" else "0"
    headers["Authorization"] = headers["Authorization"][:at] + other + headers["Authorization"][at + 1 :]

    assert ask(cloud, headers) == (400, "InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_good_for_five_minutes_either_way(cloud: Any, key: Credentials, minutes: int) -> None:
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    status, code, message = ask(cloud, signed(key, at=at))

    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith("Signature expired: " if minutes < 0 else "Signature not yet current: ")


def test_a_signature_for_another_service_is_refused(cloud: Any, key: Credentials) -> None:
    expected = "Credential should be scoped to correct service: 'cognito-idp'. "

    assert ask(cloud, signed(key, service="sts")) == (400, "InvalidSignatureException", expected)


@pytest.mark.parametrize("header", ["host", "x-amz-date", "x-amz-target"])
def test_what_says_where_when_and_what_must_be_signed(cloud: Any, key: Credentials, header: str) -> None:
    headers = signed(key)
    headers["Authorization"] = headers["Authorization"].replace(f"{header};", "").replace(f";{header}", "")

    status, code, message = ask(cloud, headers)

    assert (status, code) == (400, "InvalidSignatureException")
    assert "must be a 'SignedHeader' in the AWS Authorization." in message


def test_a_session_token_that_was_not_issued_with_the_key_is_refused(cloud: Any, key: Credentials) -> None:
    with_token = Credentials(key.access_key, key.secret_key, "a-token")

    assert ask(cloud, signed(with_token))[1] == "UnrecognizedClientException"


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_key_that_was_taken_away_signs_nothing_any_more(cloud: Any, key: Credentials, *, is_deleted: bool) -> None:
    own = {"UserName": "ann", "AccessKeyId": key.access_key}
    if is_deleted:
        cloud.client("iam").delete_access_key(**own)
    else:
        cloud.client("iam").update_access_key(**own, Status="Inactive")

    expected = (400, "UnrecognizedClientException", "The security token included in the request is invalid.")
    assert ask(cloud, signed(key)) == expected


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "http://localhost.evil.example"])
def test_a_page_of_another_site_cannot_use_a_made_up_key(cloud: Any, origin: str) -> None:
    headers = signed(Credentials("anything", "anything")) | {"Origin": origin}

    assert ask(cloud, headers)[:2] == (400, "UnrecognizedClientException")


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1", "http://app.localhost", "http://[::1]:80"]
)
def test_a_page_of_this_machine_can(cloud: Any, origin: str) -> None:
    headers = signed(Credentials("anything", "anything")) | {"Origin": origin}

    assert ask(cloud, headers)[0] == 200


MALFORMED = [
    ("", "MissingAuthenticationTokenException", "Missing Authentication Token"),
    (
        "Bearer abc",
        "IncompleteSignatureException",
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with "
        "Base64): '",
    ),
    (
        "AWS4-HMAC-SHA256 Credential=a/b",
        "IncompleteSignatureException",
        "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
    ),
    (
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
        "IncompleteSignatureException",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ),
]


@pytest.mark.parametrize(("authorization", "code", "message"), MALFORMED)
def test_half_a_signature_is_told_what_it_lacks(cloud: Any, authorization: str, code: str, message: str) -> None:
    headers = {"X-Amz-Target": TARGET} | ({"Authorization": authorization} if authorization else {})

    status, found, said = ask(cloud, headers)

    assert (status, found) == (400, code)
    assert said.startswith(message)


def test_the_canonical_request_is_the_one_of_awss_published_example() -> None:
    """GET iam ListUsers, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    request = Request(
        "GET",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        (
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("host", "iam.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
        ),
    )

    payload = sigv4.payload_hash(request, as_s3=False)
    canonical = sigv4.canonical_request(request, ("content-type", "host", "x-amz-date"), payload)

    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    assert hashed == "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"


SEGMENT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F), max_size=6)


@given(
    path=st.lists(SEGMENT.filter(lambda s: s not in (".", "..") and "/" not in s and s), max_size=3),
    query=st.lists(st.tuples(SEGMENT.filter(bool), SEGMENT), max_size=4, unique_by=lambda pair: pair[0]),
    value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20),
)
def test_any_request_is_canonical_as_botocore_has_it(path: list[str], query: list[tuple[str, str]], value: str) -> None:
    raw_path = "/" + "/".join(quote(segment, safe="") for segment in path)
    raw_query = urlencode(query, quote_via=quote)
    sent = AWSRequest(
        "GET", f"http://localhost{raw_path}?{raw_query}", headers={"X-Amz-Meta": value, "Host": "localhost"}
    )
    signer: Any = SigV4Auth(Credentials("a", "b"), "execute-api", "us-east-1")
    expected = signer.canonical_request(sent)

    request = Request("GET", raw_path, raw_query, (("host", "localhost"), ("x-amz-meta", value)))
    payload = sigv4.payload_hash(request, as_s3=False)

    assert sigv4.canonical_request(request, ("host", "x-amz-meta"), payload) == expected


def test_a_strict_cloud_knows_only_keys_that_it_gave_out() -> None:
    with testing.cloud(config=Config(reraise=True, strict=True)) as cloud:
        with pytest.raises(ClientError) as raised:
            cloud.client("cognito-idp").list_user_pools(MaxResults=1)
        error = raised.value.response["Error"]
        assert (error["Code"], error["Message"]) == (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )

        cloud.inner.operate("iam", "CreateUser", {"UserName": "ann"})
        made = cloud.inner.operate("iam", "CreateAccessKey", {"UserName": "ann"})["AccessKey"]
        keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
        assert cloud.client("sts", **keys).get_caller_identity()["Arn"].endswith(":user/ann")
