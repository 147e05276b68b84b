"""How resources change: in place or by another one, as CloudFormation does it, and back when it fails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.config import Config
from poolhouse.errors import CommandError
from poolhouse.lambdas.entities import Function
from poolhouse.lambdas.event_sources import EventSources
from poolhouse.lambdas.functions import Functions
from poolhouse.store import Store
from poolhouse.template.deploy import deploy as deploy_into
from tests.poolhouse.template.support import REPOSITORY, Deploy

ANYTHING = "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}"
NOTHING = "{Version: '2012-10-17', Statement: [{Effect: Deny, Action: 's3:*', Resource: '*'}]}"
TRUST = (
    "{Version: '2012-10-17', Statement: "
    "[{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}"
)
KEY = "KeySchema: [{AttributeName: id, KeyType: HASH}]"
INDEX = "{IndexName: %s, KeySchema: [{AttributeName: id, KeyType: HASH}], Projection: {ProjectionType: ALL}}"
SAYS_A = "\"import os\\nhandler = lambda *_: os.environ['A']\""
TYPES = {
    "pool": "AWS::Cognito::UserPool",
    "client": "AWS::Cognito::UserPoolClient",
    "domain": "AWS::Cognito::UserPoolDomain",
    "server": "AWS::Cognito::UserPoolResourceServer",
    "group": "AWS::Cognito::UserPoolGroup",
    "function": "AWS::Lambda::Function",
    "role": "AWS::IAM::Role",
    "policy": "AWS::IAM::Policy",
    "managed": "AWS::IAM::ManagedPolicy",
    "table": "AWS::DynamoDB::Table",
    "api": "AWS::ApiGateway::RestApi",
    "stage": "AWS::ApiGateway::Stage",
    "response": "AWS::ApiGateway::GatewayResponse",
}
NEEDED = {
    "client": "UserPoolId: !Ref Pool",
    "domain": "UserPoolId: !Ref Pool, Domain: mine",
    "server": "UserPoolId: !Ref Pool, Identifier: mine",
    "group": "UserPoolId: !Ref Pool",
    "function": "Handler: index.handler, Runtime: python3.11, Role: !GetAtt Role.Arn",
    "role": f"AssumeRolePolicyDocument: {TRUST}",
    "policy": "PolicyName: mine",
    "table": f"BillingMode: PAY_PER_REQUEST, {KEY}, AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]",
    "stage": "RestApiId: !Ref Api, StageName: dev",
    "response": "RestApiId: !Ref Api, ResponseType: MISSING_AUTHENTICATION_TOKEN",
}
AROUND = f"""
  Pool: {{Type: AWS::Cognito::UserPool}}
  Role: {{Type: AWS::IAM::Role, Properties: {{RoleName: around, AssumeRolePolicyDocument: {TRUST}}}}}
  Another: {{Type: AWS::IAM::Role, Properties: {{RoleName: another, AssumeRolePolicyDocument: {TRUST}}}}}
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {{paths: {{}}}}}}}}
"""


def template(kind: str, properties: str, attributes: str = "") -> str:
    joined = ", ".join(part for part in (NEEDED.get(kind, ""), properties) if part)
    return (
        f"Resources:{AROUND}  It:\n    Type: {TYPES[kind]}\n    Properties: {{{joined}}}\n{attributes}"
        "Outputs:\n  It: {Value: !Ref It}\n  Pool: {Value: !Ref Pool}\n"
    )


class Seen:
    """What clients see of `It`."""

    def __init__(self, cloud: testing.LocalCloud, outputs: Any) -> None:
        self.cloud, self.it, self.pool = cloud, outputs["It"], outputs["Pool"]
        self.cognito, self.iam, self.dynamodb = (cloud.client(name) for name in ("cognito-idp", "iam", "dynamodb"))

    def described_pool(self) -> Any:
        return self.cognito.describe_user_pool(UserPoolId=self.it)["UserPool"]

    def tags_of_pool(self) -> Any:
        return self.described_pool().get("UserPoolTags", {})

    def password_length(self) -> Any:
        return self.described_pool()["Policies"]["PasswordPolicy"]["MinimumLength"]

    def verified(self) -> Any:
        return self.described_pool().get("AutoVerifiedAttributes", [])

    def tier(self) -> Any:
        return self.described_pool()["UserPoolTier"]

    def mfa(self) -> Any:
        config = self.cognito.get_user_pool_mfa_config(UserPoolId=self.it)
        return config["MfaConfiguration"], config.get("SoftwareTokenMfaConfiguration", {}).get("Enabled", False)

    def client(self) -> Any:
        return self.cognito.describe_user_pool_client(UserPoolId=self.pool, ClientId=self.it)["UserPoolClient"]

    def client_validity(self) -> Any:
        return self.client().get("AccessTokenValidity"), self.client()["RefreshTokenValidity"]

    def login(self) -> Any:
        return self.cognito.describe_user_pool_domain(Domain=self.it)["DomainDescription"]["ManagedLoginVersion"]

    def scopes(self) -> Any:
        server = self.cognito.describe_resource_server(UserPoolId=self.pool, Identifier=self.it)["ResourceServer"]
        return server["Name"], [scope["ScopeName"] for scope in server.get("Scopes", [])]

    def precedence(self) -> Any:
        return self.cognito.get_group(UserPoolId=self.pool, GroupName=self.it)["Group"]["Precedence"]

    def answer(self) -> Any:
        invoked = self.cloud.client("lambda").invoke(FunctionName=self.it, Payload=b"{}")
        return invoked["Payload"].read()

    def role(self) -> Any:
        role = self.iam.get_role(RoleName=self.it)["Role"]
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        return role["Description"], role["MaxSessionDuration"], boundary.rpartition("/")[2], role.get("Tags", [])

    def policies_of_role(self) -> Any:
        attached = self.iam.list_attached_role_policies(RoleName=self.it)["AttachedPolicies"]
        return self.iam.list_role_policies(RoleName=self.it)["PolicyNames"], [one["PolicyName"] for one in attached]

    def holders(self) -> Any:
        held = {name: self.iam.list_role_policies(RoleName=name)["PolicyNames"] for name in ("around", "another")}
        return [(name, policy) for name, policies in held.items() for policy in policies]

    def managed(self) -> Any:
        version = self.iam.get_policy(PolicyArn=self.it)["Policy"]["DefaultVersionId"]
        told = self.iam.get_policy_version(PolicyArn=self.it, VersionId=version)["PolicyVersion"]
        roles = self.iam.list_entities_for_policy(PolicyArn=self.it)["PolicyRoles"]
        return told["Document"]["Statement"][0]["Effect"], [role["RoleName"] for role in roles]

    def table(self) -> Any:
        return self.dynamodb.describe_table(TableName=self.it)["Table"]

    def expiry(self) -> Any:
        told = self.dynamodb.describe_time_to_live(TableName=self.it)["TimeToLiveDescription"]
        return told["TimeToLiveStatus"], told.get("AttributeName")

    def recovery(self) -> Any:
        told = self.dynamodb.describe_continuous_backups(TableName=self.it)["ContinuousBackupsDescription"]
        return told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]

    def protection(self) -> Any:
        return self.table()["DeletionProtectionEnabled"]

    def throughput(self) -> Any:
        table = self.table()
        return table.get("BillingModeSummary", {}).get("BillingMode"), table["ProvisionedThroughput"][
            "ReadCapacityUnits"
        ]

    def indexes(self) -> Any:
        return [index["IndexName"] for index in self.table().get("GlobalSecondaryIndexes", [])]

    def stream(self) -> Any:
        return self.table().get("StreamSpecification", {}).get("StreamViewType")

    def tags_of_table(self) -> Any:
        return self.dynamodb.list_tags_of_resource(ResourceArn=self.table()["TableArn"])["Tags"]

    def status(self) -> Any:
        return self.cloud.fetch("GET", f"/restapis/{self.it}/dev/_user_request_/here").status


MOCK = (
    "Body: {paths: {%s: {get: {x-amazon-apigateway-integration: {type: mock, requestTemplates: "
    "{application/json: '{\"statusCode\": 200}'}, responses: {default: {statusCode: 200}}}}}}}"
)
IN_PLACE: dict[str, tuple[str, str, str, Callable[[Seen], Any], Any, Any]] = {
    "a pool's tags": (
        "pool",
        "UserPoolTags: {a: b}",
        "UserPoolTags: {c: d}",
        Seen.tags_of_pool,
        {"a": "b"},
        {"c": "d"},
    ),
    "a pool's policy goes back to its default": (
        "pool",
        "Policies: {PasswordPolicy: {MinimumLength: '12'}}",
        "",
        Seen.password_length,
        12,
        8,
    ),
    "what a pool verifies": ("pool", "AutoVerifiedAttributes: [email]", "", Seen.verified, ["email"], []),
    "a pool's tier": ("pool", "UserPoolTier: LITE", "", Seen.tier, "LITE", "ESSENTIALS"),
    "a pool's second factors": (
        "pool",
        "MfaConfiguration: OPTIONAL, EnabledMfas: [SOFTWARE_TOKEN_MFA]",
        "",
        Seen.mfa,
        ("OPTIONAL", True),
        ("OFF", False),
    ),
    "a client's validity": (
        "client",
        "AccessTokenValidity: '2', RefreshTokenValidity: 10",
        "",
        Seen.client_validity,
        (2, 10),
        (None, 30),
    ),
    "a domain's login pages": ("domain", "ManagedLoginVersion: 2", "", Seen.login, 2, 1),
    "a resource server's scopes": (
        "server",
        "Name: One, Scopes: [{ScopeName: r, ScopeDescription: read}]",
        "Name: Two",
        Seen.scopes,
        ("One", ["r"]),
        ("Two", []),
    ),
    "a group's precedence": ("group", "Precedence: 1", "Precedence: 2", Seen.precedence, 1, 2),
    "a function's code": (
        "function",
        "Code: {ZipFile: 'def handler(event, context): return 1'}",
        "Code: {ZipFile: 'def handler(event, context): return 2'}",
        Seen.answer,
        b"1",
        b"2",
    ),
    "a function's environment": (
        "function",
        f"Code: {{ZipFile: {SAYS_A}}}, Environment: {{Variables: {{A: 1}}}}",
        f"Code: {{ZipFile: {SAYS_A}}}, Environment: {{Variables: {{A: no}}}}",
        Seen.answer,
        b'"1"',
        b'"false"',
    ),
    "a role's settings": (
        "role",
        "Description: one, MaxSessionDuration: '7200', Tags: [{Key: a, Value: b}], "
        "PermissionsBoundary: arn:aws:iam::aws:policy/ReadOnlyAccess",
        "",
        Seen.role,
        ("one", 7200, "ReadOnlyAccess", [{"Key": "a", "Value": "b"}]),
        ("", 3600, "", []),
    ),
    "a role's policies": (
        "role",
        f"Policies: [{{PolicyName: one, PolicyDocument: {ANYTHING}}}], "
        "ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]",
        f"Policies: [{{PolicyName: two, PolicyDocument: {ANYTHING}}}]",
        Seen.policies_of_role,
        (["one"], ["ReadOnlyAccess"]),
        (["two"], []),
    ),
    "who holds a policy": (
        "policy",
        f"PolicyDocument: {ANYTHING}, Roles: [!Ref Role]",
        f"PolicyDocument: {ANYTHING}, Roles: [!Ref Another]",
        Seen.holders,
        [("around", "mine")],
        [("another", "mine")],
    ),
    "a managed policy": (
        "managed",
        f"PolicyDocument: {ANYTHING}, Roles: [!Ref Role]",
        f"PolicyDocument: {NOTHING}, Roles: [!Ref Another]",
        Seen.managed,
        ("Allow", ["around"]),
        ("Deny", ["another"]),
    ),
    "when a table's items expire": (
        "table",
        "TimeToLiveSpecification: {AttributeName: until, Enabled: 'true'}",
        "TimeToLiveSpecification: {AttributeName: late, Enabled: true}",
        Seen.expiry,
        ("ENABLED", "until"),
        ("ENABLED", "late"),
    ),
    "that they no longer do": (
        "table",
        "TimeToLiveSpecification: {AttributeName: until, Enabled: true}",
        "",
        lambda seen: seen.expiry()[0],
        "ENABLED",
        "DISABLED",
    ),
    "a table's recovery": (
        "table",
        "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
        "",
        Seen.recovery,
        "ENABLED",
        "DISABLED",
    ),
    "a table's protection": ("table", "DeletionProtectionEnabled: 'true'", "", Seen.protection, True, False),
    "a table's indexes": (
        "table",
        f"GlobalSecondaryIndexes: [{INDEX % 'one'}]",
        f"GlobalSecondaryIndexes: [{INDEX % 'one'}, {INDEX % 'two'}]",
        Seen.indexes,
        ["one"],
        ["one", "two"],
    ),
    "a table's stream": (
        "table",
        "StreamSpecification: {StreamViewType: KEYS_ONLY}",
        "StreamSpecification: {StreamViewType: NEW_IMAGE}",
        Seen.stream,
        "KEYS_ONLY",
        "NEW_IMAGE",
    ),
    "that a table has none": (
        "table",
        "StreamSpecification: {StreamViewType: KEYS_ONLY}",
        "",
        Seen.stream,
        "KEYS_ONLY",
        None,
    ),
    "a table's tags": (
        "table",
        "Tags: [{Key: a, Value: b}]",
        "Tags: [{Key: c, Value: d}]",
        Seen.tags_of_table,
        [{"Key": "a", "Value": "b"}],
        [{"Key": "c", "Value": "d"}],
    ),
}


@pytest.mark.parametrize("case", IN_PLACE)
def test_it_changes_in_place_and_back(case: str, deploy: Deploy, cloud: testing.LocalCloud, said: list[str]) -> None:
    kind, before, after, look, first, second = IN_PLACE[case]
    outputs = deploy(template(kind, before)).outputs
    was = look(Seen(cloud, outputs))

    changed = deploy(template(kind, after)).outputs
    told = list(said)
    became = look(Seen(cloud, changed))
    deploy(template(kind, before))

    assert (was, became, look(Seen(cloud, outputs))) == (first, second, first)
    assert changed == outputs
    assert told == [f"  changed   It ({TYPES[kind]}) {outputs['It']}", "Unchanged: 4 of 5 resources."]


FAILS = "  Late: {Type: AWS::Cognito::UserPoolGroup, DependsOn: It, Properties: {UserPoolId: nothing_1}}\n"


@pytest.mark.parametrize("case", IN_PLACE)
def test_an_update_that_fails_later_is_put_back(case: str, deploy: Deploy, cloud: testing.LocalCloud) -> None:
    kind, before, after, look, first, _ = IN_PLACE[case]
    outputs = deploy(template(kind, before)).outputs

    with pytest.raises(CommandError, match=r"Late: ResourceNotFoundException: .* Everything is as it was before\."):
        deploy(template(kind, after, FAILS))

    assert look(Seen(cloud, outputs)) == first
    assert deploy(template(kind, before)).outputs == outputs


REPLACED: dict[str, tuple[str, str, str]] = {
    "a client that gets a secret": ("client", "GenerateSecret: false", "GenerateSecret: true"),
    "a group that is called otherwise": ("group", "GroupName: one", "GroupName: two"),
    "a function that is": (
        "function",
        "Code: {ZipFile: handler = print}, FunctionName: one",
        "Code: {ZipFile: handler = print}, FunctionName: two",
    ),
    "a role with another path": ("role", "Path: /one/", "Path: /two/"),
    "a policy with another description": (
        "managed",
        f"PolicyDocument: {ANYTHING}, Description: one",
        f"PolicyDocument: {ANYTHING}, Description: two",
    ),
    "a table with another index of its own": (
        "table",
        "",
        f"LocalSecondaryIndexes: [{INDEX % 'own'}]",
    ),
}


def is_there(kind: str, physical_id: str, seen: Seen) -> bool:
    seen.it = physical_id
    look: dict[str, Callable[[], Any]] = {
        "client": seen.client,
        "group": lambda: seen.cognito.get_group(UserPoolId=seen.pool, GroupName=physical_id),
        "function": seen.answer,
        "role": seen.policies_of_role,
        "managed": seen.managed,
        "table": seen.table,
    }
    try:
        look[kind]()
    except ClientError:
        return False
    return True


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
@pytest.mark.parametrize("case", REPLACED)
def test_it_is_replaced_and_the_old_one_deleted_or_retained(
    case: str, policy: str, deploy: Deploy, cloud: testing.LocalCloud
) -> None:
    kind, before, after = REPLACED[case]
    keep = f"    UpdateReplacePolicy: {policy}\n"
    old = deploy(template(kind, before, keep)).outputs

    new = deploy(template(kind, after, keep)).outputs

    assert new["It"] != old["It"]
    assert is_there(kind, new["It"], Seen(cloud, new))
    assert is_there(kind, old["It"], Seen(cloud, old)) is (policy == "Retain")


@pytest.mark.parametrize("case", REPLACED)
def test_a_replacement_that_fails_later_is_put_back(case: str, deploy: Deploy, cloud: testing.LocalCloud) -> None:
    kind, before, after = REPLACED[case]
    old = deploy(template(kind, before)).outputs

    with pytest.raises(CommandError, match=r"Late: .* Everything is as it was before\."):
        deploy(template(kind, after, FAILS))

    assert is_there(kind, old["It"], Seen(cloud, old))
    assert deploy(template(kind, before)).outputs == old


class Cut(Exception):
    """The process ends here."""


def cut_at(word: str) -> Callable[[str], None]:
    def progress(line: str) -> None:
        if word in line:
            raise Cut

    return progress


@pytest.mark.parametrize("word", ["replaced", "deleted"])
@pytest.mark.parametrize("case", REPLACED)
def test_a_replacement_that_was_cut_off_is_ended_by_the_next_deployment(
    case: str, word: str, deploy: Deploy, cloud: testing.LocalCloud
) -> None:
    kind, before, after = REPLACED[case]
    old = deploy(template(kind, before)).outputs
    with pytest.raises(Cut):
        deploy(template(kind, after), progress=cut_at(word))

    new = deploy(template(kind, after)).outputs

    assert is_there(kind, new["It"], Seen(cloud, new))
    assert not is_there(kind, old["It"], Seen(cloud, old))


def test_a_first_deployment_can_be_cut_off_anywhere(deploy: Deploy, cloud: testing.LocalCloud) -> None:
    text = template("function", "Code: {ZipFile: handler = print}")
    for name in ("Pool", "Another", "Api", "It"):
        with pytest.raises(Cut):
            deploy(text, progress=cut_at(f" {name} ("))

    deploy(text)

    assert len(cloud.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]) == 1
    assert {role["RoleName"] for role in cloud.client("iam").list_roles()["Roles"]} == {"around", "another"}
    assert len(cloud.inner.store.rest_apis.list()) == 1
    assert len(cloud.inner.store.functions.list()) == 1


class Still:
    """A cloud that no operation may be asked of."""

    def __init__(self, cloud: Any) -> None:
        self.config = cloud.config
        self.clock = cloud.clock
        self.store: Store = cloud.store
        self.functions: Functions = cloud.functions
        self.event_sources: EventSources = cloud.event_sources

    def role_may(self, function: Function, action: str, resource: str) -> bool:
        raise AssertionError(f"{function.name} {action} {resource}")

    def operate(self, service: str, operation: str, params: Any) -> dict[str, Any]:
        raise AssertionError(f"{service} {operation} {params}")


def test_an_unchanged_template_asks_nothing_of_any_service(tmp_path: Path) -> None:
    file = REPOSITORY / "template.yaml"
    said: list[str] = []
    with testing.cloud(file, config=Config(state=tmp_path, reraise=True)) as cloud:
        deployed = deploy_into(Still(cloud.inner), file, {}, said.append)

        assert deployed.outputs == cloud.outputs
        there = len(cloud.inner.store.stack_resources.list())
        assert said == [f"Unchanged: {there} of {there} resources."]


def test_a_local_address_stands_beside_awss_own(tmp_path: Path) -> None:
    with testing.cloud() as cloud:
        deployed = cloud.inner.deploy(REPOSITORY / "template.yaml", {}, lambda _: None)

    assert deployed is not None
    lines = [" ".join(line.split()) for line in deployed.lines]  # how wide a column is depends on the longest name
    assert f"ApiUrl {deployed.outputs['ApiUrl']} (here http://localhost:3000)" in lines
    assert "POST /transactions UserPoolAuthorizer (transactions/post) TransactionsFunction" in lines
    assert "PreSignUp PreSignUpFunction" in lines
    assert "Not run here" not in "\n".join(lines)


def test_what_has_no_effect_here_is_told_each_time(deploy: Deploy) -> None:
    text = template("function", "Code: {ZipFile: handler = print}, EphemeralStorage: {Size: 1024}, Tags: []")

    first, second = deploy(text).lines, deploy(text).lines

    assert "Note: It: no effect here of EphemeralStorage." in first
    assert "Note: It: no effect here of EphemeralStorage." in second


def test_stacks_are_kept_apart_by_name(tmp_path: Path, cloud: testing.LocalCloud, cognito: Any) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "template.yaml").write_text("Resources:\n  Pool: {Type: AWS::Cognito::UserPool}\n")
        cloud.inner.deploy(folder / "template.yaml", {}, lambda _: None)

    assert len(cognito.list_user_pools(MaxResults=60)["UserPools"]) == 2


def test_inline_code_moves_with_its_state(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(template("function", "Code: {ZipFile: 'def handler(event, context): return 1'}"))
    with testing.cloud(file, config=Config(state=tmp_path / "here", reraise=True)):
        pass
    (tmp_path / "here").rename(tmp_path / "there")

    with testing.cloud(file, config=Config(state=tmp_path / "there", reraise=True)) as cloud:
        assert Seen(cloud, cloud.outputs).answer() == b"1"


def test_a_deployment_with_a_stages_name_makes_the_stage_and_hands_it_on(
    deploy: Deploy, cloud: testing.LocalCloud
) -> None:
    text = f"""
Resources:
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{{MOCK % "/here"}}}}}
  %s:
    Type: AWS::ApiGateway::Deployment
    Properties: {{RestApiId: !Ref Api, StageName: dev, StageDescription: {{Variables: {{a: b}}}}}}
Outputs:
  It: {{Value: !Ref Api}}
  Pool: {{Value: none}}
"""
    outputs = deploy(text % "One").outputs
    status = Seen(cloud, outputs).status()

    deploy(text % "Two")
    after = Seen(cloud, outputs).status()
    deploy(text.replace(", StageName: dev, StageDescription: {Variables: {a: b}}", "") % "Three")

    assert (status, after, Seen(cloud, outputs).status()) == (200, 200, 403)


def test_a_changed_body_is_served_at_once(deploy: Deploy, cloud: testing.LocalCloud) -> None:
    text = "Resources:\n  It: {Type: AWS::ApiGateway::RestApi, Properties: {%s}}\n  Stage: {Type: "
    text += (
        "AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref It, StageName: dev}}\nOutputs:\n  It: {Value: !Ref It}"
    )
    text += "\n  Pool: {Value: none}\n"
    cloud.clock.stop(cloud.clock())
    outputs = deploy(text % (MOCK % "/elsewhere")).outputs
    before = Seen(cloud, outputs).status()

    deploy(text % (MOCK % "/here"))

    assert (before, Seen(cloud, outputs).status()) == (403, 200)


SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): return {'statusCode': 200, 'body': event['path']}"
      Handler: index.handler
      Runtime: python3.11
      Policies: [AWSLambdaBasicExecutionRole, {DynamoDBCrudPolicy: {TableName: !Ref Table}}]
      Events:
        Get: {Type: Api, Properties: {Path: /hello, Method: get}}
        Signing: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: PreSignUp}}
  Table: {Type: AWS::Serverless::SimpleTable}
  Pool: {Type: AWS::Cognito::UserPool}
Outputs:
  Url: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/hello"}
  Other: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Stage/hello"}
"""


def test_a_sam_template_works_as_it_is_and_changes(deploy: Deploy, cloud: testing.LocalCloud) -> None:
    deployed = deploy(SAM)
    before = cloud.fetch("GET", "/hello", api=True)

    deploy(SAM.replace("Path: /hello", "Path: /hi"))
    after = cloud.fetch("GET", "/hi", api=True)

    api_id = deployed.outputs["Url"][len("https://") :].partition(".")[0]
    lines = "\n".join(deployed.lines)
    assert (before.status, before.body, after.status, after.body) == (200, b"/hello", 200, b"/hi")
    assert cloud.fetch("GET", "/hello", api=True).status == 403
    assert "/Prod/hello   (here http://localhost:3000/hello)" in lines
    assert f"/Stage/hello   (here http://{api_id}.execute-api.localhost:4566/Stage/hello)" in lines
    assert "  PreSignUp   Hello" in lines


EMPTY = "Resources:\n  Logs: {Type: AWS::Logs::LogGroup}\n"


def test_what_could_not_be_deleted_is_told_and_tried_again(deploy: Deploy, cognito: Any) -> None:
    protected = "Resources:\n  It: {Type: AWS::Cognito::UserPool, Properties: {DeletionProtection: ACTIVE}}\n"
    deploy(protected)
    (pool,) = cognito.list_user_pools(MaxResults=60)["UserPools"]

    told = deploy(EMPTY).lines
    cognito.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="INACTIVE")
    deploy(EMPTY)

    assert told[-1] == (
        f"Note: It ({pool['Id']}) could not be deleted: InvalidParameterException: The user pool cannot be deleted "
        "because deletion protection is activated. Deletion protection must be inactivated first."
    )
    assert cognito.list_user_pools(MaxResults=60)["UserPools"] == []


def test_a_pools_issuer_follows_the_port(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        "Resources:\n  It: {Type: AWS::Cognito::UserPool}\nOutputs:\n  Issuer: {Value: !GetAtt It.ProviderURL}\n"
        "  Id: {Value: !Ref It}\n"
    )
    issuers = []
    for port in (4566, 5000):
        with testing.cloud(file, config=Config(state=tmp_path / "state", port=port, reraise=True)) as cloud:
            issuers.append(cloud.outputs["Issuer"].removesuffix(f"/{cloud.outputs['Id']}"))

    assert issuers == ["http://localhost:4566", "http://localhost:5000"]


@pytest.mark.parametrize(("policy", "left"), [("Retain", 1), ("RetainExceptOnCreate", 1), ("Delete", 0)])
def test_what_is_retained_is_no_longer_the_stacks(
    policy: str, left: int, deploy: Deploy, cognito: Any, said: list[str]
) -> None:
    deploy(f"Resources:\n  It: {{Type: AWS::Cognito::UserPool, DeletionPolicy: {policy}}}\n")

    deploy(EMPTY)
    first = list(said)
    deploy(EMPTY)

    assert len(cognito.list_user_pools(MaxResults=60)["UserPools"]) == left
    assert [line for line in first if line.endswith("no longer the stack's")] == [
        line for line in first if line.startswith("  kept")
    ]
    assert said == ["Unchanged: 1 of 1 resources."]
