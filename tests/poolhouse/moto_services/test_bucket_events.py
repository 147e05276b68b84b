"""Functions that a bucket tells of its objects: of which changes, in which words, and who may be told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.testing import LocalCloud

TELL = """
import json, pathlib
def handler(event, context):
    with pathlib.Path({path!r}).open("a") as file:
        file.write(json.dumps(event) + "\\n")
"""
ALL = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put"]
NOT_VALID = ("InvalidArgument", "Unable to validate the following destination configurations")


class Told:
    """A bucket and a function that writes down what it is told."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud, self.path = cloud, folder / "told"
        self.s3 = cloud.client("s3")
        self.s3.create_bucket(Bucket="files")
        self.arn = cloud.function("told", TELL.format(path=str(self.path)), invokers=["s3.amazonaws.com"])

    def subscribe(self, *events: str, filters: dict[str, str] | None = None, arn: str = "") -> None:
        self.configure([self.subscription(*events, filters=filters, arn=arn)])

    def subscription(self, *events: str, filters: dict[str, str] | None = None, arn: str = "") -> dict[str, Any]:
        rules = [{"Name": name, "Value": value} for name, value in (filters or {}).items()]
        more = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
        return {"Id": "told", "LambdaFunctionArn": arn or self.arn, "Events": list(events or ALL), **more}

    def configure(self, functions: list[dict[str, Any]], **more: Any) -> None:
        self.s3.put_bucket_notification_configuration(
            Bucket="files", NotificationConfiguration={"LambdaFunctionConfigurations": functions, **more}
        )

    def queue(self, *statements: dict[str, Any]) -> str:
        """A queue with this policy; its ARN."""
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.cloud.client("sqs").create_queue(QueueName="told", Attributes={"Policy": document} if statements else {})
        return "arn:aws:sqs:us-east-1:000000000000:told"

    def put(self, key: str, body: bytes = b"hello") -> Any:
        return self.s3.put_object(Bucket="files", Key=key, Body=body)

    def records(self) -> list[dict[str, Any]]:
        """What it was told so far, in the order of the changes."""
        assert self.cloud.inner.functions.later.join()
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        found = [record for line in lines for record in json.loads(line)["Records"]]
        return sorted(found, key=lambda record: str(record["s3"]["object"]["sequencer"]))

    def names(self) -> list[tuple[str, str]]:
        return [(record["eventName"], record["s3"]["object"]["key"]) for record in self.records()]


@pytest.fixture
def told(cloud: LocalCloud, tmp_path: Path) -> Told:
    return Told(cloud, tmp_path)


def test_a_new_object_is_told_in_s3s_words(told: Told) -> None:
    told.subscribe("s3:ObjectCreated:*")
    etag = told.put("a b/ü+.txt")["ETag"].strip('"')

    (record,) = told.records()
    assert record["eventTime"].endswith("Z")
    assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == ("2.1", "aws:s3", "us-east-1")
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["requestParameters"] == {"sourceIPAddress": "127.0.0.1"}
    assert record["s3"]["configurationId"] == "told"
    assert (record["s3"]["bucket"]["name"], record["s3"]["bucket"]["arn"]) == ("files", "arn:aws:s3:::files")
    assert record["s3"]["object"] == {
        "key": "a+b/%C3%BC%2B.txt",
        "size": 5,
        "eTag": etag,
        "sequencer": record["s3"]["object"]["sequencer"],
    }


def test_each_change_has_its_event(told: Told) -> None:
    told.subscribe()
    s3 = told.s3
    told.put("a")
    s3.copy_object(Bucket="files", Key="b", CopySource="files/a")
    upload = {"Bucket": "files", "Key": "c"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = s3.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    s3.put_object_tagging(Bucket="files", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(Bucket="files", Key="a")
    s3.put_bucket_ownership_controls(Bucket="files", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_object_acl(Bucket="files", Key="a", ACL="private")
    s3.get_object(Bucket="files", Key="a")
    s3.delete_object(Bucket="files", Key="a")
    s3.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})

    assert told.names() == [
        ("ObjectCreated:Put", "a"),
        ("ObjectCreated:Copy", "b"),
        ("ObjectCreated:CompleteMultipartUpload", "c"),
        ("ObjectTagging:Put", "a"),
        ("ObjectTagging:Delete", "a"),
        ("ObjectAcl:Put", "a"),
        ("ObjectRemoved:Delete", "a"),
        ("ObjectRemoved:Delete", "b"),
        ("ObjectRemoved:Delete", "c"),
    ]


def test_versions_are_named_and_marked(told: Told) -> None:
    told.s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    told.subscribe()
    version = told.put("a")["VersionId"]
    told.s3.delete_object(Bucket="files", Key="a")
    told.s3.delete_object(Bucket="files", Key="a", VersionId=version)

    assert [name for name, _ in told.names()] == [
        "ObjectCreated:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    ]
    objects = [record["s3"]["object"] for record in told.records()]
    assert (objects[0]["versionId"], objects[2]["versionId"]) == (version, version)
    assert "size" not in objects[1]


def test_only_what_was_asked_for_is_told(told: Told) -> None:
    told.subscribe("s3:ObjectCreated:Put", filters={"prefix": "images/", "suffix": ".jpg"})
    for key in ("images/a.jpg", "images/a.png", "a.jpg"):
        told.put(key)
    told.s3.delete_object(Bucket="files", Key="images/a.jpg")
    with pytest.raises(ClientError):
        told.s3.copy_object(Bucket="files", Key="images/b.jpg", CopySource="files/nothing")
    assert told.names() == [("ObjectCreated:Put", "images/a.jpg")]

    told.configure([])
    told.put("images/c.jpg")
    assert len(told.names()) == 1


def test_who_did_it_is_told(told: Told) -> None:
    told.subscribe()
    iam = told.cloud.client("iam")
    user = iam.create_user(UserName="ann")["User"]
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    told.cloud.client("s3", **keys).put_object(Bucket="files", Key="a", Body=b"x")

    (record,) = told.records()
    assert record["userIdentity"] == {"principalId": f"AWS:{user['UserId']}"}


REFUSED: list[tuple[str, Callable[[Told], None], tuple[str, str]]] = [
    (
        "no such function",
        lambda told: told.subscribe(arn="arn:aws:lambda:us-east-1:000000000000:function:nothing"),
        NOT_VALID,
    ),
    (
        "one that lets S3 not in",
        lambda told: told.subscribe(arn=told.cloud.function("shut", "def handler(event, context): pass")),
        NOT_VALID,
    ),
    (
        "overlapping",
        lambda told: told.configure(
            [
                told.subscription("s3:ObjectCreated:*"),
                told.subscription("s3:ObjectCreated:Put", filters={"prefix": "a"}),
            ]
        ),
        (
            "InvalidArgument",
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
            "overlapping for the same event type.",
        ),
    ),
    (
        "a queue that lets S3 not in",
        lambda told: told.configure([], QueueConfigurations=[{"QueueArn": told.queue(), "Events": ALL}]),
        NOT_VALID,
    ),
    (
        "a topic that is not there",
        lambda told: told.configure(
            [], TopicConfigurations=[{"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "Events": ALL}]
        ),
        NOT_VALID,
    ),
    (
        "EventBridge",
        lambda told: told.configure([], EventBridgeConfiguration={}),
        ("NotImplementedException", "S3 notifications to EventBridge are not implemented yet in Poolhouse"),
    ),
]


@pytest.mark.parametrize(("ask", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_told_is_refused(told: Told, ask: Callable[[Told], None], expected: tuple[str, str]) -> None:
    with pytest.raises(ClientError) as raised:
        ask(told)
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == expected
    told.put("a")
    assert told.records() == []


def test_a_queue_is_told_too_with_a_test_first(told: Told) -> None:
    arn = told.queue(
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::files"}},
        }
    )
    told.configure([], QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    told.put("a")
    assert told.cloud.inner.functions.later.join()
    sqs = told.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="told")["QueueUrl"]
    bodies = [json.loads(one["Body"]) for one in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    test, event = sorted(bodies, key=lambda body: "Records" in body)
    assert (test["Event"], test["Bucket"]) == ("s3:TestEvent", "files")
    assert event["Records"][0]["s3"]["object"]["key"] == "a"


def test_two_functions_share_a_bucket_by_suffix(told: Told) -> None:
    told.configure(
        [
            told.subscription("s3:ObjectCreated:*", filters={"suffix": ".jpg"}),
            told.subscription("s3:ObjectCreated:*", filters={"suffix": ".png"}),
        ]
    )
    told.put("a.jpg")
    told.put("a.png")
    assert len(told.names()) == 2


def test_a_change_that_was_kept_is_told_after_a_restart(tmp_path: Path) -> None:
    config = Config(reraise=True, state=tmp_path / "state")
    with testing.cloud(config=config) as first:
        told = Told(first, tmp_path)
        told.subscribe()
        first.inner.functions.later.stop()  # as if it ended before the function ran
        told.put("a")
        code, folder = (first.folder / "told" / "index.py").read_text(), first.folder / "told"
    assert not (tmp_path / "told").exists()
    folder.mkdir(parents=True)
    (folder / "index.py").write_text(code)
    with testing.cloud(config=config) as second:
        assert second.inner.functions.later.join()
    assert '"key": "a"' in (tmp_path / "told").read_text()
