"""Functions behind aliases, as AutoPublishAlias declares them, and what stands watch over a deployment."""

import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from tests.poolhouse.template.support import Deploy

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
TEMPLATE = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: {RUNTIME}
      Handler: index.handler
      AutoPublishAlias: live
      InlineCode: |
        def handler(event, context):
            event["response"]["autoConfirmUser"] = context.invoked_function_arn.endswith(":live")
            return event
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref PERMITTED
      Action: lambda:InvokeFunction
      Principal: cognito-idp.amazonaws.com
      SourceArn: !GetAtt Pool.Arn
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {{LambdaConfig: {{PreSignUp: !Ref Function.Alias}}}}
  Client: {{Type: AWS::Cognito::UserPoolClient, Properties: {{UserPoolId: !Ref Pool}}}}
Outputs:
  ClientId: {{Value: !Ref Client}}
  Alias: {{Value: !Ref Function.Alias}}
  Version: {{Value: !GetAtt Function.Version.Version}}
"""


def sign_up(cognito: Any, client_id: str) -> Any:
    return cognito.sign_up(ClientId=client_id, Username="ann", Password="Correct-horse-7!")


def test_a_trigger_behind_an_alias_runs_by_the_aliases_own_permission(
    deploy: Deploy, cognito: Any, cloud: testing.LocalCloud
) -> None:
    outputs = deploy(TEMPLATE.replace("PERMITTED", "Function.Alias")).outputs

    assert outputs["Alias"].endswith(":live")
    assert outputs["Version"] == "1"
    assert sign_up(cognito, outputs["ClientId"])["UserConfirmed"]
    answer = cloud.client("lambda").invoke(FunctionName=outputs["Alias"], Payload=b'{"response": {}}')
    assert answer["ExecutedVersion"] == "1"


def test_a_permission_of_the_function_says_nothing_of_its_alias(deploy: Deploy, cognito: Any) -> None:
    outputs = deploy(TEMPLATE.replace("PERMITTED", "Function")).outputs

    with pytest.raises(ClientError, match="PreSignUp invocation failed"):
        sign_up(cognito, outputs["ClientId"])


def test_the_same_template_again_publishes_nothing_and_without_the_alias_it_is_gone(
    deploy: Deploy, cloud: testing.LocalCloud, said: list[str]
) -> None:
    text = TEMPLATE.replace("PERMITTED", "Function.Alias")
    alias = deploy(text).outputs["Alias"]
    deploy(text)
    assert said[-1].startswith("Unchanged: 7 of 7")

    bare = text.replace("      AutoPublishAlias: live\n", "").replace("!Ref Function.Alias", "!GetAtt Function.Arn")
    deploy(bare.replace("  Version: {Value: !GetAtt Function.Version.Version}\n", ""))

    with pytest.raises(ClientError, match="Function not found"):
        cloud.client("lambda").invoke(FunctionName=alias)


GUARDS = """
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties: {DomainName: api.example.com, ValidationMethod: DNS}
  Domain:
    Type: AWS::ApiGateway::DomainName
    Properties: {DomainName: api.example.com, RegionalCertificateArn: !Ref Certificate}
  Mapping:
    Type: AWS::ApiGateway::BasePathMapping
    Properties: {DomainName: !Ref Domain, RestApiId: abc}
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      Name: api.example.com
      Type: A
      AliasTarget: {DNSName: !GetAtt Domain.RegionalDomainName, HostedZoneId: !GetAtt Domain.RegionalHostedZoneId}
  Acl:
    Type: AWS::WAFv2::WebACL
    Properties:
      Name: acl
      Scope: REGIONAL
      DefaultAction: {Allow: {}}
      VisibilityConfig: {CloudWatchMetricsEnabled: true, MetricName: acl, SampledRequestsEnabled: true}
  Association:
    Type: AWS::WAFv2::WebACLAssociation
    Properties: {ResourceArn: !GetAtt Pool.Arn, WebACLArn: !GetAtt Acl.Arn}
  Logs:
    Type: AWS::WAFv2::LoggingConfiguration
    Properties: {ResourceArn: !GetAtt Acl.Arn, LogDestinationConfigs: [arn:aws:logs:a:1:log-group:aws-waf-logs-a]}
  Application: {Type: AWS::CodeDeploy::Application, Properties: {ComputePlatform: Lambda}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties: {ApplicationName: !Ref Application, ServiceRoleArn: arn:aws:iam::1:role/r}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1}
  Either: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmRule: !Sub "ALARM(${Alarm})"}}
  Pool: {Type: AWS::Cognito::UserPool}
Outputs:
  Acl: {Value: !GetAtt Acl.Arn}
  Zone: {Value: !GetAtt Domain.RegionalHostedZoneId}
"""


def test_what_guards_a_deployment_on_aws_is_kept_and_said_not_to_run_here(deploy: Deploy) -> None:
    deployed = deploy(GUARDS)

    assert deployed.outputs["Acl"].startswith("arn:aws:wafv2:us-east-1:000000000000:regional/webacl/acl/")
    (line,) = [line for line in deployed.lines if line.startswith("Not run here: ")]
    assert line == (
        "Not run here: 1 ApiGateway BasePathMapping, 1 ApiGateway DomainName, 1 CertificateManager Certificate, "
        "1 CloudWatch Alarm, 1 CloudWatch CompositeAlarm, 1 CodeDeploy Application, 1 CodeDeploy DeploymentGroup, "
        "1 Route53 RecordSet, 1 WAFv2 LoggingConfiguration, 1 WAFv2 WebACL, 1 WAFv2 WebACLAssociation"
    )


@pytest.mark.parametrize(
    ("was", "wrong", "complaint"),
    [
        ("Scope: REGIONAL", "Scop: REGIONAL", "Encountered unsupported property Scop"),
        ("      Scope: REGIONAL\n", "", "required key [Scope] not found"),
        ("EvaluationPeriods: 1", "EvaluationPeriods: often", "expected type: Integer, found: String"),
        ("Domain.RegionalHostedZoneId}\n  Acl", "Domain.Nothing}\n  Acl", "does not support attribute type Nothing"),
    ],
)
def test_what_is_wrong_in_them_is_refused_all_the_same(deploy: Deploy, was: str, wrong: str, complaint: str) -> None:
    assert was in GUARDS

    with pytest.raises(Exception, match=complaint.replace("[", r"\[")):
        deploy(GUARDS.replace(was, wrong))
