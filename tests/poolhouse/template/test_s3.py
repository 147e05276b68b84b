"""Buckets and their policies in a template: made, changed in place, taken away."""

import json
import re

import pytest
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

BUCKET = """
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties: {%s}
%s
Outputs:
  Name: {Value: !Ref Files}
  Arn: {Value: !GetAtt Files.Arn}
"""
POLICY = """
  Open:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '${Files.Arn}/open/*'}]
"""
CORS = (
    "CorsConfiguration: {CorsRules: [{AllowedMethods: [GET], AllowedOrigins: ['https://a.example'], MaxAge: 60, "
    "AllowedHeaders: ['*'], ExposedHeaders: [ETag]}]}"
)


def test_a_bucket_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    s3 = cloud.client("s3")
    settings = f"{CORS}, VersioningConfiguration: {{Status: Enabled}}, Tags: [{{Key: team, Value: red}}]"

    outputs = deploy(BUCKET % (settings, POLICY)).outputs
    name = outputs["Name"]
    assert re.fullmatch(r"[a-z0-9-]+", name)
    assert outputs["Arn"] == f"arn:aws:s3:::{name}"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_cors(Bucket=name)["CORSRules"]
    assert (rule["AllowedOrigins"], rule["MaxAgeSeconds"]) == (["https://a.example"], 60)
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "red"}]
    assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"][0]["Principal"] == "*"

    again = deploy(BUCKET % ("VersioningConfiguration: {Status: Suspended}", "")).outputs
    assert again["Name"] == name
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Suspended"
    for gone in (s3.get_bucket_cors, s3.get_bucket_policy, s3.get_bucket_tagging):
        with pytest.raises(ClientError, match="NoSuch"):
            gone(Bucket=name)

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert s3.list_buckets()["Buckets"] == []
