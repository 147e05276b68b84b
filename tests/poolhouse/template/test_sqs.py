"""Queues and their policies in a template: made, changed in place, taken away."""

import json

from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

TEMPLATE = """
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: %d
      Tags: [{Key: team, Value: red}]
%s
Outputs:
  Url: {Value: !Ref Jobs}
  Arn: {Value: !GetAtt Jobs.Arn}
  Name: {Value: !GetAtt Jobs.QueueName}
"""
REDRIVE = "      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}\n"
POLICY = """
  Open:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:SendMessage', Resource: !GetAtt Jobs.Arn}]
"""


def test_a_queue_is_made_changed_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    sqs = cloud.client("sqs")
    outputs = deploy(TEMPLATE % (60, REDRIVE + POLICY)).outputs
    url = outputs["Url"]
    assert url.startswith(cloud.inner.config.origin)
    assert outputs["Arn"] == f"arn:aws:sqs:us-east-1:000000000000:{outputs['Name']}"
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert told["VisibilityTimeout"] == "60"
    assert json.loads(told["RedrivePolicy"])["maxReceiveCount"] == 3
    assert json.loads(told["Policy"])["Statement"][0]["Principal"] == "*"
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "red"}
    sqs.send_message(QueueUrl=url, MessageBody="stays")

    assert deploy(TEMPLATE % (90, "")).outputs["Url"] == url
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert told["VisibilityTimeout"] == "90"
    assert "RedrivePolicy" not in told
    assert "Policy" not in told
    assert told["ApproximateNumberOfMessages"] == "1"

    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert "QueueUrls" not in sqs.list_queues()


def test_a_fifo_queue_has_its_ending(deploy: Deploy) -> None:
    template = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}}\nOutputs: {Url: {Value: !Ref Q}}"
    assert deploy(template).outputs["Url"].endswith(".fifo")
