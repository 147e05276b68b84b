"""The resource policy of a REST API, with each kind of authorizer: AWS's tables of what comes out."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from poolhouse import testing
from poolhouse.web import Response
from tests.poolhouse.apigateway.support import Api, rest_api

ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
DENY = {**ALLOW, "Effect": "Deny"}
NOBODY: list[dict[str, Any]] = []
HERE, ELSEWHERE = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
NO_ALLOW = "because no resource-based policy allows the execute-api:Invoke action"
DENIED = "with an explicit deny in a resource-based policy"


def deploy(api: Api, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    api.deploy(rest_api(**{"x-amazon-apigateway-policy": policy}))


def refusal(response: Response) -> tuple[int, str, str]:
    kind = next(value for name, value in response.headers if name == "x-amzn-ErrorType")
    return response.status, kind, json.loads(response.body)["Message"]


def anonymous(path: str, ending: str) -> tuple[int, str, str]:
    resource = f"arn:aws:execute-api:us-east-1:********9012:api1/prod/{path}"
    said = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {resource} {ending}"
    return 403, "AccessDeniedException", said


@pytest.mark.parametrize(
    ("statements", "ending"),
    [
        ([ALLOW], ""),
        (NOBODY, NO_ALLOW),
        ([ALLOW, DENY], DENIED),
        ([{**ALLOW, "Condition": HERE}], ""),
        ([{**ALLOW, "Condition": ELSEWHERE}], NO_ALLOW),
        ([ALLOW, {**DENY, "Condition": HERE}], DENIED),
        ([ALLOW, {**DENY, "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}], DENIED),
        ([ALLOW, {**DENY, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}], ""),
        ([{**ALLOW, "Principal": {"AWS": "*"}}], ""),
        ([{**ALLOW, "Principal": {"AWS": "arn:aws:iam::123456789012:role/Admin"}}], NO_ALLOW),
        ([{**ALLOW, "Principal": {"AWS": "123456789012"}}], NO_ALLOW),
        ([{**ALLOW, "Resource": ["execute-api:/prod/GET/items/*"]}], ""),
        ([{**ALLOW, "Resource": "execute-api:/*/POST/*"}], NO_ALLOW),
        ([{**ALLOW, "Resource": "execute-api:/dev/*"}], NO_ALLOW),
        ([{**ALLOW, "Resource": "arn:aws:execute-api:us-east-1:123456789012:api1/prod/GET/items/7"}], ""),
        ([{**ALLOW, "Resource": "arn:aws:execute-api:us-east-1:123456789012:api2/*"}], NO_ALLOW),
        ([ALLOW, {**DENY, "NotResource": "execute-api:/prod/GET/*", "Resource": None}], ""),
    ],
    ids=str,
)
def test_a_method_without_an_authorizer_needs_to_be_allowed(
    api: Api, statements: list[dict[str, Any]], ending: str
) -> None:
    given = [{name: value for name, value in one.items() if value is not None} for one in statements]
    deploy(api, *given)

    response = api.request("GET", "/items/7")

    if ending:
        assert refusal(response) == anonymous("GET/items/7", ending)
        assert api.functions.calls == []
    else:
        assert response.status == 200


def test_a_preflight_is_held_to_the_policy_too(api: Api) -> None:
    deploy(api, {**ALLOW, "Resource": "execute-api:/*/GET/*"})

    assert refusal(api.request("OPTIONS", "/items")) == anonymous("OPTIONS/items", NO_ALLOW)


def test_an_unknown_method_is_told_so_whatever_the_policy_says(api: Api) -> None:
    deploy(api, DENY)

    response = api.request("GET", "/nowhere")

    assert (response.status, json.loads(response.body)) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize(
    ("statements", "ending"), [([ALLOW], ""), (NOBODY, NO_ALLOW), ([DENY], DENIED), ([ALLOW, DENY], DENIED)], ids=str
)
def test_a_pools_user_needs_a_token_and_then_the_policys_allow(
    api: Api, statements: list[dict[str, Any]], ending: str
) -> None:
    deploy(api, *statements)

    assert api.request("GET", "/items").status == 401
    response = api.request("GET", "/items", authorization=api.token("id"))

    assert (refusal(response) == anonymous("GET/items", ending)) if ending else response.status == 200


@pytest.mark.parametrize(
    ("said", "statements", "expected"),
    [
        ("Allow", [ALLOW], 502),
        ("Allow", NOBODY, 502),
        ("Allow", [DENY], anonymous("GET/lambda", DENIED)),
        ("", [ALLOW], 502),
        ("", NOBODY, (403, "AccessDeniedException", "User is not authorized to access this resource")),
        ("", [DENY], anonymous("GET/lambda", DENIED)),
        (
            "Deny",
            [ALLOW],
            (403, "AccessDeniedException", "User is not authorized to access this resource with an explicit deny"),
        ),
        ("Deny", [DENY], anonymous("GET/lambda", DENIED)),
    ],
    ids=str,
)
def test_a_lambda_authorizer_and_the_policy_decide_together(
    api: Api, said: str, statements: list[dict[str, Any]], expected: Any
) -> None:
    deploy(api, *statements)
    resource = "*" if said else "arn:aws:execute-api:us-east-1:123456789012:other/*"
    statement = {"Effect": said or "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    api.functions.answer = {"principalId": "ann", "policyDocument": policy}

    response = api.request("GET", "/lambda", authorization="token")

    # Who may is told by the same function's answer as an integration, which is no answer of one.
    assert (response.status if expected == 502 else refusal(response)) == expected
    assert bool(api.functions.calls) is (DENY not in statements)  # which is refused before the function is asked


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  BySam:
    Type: AWS::Serverless::Api
    Properties:
      StageName: dev
      Auth:
        ResourcePolicy: {IpRangeBlacklist: [192.0.2.0/24], IpRangeWhitelist: [127.0.0.1]}
      DefinitionBody: &body
        swagger: '2.0'
        paths:
          /open:
            get:
              x-amazon-apigateway-integration: &mock
                type: mock
                requestTemplates: {application/json: '{"statusCode": 200}'}
                responses: {default: {statusCode: '200'}}
          /signed: {get: {x-amazon-apigateway-integration: *mock, security: [{AWS_IAM: []}]}}
        securityDefinitions:
          AWS_IAM: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
  ByProperty:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body: *body
      Policy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt Caller.Arn}
            Action: execute-api:Invoke
            Resource: execute-api:/*/GET/*
          - Effect: Deny
            Principal: '*'
            Action: execute-api:Invoke
            Resource: execute-api:/*
            Condition: {StringEquals: {'aws:PrincipalTag/team': out}}
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref ByProperty, StageName: dev}}
  Caller: {Type: AWS::IAM::User, Properties: {UserName: caller}}
  Other: {Type: AWS::IAM::User, Properties: {UserName: other}}
Outputs:
  BySam: {Value: !Ref BySam}
  ByProperty: {Value: !Ref ByProperty}
"""


def test_policies_of_templates_decide_with_the_callers_own(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    with testing.cloud(file) as cloud:
        iam = cloud.client("iam")

        def get(api: str, path: str, user: str = "") -> Response:
            url = f"/restapis/{cloud.outputs[api]}/dev/_user_request_{path}"
            request = AWSRequest("GET", f"http://localhost:4566{url}")
            if user:
                key = iam.create_access_key(UserName=user)["AccessKey"]
                keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
                SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
            return cloud.fetch("GET", url, headers=dict(request.headers.items()))

        assert get("BySam", "/open").status == 200
        assert refusal(get("ByProperty", "/open"))[2].endswith(f"/dev/GET/open {NO_ALLOW}")
        assert get("ByProperty", "/signed", "caller").status == 200  # whose own policies say nothing
        assert refusal(get("ByProperty", "/signed", "other"))[2].endswith("/dev/GET/signed")
        unsigned = get("ByProperty", "/signed")
        assert (unsigned.status, json.loads(unsigned.body)) == (403, {"message": "Missing Authentication Token"})

        iam.tag_user(UserName="caller", Tags=[{"Key": "team", "Value": "out"}])
        assert refusal(get("ByProperty", "/signed", "caller"))[2].endswith(f"/dev/GET/signed {DENIED}")
        why = cloud.inner.guard.explained()[0]
        assert (why["by"][0]["policy"], why["by"][0]["statement"]) == ("the API's resource policy", 2)
