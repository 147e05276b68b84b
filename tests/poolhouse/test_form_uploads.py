"""Files uploaded by browsers' forms: boto3 signs the policy, and the form is held to it in S3's words."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from botocore.auth import S3SigV4PostAuth
from botocore.config import Config
from botocore.credentials import Credentials

from poolhouse import testing
from poolhouse.testing import LocalCloud
from poolhouse.web import Request, Response
from tests.poolhouse.cognito_identity.people import People, allow

OWN = "${cognito-identity.amazonaws.com:sub}"
Conditions = list[Any]
Parts = list[tuple[str, bytes | str]]


class Browser:
    """Somebody who may put objects under mine/, and forms in their name."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.root = cloud.client("s3")
        self.root.create_bucket(Bucket="files")
        self.iam = cloud.client("iam")
        self.iam.create_user(UserName="ann")
        key = self.iam.create_access_key(UserName="ann")["AccessKey"]
        self.keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def start_anew(self) -> None:
        for key in self.kept:
            self.root.delete_object(Bucket="files", Key=key)
        self.root.delete_bucket_policy(Bucket="files")
        self.allow({**allow("s3:PutObject"), "Resource": "arn:aws:s3:::files/mine/*"})

    def allow(self, statement: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        self.iam.put_user_policy(UserName="ann", PolicyName="files", PolicyDocument=document)

    def form(
        self,
        key: str = "mine/a.txt",
        conditions: Conditions | None = None,
        fields: Mapping[str, str] | None = None,
        seconds: int = 60,
        **keys: str,
    ) -> dict[str, str]:
        """The fields of a form that boto3 has signed."""
        s3 = self.cloud.client("s3", **(keys or self.keys), config=Config(signature_version="s3v4"))
        made = s3.generate_presigned_post(
            "files", key, Fields=dict(fields or {}), Conditions=conditions or [], ExpiresIn=seconds
        )
        assert made["url"].endswith("/files")
        told: dict[str, str] = made["fields"]
        return told

    def signed(self, policy: object, **fields: str) -> dict[str, str]:
        """A form whose policy is whatever it is, well signed."""
        form = self.form()
        text = policy if isinstance(policy, str) else base64.b64encode(json.dumps(policy).encode()).decode()
        signer = S3SigV4PostAuth(Credentials(*self.keys.values()), "s3", "us-east-1")
        request = mock.Mock(context={"timestamp": form["x-amz-date"]})
        return {**form, **fields, "policy": text, "x-amz-signature": signer.signature(text, request)}

    def post(
        self, form: Mapping[str, str], content: bytes = b"hello", filename: str | None = "a.txt", **more: str
    ) -> Response:
        name = "" if filename is None else f'; filename="{filename}"'
        parts: Parts = [(f'form-data; name="{field}"', value) for field, value in form.items()]
        return self.send([*parts, (f'form-data; name="file"{name}', content)], **more)

    def send(self, parts: Parts, path: str = "/files", **headers: str) -> Response:
        body = b""
        for disposition, value in parts:
            raw = value if isinstance(value, bytes) else value.encode()
            body += b"--BoUnDaRy\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + raw + b"\r\n"
        sent = {"content-type": "multipart/form-data; boundary=BoUnDaRy", "host": "localhost:4566", **headers}
        request = Request("POST", path, headers=tuple(sent.items()), body=body + b"--BoUnDaRy--\r\n")
        return self.cloud.inner.handle(request)

    def get(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.root.get_object(Bucket="files", Key=key)
        return found

    @property
    def kept(self) -> list[str]:
        return [one["Key"] for one in self.root.list_objects_v2(Bucket="files").get("Contents", [])]


@pytest.fixture(scope="module")
def made() -> Iterator[Browser]:
    with testing.cloud() as cloud:
        yield Browser(cloud)


@pytest.fixture
def browser(made: Browser) -> Browser:
    """The one of the module, with its bucket and its user as they were at first."""
    made.start_anew()
    return made


def error(response: Response) -> tuple[int, str, str]:
    def element(name: str) -> str:
        found = re.search(rf"<{name}>(.*?)</{name}>".encode(), response.body, re.DOTALL)
        return found[1].decode().replace("&quot;", '"') if found else ""

    return response.status, element("Code"), element("Message")


def test_a_form_puts_the_object_it_was_made_for(browser: Browser) -> None:
    limits: Conditions = [
        ["content-length-range", 1, 10],
        {"Content-Type": "text/plain"},
        ["starts-with", "$x-amz-meta-of", ""],
    ]
    form = browser.form(conditions=limits, fields={"Content-Type": "text/plain", "x-amz-meta-of": "ann"})

    done = browser.post(form)
    assert (done.status, done.body) == (204, b"")
    told = dict(done.headers)
    assert told["Location"] == "http://localhost:4566/files/mine%2Fa.txt"
    found = browser.get("mine/a.txt")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (b"hello", "text/plain", {"of": "ann"})
    assert told["ETag"] == found["ETag"]


@pytest.mark.parametrize("content", [b"", b"\r\n--BoUnDar", b"--", b"\r\n", b"\x00\xff\r\n\r\n--x", b"x" * 70_000])
def test_any_bytes_arrive_as_they_are(browser: Browser, content: bytes) -> None:
    assert browser.post(browser.form(), content).status == 204

    found = browser.get("mine/a.txt")
    assert (found["Body"].read(), found["ContentType"]) == (content, "binary/octet-stream")


@pytest.mark.parametrize("size", [4, 11])
def test_a_file_of_another_size_is_refused(browser: Browser, size: int) -> None:
    refused = browser.post(browser.form(conditions=[["content-length-range", 5, 10]]), b"x" * size)

    code = "EntityTooSmall" if size < 5 else "EntityTooLarge"
    assert error(refused)[:2] == (400, code)
    bound = "<MinSizeAllowed>5<" if size < 5 else "<MaxSizeAllowed>10<"
    assert f"<ProposedSize>{size}</ProposedSize>{bound}".encode() in refused.body
    assert browser.kept == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": "mine/b.txt"}, '["eq", "$key", "mine/a.txt"]'),
        ({"Content-Type": "text/html"}, '["eq", "$Content-Type", "image/png"]'),
        ({"Content-Type": ""}, '["eq", "$Content-Type", "image/png"]'),
        ({"x-amz-meta-of": "bob"}, '["starts-with", "$x-amz-meta-of", "an"]'),
    ],
)
def test_a_field_that_says_otherwise_is_refused(browser: Browser, changed: dict[str, str], said: str) -> None:
    fields = {"Content-Type": "image/png", "x-amz-meta-of": "ann"}
    form = browser.form(
        conditions=[{"Content-Type": "image/png"}, ["starts-with", "$x-amz-meta-of", "an"]], fields=fields
    )

    refused = error(browser.post({**form, **changed}))
    assert refused == (403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {said}")
    assert browser.kept == []


def test_a_field_that_was_not_sent_meets_no_condition(browser: Browser) -> None:
    form = browser.form(conditions=[["starts-with", "$Content-Type", ""]])

    assert error(browser.post(form))[2].endswith('["starts-with", "$Content-Type", ""]')
    assert browser.post({**form, "content-TYPE": "image/png"}).status == 204


@pytest.mark.parametrize(
    "field", ["acl", "x-amz-meta-more", "tagging", "success_action_redirect", "Content-Type", "bucketeer"]
)
def test_a_field_of_which_the_policy_says_nothing_is_refused(browser: Browser, field: str) -> None:
    refused = error(browser.post({**browser.form(), field: "public-read"}))

    assert refused == (403, "AccessDenied", f"Invalid according to Policy: Extra input fields: {field}")
    assert browser.post({**browser.form(), "x-ignore-me": "public-read"}).status == 204
    assert browser.kept == ["mine/a.txt"]


def test_another_bucket_than_the_policys_is_refused(browser: Browser) -> None:
    browser.root.create_bucket(Bucket="others")
    parts: Parts = [(f'form-data; name="{name}"', value) for name, value in browser.form().items()]
    parts += [('form-data; name="bucket"', "files"), ('form-data; name="file"; filename="a"', b"x")]

    assert error(browser.send(parts, "/others"))[2].endswith('["eq", "$bucket", "files"]')


def test_a_form_is_good_for_as_long_as_it_says(browser: Browser) -> None:
    past = datetime.now(UTC) - timedelta(seconds=120)
    with mock.patch("botocore.signers.get_current_datetime", return_value=past.replace(tzinfo=None)):
        short, long = browser.form(seconds=60), browser.form(seconds=600)

    assert error(browser.post(short)) == (403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    assert browser.post(long).status == 204


def test_a_policy_or_signature_that_was_changed_is_refused(browser: Browser) -> None:
    form = browser.form()
    wider = json.loads(base64.b64decode(form["policy"]))
    wider["conditions"] = [["starts-with", "$key", ""], {"bucket": "files"}]

    for changed in (
        {"policy": base64.b64encode(json.dumps(wider).encode()).decode()},
        {"policy": form["policy"][:-4]},
        {"x-amz-signature": "0" * 64},
        {"x-amz-signature": "ü"},
        {"x-amz-credential": form["x-amz-credential"].replace("us-east-1", "eu-west-1")},
    ):
        assert error(browser.post({**form, **changed}))[:2] == (403, "SignatureDoesNotMatch")
    unknown = form["x-amz-credential"].replace(form["x-amz-credential"][:20], "somebody")
    assert error(browser.post({**form, "x-amz-credential": unknown}))[2].startswith("Invalid according to Policy")
    assert error(browser.post({**form, "x-amz-credential": "a/b"}))[:2] == (400, "InvalidArgument")
    assert browser.kept == []


def test_a_key_that_was_taken_away_signs_nothing(browser: Browser) -> None:
    key = browser.iam.create_access_key(UserName="ann")["AccessKey"]
    form = browser.form(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    browser.iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status="Inactive")

    assert error(browser.post(form))[:2] == (403, "InvalidAccessKeyId")


@pytest.mark.parametrize(
    "name", ["x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "key"]
)
def test_a_form_lacks_nothing(browser: Browser, name: str) -> None:
    form = {field: value for field, value in browser.form().items() if field != name}
    shown = {"key": "key", "policy": "Policy"}.get(name, name.title())

    status, code, message = error(browser.post(form))
    assert (status, code) == (400, "InvalidArgument")
    assert message.startswith(f"Bucket POST must contain a field named '{shown}'.  If it is specified, please check")


def test_what_comes_after_the_file_is_not_read(browser: Browser) -> None:
    parts: Parts = [(f'form-data; name="{name}"', value) for name, value in browser.form().items()]
    file: tuple[str, bytes | str] = ('form-data; name="file"; filename="a"', b"x")

    assert error(browser.send([file, *parts]))[:2] == (400, "InvalidArgument")
    assert browser.send([*parts, file, ('form-data; name="acl"', "public-read")]).status == 204
    no_file = browser.send(parts)
    assert error(no_file)[2] == "POST requires exactly one file upload per request."
    assert b"<ArgumentName>file</ArgumentName><ArgumentValue>0</ArgumentValue>" in no_file.body


@pytest.mark.parametrize(
    ("filename", "key"),
    [
        ("b.txt", "mine/b.txt"),
        ("C:\\\\docs\\\\b.txt", "mine/b.txt"),
        ("../../b.txt", "mine/b.txt"),
        (None, "mine/${filename}"),
    ],
)
def test_a_key_may_be_named_after_the_file(browser: Browser, filename: str | None, key: str) -> None:
    form = browser.form("mine/${filename}")  # for which boto3 asks a key that starts with mine/

    assert browser.post(form, filename=filename).status == 204
    assert browser.kept == [key]


def test_a_form_may_only_do_what_its_signer_may(browser: Browser) -> None:
    status, code, message = error(browser.post(browser.form("theirs/a.txt")))
    assert (status, code) == (403, "AccessDenied")
    assert message == (
        "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: s3:PutObject on resource: "
        '"arn:aws:s3:::files/theirs/a.txt" because no identity-based policy allows the s3:PutObject action'
    )

    for field, value in (
        ("acl", "public-read"),
        ("tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"),
    ):
        form = browser.form(conditions=[["starts-with", f"${field}", ""]], fields={field: value})
        action = "s3:PutObjectAcl" if field == "acl" else "s3:PutObjectTagging"
        assert f"is not authorized to perform: {action}" in error(browser.post(form))[2]
    assert browser.kept == []


def test_no_field_makes_a_copy_of_anothers_object(browser: Browser) -> None:
    browser.root.put_object(Bucket="files", Key="secret", Body=b"secret")
    field = {"x-amz-copy-source": "files/secret"}

    assert browser.post(browser.form(conditions=[field], fields=field)).status == 204
    assert browser.get("mine/a.txt")["Body"].read() == b"hello"


def test_no_field_puts_a_header_of_its_own_into_an_answer(browser: Browser) -> None:
    fields = {"Content-Type": "a/b\r\nSet-Cookie: x=1", "x-amz-meta-n": "a\r\nSet-Cookie: x=1", "x-amz-meta-u": "Ä"}
    form = browser.form(conditions=[["starts-with", f"${name}", ""] for name in fields], fields=fields)
    assert browser.post(form).status == 204

    found = browser.get("mine/a.txt")
    assert found["ContentType"] == "a/b  Set-Cookie: x=1"
    assert "set-cookie" not in found["ResponseMetadata"]["HTTPHeaders"]
    assert found["Metadata"]["u"] == "=?utf-8?b?w4Q=?="


def test_keys_of_an_identity_upload_under_their_own_prefix(browser: Browser) -> None:
    people = People(browser.cloud)
    own = {**allow("s3:PutObject"), "Resource": f"arn:aws:s3:::files/private/{OWN}/*"}
    document = {"Version": "2012-10-17", "Statement": own}
    people.iam.put_role_policy(RoleName="users", PolicyName="files", PolicyDocument=json.dumps(document))
    login = people.login("ann")
    identity = people.get_id(login)
    given = people.credentials(identity, login)["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretKey"],
        "aws_session_token": given["SessionToken"],
    }

    form = browser.form(f"private/{identity}/a", **keys)
    assert browser.post(form).status == 204
    assert error(browser.post(browser.form("private/other/a", **keys)))[:2] == (403, "AccessDenied")
    untold = {name: value for name, value in form.items() if name != "x-amz-security-token"}
    assert error(browser.post(untold))[:2] == (403, "InvalidAccessKeyId")
    assert browser.kept == [f"private/{identity}/a"]


def test_nobody_in_particular_puts_what_everybody_may(browser: Browser) -> None:
    assert error(browser.post({"key": "open/a"})) == (403, "AccessDenied", "Access Denied")
    everybody = {**allow("s3:PutObject"), "Principal": "*", "Resource": "arn:aws:s3:::files/open/*"}
    policy = {"Version": "2012-10-17", "Statement": [everybody]}
    browser.root.delete_public_access_block(Bucket="files")
    browser.root.put_bucket_policy(Bucket="files", Policy=json.dumps(policy))

    assert browser.post({"key": "open/a"}).status == 204
    assert error(browser.post({"key": "shut/a"}))[:2] == (403, "AccessDenied")
    older = {"key": "open/b", "AWSAccessKeyId": "AKIA", "signature": "x", "policy": "e30="}
    assert error(browser.post(older))[:2] == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("&&&", "Invalid Policy: invalid Base64 encoding."),
        (base64.b64encode(b"{").decode(), "Invalid Policy: Invalid JSON."),
        (base64.b64encode(b"[" * 5000).decode(), "Invalid Policy: Invalid JSON."),
        ([], "Invalid Policy: Invalid JSON."),
        ({"conditions": []}, "Invalid Policy: Policy missing expiration."),
        ({"expiration": "2099-01-01T00:00:00Z"}, "Invalid Policy: Policy missing conditions."),
        ({"EXPIRATION": "2099-01-01T00:00:00Z"}, "Invalid Policy: Unexpected: 'expiration'"),
        (
            {"expiration": "2099-01-01 00:00:00", "conditions": []},
            "Invalid Policy: Invalid 'expiration' value: '2099-01-01 00:00:00'",
        ),
        (
            {"expiration": "2099-13-01T00:00:00Z", "conditions": []},
            "Invalid Policy: Invalid 'expiration' value: '2099-13-01T00:00:00Z'",
        ),
        (
            {"expiration": "2099-01-01T00:00:00Z", "conditions": {}},
            "Invalid Policy: Invalid 'conditions' value: must be a List.",
        ),
    ],
)
def test_a_policy_that_is_none_is_refused(browser: Browser, policy: object, said: str) -> None:
    assert error(browser.post(browser.signed(policy))) == (400, "InvalidPolicyDocument", said)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ([], "Invalid Policy: Invalid Condition: missing operation identifier."),
        (["ends-with", "$key", "a"], "Invalid Policy: Invalid Condition: unknown operation 'ends-with'."),
        (["eq", "$key"], "Invalid Policy: Invalid eq: wrong number of arguments."),
        (["eq", "$key", None], "Invalid Policy: Invalid JSON."),
        (["content-length-range", 0, 1.5], "Invalid Policy: Invalid JSON."),
        ({}, "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."),
        ({"acl": 1}, "Invalid Policy: Invalid Simple-Condition: value must be a string."),
        ({"acl": None}, "Invalid Policy: Invalid JSON."),
        ("eq", "Invalid Policy: Invalid condition test: must be a List or Object."),
    ],
)
def test_a_condition_that_is_none_is_refused(browser: Browser, condition: object, said: str) -> None:
    policy = {"expiration": "2099-01-01T00:00:00.000Z", "conditions": [["starts-with", "$key", ""], condition]}

    assert error(browser.post(browser.signed(policy))) == (400, "InvalidPolicyDocument", said)


def test_a_condition_on_a_name_without_a_dollar_never_holds(browser: Browser) -> None:
    for condition in (["eq", "key", "mine/a.txt"], ["content-length-range", "a", "10"]):
        policy = {"expiration": "2099-01-01T00:00:00Z", "conditions": [condition]}
        assert error(browser.post(browser.signed(policy)))[:2] == (403, "AccessDenied")


@pytest.mark.parametrize(("status", "answered"), [("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204)])
def test_a_form_says_how_it_wants_to_be_answered(browser: Browser, status: str, answered: int) -> None:
    form = browser.form(
        conditions=[["starts-with", "$success_action_status", ""]], fields={"success_action_status": status}
    )

    done = browser.post(form)
    assert done.status == answered
    if answered == 201:
        assert done.body.startswith(
            b'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>http://localhost:4566/files/mine%2Fa.txt'
            b"</Location><Bucket>files</Bucket><Key>mine/a.txt</Key><ETag>"
        )


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("https://app.example.com/done", "https://app.example.com/done?bucket=files&key=mine%2Fa.txt&etag=%225d41402a"),
        ("https://app.example.com/done?x=1", "https://app.example.com/done?x=1&bucket=files&key=mine%2Fa.txt&etag="),
        ("/relative", None),
        ("javascript:alert(1)", None),
        ("https://app.example.com/\r\nSet-Cookie: a=b", None),
    ],
)
def test_a_form_leads_back_to_an_address_of_its_policy(browser: Browser, to: str, location: str | None) -> None:
    field = {"success_action_redirect": to}
    done = browser.post(browser.form(conditions=[field], fields=field))

    assert done.status == (204 if location is None else 303)
    assert location is None or dict(done.headers)["Location"].startswith(location)
    assert browser.kept == ["mine/a.txt"]


@pytest.mark.parametrize(
    ("content_type", "body", "refused"),
    [
        ("application/json", b"{}", (412, "PreconditionFailed")),
        ("text/plain", b"", (412, "PreconditionFailed")),
        ("multipart/form-data", b"", (400, "MalformedPOSTRequest")),
        ("multipart/form-data; boundary=x", b"", (400, "MalformedPOSTRequest")),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--", (400, "MalformedPOSTRequest")),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nab',
            (400, "MalformedPOSTRequest"),
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: file; name=file\r\n\r\na\r\n--x--",
            (400, "MalformedPOSTRequest"),
        ),
        ("multipart/form-data; boundary=x", b"--x--", (400, "InvalidArgument")),
    ],
)
def test_what_is_no_form_is_refused(browser: Browser, content_type: str, body: bytes, refused: tuple[int, str]) -> None:
    answer = browser.cloud.fetch("POST", "/files", headers={"Content-Type": content_type}, body=body)

    assert error(answer)[:2] == refused


def test_fields_before_the_file_have_an_end(browser: Browser) -> None:
    refused = browser.post({**browser.form(), "x-ignore-long": "x" * 21_000})

    assert error(refused)[:2] == (400, "MaxPostPreDataLengthExceeded")
    assert b"<MaxPostPreDataLengthBytes>20480</MaxPostPreDataLengthBytes>" in refused.body


def test_a_bucket_may_be_named_by_the_host_of_a_form(browser: Browser) -> None:
    parts: Parts = [(f'form-data; name="{name}"', value) for name, value in browser.form().items()]

    done = browser.send([*parts, ('form-data; name="file"; filename="a"', b"x")], "/", host="files.localhost:4566")
    assert (done.status, dict(done.headers)["Location"]) == (204, "http://files.localhost:4566/mine%2Fa.txt")


def test_a_page_of_another_origin_reads_the_answer_where_the_bucket_lets_it(browser: Browser) -> None:
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["https://app.example.com"]}
    browser.root.put_bucket_cors(Bucket="files", CORSConfiguration={"CORSRules": [rule]})

    done = browser.post(browser.form(), origin="https://app.example.com")
    assert dict(done.headers)["Access-Control-Allow-Origin"] == "https://app.example.com"


def test_tags_of_a_form_are_the_objects(browser: Browser) -> None:
    browser.allow(allow("s3:*"))

    def send(tagging: str) -> Response:
        form = browser.form(conditions=[["starts-with", "$tagging", ""]], fields={"tagging": tagging})
        return browser.post(form)

    assert send("<Tagging><TagSet><Tag><Key>a b</Key><Value>c=d</Value></Tag></TagSet></Tagging>").status == 204
    tags = browser.root.get_object_tagging(Bucket="files", Key="mine/a.txt")["TagSet"]
    assert tags == [{"Key": "a b", "Value": "c=d"}]
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Tagging>&a;</Tagging>'
    assert error(send("not-xml"))[:2] == error(send(bomb))[:2] == (400, "MalformedXML")


def test_a_queue_is_told_of_a_posted_object(browser: Browser) -> None:
    sqs = browser.cloud.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {**allow("sqs:SendMessage"), "Principal": {"Service": "s3.amazonaws.com"}, "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    wanted = {"QueueArn": arn, "Events": ["s3:ObjectCreated:Post"]}
    browser.root.put_bucket_notification_configuration(
        Bucket="files", NotificationConfiguration={"QueueConfigurations": [wanted]}
    )
    browser.root.put_object(Bucket="files", Key="mine/by-put", Body=b"x")
    browser.post(browser.form())

    told = _received(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1))
    (record,) = told
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Post", "mine/a.txt")
    assert record["s3"]["object"]["size"] == 5


def _received(receive: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of messages about objects."""
    records: list[dict[str, Any]] = []
    for _ in range(10):
        for message in receive().get("Messages", []):
            records += json.loads(message["Body"]).get("Records", [])
        if records:
            break
    return records


def test_a_form_gives_an_object_no_acl_that_the_bucket_does_not_take(browser: Browser) -> None:
    browser.allow({**allow("s3:PutObject", "s3:PutObjectAcl"), "Resource": "arn:aws:s3:::files/mine/*"})
    form = browser.form(conditions=[{"acl": "public-read"}], fields={"acl": "public-read"})

    found = error(browser.post(form))

    assert found == (400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
    assert browser.kept == []
