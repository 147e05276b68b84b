"""What lets into a bucket beside policies, and what keeps the public out: ACLs, ownership, Block Public Access."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import ACCOUNT, allow, document

GROUPS = "http://acs.amazonaws.com/groups/global"
OF_OLD = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
NO_ACLS = (400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
EVERYBODY = {**allow("s3:GetObject"), "Principal": "*", "Resource": "arn:aws:s3:::files/*"}


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    """A bucket as one is made today, with one object."""
    client = cloud.client("s3")
    client.create_bucket(Bucket="files")
    client.put_object(Bucket="files", Key="a:b", Body=b"hello")
    return client


@pytest.fixture
def open_s3(s3: Any) -> Any:
    """A bucket as before April 2023."""
    s3.delete_public_access_block(Bucket="files")
    s3.put_bucket_ownership_controls(Bucket="files", OwnershipControls=OF_OLD)
    return s3


def refused(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def status(cloud: LocalCloud, path: str, method: str = "GET", **headers: str) -> int:
    """What nobody in particular is answered."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return cloud.fetch(method, path, headers=named, body=b"x" if method == "PUT" else b"").status


def stranger(cloud: LocalCloud, service: str = "s3", *statements: dict[str, Any]) -> Any:
    """A user of the account, who holds no policy of their own unless given one."""
    iam = cloud.client("iam")
    iam.create_user(UserName="eve")
    if statements:
        iam.put_user_policy(UserName="eve", PolicyName="may", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName="eve")["AccessKey"]
    return cloud.client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def blocked(action: str, what: str, setting: str, resource: str = "files") -> tuple[int, str, str]:
    said = (
        f'User: {ROOT} is not authorized to perform: {action} on resource: "arn:aws:s3:::{resource}" '
        f"because public {what} are blocked by the {setting} block public access setting."
    )
    return 403, "AccessDenied", said


def test_a_new_bucket_takes_no_acls_and_blocks_public_access(s3: Any) -> None:
    told = s3.get_public_access_block(Bucket="files")["PublicAccessBlockConfiguration"]
    assert set(told.values()) == {True}
    rules = s3.get_bucket_ownership_controls(Bucket="files")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    name = {"Bucket": "files"}
    for call in (
        lambda: s3.put_bucket_acl(**name, ACL="private"),
        lambda: s3.put_bucket_acl(**name, ACL="public-read"),
        lambda: s3.put_object(**name, Key="b", ACL="public-read"),
        lambda: s3.put_object(**name, Key="b", GrantRead=f'uri="{GROUPS}/AllUsers"'),
        lambda: s3.put_object_acl(**name, Key="a:b", ACL="authenticated-read"),
        lambda: s3.copy_object(**name, Key="b", CopySource="files/a:b", ACL="public-read"),
        lambda: s3.create_multipart_upload(**name, Key="b", ACL="public-read"),
    ):
        assert refused(call) == NO_ACLS
    s3.put_object(**name, Key="c", ACL="bucket-owner-full-control")
    assert [one["Key"] for one in s3.list_objects_v2(**name)["Contents"]] == ["a:b", "c"]


def test_making_a_bucket_again_leaves_its_settings(open_s3: Any) -> None:
    open_s3.create_bucket(Bucket="files")

    assert refused(lambda: open_s3.get_public_access_block(Bucket="files"))[1] == "NoSuchPublicAccessBlockConfiguration"


def test_a_bucket_is_not_made_public(cloud: LocalCloud) -> None:
    s3, new = cloud.client("s3"), {"Bucket": "new"}
    assert refused(lambda: s3.create_bucket(**new, ACL="public-read"))[1] == "InvalidBucketAclWithObjectOwnership"
    found = refused(lambda: s3.create_bucket(**new, ACL="public-read", ObjectOwnership="ObjectWriter"))
    assert found[:2] == (400, "InvalidBucketAclWithBlockPublicAccessError")
    assert found[2] == "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
    s3.create_bucket(**new, ACL="private")
    assert s3.get_bucket_acl(**new)["Grants"][0]["Permission"] == "FULL_CONTROL"


def test_public_acls_and_policies_are_blocked(s3: Any) -> None:
    name = {"Bucket": "files"}
    s3.put_bucket_ownership_controls(**name, OwnershipControls=OF_OLD)
    acls = ("access control lists (ACLs)", "BlockPublicAcls")
    assert refused(lambda: s3.put_bucket_acl(**name, ACL="public-read")) == blocked("s3:PutBucketAcl", *acls)
    put = refused(lambda: s3.put_object_acl(**name, Key="a:b", ACL="authenticated-read"))
    assert put == blocked("s3:PutObjectAcl", *acls, "files/a:b")
    assert refused(lambda: s3.put_object(**name, Key="b", ACL="public-read")) == blocked(
        "s3:PutObject", *acls, "files/b"
    )
    assert refused(lambda: s3.put_bucket_policy(**name, Policy=document(EVERYBODY))) == blocked(
        "s3:PutBucketPolicy", "policies", "BlockPublicPolicy"
    )
    s3.put_object(**name, Key="b", ACL="private")


@pytest.mark.parametrize(
    ("statement", "is_public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": ["*", ROOT]}}, True),
        ({"Principal": {"AWS": ROOT}}, False),
        ({"Principal": {"Service": "cloudfront.amazonaws.com"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}, False),
        ({"Condition": {"StringEquals": {"aws:Referer": "https://example.com"}}}, True),
        ({"Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
    ],
    ids=str,
)
def test_what_is_a_public_policy(s3: Any, statement: dict[str, Any], is_public: bool) -> None:
    def put() -> None:
        s3.put_bucket_policy(Bucket="files", Policy=document({**EVERYBODY, **statement}))

    if is_public:
        assert refused(put)[1] == "AccessDenied"
    else:
        put()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("no", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "Invalid policy syntax."),
        (document({**EVERYBODY, "Effect": "Maybe"}), "Invalid policy syntax."),
        (document({**EVERYBODY, "Condition": {"Alike": {"aws:userid": "x"}}}), "Invalid Condition type : Alike"),
        (document(allow("s3:GetObject")), "Missing required field Principal"),
        (document({"Effect": "Allow", "Principal": "*", "Action": "s3:*"}), "Missing required field Resource"),
    ],
    ids=str,
)
def test_what_is_no_policy_is_not_put(s3: Any, policy: str, said: str) -> None:
    assert refused(lambda: s3.put_bucket_policy(Bucket="files", Policy=policy)) == (400, "MalformedPolicy", said)
    assert refused(lambda: s3.get_bucket_policy(Bucket="files"))[1] == "NoSuchBucketPolicy"


def test_a_public_object_is_everybodys_to_read_and_no_more(cloud: LocalCloud, open_s3: Any) -> None:
    assert status(cloud, "/files/a:b") == 403
    open_s3.put_object_acl(Bucket="files", Key="a:b", ACL="public-read")
    open_s3.put_object(Bucket="files", Key="*", Body=b"star", GrantRead=f"uri={GROUPS}/AllUsers")
    open_s3.put_object(Bucket="files", Key="own", Body=b"mine")

    assert (status(cloud, "/files/a:b"), status(cloud, "/files/*"), status(cloud, "/files/own")) == (200, 200, 403)
    assert stranger(cloud).get_object(Bucket="files", Key="a:b")["Body"].read() == b"hello"
    for method, path in (("PUT", "/files/a:b"), ("DELETE", "/files/a:b"), ("GET", "/files/a:b?acl"), ("GET", "/files")):
        assert status(cloud, path, method) == 403
    open_s3.put_object(Bucket="files", Key="a:b", Body=b"anew")  # which is its owner's alone again
    assert status(cloud, "/files/a:b") == 403


def test_each_version_has_its_own_acl(cloud: LocalCloud, open_s3: Any) -> None:
    name = {"Bucket": "files", "Key": "v"}
    open_s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    shown = open_s3.put_object(**name, Body=b"1", ACL="public-read")["VersionId"]
    hidden = open_s3.put_object(**name, Body=b"2")["VersionId"]

    assert status(cloud, "/files/v") == 403
    assert status(cloud, f"/files/v?versionId={shown}") == 200
    assert status(cloud, f"/files/v?versionId={hidden}") == 403
    open_s3.put_object_acl(**name, VersionId=shown, ACL="private")
    open_s3.put_object_acl(**name, ACL="public-read")
    assert (status(cloud, "/files/v"), status(cloud, f"/files/v?versionId={shown}")) == (200, 403)
    open_s3.put_object_acl(**name, VersionId=shown, ACL="public-read")
    open_s3.delete_object(**name, VersionId=hidden)
    assert status(cloud, "/files/v") == 200  # what is shown again is as it was


def test_whoever_signed_is_another_group_than_everybody(cloud: LocalCloud, open_s3: Any) -> None:
    open_s3.put_object_acl(Bucket="files", Key="a:b", ACL="authenticated-read")

    assert status(cloud, "/files/a:b") == 403
    assert stranger(cloud).get_object(Bucket="files", Key="a:b")["Body"].read() == b"hello"


def test_a_buckets_acl_lists_and_writes(cloud: LocalCloud, open_s3: Any) -> None:
    open_s3.put_bucket_acl(Bucket="files", ACL="public-read-write")

    assert status(cloud, "/files") == 200
    assert status(cloud, "/files/new", "PUT") == 200
    assert status(cloud, "/files/new") == 403  # an object has an ACL of its own
    assert status(cloud, "/files/new", "DELETE") == 403
    assert status(cloud, "/files/loud", "PUT", x_amz_acl="public-read") == 403
    open_s3.put_bucket_acl(Bucket="files", ACL="private")
    assert (status(cloud, "/files"), status(cloud, "/files/more", "PUT")) == (403, 403)


def test_an_acl_as_a_document_is_kept_and_told(cloud: LocalCloud, open_s3: Any) -> None:
    owner = open_s3.get_object_acl(Bucket="files", Key="a:b")["Owner"]
    grants = [
        {"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "FULL_CONTROL"},
        {"Grantee": {"Type": "Group", "URI": f"{GROUPS}/AllUsers"}, "Permission": "READ_ACP"},
    ]
    open_s3.put_object_acl(Bucket="files", Key="a:b", AccessControlPolicy={"Owner": owner, "Grants": grants})

    told = open_s3.get_object_acl(Bucket="files", Key="a:b")["Grants"]
    assert [(one["Grantee"].get("URI", one["Grantee"].get("ID")), one["Permission"]) for one in told] == [
        (owner["ID"], "FULL_CONTROL"),
        (f"{GROUPS}/AllUsers", "READ_ACP"),
    ]
    assert (status(cloud, "/files/a:b?acl"), status(cloud, "/files/a:b")) == (200, 403)


def test_an_upload_in_parts_has_the_acl_it_was_begun_with(cloud: LocalCloud, open_s3: Any) -> None:
    for acl, expected in (("public-read", 200), ("private", 403)):
        upload = {"Bucket": "files", "Key": acl}
        upload["UploadId"] = open_s3.create_multipart_upload(**upload, ACL=acl)["UploadId"]
        part = open_s3.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
        open_s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
        assert status(cloud, f"/files/{acl}") == expected


def test_acls_are_passed_over_when_told_to_and_by_owners_who_enforce(cloud: LocalCloud, open_s3: Any) -> None:
    open_s3.put_object_acl(Bucket="files", Key="a:b", ACL="public-read")
    ignore = {"IgnorePublicAcls": True}
    open_s3.put_public_access_block(Bucket="files", PublicAccessBlockConfiguration=ignore)
    assert status(cloud, "/files/a:b") == 403
    open_s3.put_public_access_block(Bucket="files", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert status(cloud, "/files/a:b") == 200
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    open_s3.put_bucket_ownership_controls(Bucket="files", OwnershipControls=enforced)
    assert status(cloud, "/files/a:b") == 403


def test_an_owner_does_not_enforce_over_a_buckets_grants(open_s3: Any) -> None:
    open_s3.put_bucket_acl(Bucket="files", ACL="public-read")
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}

    found = refused(lambda: open_s3.put_bucket_ownership_controls(Bucket="files", OwnershipControls=enforced))

    assert found[:2] == (400, "InvalidBucketAclWithObjectOwnership")


def test_a_public_policy_of_a_restricted_bucket_is_for_the_account(cloud: LocalCloud, open_s3: Any) -> None:
    open_s3.put_bucket_policy(Bucket="files", Policy=document(EVERYBODY))
    assert status(cloud, "/files/a:b") == 200

    restrict = {"RestrictPublicBuckets": True}
    open_s3.put_public_access_block(Bucket="files", PublicAccessBlockConfiguration=restrict)

    assert status(cloud, "/files/a:b") == 403
    assert stranger(cloud).get_object(Bucket="files", Key="a:b")["Body"].read() == b"hello"


def test_a_denial_of_a_policy_wins_over_an_acl_whatever_the_key_is(cloud: LocalCloud, open_s3: Any) -> None:
    open_s3.put_object_acl(Bucket="files", Key="a:b", ACL="public-read")
    open_s3.put_bucket_policy(Bucket="files", Policy=document({**EVERYBODY, "Effect": "Deny"}))

    assert status(cloud, "/files/a:b") == 403
    user = stranger(cloud, "s3", allow("s3:*"))
    assert (
        "with an explicit deny in a resource-based policy"
        in refused(lambda: user.get_object(Bucket="files", Key="a:b"))[2]
    )


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"ACL": "open"}, "InvalidArgument"),
        ({"GrantRead": "everybody"}, "InvalidArgument"),
        ({"GrantRead": "uri=http://example.com/all"}, "InvalidArgument"),
        ({"GrantRead": "id=ann"}, "InvalidArgument"),
        ({"ACL": "private", "GrantRead": f"uri={GROUPS}/AllUsers"}, "InvalidRequest"),
    ],
    ids=str,
)
def test_an_acl_that_is_none_is_refused_and_nothing_is_put(open_s3: Any, settings: dict[str, str], code: str) -> None:
    assert refused(lambda: open_s3.put_object(Bucket="files", Key="new", **settings))[:2] == (400, code)
    assert refused(lambda: open_s3.put_object_acl(Bucket="files", Key="a:b", **settings))[:2] == (400, code)
    assert refused(lambda: open_s3.head_object(Bucket="files", Key="new"))[0] == 404


def test_acls_are_condition_keys_and_setting_one_is_an_action(cloud: LocalCloud, open_s3: Any) -> None:
    private = {"StringEquals": {"s3:x-amz-acl": "private"}}
    ungranted = {"Null": {"s3:x-amz-grant-read": "false"}}
    user = stranger(
        cloud,
        "s3",
        allow("s3:PutObject"),
        allow("s3:PutObjectAcl", Condition=private),
        {**allow("s3:PutObject", Condition=ungranted), "Effect": "Deny"},
    )

    user.put_object(Bucket="files", Key="b")
    user.put_object(Bucket="files", Key="b", ACL="private")
    assert "s3:PutObjectAcl" in refused(lambda: user.put_object(Bucket="files", Key="b", ACL="public-read"))[2]
    granted = refused(lambda: user.put_object(Bucket="files", Key="b", GrantRead=f"uri={GROUPS}/AllUsers"))
    assert "s3:PutObject on" in granted[2]
    assert "s3:PutBucketAcl" in refused(lambda: user.put_bucket_acl(Bucket="files", ACL="private"))[2]


TEMPLATE = """
Resources:
  Shown:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: shown
      AccessControl: {control}
      OwnershipControls: {{Rules: [{{ObjectOwnership: ObjectWriter}}]}}
      PublicAccessBlockConfiguration: {{BlockPublicAcls: false}}
  Hidden: {{Type: AWS::S3::Bucket, Properties: {{BucketName: hidden, AccessControl: Private}}}}
"""


def test_acls_and_blocks_of_templates(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE.format(control="PublicRead"))
    with testing.cloud(file) as cloud:
        assert (status(cloud, "/shown"), status(cloud, "/hidden")) == (200, 403)
        blocks = cloud.client("s3").get_public_access_block(Bucket="hidden")["PublicAccessBlockConfiguration"]
        assert json.dumps(blocks).count("true") == 4

        file.write_text(TEMPLATE.format(control="Private"))
        cloud.inner.deploy(file, {}, lambda _: None)

        assert status(cloud, "/shown") == 403


def test_an_objects_own_tags_decide(cloud: LocalCloud, s3: Any) -> None:
    shown = {"StringEquals": {"s3:ExistingObjectTag/shown": "${aws:username}"}}
    user = stranger(cloud, "s3", allow("s3:GetObject", "s3:PutObjectTagging", "s3:PutObject", Condition=shown))
    name = {"Bucket": "files", "Key": "a:b"}
    assert refused(lambda: user.get_object(**name))[1] == "AccessDenied"
    s3.put_object_tagging(**name, Tagging={"TagSet": [{"Key": "shown", "Value": "eve"}]})

    assert user.get_object(**name)["Body"].read() == b"hello"
    assert refused(lambda: user.put_object(**name, Body=b"x"))[1] == "AccessDenied"  # tags are not asked of what is put
    user.put_object_tagging(**name, Tagging={"TagSet": [{"Key": "shown", "Value": "bob"}]})
    assert refused(lambda: user.get_object(**name))[1] == "AccessDenied"


def test_what_wants_tls_gets_it(cloud: LocalCloud, s3: Any) -> None:
    old = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    deny = {**allow("s3:*", Condition=old), "Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::files/*"}
    s3.put_bucket_policy(Bucket="files", Policy=document(deny))

    user = stranger(
        cloud, "s3", allow("s3:GetObject", Condition={"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}})
    )

    assert user.get_object(Bucket="files", Key="a:b")["Body"].read() == b"hello"


def test_a_query_that_means_nothing_changes_nothing_about_what_is_made(cloud: LocalCloud, open_s3: Any) -> None:
    open_s3.put_bucket_acl(Bucket="files", ACL="public-read")
    keys = Credentials("any", "key")
    for path in ("/fresh?more", "/files/made?more=1"):
        request = AWSRequest("PUT", f"http://localhost:4566{path}", headers={"host": "localhost:4566"})
        S3SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
        assert cloud.fetch("PUT", path, headers=dict(request.headers.items())).status == 200

    assert status(cloud, "/files/made") == 403
    assert open_s3.get_public_access_block(Bucket="fresh")["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    assert open_s3.get_bucket_ownership_controls(Bucket="fresh")["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]


def test_what_is_set_for_the_whole_account_is_refused_by_name(cloud: LocalCloud) -> None:
    control = cloud.client("s3control")

    found = refused(lambda: control.get_public_access_block(AccountId=ACCOUNT))

    assert found[1] == "NotImplementedException"
