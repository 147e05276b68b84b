"""Mail identities in a template."""

from poolhouse.testing import LocalCloud
from tests.poolhouse.template.support import Deploy

TEMPLATE = """
Resources:
  Sender: {Type: AWS::SES::EmailIdentity, Properties: {EmailIdentity: example.com}}
Outputs: {Name: {Value: !Ref Sender}}
"""


def test_an_identity_is_made_and_taken_away(cloud: LocalCloud, deploy: Deploy) -> None:
    ses = cloud.client("ses")
    assert deploy(TEMPLATE).outputs == {"Name": "example.com"}
    assert ses.list_identities()["Identities"] == ["example.com"]
    deploy("Resources: {Key: {Type: AWS::KMS::Key}}")
    assert ses.list_identities()["Identities"] == []
