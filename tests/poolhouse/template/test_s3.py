"""Buckets and their policies in a template: made, changed in place, taken away."""

import json
import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud
from tests.poolhouse.moto_services.test_bucket_events import TELL
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

OPEN = "PublicAccessBlockConfiguration: {BlockPublicAcls: true}"  # and public policies are not


def test_a_bucket_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    s3 = cloud.client("s3")
    settings = f"{CORS}, {OPEN}, VersioningConfiguration: {{Status: Enabled}}, Tags: [{{Key: team, Value: red}}]"

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


def test_a_template_wires_a_function_to_a_bucket(cloud: LocalCloud, deploy: Deploy, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.py").write_text(TELL.format(path=str(tmp_path / "told")))
    template = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Uploads: {{Type: AWS::S3::Bucket}}
  Told:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {code}
      Handler: app.handler
      Runtime: python3.11
      Events:
        Upload:
          Type: S3
          Properties:
            Bucket: !Ref Uploads
            Events: s3:ObjectCreated:*
            Filter: {{S3Key: {{Rules: [{{Name: suffix, Value: .jpg}}]}}}}
Outputs:
  Bucket: {{Value: !Ref Uploads}}
"""
    bucket = deploy(template).outputs["Bucket"]
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="a.jpg", Body=b"x")
    s3.put_object(Bucket=bucket, Key="a.txt", Body=b"x")
    assert cloud.inner.functions.later.join()
    (line,) = (tmp_path / "told").read_text().splitlines()
    assert json.loads(line)["Records"][0]["s3"]["object"]["key"] == "a.jpg"
