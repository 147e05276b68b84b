"""SAM templates: what they become, offline; what is refused; what is kept of a translation."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poolhouse.template.document import Template
from poolhouse.template.load import load
from tests.poolhouse.template.support import (
    ACCOUNT_ID,
    REGION,
    REPOSITORY,
    loaded,
    made,
    refusal,
    resolved,
    write,
)

_SAM = "Transform: AWS::Serverless-2016-10-31\n"
_FUNCTION = "{Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.11, %s}}"

REFUSED = [
    (
        "{Type: AWS::Serverless::Function}",
        ":3: It: Runtime and Handler needs to be present when PackageType is of type",
    ),
    (_FUNCTION % "CodeUri: nowhere", ":3: It: there is no folder "),
    (_FUNCTION % 'CodeUri: "a\\0b"', ":3: It: there is no folder 'a\\x00b'; CodeUri says where the code is."),
    (_FUNCTION % "CodeUri: template.yaml", ":3: It: CodeUri must be a folder; "),
    (_FUNCTION % "PackageType: Image", ":3: It: functions of container images are not built yet."),
    (_FUNCTION % "InlineCode: x, Events: [1]", ":3: It: Type of property 'Events' is invalid."),
    (_FUNCTION % "InlineCode: x, Events: {E: {Type: Nope}}", ":3: "),
    (_FUNCTION % "InlineCode: x, Policies: [{NopePolicy: {}}]", ":3: "),
    (
        "{Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: a}}}",
        ":3: It: AWS::Serverless::App",
    ),
    ("{Type: AWS::Serverless::Api, Properties: {}}", ":3: It: Missing required property 'StageName'."),
    ("{Type: AWS::Serverless::Api, Properties: {StageName: p, DefinitionUri: no.yaml}}", ":3: no.yaml: No such file"),
    (
        "{Type: AWS::Serverless::Api, Properties: {StageName: p, DefinitionBody: {'Fn::Transform': {Name: Mine}}}}",
        ":3: It: of Fn::Transform only AWS::Include of a local file is built.",
    ),
    ("{Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: 3}}", ":3: "),
]

_PUBLIC = {
    "an HTTP API with a JWT authorizer, nested globals, managed policies and policy templates": (
        """
Globals:
  Function: {Timeout: 3, Runtime: python3.12, Environment: {Variables: {TABLE: !Ref Table}}, Tags: {team: x}}
  HttpApi:
    Auth:
      DefaultAuthorizer: Jwt
      Authorizers:
        Jwt:
          IdentitySource: $request.header.Authorization
          JwtConfiguration: {issuer: !Sub "https://x.${AWS::Region}.${AWS::URLSuffix}/${Pool}", audience: [a]}
Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: !Ref "AWS::StackName"}}
  Table: {Type: AWS::Serverless::SimpleTable}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Policies: [AWSLambdaBasicExecutionRole, {DynamoDBCrudPolicy: {TableName: !Ref Table}}, OfMyOwn]
      Events: {Root: {Type: HttpApi, Properties: {Path: /, Method: get}}}
Outputs:
  Url: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/"}
""",
        {"AWS::ApiGatewayV2::Api", "AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::Lambda::Function"},
    ),
    "S3, queue and schedule events, a layer and an alias": (
        """
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Queue: {Type: AWS::SQS::Queue}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}
  Thumbnails:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.12
      Layers: [!Ref Layer]
      AutoPublishAlias: live
      Events:
        Upload: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: "s3:ObjectCreated:*"}}
        Message: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
""",
        {"AWS::Lambda::LayerVersion", "AWS::Lambda::EventSourceMapping", "AWS::Events::Rule", "AWS::Lambda::Alias"},
    ),
    "a Cognito event, an implicit REST API and a state machine": (
        """
Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {}}
  Flow: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: flow.asl.json}}
  Sign:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): return event"
      Handler: index.handler
      Runtime: python3.12
      Events:
        Sign: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: PreSignUp}}
        Any: {Type: Api, Properties: {Path: /a, Method: any}}
""",
        {"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::StepFunctions::StateMachine"},
    ),
}


@pytest.fixture(scope="module")
def own() -> Template:
    return load(REPOSITORY / "template.yaml", {}, region=REGION, account_id=ACCOUNT_ID)


def test_every_function_of_the_service_template_is_carried_out(own: Template) -> None:
    everything = {name: resolved(own, name, {"ProviderName": "cognito-idp"}) for name in own.resources}

    written = json.dumps(everything)
    assert "Fn::" not in written
    assert '"Ref"' not in written
    assert {name: one["Code"] for name, one in everything.items() if name.endswith("Function")} == {
        name: {"LocalFolder": str(REPOSITORY / "src")} for name in everything if name.endswith("Function")
    }


def test_the_service_templates_outputs_are_text(own: Template) -> None:
    outputs = {name: own.resolve(value, made(own), "Outputs", name, "Value") for name, value in own.outputs.items()}

    assert outputs["Region"] == REGION
    assert outputs["ApiUrl"] == f"https://id-Api.execute-api.{REGION}.amazonaws.com/dev"
    assert all(isinstance(value, str) for value in outputs.values())


def test_globals_reach_every_function(own: Template) -> None:
    settings = resolved(own, "TransactionsFunction")

    assert (settings["Runtime"], settings["MemorySize"], settings["Timeout"]) == ("python3.11", 512, 10)
    assert settings["Environment"]["Variables"]["STAGE"] == "dev"
    assert settings["Environment"]["Variables"]["TRANSACTIONS_TABLE"] == "id-TransactionsTable"


@pytest.mark.parametrize(("text", "types"), _PUBLIC.values(), ids=_PUBLIC)
def test_templates_as_they_are_published_translate_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, types: set[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)

    template = loaded(tmp_path, _SAM + text)

    assert types <= {one.type for one in template.resources.values()}
    for name in template.resources:
        resolved(template, name)


@pytest.mark.parametrize(("resource", "message"), REFUSED)
def test_what_sam_refuses_is_told_with_the_resources_line(tmp_path: Path, resource: str, message: str) -> None:
    told = refusal(tmp_path, f"{_SAM}Resources:\n  It: {resource}")

    assert told.startswith(f"template.yaml{message}")
    assert "cannot read" not in told


CODE: list[tuple[str, dict[str, Any]]] = [
    (_FUNCTION % "CodeUri: src/", {"LocalFolder": "<folder>/src"}),
    (_FUNCTION % "CodeUri: ../x/../{name}/src", {"LocalFolder": "<folder>/src"}),
    (_FUNCTION % "Timeout: 3", {"LocalFolder": "<folder>"}),
    (_FUNCTION % "InlineCode: text", {"ZipFile": "text"}),
    (_FUNCTION % "CodeUri: s3://bucket/key", {"S3Bucket": "bucket", "S3Key": "key"}),
    ("{Type: AWS::Lambda::Function, Properties: {Code: src}}", {"LocalFolder": "<folder>/src"}),
    ("{Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: text}}}", {"ZipFile": "text"}),
]


@pytest.mark.parametrize(("resource", "code"), CODE)
def test_a_functions_code_is_the_folder_it_is_in_or_what_is_written(
    tmp_path: Path, resource: str, code: dict[str, Any]
) -> None:
    (tmp_path / "src").mkdir()
    text = f"{_SAM}Resources:\n  It: {resource.replace('{name}', tmp_path.name).replace('../x/', '')}"

    settings = resolved(loaded(tmp_path, text), "It")

    assert settings["Code"] == {key: value.replace("<folder>", str(tmp_path)) for key, value in code.items()}


def test_a_local_api_definition_is_read_in(tmp_path: Path) -> None:
    write(tmp_path, "swagger: '2.0'\ninfo: {title: mine}\npaths: {/a: {get: {x: !Ref AWS::Region}}}", "api.yaml")
    by_uri = "{Type: AWS::Serverless::Api, Properties: {StageName: p, DefinitionUri: api.yaml, Cors: \"'*'\"}}"
    include = "DefinitionBody: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: ./api.yaml}}}"
    by_include = f"{{Type: AWS::Serverless::Api, Properties: {{StageName: p, {include}}}}}"

    template = loaded(tmp_path, f"{_SAM}Resources:\n  One: {by_uri}\n  Other: {by_include}")

    assert resolved(template, "One")["Body"]["paths"]["/a"]["get"]["x"] == REGION
    assert resolved(template, "Other")["Body"]["info"] == {"title": "mine"}


def test_a_kept_translation_needs_no_translator(tmp_path: Path) -> None:
    file = write(tmp_path, f"{_SAM}Resources:\n  It: {_FUNCTION % 'InlineCode: x'}")
    fresh = load(file, {}, region=REGION, account_id=ACCOUNT_ID, cache=tmp_path)
    program = (
        "import sys, pathlib; from poolhouse.template.load import load\n"
        f"found = load(pathlib.Path({str(file)!r}), {{}}, region={REGION!r}, account_id={ACCOUNT_ID!r},"
        f" cache=pathlib.Path({str(tmp_path)!r}))\n"
        "print(list(found.resources), 'samtranslator' in sys.modules, 'boto3' in sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == f"{list(fresh.resources)} False False"


def test_a_kept_translation_is_used_only_for_what_it_was_made_from(tmp_path: Path) -> None:
    text = f"Parameters: {{P: {{Type: String, Default: a}}}}\n{_SAM}Resources:\n  It: {_FUNCTION % 'InlineCode: x'}"
    kept: set[str] = set()

    for given, template, region in [
        ({}, text, REGION),
        ({"P": "b"}, text, REGION),
        ({}, text, "us-east-1"),
        ({}, text.replace("InlineCode: x", "InlineCode: y"), REGION),
    ]:
        load(write(tmp_path, template), given, region=region, account_id=ACCOUNT_ID, cache=tmp_path)
        kept |= {file.name for file in tmp_path.glob("translated-*")}

    assert len(kept) == 4
    assert len(list(tmp_path.glob("translated-*"))) == 1


@pytest.mark.parametrize("damage", [b"", b"{}", b"[" * 5000, b'deadbeef\n{"Resources": 3}', b"\xff"])
def test_a_damaged_translation_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    text = f"{_SAM}Resources:\n  It: {_FUNCTION % 'InlineCode: x'}"
    loaded(tmp_path, text, cache=tmp_path)
    (kept,) = tmp_path.glob("translated-*")
    whole = kept.read_bytes()
    kept.write_bytes(damage)

    again = loaded(tmp_path, text, cache=tmp_path)

    assert list(again.resources) == ["ItRole", "It"]
    assert kept.read_bytes() == whole
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_keep_a_translation_is_no_hindrance(tmp_path: Path) -> None:
    text = f"{_SAM}Resources:\n  It: {_FUNCTION % 'InlineCode: x'}"

    assert list(loaded(tmp_path, text, cache=tmp_path / "absent").resources) == ["ItRole", "It"]
