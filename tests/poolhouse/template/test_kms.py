"""A KMS key in a template, for the codes of a pool."""

from pathlib import Path

from poolhouse import testing

TEMPLATE = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: codes
      EnableKeyRotation: true
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}
            Action: kms:*
            Resource: '*'
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: alias/codes, TargetKeyId: !Ref Key}
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      LambdaConfig:
        KMSKeyID: !GetAtt Key.Arn
        CustomEmailSender: {LambdaVersion: V1_0, LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:sender'}
Outputs:
  KeyArn: {Value: !GetAtt Key.Arn}
  PoolId: {Value: !Ref Pool}
"""


def test_a_key_is_made_named_and_given_to_the_pool(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    with testing.cloud(template) as cloud:
        kms, arn = cloud.client("kms"), cloud.outputs["KeyArn"]
        assert kms.describe_key(KeyId="alias/codes")["KeyMetadata"]["Arn"] == arn
        assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is True
        pool = cloud.client("cognito-idp").describe_user_pool(UserPoolId=cloud.outputs["PoolId"])["UserPool"]
        assert pool["LambdaConfig"]["KMSKeyID"] == arn
