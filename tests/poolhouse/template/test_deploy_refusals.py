"""What a deployment refuses: in one line, with file and line, and with nothing made."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.errors import CommandError
from tests.poolhouse.template.support import Deploy

FINE = "  Fine: {Type: AWS::Cognito::UserPool}\n"


def refusal(deploy: Deploy, text: str) -> str:
    with pytest.raises(CommandError) as refused:
        deploy(text)
    message = str(refused.value)
    assert "\n" not in message
    return message.rpartition("/template.yaml:")[2] if message.count("/template.yaml:") == 1 else message


BEFOREHAND = {
    "a property the type does not have": (
        "  Pool:\n    Type: AWS::Cognito::UserPool\n    Properties:\n      PoolNmae: mine\n",
        "6: Pool: Encountered unsupported property PoolNmae.",
    ),
    "one inside another": (
        "  Pool:\n    Type: AWS::Cognito::UserPool\n    Properties:\n      Policies:\n        PasswordPolicy:\n"
        "          MinLength: 8\n",
        "8: Pool: Encountered unsupported property MinLength.",
    ),
    "one in the branch of an Fn::If that holds": (
        "  Pool:\n    Type: AWS::Cognito::UserPool\n    Properties:\n"
        "      Policies: !If [Holds, {Password: {}}, {PasswordPolicy: {}}]\n",
        "6: Pool: Encountered unsupported property Password.",
    ),
    "a value of the wrong type": (
        "  Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: id\n",
        "6: Table: #/KeySchema: expected type: JSONArray, found: String.",
    ),
    "a property that is missing": (
        "  Client:\n    Type: AWS::Cognito::UserPoolClient\n    Properties:\n      ClientName: web\n",
        "5: Client: #: required key [UserPoolId] not found.",
    ),
    "a property that is there on AWS and not here": (
        "  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      CloneFrom: x\n",
        "6: Api: the property CloneFrom of AWS::ApiGateway::RestApi is not built yet.",
    ),
    "an attribute no resource of the type has": (
        "  Client:\n    Type: AWS::Cognito::UserPoolClient\n    Properties:\n      UserPoolId: !GetAtt Fine.Id\n",
        "6: resource Fine does not support attribute type Id in Fn::GetAtt; "
        "it has Arn, ProviderName, ProviderURL, UserPoolId.",
    ),
    "such an attribute in an output": (
        "  Pool: {Type: AWS::Cognito::UserPool}\nOutputs:\n  One: {Value: !GetAtt Pool.Nothing}\n",
        "5: resource Pool does not support attribute type Nothing in Fn::GetAtt; "
        "it has Arn, ProviderName, ProviderURL, UserPoolId.",
    ),
}


@pytest.mark.parametrize("case", BEFOREHAND)
def test_what_is_wrong_is_found_before_anything_is_made(
    case: str, deploy: Deploy, cognito: Any, said: list[str]
) -> None:
    text, complaint = BEFOREHAND[case]

    refused = refusal(deploy, f"Resources:\n{FINE}{text}Conditions: {{Holds: !Equals [a, a]}}\n")

    assert refused == complaint
    assert cognito.list_user_pools(MaxResults=60)["UserPools"] == []
    assert said == []


def test_every_type_that_is_unknown_is_named_and_what_works_is(deploy: Deploy) -> None:
    text = """
Resources:
  Queue:
    Type: AWS::EC2::Instance
  Pool: {Type: AWS::Cognito::UserPool}
  Method:
    Type: AWS::ApiGateway::Method
  Own:
    Type: Custom::Thing
"""

    refused = refusal(deploy, text)

    assert refused.startswith(
        "4: Queue: AWS::EC2::Instance is not built yet. Also line 7: Method: AWS::ApiGateway::Method is not built yet: "
        "declare the API with a Body, or as AWS::Serverless::Api. line 9: Own: Custom::Thing is not built yet. "
        "What works: ApiGateway Account, BasePathMapping, Deployment, DomainName, GatewayResponse, "
        "RestApi, Stage; "
    )
    assert refused.endswith(
        "Route53 RecordSet; S3 Bucket, BucketPolicy; SES EmailIdentity; "
        "SNS Subscription, Topic, TopicPolicy; SQS Queue, QueuePolicy; "
        "SSM Parameter; SecretsManager ResourcePolicy, Secret; WAFv2 LoggingConfiguration, WebACL, WebACLAssociation."
    )


def test_every_property_that_is_wrong_is_named(deploy: Deploy) -> None:
    text = """
Resources:
  One: {Type: AWS::Cognito::UserPool, Properties: {Aa: 1}}
  Two: {Type: AWS::Cognito::UserPool, Properties: {Bb: 1}}
"""

    refused = refusal(deploy, text)

    assert refused == (
        "3: One: Encountered unsupported property Aa. Also line 4: Two: Encountered unsupported property Bb."
    )


WITHIN = {
    "a service's refusal, with its code and words": (
        "  Late:\n    Type: AWS::Cognito::UserPoolClient\n    Properties:\n      UserPoolId: us-east-1_Nothing12\n"
        "      ClientName: web\n",
        "5: Late: ResourceNotFoundException: User pool us-east-1_Nothing12 does not exist. ",
    ),
    "a malformed policy": (
        "  Late:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: "
        "{Version: '2012-10-17', Statement: []}\n      Policies: [{PolicyName: own, PolicyDocument: nonsense}]\n",
        "5: Late: MalformedPolicyDocument: Syntax errors in policy. ",
    ),
    "a function of another language": (
        "  Late:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: arn:aws:iam::000000000000:role/r\n"
        "      Handler: index.handler\n      Runtime: nodejs20.x\n      Code: {ZipFile: x}\n",
        "the nodejs20.x runtime is not built yet, python3.x functions run here. ",
    ),
    "a function without a handler": (
        "  Late:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: arn:aws:iam::000000000000:role/r\n"
        "      Runtime: python3.11\n      Code: {ZipFile: x}\n",
        "5: Late: #: required key [Handler] not found. ",
    ),
    "code in S3": (
        "  Late:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: arn:aws:iam::000000000000:role/r\n"
        "      Handler: index.handler\n      Runtime: python3.11\n      Code: {S3Bucket: bucket, S3Key: key}\n",
        "5: Late: its code must be a folder of this machine or inline: S3 is not built yet. ",
    ),
    "an API without a body": (
        "  Late:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Name: api\n",
        "5: Late: only APIs with a Body are built yet; with SAM, AWS::Serverless::Api writes one. ",
    ),
    "an API's body that is none": (
        "  Late:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Body: {paths: {/: {get: x}}}\n",
        "5: Late: #/Body/paths///get: expected type: JSONObject, found: String. ",
    ),
    "an API's body whose security is no list": (
        "  Late:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Body: {security: none}\n",
        "5: Late: #/Body/security: expected type: JSONArray, found: String. ",
    ),
    "a resource policy that is none": (
        "  Late:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Body: {x-amazon-apigateway-policy: {}}\n",
        "5: Late: Invalid policy document. Please check the policy syntax and ensure that Principals are valid. ",
    ),
    "a resource policy for nobody": (
        "  Late:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Body: {}\n"
        "      Policy: {Statement: {Effect: Allow, Action: execute-api:Invoke, Resource: execute-api:/*}}\n",
        "5: Late: Invalid policy document. Please check the policy syntax and ensure that Principals are valid. ",
    ),
    "an HTTP API's resource policy": (
        "  Late:\n    Type: AWS::ApiGatewayV2::Api\n    Properties:\n      Body: {x-amazon-apigateway-policy: {}}\n",
        "5: Late: HTTP APIs have no resource policies. ",
    ),
    "a stage of no API": (
        "  Late:\n    Type: AWS::ApiGateway::Stage\n    Properties:\n      RestApiId: nothing\n      StageName: dev\n",
        "5: Late: Invalid API identifier specified. ",
    ),
    "a permission for a function that is not there": (
        "  Late:\n    Type: AWS::Lambda::Permission\n    Properties:\n      FunctionName: nothing\n"
        "      Action: lambda:InvokeFunction\n      Principal: s3.amazonaws.com\n",
        "5: Late: ResourceNotFoundException: Function not found: "
        "arn:aws:lambda:us-east-1:000000000000:function:nothing:$LATEST. ",
    ),
}


@pytest.mark.parametrize("case", WITHIN)
def test_what_a_service_refuses_is_told_with_its_line_and_all_is_undone(
    case: str, deploy: Deploy, cloud: testing.LocalCloud
) -> None:
    text, complaint = WITHIN[case]

    refused = refusal(deploy, f"Resources:\n{FINE}{text}")

    assert complaint in refused
    assert refused.endswith(" Everything is as it was before.")
    assert cloud.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"] == []
    assert cloud.client("iam").list_roles()["Roles"] == []
    assert cloud.fetch("GET", "/_poolhouse/outputs").body == b"{}"


NAMED = {
    "AWS::Cognito::UserPoolDomain": ("Domain", "mine", "UserPoolId: !Ref Fine"),
    "AWS::Cognito::UserPoolGroup": ("GroupName", "mine", "UserPoolId: !Ref Fine"),
    "AWS::Cognito::UserPoolResourceServer": ("Identifier", "mine", "UserPoolId: !Ref Fine, Name: Mine"),
    "AWS::Cognito::UserPoolUser": ("Username", "mine", "UserPoolId: !Ref Fine, MessageAction: SUPPRESS"),
    "AWS::DynamoDB::Table": (
        "TableName",
        "mine",
        "BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], "
        "KeySchema: [{AttributeName: id, KeyType: HASH}]",
    ),
    "AWS::IAM::Role": ("RoleName", "mine", "AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}"),
    "AWS::IAM::ManagedPolicy": (
        "ManagedPolicyName",
        "mine",
        "PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}",
    ),
    "AWS::Lambda::Function": (
        "FunctionName",
        "mine",
        "Role: arn:aws:iam::000000000000:role/r, Handler: i.h, Runtime: python3.11, Code: {ZipFile: x}",
    ),
    "AWS::ApiGateway::Stage": ("StageName", "mine", "RestApiId: !Ref Api"),
}
API = "  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {paths: {}}}}\n"


@pytest.mark.parametrize("kind", NAMED)
def test_a_name_that_is_taken_is_refused_and_its_owner_stays(kind: str, deploy: Deploy) -> None:
    key, name, properties = NAMED[kind]
    first = f"Resources:\n{FINE}{API}  One: {{Type: {kind}, Properties: {{{key}: {name}, {properties}}}}}\n"
    deploy(first)

    refused = refusal(deploy, f"{first}  Two: {{Type: {kind}, Properties: {{{key}: {name}, {properties}}}}}\n")

    assert f"5: Two: Resource of type '{kind}' with identifier '" in refused
    assert "mine' already exists. Everything is as it was before." in refused
    assert deploy(first)


REPLACED = {
    "AWS::DynamoDB::Table": ("AttributeName: id", "AttributeName: key"),
    "AWS::IAM::Role": ("RoleName: mine", "RoleName: mine, Path: /other/"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName: mine", "ManagedPolicyName: mine, Description: other"),
    "AWS::Cognito::UserPoolUser": ("Username: mine", "Username: mine, DesiredDeliveryMediums: [EMAIL]"),
}


@pytest.mark.parametrize("kind", REPLACED)
def test_a_custom_name_that_would_have_to_be_replaced_is_refused(kind: str, deploy: Deploy) -> None:
    key, name, properties = NAMED[kind]
    first = f"Resources:\n{FINE}  One: {{Type: {kind}, Properties: {{{key}: {name}, {properties}}}}}\n"
    deploy(first)

    refused = refusal(deploy, first.replace(*REPLACED[kind]))

    assert "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename " in refused


def test_a_resource_that_becomes_one_of_another_type_is_refused(deploy: Deploy) -> None:
    deploy("Resources:\n  One: {Type: AWS::Cognito::UserPool}\n")

    refused = refusal(deploy, "Resources:\n  One: {Type: AWS::Logs::LogGroup}\n")

    assert refused == (
        "2: Update of resource type is not permitted. The new template modifies resource type of the following "
        "resources: [One]."
    )


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("UsernameAttributes: [email]", "UsernameAttributes: [phone_number]", "UsernameAttributes"),
        ("AliasAttributes: [email]", "UserPoolName: x", "AliasAttributes"),
        ("UserPoolName: x", "UsernameConfiguration: {CaseSensitive: false}", "UsernameConfiguration"),
    ],
)
def test_what_no_pool_may_change_is_refused(before: str, after: str, name: str, deploy: Deploy, cognito: Any) -> None:
    template = "Resources:\n  Pool:\n    Type: AWS::Cognito::UserPool\n    Properties: {%s}\n"
    deploy(template % before)
    (pool,) = cognito.list_user_pools(MaxResults=60)["UserPools"]

    refused = refusal(deploy, template % after)

    assert refused == (
        f"4: Pool: Updates are not allowed for property - {name}. Give the pool another logical id for a new one. "
        "Everything is as it was before."
    )
    assert cognito.list_user_pools(MaxResults=60)["UserPools"] == [pool]


@pytest.mark.parametrize(
    ("indexes", "complaint"),
    [
        ("", "Cannot perform more than one GSI creation or deletion in a single update."),
        (
            "GlobalSecondaryIndexes: [{IndexName: one, Projection: {ProjectionType: KEYS_ONLY}, KeySchema: &key "
            "[{AttributeName: id, KeyType: HASH}]}, {IndexName: two, Projection: &all {ProjectionType: ALL}, "
            "KeySchema: *key}],",
            "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. "
            "You can create a new GSI with a different name.",
        ),
    ],
)
def test_indexes_change_no_faster_than_in_cloudformation(indexes: str, complaint: str, deploy: Deploy) -> None:
    template = (
        "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties: {%s BillingMode: PAY_PER_REQUEST, "
        "KeySchema: [{AttributeName: id, KeyType: HASH}], "
        "AttributeDefinitions: [{AttributeName: id, AttributeType: S}]}\n"
    )
    two = (
        "GlobalSecondaryIndexes: [{IndexName: one, Projection: &all {ProjectionType: ALL}, KeySchema: &key "
        "[{AttributeName: id, KeyType: HASH}]}, {IndexName: two, Projection: *all, KeySchema: *key}],"
    )
    deploy(template % two)

    assert refusal(deploy, template % indexes) == f"4: Table: {complaint} Everything is as it was before."


@pytest.mark.parametrize("other", [{"account_id": "123456789012"}, {"region": "eu-west-1"}])
def test_a_state_of_another_account_or_region_is_refused(other: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("Resources:\n  Pool: {Type: AWS::Cognito::UserPool}\n")
    config = Config(state=tmp_path / "state", reraise=True)
    with testing.cloud(file, config=config):
        pass

    with (
        pytest.raises(CommandError) as refused,
        testing.cloud(file, config=dataclasses.replace(config, **other)),  # type: ignore[arg-type]
    ):
        pass

    assert "is of account 000000000000 in us-east-1. Start with --account 000000000000 --region us-east-1, " in str(
        refused.value
    )
