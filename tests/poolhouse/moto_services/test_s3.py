"""S3: buckets, objects, versions, tags and uploads, all there after a restart; what is gone leaves no file."""

from pathlib import Path

from .conftest import Client, Restart

BUCKET = {"Bucket": "files"}


def contents(directory: Path) -> int:
    return len(list((directory / "files").glob("s3-*")))


def text(aws: Client, key: str, **more: str) -> str:
    return str(aws("s3", "GetObject", **BUCKET, Key=key, **more)["Body"])


def test_objects_are_there_after_a_restart_with_all_they_are(restarted: Restart) -> None:
    aws = restarted()
    aws("s3", "CreateBucket", **BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws(
        "s3",
        "PutObject",
        **BUCKET,
        Key="a/b c+ü.txt",
        Body=b"hello",
        ContentType="text/plain",
        Metadata={"by": "ann"},
        Tagging="team=red",
    )

    aws = restarted()
    found = aws("s3", "GetObject", **BUCKET, Key="a/b c+ü.txt")
    assert (found["Body"], found["ContentType"], found["Metadata"]) == ("hello", "text/plain", {"by": "ann"})
    tags = aws("s3", "GetObjectTagging", **BUCKET, Key="a/b c+ü.txt")["TagSet"]
    assert tags == [{"Key": "team", "Value": "red"}]
    listed = aws("s3", "ListObjectsV2", **BUCKET, Prefix="a/")["Contents"]
    assert [(one["Key"], one["Size"]) for one in listed] == [("a/b c+ü.txt", 5)]


def test_settings_of_a_bucket_are_there_too(restarted: Restart) -> None:
    aws = restarted()
    aws("s3", "CreateBucket", **BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    policy = '{"Version": "2012-10-17", "Statement": []}'
    aws("s3", "PutBucketPolicy", **BUCKET, Policy=policy)
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://app.example.com"]}
    aws("s3", "PutBucketCors", **BUCKET, CORSConfiguration={"CORSRules": [rule]})
    aws("s3", "PutBucketVersioning", **BUCKET, VersioningConfiguration={"Status": "Enabled"})

    aws = restarted()
    assert aws("s3", "GetBucketPolicy", **BUCKET)["Policy"] == policy
    assert aws("s3", "GetBucketCors", **BUCKET)["CORSRules"] == [rule]
    assert aws("s3", "GetBucketVersioning", **BUCKET)["Status"] == "Enabled"


def test_versions_and_deletions_are_kept_apart(restarted: Restart) -> None:
    aws = restarted()
    aws("s3", "CreateBucket", **BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws("s3", "PutBucketVersioning", **BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = aws("s3", "PutObject", **BUCKET, Key="a", Body=b"one")["VersionId"]
    aws("s3", "PutObject", **BUCKET, Key="a", Body=b"two")
    aws("s3", "DeleteObject", **BUCKET, Key="a")

    aws = restarted()
    assert aws.error("s3", "GetObject", **BUCKET, Key="a")[0] == "NoSuchKey"
    assert text(aws, "a", VersionId=first) == "one"
    listed = aws("s3", "ListObjectVersions", **BUCKET)
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)


def test_an_upload_in_parts_goes_on_after_a_restart(restarted: Restart, directory: Path) -> None:
    aws = restarted()
    aws("s3", "CreateBucket", **BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    where = {**BUCKET, "Key": "big"}
    upload = aws("s3", "CreateMultipartUpload", **where, ContentType="text/plain")["UploadId"]
    part = aws("s3", "UploadPart", **where, UploadId=upload, PartNumber=1, Body=b"x" * 100)["ETag"]

    aws = restarted()
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    aws("s3", "CompleteMultipartUpload", **where, UploadId=upload, MultipartUpload=parts)
    aws = restarted()
    assert text(aws, "big") == "x" * 100
    assert aws("s3", "ListMultipartUploads", **BUCKET).get("Uploads", []) == []
    assert contents(directory) == 1


def test_what_is_replaced_or_deleted_leaves_no_file(restarted: Restart, directory: Path) -> None:
    aws = restarted()
    aws("s3", "CreateBucket", **BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for body in (b"one", b"two"):
        aws("s3", "PutObject", **BUCKET, Key="a", Body=body)
    aws("s3", "CopyObject", **BUCKET, Key="b", CopySource="files/a")
    assert contents(directory) == 2

    gone = aws("s3", "DeleteObjects", **BUCKET, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
    assert sorted(one["Key"] for one in gone["Deleted"]) == ["a", "b"]
    assert contents(directory) == 0
    aws("s3", "DeleteBucket", **BUCKET)
    assert restarted()("s3", "ListBuckets")["Buckets"] == []
