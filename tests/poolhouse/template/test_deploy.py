"""Deploying: what is made, changed in place, replaced, kept, deleted and undone - as clients of the cloud see it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.errors import CommandError
from poolhouse.template.deploy import Deployed
from tests.poolhouse.template.support import Deploy

POOL = """
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    DeletionPolicy: {policy}
    Properties:
      UserPoolName: {name}
      Policies: {{PasswordPolicy: {{MinimumLength: "{length}"}}}}
      Schema: [{{Name: name, AttributeDataType: String, Mutable: true}}{schema}]
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {{UserPoolId: !Ref Pool, ClientName: web, GenerateSecret: {secret}}}
Outputs:
  PoolId: {{Value: !Ref Pool}}
  PoolArn: {{Value: !GetAtt Pool.Arn}}
  Provider: {{Value: !GetAtt Pool.ProviderName}}
  ClientId: {{Value: !Ref Client}}
"""
TIER = ", {Name: tier, AttributeDataType: String, Mutable: true}"


def pool_template(**changes: str) -> str:
    values = {"policy": "Delete", "name": "first", "length": "8", "schema": "", "secret": "false"}
    return POOL.format(**{**values, **changes})


def pools(cognito: Any) -> set[str]:
    return {pool["Name"] for pool in cognito.list_user_pools(MaxResults=60)["UserPools"]}


def add_user(cognito: Any, pool_id: str) -> None:
    cognito.admin_create_user(UserPoolId=pool_id, Username="ann", MessageAction="SUPPRESS")


def users(cognito: Any, pool_id: str) -> list[str]:
    return [user["Username"] for user in cognito.list_users(UserPoolId=pool_id)["Users"]]


def test_a_template_is_made_by_the_operations_a_client_would_call(deploy: Deploy, cognito: Any) -> None:
    outputs = deploy(pool_template()).outputs

    pool = cognito.describe_user_pool(UserPoolId=outputs["PoolId"])["UserPool"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert outputs["PoolArn"] == pool["Arn"]
    assert outputs["Provider"] == f"cognito-idp.us-east-1.amazonaws.com/{pool['Id']}"
    assert cognito.describe_user_pool_client(UserPoolId=pool["Id"], ClientId=outputs["ClientId"])


def test_the_same_template_again_changes_nothing(deploy: Deploy, said: list[str]) -> None:
    first = deploy(pool_template())
    second = deploy(pool_template())

    assert second.outputs == first.outputs
    assert said == ["Unchanged: 2 of 2 resources."]


def test_a_change_is_made_in_place_and_users_stay(deploy: Deploy, cognito: Any, said: list[str]) -> None:
    pool_id = deploy(pool_template()).outputs["PoolId"]
    add_user(cognito, pool_id)

    outputs = deploy(pool_template(name="second", length="12", schema=TIER)).outputs

    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert outputs["PoolId"] == pool_id
    assert (pool["Name"], pool["Policies"]["PasswordPolicy"]["MinimumLength"]) == ("second", 12)
    assert "custom:tier" in {attribute["Name"] for attribute in pool["SchemaAttributes"]}
    assert users(cognito, pool_id) == ["ann"]
    assert said[-1] == "Unchanged: 1 of 2 resources."


def test_a_change_no_pool_allows_is_refused_and_undone(deploy: Deploy, cognito: Any) -> None:
    pool_id = deploy(pool_template(schema=TIER)).outputs["PoolId"]

    with pytest.raises(CommandError) as refused:
        deploy(pool_template(name="second"))

    assert "template.yaml:6: Pool: Existing schema attributes cannot be modified or deleted." in str(refused.value)
    assert cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Name"] == "first"


def test_what_cannot_change_in_place_is_made_anew_and_the_old_one_deleted(deploy: Deploy, cognito: Any) -> None:
    before = deploy(pool_template()).outputs

    after = deploy(pool_template(secret="true")).outputs

    assert after["PoolId"] == before["PoolId"]
    assert after["ClientId"] != before["ClientId"]
    clients = cognito.list_user_pool_clients(UserPoolId=after["PoolId"], MaxResults=60)["UserPoolClients"]
    assert [client["ClientId"] for client in clients] == [after["ClientId"]]


OTHER = "Resources: {Other: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: other}}}"


@pytest.mark.parametrize(("policy", "left"), [("Delete", {"other"}), ("Retain", {"first", "other"})])
def test_what_the_template_no_longer_has_is_deleted_or_retained(
    deploy: Deploy, cognito: Any, policy: str, left: set[str]
) -> None:
    deploy(pool_template(policy=policy))

    deploy(OTHER)

    assert pools(cognito) == left


FAILS = """
  Late:
    Type: AWS::Cognito::UserPoolDomain
    DependsOn: Client
    Properties: {UserPoolId: !Ref Pool, Domain: "AWS reserved"}
"""


def with_failure(text: str) -> str:
    return text.replace("Outputs:", f"{FAILS.strip(chr(10))}\nOutputs:")


def test_a_first_deployment_that_fails_leaves_nothing(deploy: Deploy, cognito: Any) -> None:
    with pytest.raises(CommandError, match="Late: InvalidParameterException"):
        deploy(with_failure(pool_template(policy="Retain")))

    assert pools(cognito) == set()
    assert deploy(pool_template()).outputs["PoolId"]


def test_an_update_that_fails_puts_everything_back(deploy: Deploy, cognito: Any) -> None:
    before = deploy(pool_template()).outputs
    add_user(cognito, before["PoolId"])

    with pytest.raises(CommandError, match="Late: "):
        deploy(with_failure(pool_template(name="second", secret="true")))

    assert pools(cognito) == {"first"}
    assert deploy(pool_template()).outputs == before
    assert users(cognito, before["PoolId"]) == ["ann"]


class Cut(Exception):
    """The process ends here."""


def test_a_deployment_that_was_cut_off_is_taken_up(deploy: Deploy, cognito: Any) -> None:
    def cut(line: str) -> None:
        if "Client" in line:
            raise Cut

    with pytest.raises(Cut):
        deploy(pool_template(), progress=cut)
    outputs = deploy(pool_template()).outputs

    assert pools(cognito) == {"first"}
    clients = cognito.list_user_pool_clients(UserPoolId=outputs["PoolId"], MaxResults=60)["UserPoolClients"]
    assert len(clients) == 1


@pytest.mark.parametrize(
    ("resource", "complaint"),
    [
        ("Type: AWS::EC2::Instance", "AWS::EC2::Instance is not built yet"),
        ("Type: AWS::Cognito::UserPool\n    Properties: {Nonsense: 1}", "Encountered unsupported property Nonsense"),
    ],
)
def test_what_is_unknown_is_refused_before_anything_is_made(
    deploy: Deploy, cognito: Any, resource: str, complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        deploy(pool_template().replace("Outputs:", f"  Wrong:\n    {resource}\nOutputs:"))

    assert pools(cognito) == set()


EVERYTHING = """
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Domain: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Pool, Domain: my-own-domain}}
  Server:
    Type: AWS::Cognito::UserPoolResourceServer
    Properties: {UserPoolId: !Ref Pool, Identifier: api, Name: Api, Scopes: [{ScopeName: r, ScopeDescription: read}]}
  Group: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: admin, Precedence: "1"}}
  User: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: !Ref Pool, Username: ann, MessageAction: SUPPRESS}}
  Member:
    Type: AWS::Cognito::UserPoolUserToGroupAttachment
    Properties: {UserPoolId: !Ref Pool, Username: !Ref User, GroupName: !Ref Group}
  Secret: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, GenerateSecret: true}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: own
          PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
      ManagedPolicyArns: [!Ref Managed]
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref Role]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: {ZipFile: "def handler(event, context): return {'said': event['say']}"}
      Environment: {Variables: {SECRET: !GetAtt Secret.ClientSecret}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !GetAtt Function.Arn, Action: lambda:InvokeFunction, Principal: s3.amazonaws.com}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: until, Enabled: true}
      Tags: [{Key: a, Value: b}]
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {info: {title: api}, paths: {}}}}
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !Ref Api, StageName: dev, DeploymentId: !Ref Deployment, Variables: {a: b}}
  Response:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: {RestApiId: !Ref Api, ResponseType: MISSING_AUTHENTICATION_TOKEN, StatusCode: 404}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: mine}}
Outputs:
  Refs:
    Value: !Join [" ", [!Ref Domain, !Ref Server, !Ref Group, !Ref User, !Ref Stage, !Ref Logs]]
  LogsArn: {Value: !GetAtt Logs.Arn}
  TableArn: {Value: !GetAtt Table.Arn}
  Table: {Value: !Ref Table}
  Function: {Value: !Ref Function}
  PoolId: {Value: !Ref Pool}
  Role: {Value: !Ref Role}
"""


@pytest.fixture
def everything(deploy: Deploy) -> Deployed:
    return deploy(EVERYTHING)


def test_every_type_is_known_by_what_cloudformation_knows_it_by(everything: Deployed) -> None:
    outputs = everything.outputs

    assert outputs["Refs"] == "my-own-domain api admin ann dev mine"
    assert outputs["LogsArn"] == "arn:aws:logs:us-east-1:000000000000:log-group:mine:*"
    assert outputs["TableArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{outputs['Table']}"


def test_every_type_is_there_for_clients(everything: Deployed, cloud: testing.LocalCloud, cognito: Any) -> None:
    outputs, dynamodb, iam = everything.outputs, cloud.client("dynamodb"), cloud.client("iam")

    groups = cognito.admin_list_groups_for_user(UserPoolId=outputs["PoolId"], Username="ann")["Groups"]
    assert [(group["GroupName"], group["Precedence"]) for group in groups] == [("admin", 1)]
    ttl = dynamodb.describe_time_to_live(TableName=outputs["Table"])["TimeToLiveDescription"]
    assert ttl == {"AttributeName": "until", "TimeToLiveStatus": "ENABLED"}
    assert iam.list_role_policies(RoleName=outputs["Role"])["PolicyNames"] == ["own", "more"]
    assert len(iam.list_attached_role_policies(RoleName=outputs["Role"])["AttachedPolicies"]) == 1
    answer = cloud.client("lambda").invoke(FunctionName=outputs["Function"], Payload=b'{"say": "hello"}')
    assert answer["Payload"].read() == b'{"said": "hello"}'
    missing = cloud.fetch("GET", "/nowhere", api=True)
    assert missing.status == 404


def test_everything_goes_when_the_template_no_longer_has_it(
    everything: Deployed, deploy: Deploy, cloud: testing.LocalCloud, cognito: Any, said: list[str]
) -> None:
    deployed = deploy(OTHER)

    assert [line for line in deployed.lines if line.startswith("Note")] == []
    assert pools(cognito) == {"other"}
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    assert cloud.client("iam").list_roles()["Roles"] == []
    with pytest.raises(ClientError, match="Function not found"):
        cloud.client("lambda").invoke(FunctionName=everything.outputs["Function"])


def test_a_clients_secret_is_not_kept_in_the_clear(
    everything: Deployed, cloud: testing.LocalCloud, cognito: Any
) -> None:
    clients = cognito.list_user_pool_clients(UserPoolId=everything.outputs["PoolId"], MaxResults=60)["UserPoolClients"]
    described = cognito.describe_user_pool_client(
        UserPoolId=everything.outputs["PoolId"], ClientId=clients[0]["ClientId"]
    )["UserPoolClient"]

    kept = repr(cloud.inner.store.stack_resources.list())

    assert described["ClientSecret"] not in kept


def test_a_custom_name_that_must_be_replaced_is_refused_as_cloudformation_does(deploy: Deploy) -> None:
    text = EVERYTHING.replace("BillingMode:", "TableName: mine\n      BillingMode:")
    deploy(text)

    with pytest.raises(CommandError, match="CloudFormation cannot update a stack when a custom-named resource"):
        deploy(text.replace("AttributeName: id", "AttributeName: key"))


def test_health_knows_of_a_deployment_only_when_it_ended_well(deploy: Deploy, cloud: testing.LocalCloud) -> None:
    deploy(pool_template())
    well = cloud.fetch("GET", "/_poolhouse/health").status

    with pytest.raises(CommandError):
        deploy(with_failure(pool_template()))

    assert (well, cloud.fetch("GET", "/_poolhouse/health").status) == (200, 503)


def test_reset_forgets_and_deploys_anew(deploy: Deploy, cloud: testing.LocalCloud, cognito: Any) -> None:
    before = deploy(EVERYTHING).outputs
    add = cognito.admin_create_user
    add(UserPoolId=before["PoolId"], Username="bob", MessageAction="SUPPRESS")
    cloud.client("dynamodb").put_item(TableName=before["Table"], Item={"id": {"S": "1"}})

    answer = cloud.fetch("POST", "/_poolhouse/reset")

    assert answer.status == 200
    (pool,) = cognito.list_user_pools(MaxResults=60)["UserPools"]
    assert users(cognito, pool["Id"]) == ["ann"]
    (table,) = cloud.client("dynamodb").list_tables()["TableNames"]
    assert cloud.client("dynamodb").scan(TableName=table)["Items"] == []
