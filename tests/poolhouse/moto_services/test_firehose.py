"""Data Firehose: streams that are kept, and what they are given in the bucket they write to, kept as well."""

from .conftest import Restart

ROLE = "arn:aws:iam::000000000000:role/stream"


def test_what_a_stream_is_given_is_in_its_bucket_after_a_restart(restarted: Restart) -> None:
    aws = restarted()
    aws("s3", "CreateBucket", Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    to = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::logs"}
    aws("firehose", "CreateDeliveryStream", DeliveryStreamName="lines", S3DestinationConfiguration=to)

    restarted()("firehose", "PutRecord", DeliveryStreamName="lines", Record={"Data": b"one line"})
    aws = restarted()
    (found,) = aws("s3", "ListObjectsV2", Bucket="logs")["Contents"]
    assert aws("s3", "GetObject", Bucket="logs", Key=found["Key"])["Body"] == "one line"
