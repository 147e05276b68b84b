"""Our signatures beside botocore's, of the same requests."""

import string
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from shared import sigv4
from shared.config import Keys

NOW = datetime(2026, 11, 21, 17, 6, 27, tzinfo=UTC)
TEXT = st.text(string.ascii_letters + string.digits + "+/=", min_size=1)
KEYS = st.builds(Keys, TEXT, TEXT, TEXT | st.just(""))


def credentials(keys: Keys) -> Credentials:
    return Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)


@given(keys=KEYS, body=st.binary(), path=st.sampled_from(["/", "/below"]))
def test_requests_are_signed_as_botocore_signs_them(keys: Keys, body: bytes, path: str) -> None:
    sent = {"host": "dynamodb.eu-central-1.amazonaws.com", "content-type": "application/x-amz-json-1.0"}
    sent["x-amz-target"] = "DynamoDB_20120810.PutItem"
    request = AWSRequest("POST", f"https://{sent['host']}{path}", headers=sent, data=body)
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        auth.SigV4Auth(credentials(keys), "dynamodb", "eu-central-1").add_auth(request)

    ours = sigv4.headers(keys, service="dynamodb", region="eu-central-1", path=path, sent=sent, body=body, now=NOW)

    assert ours == {name.lower(): value for name, value in request.headers.items()}


@given(keys=KEYS, name=st.text(string.ascii_letters + " +/()'~%", min_size=1))
def test_addresses_are_signed_as_botocore_signs_them(keys: Keys, name: str) -> None:
    origin = "https://media.s3.eu-central-1.amazonaws.com"

    ours = sigv4.presigned(
        keys, origin=origin, path=f"/{name}", service="s3", region="eu-central-1", ttl=timedelta(minutes=5), now=NOW
    )

    request = AWSRequest("GET", ours.partition("?")[0])
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        auth.S3SigV4QueryAuth(credentials(keys), "s3", "eu-central-1", expires=300).add_auth(request)
    theirs = str(request.url)
    assert sorted(ours.partition("?")[2].split("&")) == sorted(theirs.partition("?")[2].split("&"))
