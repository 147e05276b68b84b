"""S3 behind signature and policy: own prefixes, guests, presigned URLs, streams, and S3's own words for a refusal."""

import datetime
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud
from poolhouse.web import Response
from poolhouse.wire import chunks, sigv4
from poolhouse.wire.errors import IncompleteBody, InvalidSignatureException
from tests.poolhouse.cognito_identity.people import ACCOUNT, People, allow

OWN = "${cognito-identity.amazonaws.com:sub}"
V4 = Config(signature_version="s3v4", retries={"total_max_attempts": 1})


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    made = cloud.client("s3")
    made.create_bucket(Bucket="files")
    return made


def refusal(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def code_of(response: Response) -> tuple[int, str]:
    found = re.search(rb"<Code>(\w+)</Code>", response.body)
    return response.status, found[1].decode() if found else ""


class TestIdentities:
    @pytest.fixture
    def people(self, cloud: LocalCloud, s3: Any) -> People:
        made = People(cloud)
        own = {
            **allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
            "Resource": f"arn:aws:s3:::files/private/{OWN}/*",
        }
        listing = {
            **allow("s3:ListBucket"),
            "Resource": "arn:aws:s3:::files",
            "Condition": {"StringLike": {"s3:prefix": [f"private/{OWN}/*"]}},
        }
        public = {**allow("s3:GetObject"), "Resource": "arn:aws:s3:::files/public/*"}
        for role, statements in (("users", [own, listing, public]), ("guests", [public])):
            document = {"Version": "2012-10-17", "Statement": statements}
            made.iam.put_role_policy(RoleName=role, PolicyName="files", PolicyDocument=json.dumps(document))
        s3.put_object(Bucket="files", Key="public/a.txt", Body=b"for all")
        return made

    def test_ones_own_prefix_is_allowed_and_anothers_is_not(self, people: People) -> None:
        ids, clients = {}, {}
        for name in ("ann", "bob"):
            login = people.login(name)
            ids[name] = people.get_id(login)
            clients[name] = people.client("s3", people.credentials(ids[name], login))
        mine = f"private/{ids['ann']}/note.txt"

        clients["ann"].put_object(Bucket="files", Key=mine, Body=b"mine")
        assert clients["ann"].get_object(Bucket="files", Key=mine)["Body"].read() == b"mine"
        listed = clients["ann"].list_objects_v2(Bucket="files", Prefix=f"private/{ids['ann']}/")
        assert [one["Key"] for one in listed["Contents"]] == [mine]
        assert refusal(lambda: clients["bob"].get_object(Bucket="files", Key=mine)) == (
            403,
            "AccessDenied",
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/users/CognitoIdentityCredentials is not authorized to perform: "
            f's3:GetObject on resource: "arn:aws:s3:::files/{mine}" because no identity-based policy allows the '
            "s3:GetObject action",
        )
        for call in (
            lambda: clients["bob"].put_object(Bucket="files", Key=mine, Body=b"theirs"),
            lambda: clients["bob"].delete_object(Bucket="files", Key=mine),
            lambda: clients["bob"].list_objects_v2(Bucket="files", Prefix=f"private/{ids['ann']}/"),
            lambda: clients["bob"].list_objects_v2(Bucket="files"),
            lambda: clients["bob"].copy_object(
                Bucket="files", Key=f"private/{ids['bob']}/x", CopySource={"Bucket": "files", "Key": mine}
            ),
        ):
            assert refusal(call)[:2] == (403, "AccessDenied")
        told = clients["bob"].delete_objects(Bucket="files", Delete={"Objects": [{"Key": mine}]})
        assert [(one["Key"], one["Code"]) for one in told["Errors"]] == [(mine, "AccessDenied")]
        assert clients["ann"].get_object(Bucket="files", Key=mine)["Body"].read() == b"mine"

    def test_a_guest_reads_the_public_object_and_nothing_else(self, people: People) -> None:
        guest = people.client("s3", people.credentials(people.get_id()))

        assert guest.get_object(Bucket="files", Key="public/a.txt")["Body"].read() == b"for all"
        for call in (
            lambda: guest.put_object(Bucket="files", Key="public/b.txt", Body=b"x"),
            lambda: guest.get_object(Bucket="files", Key="private/x"),
            lambda: guest.list_objects_v2(Bucket="files"),
            guest.list_buckets,
        ):
            assert refusal(call)[:2] == (403, "AccessDenied")

    def test_who_may_not_list_is_not_told_what_is_missing(self, people: People) -> None:
        guest = people.client("s3", people.credentials(people.get_id()))

        assert refusal(lambda: guest.get_object(Bucket="files", Key="public/none"))[:2] == (403, "AccessDenied")
        with pytest.raises(ClientError) as raised:
            people.cloud.client("s3").get_object(Bucket="files", Key="public/none")
        assert raised.value.response["Error"]["Code"] == "NoSuchKey"


def test_a_list_goes_on_by_the_tokens_it_has_given_out_alone(s3: Any) -> None:
    for key in ("a", "b"):
        s3.put_object(Bucket="files", Key=key, Body=b"x")
    token = s3.list_objects_v2(Bucket="files", MaxKeys=1)["NextContinuationToken"]

    assert [one["Key"] for one in s3.list_objects_v2(Bucket="files", ContinuationToken=token)["Contents"]] == ["b"]
    for wrong in ("json", "", token[:-1]):
        asked = lambda wrong=wrong: s3.list_objects_v2(Bucket="files", ContinuationToken=wrong)  # noqa: E731
        assert refusal(asked) == (400, "InvalidArgument", "The continuation token provided is incorrect")
    assert [one["Key"] for one in s3.list_objects(Bucket="files", Marker="a")["Contents"]] == ["b"]


class TestBucketPolicies:
    def put(self, s3: Any, *statements: dict[str, Any]) -> None:
        s3.delete_public_access_block(Bucket="files")
        s3.put_bucket_policy(
            Bucket="files", Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        )

    def test_nobody_in_particular_gets_what_everybody_may(self, cloud: LocalCloud, s3: Any) -> None:
        s3.put_object(Bucket="files", Key="open/a b.txt", Body=b"for all")
        s3.put_object(Bucket="files", Key="shut/a.txt", Body=b"for some")
        everybody = {**allow("s3:GetObject"), "Principal": "*", "Resource": "arn:aws:s3:::files/open/*"}
        assert code_of(cloud.fetch("GET", "/files/open/a%20b.txt")) == (403, "AccessDenied")

        self.put(s3, everybody)
        found = cloud.fetch("GET", "/files/open/a%20b.txt")
        assert (found.status, found.body) == (200, b"for all")
        assert code_of(cloud.fetch("GET", "/files/shut/a.txt")) == (403, "AccessDenied")
        assert code_of(cloud.fetch("PUT", "/files/open/b.txt", body=b"x")) == (403, "AccessDenied")
        assert code_of(cloud.fetch("GET", "/files")) == (403, "AccessDenied")

    def test_what_a_bucket_denies_on_a_condition_it_denies_where_that_holds(self, s3: Any) -> None:
        everything = {**allow("s3:*"), "Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::files/*"}
        unencrypted = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
        self.put(
            s3,
            {**everything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {**everything, "Action": "s3:PutObject", "Condition": unencrypted},
        )

        s3.put_object(Bucket="files", Key="a", Body=b"x", ServerSideEncryption="AES256")
        assert s3.get_object(Bucket="files", Key="a")["Body"].read() == b"x"
        assert refusal(lambda: s3.put_object(Bucket="files", Key="b", Body=b"x"))[:2] == (403, "AccessDenied")
        s3.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "a"}]})
        assert s3.list_objects_v2(Bucket="files")["KeyCount"] == 0

    def test_what_a_bucket_denies_it_denies_the_root_user_too(self, s3: Any) -> None:
        s3.put_object(Bucket="files", Key="a", Body=b"x")
        self.put(
            s3, {**allow("s3:DeleteObject"), "Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::files/*"}
        )

        status, code, message = refusal(lambda: s3.delete_object(Bucket="files", Key="a"))
        assert (status, code) == (403, "AccessDenied")
        assert message.endswith("with an explicit deny in a resource-based policy")
        assert s3.get_object(Bucket="files", Key="a")["Body"].read() == b"x"


class TestPresigned:
    def url(self, cloud: LocalCloud, operation: str, seconds: int = 60, **params: str) -> str:
        iam = cloud.client("iam")
        if not iam.list_users()["Users"]:
            iam.create_user(UserName="ann")
            document = {"Version": "2012-10-17", "Statement": {**allow("s3:*"), "Resource": "arn:aws:s3:::files/*"}}
            iam.put_user_policy(UserName="ann", PolicyName="files", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        made = cloud.client("s3", **keys, config=V4).generate_presigned_url(
            operation, Params={"Bucket": "files", "Key": "a b.txt", **params}, ExpiresIn=seconds
        )
        return str(made).removeprefix("http://localhost:4566")

    def test_whoever_has_the_url_may_do_that_and_nothing_else(self, cloud: LocalCloud, s3: Any) -> None:
        assert cloud.fetch("PUT", self.url(cloud, "put_object"), body=b"by url").status == 200

        url = self.url(cloud, "get_object")
        assert cloud.fetch("GET", url).body == b"by url"
        assert code_of(cloud.fetch("DELETE", url)) == (403, "SignatureDoesNotMatch")
        assert code_of(cloud.fetch("GET", url.replace("a%20b", "other"))) == (403, "SignatureDoesNotMatch")
        assert code_of(cloud.fetch("GET", url.replace("Expires=60", "Expires=600"))) == (403, "SignatureDoesNotMatch")
        longer = url.replace("Expires=60", "Expires=604801")
        assert code_of(cloud.fetch("GET", longer)) == (400, "AuthorizationQueryParametersError")
        assert s3.get_object(Bucket="files", Key="a b.txt")["Body"].read() == b"by url"

    def test_one_of_temporary_keys_carries_their_token(self, cloud: LocalCloud, s3: Any) -> None:
        s3.put_object(Bucket="files", Key="a b.txt", Body=b"x")
        self.url(cloud, "get_object")
        key = cloud.client("iam").create_access_key(UserName="ann")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        made, other = (cloud.client("sts", **keys).get_session_token()["Credentials"] for _ in range(2))

        def url(token: str | None) -> str:
            keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
            client = cloud.client("s3", **keys, aws_session_token=token, config=V4)
            signed = client.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a b.txt"})
            return str(signed).removeprefix("http://localhost:4566")

        whole = url(made["SessionToken"])
        assert "X-Amz-Security-Token=" in whole
        assert cloud.fetch("GET", whole).body == b"x"
        assert cloud.fetch("GET", url(None)).status == 403
        for wrong in (other["SessionToken"], "x"):
            assert code_of(cloud.fetch("GET", url(wrong))) == (400, "InvalidToken")
        without = re.sub("&X-Amz-Security-Token=[^&]*", "", whole)
        assert cloud.fetch("GET", without).status == 403

    def test_it_is_good_for_as_long_as_it_says(self, cloud: LocalCloud, s3: Any) -> None:
        s3.put_object(Bucket="files", Key="a b.txt", Body=b"x")
        past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=120)
        with mock.patch("botocore.auth.get_current_datetime", return_value=past):
            short, long = (self.url(cloud, "get_object", seconds) for seconds in (60, 600))

        refused = cloud.fetch("GET", short)
        assert code_of(refused) == (403, "AccessDenied")
        assert b"Request has expired" in refused.body
        assert cloud.fetch("GET", long).status == 200

    def test_an_older_kind_of_signature_is_refused(self, cloud: LocalCloud, s3: Any) -> None:
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a"})
        assert "AWSAccessKeyId" in url

        refused = cloud.fetch("GET", url.removeprefix("http://localhost:4566"))
        assert code_of(refused) == (400, "InvalidRequest")
        assert b"Please use AWS4-HMAC-SHA256." in refused.body


def test_a_bucket_may_be_named_by_the_host(cloud: LocalCloud, s3: Any) -> None:
    by_host = cloud.client("s3", config=Config(s3={"addressing_style": "virtual"}))

    by_host.put_object(Bucket="files", Key="a/b.txt", Body=b"by host")
    assert s3.get_object(Bucket="files", Key="a/b.txt")["Body"].read() == b"by host"
    assert [one["Key"] for one in by_host.list_objects_v2(Bucket="files")["Contents"]] == ["a/b.txt"]


@pytest.mark.parametrize(
    "host",
    [
        "files.s3.us-east-1.amazonaws.com",
        "files.s3-us-east-1.amazonaws.com",
        "files.s3.dualstack.us-east-1.amazonaws.com",
        "files.s3.amazonaws.com",
        "files.s3.us-east-1.localhost:4566",
        "files.localhost:4566",
    ],
)
def test_the_hosts_of_aws_name_a_bucket_too(cloud: LocalCloud, s3: Any, host: str) -> None:
    s3.put_object(Bucket="files", Key="a.txt", Body=b"hello")
    request = AWSRequest("GET", f"http://{host}/a.txt", headers={"Host": host})
    S3SigV4Auth(Credentials("x", "y"), "s3", "us-east-1").add_auth(request)

    assert cloud.fetch("GET", "/a.txt", headers=dict(request.headers.items())).body == b"hello"


def test_what_is_only_asked_about_says_how_long_it_is(s3: Any) -> None:
    s3.put_object(Bucket="files", Key="a", Body=b"hello", ContentType="text/plain")

    told = s3.head_object(Bucket="files", Key="a")
    assert (told["ContentLength"], told["ContentType"]) == (5, "text/plain")


def test_a_forged_signature_is_refused_in_s3s_words(cloud: LocalCloud, s3: Any) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    forged = cloud.client("s3", aws_access_key_id=key, aws_secret_access_key="x" * 40)

    status, code, message = refusal(lambda: forged.get_object(Bucket="files", Key="a"))
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert message == (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )


class TestStreams:
    """Signed chunk by chunk: AWS's published example, and what is wrong with it."""

    KEY = b"AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    AT, DAY = "20130524T000000Z", "20130524"
    SIGNATURES = (
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    )
    SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    PLAIN = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

    def verify(self, body: bytes, seed: str = SEED) -> None:
        key = self.KEY
        for part in (self.DAY, "us-east-1", "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        given = sigv4.Authorization("AKIAIOSFODNN7EXAMPLE", self.DAY, "us-east-1", "s3", "aws4_request", (), seed)
        chunks.verify(body, given, key, self.AT, self.PLAIN)

    def body(self, *contents: bytes) -> bytes:
        pairs = zip(contents, self.SIGNATURES, strict=True)
        return b"".join(
            f"{len(content):x};chunk-signature={signature}\r\n".encode() + content + b"\r\n"
            for content, signature in pairs
        )

    def test_the_published_example_is_taken(self) -> None:
        self.verify(self.body(b"a" * 65536, b"a" * 1024, b""))

    @pytest.mark.parametrize(
        "contents", [(b"b" * 65536, b"a" * 1024, b""), (b"a" * 65536, b"a" * 1023 + b"b", b""), (b"a", b"a", b"")]
    )
    def test_another_content_is_not(self, contents: tuple[bytes, ...]) -> None:
        with pytest.raises(InvalidSignatureException):
            self.verify(self.body(*contents))

    def test_nor_chunks_of_another_request(self) -> None:
        with pytest.raises(InvalidSignatureException):
            self.verify(self.body(b"a" * 65536, b"a" * 1024, b""), "0" * 64)

    @pytest.mark.parametrize("cut", [1, 100, 66_000, -90, -1])
    def test_nor_one_that_does_not_end_as_it_should(self, cut: int) -> None:
        body = self.body(b"a" * 65536, b"a" * 1024, b"")
        end = cut if cut > 0 else len(body) + cut - 4

        with pytest.raises((IncompleteBody, InvalidSignatureException)):
            self.verify(body[:end])

    def test_a_stream_is_stored_without_its_signatures(self, cloud: LocalCloud, s3: Any) -> None:
        iam = cloud.client("iam")
        iam.create_user(UserName="ann")
        document = {"Version": "2012-10-17", "Statement": allow("s3:*")}
        iam.put_user_policy(UserName="ann", PolicyName="files", PolicyDocument=json.dumps(document))
        made = iam.create_access_key(UserName="ann")["AccessKey"]
        headers = {
            "x-amz-content-sha256": self.PLAIN,
            "x-amz-decoded-content-length": "11",
            "content-encoding": "aws-chunked",
        }
        request = AWSRequest("PUT", "http://localhost:4566/files/stream", headers=headers, data=b"")
        signer = S3SigV4Auth(Credentials(made["AccessKeyId"], made["SecretAccessKey"]), "s3", "us-east-1")
        request.context["payload_signing_enabled"] = True
        with mock.patch.object(S3SigV4Auth, "payload", return_value=self.PLAIN):
            signer.add_auth(request)
        sent = dict(request.headers.items())
        sent["X-Amz-Content-SHA256"] = self.PLAIN
        signature = sent["Authorization"].rpartition("Signature=")[2]
        at = sent["X-Amz-Date"]
        key = b"AWS4" + made["SecretAccessKey"].encode()
        for part in (at[:8], "us-east-1", "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        body = b""
        for content in (b"hello ", b"world", b""):
            hashes = [hashlib.sha256(one).hexdigest() for one in (b"", content)]
            text = ["AWS4-HMAC-SHA256-PAYLOAD", at, f"{at[:8]}/us-east-1/s3/aws4_request", signature, *hashes]
            signature = hmac.digest(key, "\n".join(text).encode(), "sha256").hex()
            body += f"{len(content):x};chunk-signature={signature}\r\n".encode() + content + b"\r\n"

        assert cloud.fetch("PUT", "/files/stream", headers=sent, body=body).status == 200
        assert s3.get_object(Bucket="files", Key="stream")["Body"].read() == b"hello world"
        forged = body.replace(b"world", b"wurld")
        assert code_of(cloud.fetch("PUT", "/files/stream", headers=sent, body=forged)) == (403, "SignatureDoesNotMatch")
        assert s3.get_object(Bucket="files", Key="stream")["Body"].read() == b"hello world"


class TestWhatIsDecidedOnIsWhatIsDone:
    """A request is read once, whatever way it is written."""

    @pytest.fixture
    def ann(self, cloud: LocalCloud) -> Callable[..., Any]:
        """An S3 client of somebody who may do this."""
        iam = cloud.client("iam")
        iam.create_user(UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        self.keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])

        def client(*statements: dict[str, Any]) -> Any:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=json.dumps(document))
            return cloud.client(
                "s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
            )

        return client

    def send(self, cloud: LocalCloud, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest(method, f"http://localhost:4566{path}", data=body, headers=named)
        payload = named.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
        with mock.patch.object(S3SigV4Auth, "payload", return_value=payload):
            S3SigV4Auth(self.keys, "s3", "us-east-1").add_auth(request)
        return cloud.fetch(method, path, headers=dict(request.headers.items()), body=body)

    @pytest.mark.parametrize(
        "key",
        ["a%2Fb", "a%252e", "a;b", "a#b", "a?b&c=d", "a//b", "/a", "../x", "./y", "dir/", "ü+ü x", "a\\b", "'\"<&>"],
    )
    def test_an_object_is_decided_on_by_the_name_it_gets(
        self, cloud: LocalCloud, s3: Any, ann: Callable[..., Any], key: str
    ) -> None:
        mine = ann(allow("s3:*"))

        mine.put_object(Bucket="files", Key=key, Body=b"x")
        decisions = json.loads(cloud.fetch("GET", "/_poolhouse/decisions").body)
        (listed,) = s3.list_objects_v2(Bucket="files")["Contents"]
        assert listed["Key"] == key
        assert decisions[0]["resource"] == f"arn:aws:s3:::files/{key}"
        assert mine.get_object(Bucket="files", Key=key)["Body"].read() == b"x"

    def test_two_things_asked_at_once_are_neither(self, cloud: LocalCloud, s3: Any, ann: Callable[..., Any]) -> None:
        s3.put_object(Bucket="files", Key="a", Body=b"x", Tagging="t=1")
        ann(allow("s3:GetObjectTagging", "s3:PutObjectTagging", "s3:GetBucketTagging"))

        assert self.send(cloud, "GET", "/files/a?tagging").status == 200
        for path in (
            "/files/a?tagging&acl",
            "/files/a?acl&tagging",
            "/files?policy&tagging",
            "//files/a",
            "/files//a/../a",
        ):
            assert self.send(cloud, "GET", path).status in (400, 403, 404)

    def test_each_object_of_many_is_decided_on(self, cloud: LocalCloud, s3: Any, ann: Callable[..., Any]) -> None:
        for key in ("mine/a", "theirs/a"):
            s3.put_object(Bucket="files", Key=key, Body=b"x")
        mine = ann({**allow("s3:DeleteObject"), "Resource": "arn:aws:s3:::files/mine/*"})

        told = mine.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "theirs/a"}]})
        assert "Deleted" not in told
        (error,) = told["Errors"]
        assert (error["Key"], error["Code"]) == ("theirs/a", "AccessDenied")
        assert "is not authorized to perform: s3:DeleteObject on resource" in error["Message"]
        absent = lambda: mine.delete_objects(Bucket="none", Delete={"Objects": [{"Key": "a"}]})  # noqa: E731
        assert refusal(absent)[1] == "NoSuchBucket"
        body = b"<Delete><Object><Key>theirs/a</Key></Object></Delete>"
        for path in ("/files?x=1&delete", "/files?%64elete"):
            assert b"<Deleted>" not in self.send(cloud, "POST", path, body).body
        chunk = b"%x;chunk-signature=%s\r\n%s\r\n0;chunk-signature=%s\r\n\r\n" % (len(body), b"0" * 64, body, b"0" * 64)
        streamed = {"x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x_amz_decoded_content_length": "53"}
        assert self.send(cloud, "POST", "/files?delete", chunk, **streamed).status in (400, 403)
        assert code_of(self.send(cloud, "POST", "/files?delete", b"<Delete>")) == (400, "MalformedXML")
        assert len(s3.list_objects_v2(Bucket="files")["Contents"]) == 2
        both = [{"Key": "theirs/a"}, {"Key": "mine/a"}]
        told = mine.delete_objects(Bucket="files", Delete={"Objects": both})
        assert ([one["Key"] for one in told["Deleted"]], [one["Key"] for one in told["Errors"]]) == (
            ["mine/a"],
            ["theirs/a"],
        )
        assert [one["Key"] for one in s3.list_objects_v2(Bucket="files")["Contents"]] == ["theirs/a"]

    @pytest.mark.parametrize("source", ["files/secret;x", "http://x/files/secret", "/files/secret#x", "files/%73ecret"])
    def test_a_copy_is_of_what_was_decided_on(
        self, cloud: LocalCloud, s3: Any, ann: Callable[..., Any], source: str
    ) -> None:
        s3.put_object(Bucket="files", Key="secret", Body=b"secret")
        denied = {**allow("s3:GetObject"), "Effect": "Deny", "Resource": "arn:aws:s3:::files/secret"}
        ann(allow("s3:*"), denied)

        self.send(cloud, "PUT", "/files/copy", x_amz_copy_source=source)
        assert [one["Key"] for one in s3.list_objects_v2(Bucket="files")["Contents"]] == ["secret"]

    def test_whoever_has_a_url_adds_no_header_to_it(self, cloud: LocalCloud, s3: Any, ann: Callable[..., Any]) -> None:
        s3.put_object(Bucket="files", Key="secret", Body=b"secret")
        ann(allow("s3:*"))
        keys = {"aws_access_key_id": self.keys.access_key, "aws_secret_access_key": self.keys.secret_key}
        url = cloud.client("s3", **keys, config=V4).generate_presigned_url(
            "put_object", Params={"Bucket": "files", "Key": "mine"}
        )
        path = url.removeprefix("http://localhost:4566")

        for header in ({"x-amz-copy-source": "files/secret"}, {"x-amz-acl": "public-read"}):
            refused = cloud.fetch("PUT", path, headers=header, body=b"x")
            assert code_of(refused) == (403, "AccessDenied")
            assert b"There were headers present in the request which were not signed" in refused.body
        assert [one["Key"] for one in s3.list_objects_v2(Bucket="files")["Contents"]] == ["secret"]


class TestBrowsers:
    APP, OTHER = "https://app.example.com", "https://evil.example.com"

    @pytest.fixture(autouse=True)
    def rules(self, s3: Any) -> None:
        rules = [
            {"AllowedMethods": ["PUT"], "AllowedOrigins": [self.APP], "AllowedHeaders": ["x-amz-*", "content-type"]},
            {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "ExposeHeaders": ["ETag"]},
        ]
        s3.put_bucket_cors(Bucket="files", CORSConfiguration={"CORSRules": rules})

    def ask(self, cloud: LocalCloud, origin: str, method: str, headers: str = "", bucket: str = "files") -> Response:
        sent = {"Origin": origin, "Access-Control-Request-Method": method}
        if headers:
            sent["Access-Control-Request-Headers"] = headers
        return cloud.fetch("OPTIONS", f"/{bucket}/a.txt", headers=sent)

    def test_a_page_may_do_what_the_first_rule_that_fits_lets_it(self, cloud: LocalCloud) -> None:
        allowed = dict(self.ask(cloud, self.APP, "PUT", "Content-Type, X-Amz-Date").headers)
        assert allowed["Access-Control-Allow-Origin"] == self.APP
        assert allowed["Access-Control-Allow-Headers"] == "content-type, x-amz-date"
        assert allowed["Access-Control-Allow-Methods"] == "PUT"
        for refused in (
            self.ask(cloud, self.OTHER, "PUT"),
            self.ask(cloud, self.APP, "DELETE"),
            self.ask(cloud, self.APP, "PUT", "authorization"),
            self.ask(cloud, "https://elsewhere.org", "GET"),
        ):
            assert code_of(refused) == (403, "AccessForbidden")
            assert not any(name.startswith("Access-Control") for name, _ in refused.headers)

    def test_answers_and_refusals_say_who_may_read_them(self, cloud: LocalCloud) -> None:
        for origin, told in ((self.APP, self.APP), ("https://elsewhere.org", None)):
            response = cloud.fetch("GET", "/files/none", headers={"Origin": origin})
            assert dict(response.headers).get("Access-Control-Allow-Origin") == told

    def test_a_bucket_without_rules_lets_no_page_in(self, cloud: LocalCloud, s3: Any) -> None:
        s3.delete_bucket_cors(Bucket="files")

        refused = self.ask(cloud, self.APP, "PUT")
        assert code_of(refused) == (403, "AccessForbidden")
        assert b"CORS is not enabled for this bucket." in refused.body
