"""Lambda authorizers of a REST API: real functions, asked by token and by request, remembered, believed and not."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from poolhouse import testing
from poolhouse.testing import LocalCloud

# The token is a JSON object that says what to answer; `count` says how often it was asked.
AUTHORIZER = """
import json, pathlib
count = pathlib.Path({path!r})
def policy(effect, resource):
    statement = {{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}}
    return {{"Version": "2012-10-17", "Statement": [statement]}}
def handler(event, context):
    with count.open("a") as file:
        file.write(json.dumps(event) + "\\n")
    text = event["authorizationToken"] if event["type"] == "TOKEN" else event["headers"]["X-Say"]
    say = json.loads(text)
    if "raise" in say:
        raise Exception(say["raise"])
    if "answer" in say:
        return say["answer"]
    resource = say.get("resource", event["methodArn"])
    return {{"principalId": "ann", "policyDocument": policy(say.get("effect", "Allow"), resource),
             "context": say.get("context", {{}})}}
"""
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"])}
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Variables: {{tenant: blue}}
      Auth:
        DefaultAuthorizer: ByToken
        Authorizers:
          ByToken:
            FunctionArn: !GetAtt Authorizer.Arn
            Identity: {{ValidationExpression: '\\{{.*', ReauthorizeEvery: 60}}
          ByRequest:
            FunctionPayloadType: REQUEST
            FunctionArn: !GetAtt Authorizer.Arn
            Identity: {{Headers: [X-Say], QueryStrings: [q], StageVariables: [tenant], ReauthorizeEvery: 0}}
  Authorizer:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: {code}, Handler: authorizer.handler, Runtime: python3.11}}
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {code}
      Handler: echo.handler
      Runtime: python3.11
      Events:
        Token: {{Type: Api, Properties: {{RestApiId: !Ref Api, Path: '/token/{{id}}', Method: get}}}}
        Post: {{Type: Api, Properties: {{RestApiId: !Ref Api, Path: '/token/{{id}}', Method: post}}}}
        Request:
          Type: Api
          Properties: {{RestApiId: !Ref Api, Path: /request, Method: get, Auth: {{Authorizer: ByRequest}}}}
"""
UNAUTHORIZED = (401, {"message": "Unauthorized"}, "UnauthorizedException")
DENIED = (403, {"Message": "User is not authorized to access this resource"}, "AccessDeniedException")
DENIED_EXPLICITLY = (
    403,
    {"Message": "User is not authorized to access this resource with an explicit deny"},
    "AccessDeniedException",
)
BROKEN = (500, {"message": None}, "AuthorizerConfigurationException")


class House:
    """The API, and what its authorizer was asked."""

    def __init__(self, cloud: LocalCloud, asked: Path) -> None:
        self.cloud, self._asked = cloud, asked

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._asked.read_text().splitlines()] if self._asked.exists() else []

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.cloud.fetch(method, path, headers=named, api=True)
        kind = next((value for name, value in answer.headers if name == "x-amzn-ErrorType"), "")
        return answer.status, json.loads(answer.body), kind

    def say(self, path: str = "/token/7", method: str = "GET", **answer: Any) -> tuple[int, Any, str]:
        """Ask with a token that has the authorizer answer this."""
        return self.get(path, method, Authorization=json.dumps(answer))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCloud, Path]]:
    folder = tmp_path_factory.mktemp("authorizers")
    (folder / "authorizer.py").write_text(AUTHORIZER.format(path=str(folder / "asked")))
    (folder / "echo.py").write_text(ECHO)
    template = folder / "template.yaml"
    template.write_text(TEMPLATE.format(code=str(folder)))
    with testing.cloud(template) as cloud:
        yield cloud, folder / "asked"


@pytest.fixture
def house(deployed: tuple[LocalCloud, Path]) -> House:
    deployed[1].unlink(missing_ok=True)
    deployed[0].clock.advance(timedelta(hours=2))  # what was remembered is forgotten
    return House(*deployed)


def test_whoever_is_allowed_is_told_to_the_function(house: House) -> None:
    status, context, _ = house.say(context={"tenant": "t", "admin": True, "level": 7})
    assert status == 200
    latency = context["authorizer"].pop("integrationLatency")
    assert isinstance(latency, int)
    assert context["authorizer"] == {"principalId": "ann", "tenant": "t", "admin": "true", "level": "7"}
    (asked,) = house.asked
    api_id = context["apiId"]
    assert asked == {
        "type": "TOKEN",
        "authorizationToken": json.dumps({"context": {"tenant": "t", "admin": True, "level": 7}}),
        "methodArn": f"arn:aws:execute-api:us-east-1:000000000000:{api_id}/prod/GET/token/7",
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"effect": "Deny"}, DENIED_EXPLICITLY),
        ({"resource": "arn:aws:execute-api:us-east-1:000000000000:*/prod/GET/token/8"}, DENIED),
        ({"resource": "arn:aws:execute-api:us-east-1:000000000000:*/prod/POST/*"}, DENIED),
        ({"resource": "arn:aws:execute-api:us-east-1:111122223333:*"}, DENIED),
        ({"raise": "Unauthorized"}, UNAUTHORIZED),
        ({"raise": "unauthorized"}, BROKEN),
        ({"raise": "database is down"}, BROKEN),
        ({"answer": None}, BROKEN),
        ({"answer": "allow"}, BROKEN),
        ({"answer": {"principalId": "ann"}}, BROKEN),
        ({"answer": {"policyDocument": {"Version": "2012-10-17", "Statement": []}}}, BROKEN),
        ({"answer": {"principalId": "ann", "policyDocument": {"Statement": [{"Effect": "Maybe"}]}}}, BROKEN),
        ({"context": {"nested": {"a": 1}}}, BROKEN),
        ({"context": {"listed": [1]}}, BROKEN),
    ],
    ids=str,
)
def test_whoever_is_not_is_refused_as_aws_does(house: House, answer: dict[str, Any], expected: Any) -> None:
    assert house.say(**answer) == expected


def test_a_token_that_is_missing_or_of_another_form_is_not_asked_about(house: House) -> None:
    assert house.get("/token/7") == UNAUTHORIZED
    assert house.get("/token/7", Authorization="Bearer x") == UNAUTHORIZED
    assert house.asked == []


def test_an_answer_is_remembered_for_its_token_and_decides_on_every_method(house: House) -> None:
    only_get = {"resource": "arn:aws:execute-api:us-east-1:000000000000:*/prod/GET/*"}
    assert [house.say(**only_get)[0] for _ in range(3)] == [200, 200, 200]
    assert house.say("/token/9", **only_get)[0] == 200
    assert house.say(method="POST", **only_get) == DENIED
    assert len(house.asked) == 1
    house.say(**only_get, context={"other": "token"})
    assert len(house.asked) == 2
    house.cloud.clock.advance(timedelta(seconds=60))
    house.say(**only_get)
    assert len(house.asked) == 3


def test_what_failed_is_not_remembered(house: House) -> None:
    for _ in range(2):
        assert house.say(**{"raise": "Unauthorized"}) == UNAUTHORIZED
    assert len(house.asked) == 2


def test_a_request_is_told_whole_and_never_remembered_where_the_template_says_so(house: House) -> None:
    for _ in range(2):
        status, _, _ = house.get("/request?q=1&r=2", X_Say="{}", X_Other="here")
        assert status == 200
    asked = house.asked
    assert len(asked) == 2
    told = asked[0]
    assert (told["type"], told["path"], told["httpMethod"], told["resource"]) == (
        "REQUEST",
        "/request",
        "GET",
        "/request",
    )
    assert told["methodArn"].endswith("/prod/GET/request")
    assert told["queryStringParameters"] == {"q": "1", "r": "2"}
    assert (told["headers"]["X-Say"], told["headers"]["X-Other"]) == ("{}", "here")
    assert told["stageVariables"] == {"tenant": "blue"}
    assert told["requestContext"]["stage"] == "prod"
    assert "authorizer" not in told["requestContext"]
    assert "body" not in told


def test_a_request_that_lacks_part_of_an_identity_is_not_asked_about(house: House) -> None:
    assert house.get("/request?q=1") == UNAUTHORIZED
    assert house.get("/request", X_Say="{}") == UNAUTHORIZED
    assert house.get("/request?q=", X_Say="{}") == UNAUTHORIZED
    assert house.asked == []


def test_a_function_that_does_not_let_the_gateway_in_decides_nothing(house: House) -> None:
    functions = house.cloud.inner.functions
    store = house.cloud.inner.store
    kept = [one for one in store.permissions.list() if "/authorizers/" in (one.source_arn or "")]
    for one in kept:
        functions.remove_permission(one.function, one.statement_id)
    try:
        assert house.say() == BROKEN
    finally:
        for one in kept:
            functions.add_permission(one)
    assert house.say()[0] == 200
