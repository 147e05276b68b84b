"""HTTP APIs: deployed from a SAM template, asked over HTTP's own shapes, opened by tokens, signatures and functions."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from poolhouse import testing
from poolhouse.testing import LocalCloud
from poolhouse.web import Request
from tests.poolhouse.cognito_identity.people import People, allow
from tests.poolhouse.cognito_idp.accounts import PASSWORD
from tests.poolhouse.cognito_idp.sign_ins import House
from tests.poolhouse.template.support import write

ECHO = """
import json
def handler(event, context):
    say = (event.get("headers") or {}).get("x-answer")
    if say == "fail":
        raise ValueError("secret")
    return json.loads(say) if say else {"statusCode": 200, "body": json.dumps(event)}
"""
AUTHORIZER = """
import json, pathlib
log = pathlib.Path(__file__).parent / "asked"
def handler(event, context):
    with log.open("a") as file:
        file.write(json.dumps(event) + "\\n")
    say = event["headers"].get("x-say") or event["headers"].get("X-Say")
    if say == "fail":
        raise ValueError("secret")
    if say == "unauthorized":
        raise Exception("Unauthorized")
    return json.loads(say)
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Pool: {{Type: AWS::Cognito::UserPool, Properties: {{UserPoolName: people}}}}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Pool
      ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageVariables: {{tenant: blue}}
      CorsConfiguration:
        AllowOrigins: ['https://app.example']
        AllowMethods: [GET, POST]
        AllowHeaders: [authorization]
        ExposeHeaders: [x-more]
        MaxAge: 60
        AllowCredentials: true
      Auth:
        EnableIamAuthorizer: true
        Authorizers:
          Tokens:
            IdentitySource: $request.header.Authorization
            JwtConfiguration:
              issuer: !Sub 'https://cognito-idp.${{AWS::Region}}.amazonaws.com/${{Pool}}'
              audience: [!Ref Client]
          Simple:
            FunctionArn: !GetAtt Authorizer.Arn
            AuthorizerPayloadFormatVersion: '2.0'
            EnableSimpleResponses: true
            EnableFunctionDefaultPermissions: true
            Identity: {{Headers: [X-Say], ReauthorizeEvery: 60}}
          Policy:
            FunctionArn: !GetAtt Authorizer.Arn
            AuthorizerPayloadFormatVersion: '1.0'
            EnableFunctionDefaultPermissions: true
            Identity: {{Headers: [X-Say], QueryStrings: [q]}}
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
        Open: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Path: '/open/{{id}}', Method: any}}}}
        Exact: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Path: /open/exact, Method: get}}}}
        Rest: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Path: '/open/{{proxy+}}', Method: get}}}}
        Older:
          Type: HttpApi
          Properties: {{ApiId: !Ref Api, Path: '/older/{{id}}', Method: get, PayloadFormatVersion: '1.0'}}
        Token:
          Type: HttpApi
          Properties: {{ApiId: !Ref Api, Path: /token, Method: get, Auth: {{Authorizer: Tokens}}}}
        Scoped:
          Type: HttpApi
          Properties:
            ApiId: !Ref Api
            Path: /scoped
            Method: get
            Auth: {{Authorizer: Tokens, AuthorizationScopes: [aws.cognito.signin.user.admin, items/read]}}
        Unscoped:
          Type: HttpApi
          Properties:
            ApiId: !Ref Api
            Path: /unscoped
            Method: get
            Auth: {{Authorizer: Tokens, AuthorizationScopes: [items/read]}}
        Signed:
          Type: HttpApi
          Properties: {{ApiId: !Ref Api, Path: '/signed/{{id}}', Method: get, Auth: {{Authorizer: AWS_IAM}}}}
        Simple:
          Type: HttpApi
          Properties: {{ApiId: !Ref Api, Path: '/simple/{{id}}', Method: get, Auth: {{Authorizer: Simple}}}}
        Policy:
          Type: HttpApi
          Properties: {{ApiId: !Ref Api, Path: '/policy/{{id}}', Method: get, Auth: {{Authorizer: Policy}}}}
Outputs:
  Pool: {{Value: !Ref Pool}}
  Client: {{Value: !Ref Client}}
  Api: {{Value: !Ref Api}}
"""
UNAUTHORIZED, FORBIDDEN = (401, {"message": "Unauthorized"}), (403, {"message": "Forbidden"})
BROKEN = (500, {"message": "Internal Server Error"})


class Site:
    """The API, a person in its pool, and what its authorizer was asked."""

    def __init__(self, cloud: LocalCloud, folder: Any) -> None:
        self.cloud, self.folder, self.outputs = cloud, folder, cloud.outputs
        cognito = cloud.client("cognito-idp")
        ann = {"UserPoolId": self.outputs["Pool"], "Username": "ann"}
        cognito.admin_create_user(**ann, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**ann, Password=PASSWORD, Permanent=True)
        self.tokens = self.sign_in()

    def sign_in(self) -> dict[str, str]:
        tokens: dict[str, str] = self.cloud.client("cognito-idp").initiate_auth(
            ClientId=self.outputs["Client"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return tokens

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.cloud.fetch(method, path, headers=named, body=body, api=True)

    def get(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, Any]:
        answer = self.ask(path, method, body, **headers)
        return answer.status, json.loads(answer.body)

    def event(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> dict[str, Any]:
        status, event = self.get(path, method, body, **headers)
        assert status == 200
        return dict(event)

    def signed(self, path: str, keys: dict[str, str], **query: str) -> tuple[int, Any]:
        """A GET signed as API Gateway wants it."""
        path = f"/restapis/{self.outputs['Api']}/$default/_user_request_{path}" + (
            f"?{urlencode(query)}" if query else ""
        )
        request = AWSRequest("GET", f"http://localhost:{self.cloud.inner.config.port}{path}")
        credentials = Credentials(
            keys["aws_access_key_id"], keys["aws_secret_access_key"], keys.get("aws_session_token")
        )
        SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
        answer = self.cloud.fetch("GET", path, headers=dict(request.headers))
        return answer.status, json.loads(answer.body)

    @property
    def asked(self) -> list[dict[str, Any]]:
        log = self.folder / "asked"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "echo.py").write_text(ECHO)
    (folder / "authorizer.py").write_text(AUTHORIZER)
    with testing.cloud(write(folder, TEMPLATE.format(code=str(folder)))) as cloud:
        yield Site(cloud, folder)


@pytest.fixture
def site(deployed: Site) -> Site:
    (deployed.folder / "asked").unlink(missing_ok=True)
    deployed.cloud.clock.advance(timedelta(hours=2))
    deployed.tokens = deployed.sign_in()
    return deployed


def test_a_function_gets_payload_2(site: Site) -> None:
    event = site.event(
        "/open/a%20b?x=1&x=2&y=%20", "POST", b'{"a": 1}', content_type="application/json", cookie="c=1; d=2", X_A="1"
    )
    time, epoch = event["requestContext"].pop("time"), event["requestContext"].pop("timeEpoch")
    assert (time.endswith("+0000"), epoch > 10**12) == (True, True)
    request_id = event["requestContext"].pop("requestId")
    assert len(request_id) == 36
    headers = event.pop("headers")
    assert (headers["content-type"], headers["x-a"], headers["x-forwarded-proto"]) == ("application/json", "1", "http")
    assert "cookie" not in headers
    api_id = site.outputs["Api"]
    assert event == {
        "version": "2.0",
        "routeKey": "ANY /open/{id}",
        "rawPath": "/open/a%20b",
        "rawQueryString": "x=1&x=2&y=%20",
        "cookies": ["c=1", "d=2"],
        "queryStringParameters": {"x": "1,2", "y": " "},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": api_id,
            "domainName": f"{api_id}.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": api_id,
            "http": {
                "method": "POST",
                "path": "/open/a%20b",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "",
            },
            "routeKey": "ANY /open/{id}",
            "stage": "$default",
        },
        "pathParameters": {"id": "a b"},
        "stageVariables": {"tenant": "blue"},
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }


def test_what_is_absent_is_left_out_and_what_is_no_text_is_base64(site: Site) -> None:
    event = site.event("/open/7")
    assert not {"cookies", "queryStringParameters", "body"} & event.keys()
    assert "authorizer" not in event["requestContext"]
    binary = site.event("/open/7", "POST", b"\x00\xff", content_type="image/png")
    assert (binary["body"], binary["isBase64Encoded"]) == ("AP8=", True)


def test_an_integration_that_asks_for_it_gets_payload_1(site: Site) -> None:
    event = site.event("/older/7?x=1&x=2", X_A="1")
    assert (event["version"], event["resource"], event["path"]) == ("1.0", "/older/{id}", "/older/7")
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["pathParameters"] == {"id": "7"}
    assert event["requestContext"]["resourcePath"] == "/older/{id}"
    assert event["body"] is None


@pytest.mark.parametrize(
    ("path", "method", "route"),
    [
        ("/open/exact", "GET", "GET /open/exact"),
        ("/open/exact", "POST", "ANY /open/{id}"),
        ("/open/other", "GET", "ANY /open/{id}"),
        ("/open/other/", "GET", "ANY /open/{id}"),
        ("/open/a/b", "GET", "GET /open/{proxy+}"),
    ],
)
def test_the_closest_route_is_run(site: Site, path: str, method: str, route: str) -> None:
    assert site.event(path, method)["routeKey"] == route


def test_the_api_has_a_host_of_its_own_without_a_stage(site: Site) -> None:
    host = ("host", f"{site.outputs['Api']}.execute-api.localhost:4566")
    answer = site.cloud.inner.handle(Request("GET", "/open/7", headers=(host,)))
    event = json.loads(answer.body)
    assert (event["rawPath"], event["requestContext"]["stage"]) == ("/open/7", "$default")


def test_what_has_no_route_is_not_found(site: Site) -> None:
    for path, method in (("/", "GET"), ("/nothing", "GET"), ("/open/a/b", "POST"), ("/token", "POST")):
        assert site.get(path, method) == (404, {"message": "Not Found"})


@pytest.mark.parametrize(
    ("answer", "status", "body", "content_type"),
    [
        ({"statusCode": 201, "body": "made"}, 201, b"made", "text/plain;charset=utf-8"),
        ({"statusCode": "202"}, 202, b"", "text/plain;charset=utf-8"),
        ({"a": 1}, 200, b'{"a":1}', "application/json"),
        ("hello", 200, b"hello", "application/json"),
        ([1], 200, b"[1]", "application/json"),
        (None, 200, b"null", "application/json"),
        ({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}, 200, b"\x00\xff", "text/plain;charset=utf-8"),
        ({"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": "<p>"}, 200, b"<p>", "text/html"),
    ],
    ids=str,
)
def test_an_answer_may_be_short(site: Site, answer: Any, status: int, body: bytes, content_type: str) -> None:
    got = site.ask("/open/7", X_Answer=json.dumps(answer))
    kinds = [value for name, value in got.headers if name.lower() == "content-type"]
    assert (got.status, got.body, kinds) == (status, body, [content_type])


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "many"},
        {"statusCode": 99},
        {"statusCode": True},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "body": "***", "isBase64Encoded": True},
        {"statusCode": 200, "cookies": "a=1"},
    ],
    ids=str,
)
def test_what_is_no_answer_is_a_failure(site: Site, answer: Any) -> None:
    assert site.get("/open/7", X_Answer=json.dumps(answer)) == BROKEN


def test_a_function_that_fails_says_nothing_of_it(site: Site) -> None:
    assert site.get("/open/7", X_Answer="fail") == BROKEN


def test_cookies_are_headers_of_their_own(site: Site) -> None:
    got = site.ask("/open/7", X_Answer='{"statusCode": 200, "cookies": ["a=1", "b=2; Secure"]}')
    assert [value for name, value in got.headers if name == "set-cookie"] == ["a=1", "b=2; Secure"]
    assert any(name == "apigw-requestid" for name, _ in got.headers)


class TestTokens:
    def test_an_id_and_an_access_token_open_a_route_without_scopes(self, site: Site) -> None:
        for name in ("IdToken", "AccessToken"):
            event = site.event("/token", authorization=f"Bearer {site.tokens[name]}")
            told = event["requestContext"]["authorizer"]["jwt"]
            assert told["scopes"] is None
            assert all(isinstance(value, str) for value in told["claims"].values())
            assert told["claims"]["token_use"] == name.removesuffix("Token").lower()
        assert site.event("/token", authorization=site.tokens["IdToken"])

    def test_one_of_the_routes_scopes_is_enough(self, site: Site) -> None:
        event = site.event("/scoped", authorization=f"Bearer {site.tokens['AccessToken']}")
        told = event["requestContext"]["authorizer"]["jwt"]
        assert told["scopes"] == ["aws.cognito.signin.user.admin", "items/read"]
        assert told["claims"]["scope"] == "aws.cognito.signin.user.admin"

    @pytest.mark.parametrize("token", ["AccessToken", "IdToken"])
    def test_a_token_without_the_scope_is_forbidden(self, site: Site, token: str) -> None:
        answer = site.ask("/unscoped", authorization=site.tokens[token])
        challenge = dict(answer.headers)["www-authenticate"]
        assert (answer.status, json.loads(answer.body)) == FORBIDDEN
        assert challenge.startswith('Bearer scope="items/read" error="insufficient_scope"')

    def test_what_proves_nothing_is_unauthorized_and_told_why(self, site: Site) -> None:
        good = site.tokens["AccessToken"]
        head, claims, signature = good.split(".")
        cases = {
            "": "Bearer",
            "Bearer x": "the token is malformed",
            f"{head}.{claims}.{signature[:-8]}AAAAAAAA": "the token has an invalid signature",
        }
        for header, why in cases.items():
            answer = site.ask("/token", authorization=header) if header else site.ask("/token")
            assert (answer.status, json.loads(answer.body)) == UNAUTHORIZED
            assert why in dict(answer.headers)["www-authenticate"]

    def test_of_another_pool_or_client_or_after_its_time(self, site: Site) -> None:
        house = House(site.cloud, site.cloud.client("cognito-idp"))
        house.user()
        theirs = house.begin()["AuthenticationResult"]["AccessToken"]
        answer = site.ask("/token", authorization=theirs)
        assert "invalid issuer" in dict(answer.headers)["www-authenticate"]

        cognito = site.cloud.client("cognito-idp")
        flows = ["ALLOW_USER_PASSWORD_AUTH"]
        other = cognito.create_user_pool_client(
            UserPoolId=site.outputs["Pool"], ClientName="other", ExplicitAuthFlows=flows
        )["UserPoolClient"]["ClientId"]
        given = {"USERNAME": "ann", "PASSWORD": PASSWORD}
        tokens = cognito.initiate_auth(ClientId=other, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        answer = site.ask("/token", authorization=tokens["AuthenticationResult"]["IdToken"])
        assert "the token does not have a valid audience" in dict(answer.headers)["www-authenticate"]

        site.cloud.clock.advance(timedelta(hours=1))
        answer = site.ask("/token", authorization=site.tokens["AccessToken"])
        assert answer.status == 401
        assert 'error_description="the token has expired"' in dict(answer.headers)["www-authenticate"]


class TestSignatures:
    def user(self, site: Site, name: str, resource: str) -> dict[str, str]:
        iam = site.cloud.client("iam")
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def test_a_user_who_may_invoke_the_route_is_told_to_the_function(self, site: Site) -> None:
        api = f"arn:aws:execute-api:us-east-1:000000000000:{site.outputs['Api']}"
        keys = self.user(site, "bea", f"{api}/$default/GET/signed/*")

        status, event = site.signed("/signed/7", keys, q="1")
        assert status == 200
        told = event["requestContext"]["authorizer"]["iam"]
        assert told["userArn"] == "arn:aws:iam::000000000000:user/bea"
        assert (told["accessKey"], told["accountId"]) == (keys["aws_access_key_id"], "000000000000")
        assert told["callerId"] == told["userId"]
        assert told["cognitoIdentity"] is None
        assert told["principalOrgId"] is None

    def test_all_others_are_forbidden(self, site: Site) -> None:
        keys = self.user(site, "carl", "arn:aws:execute-api:us-east-1:000000000000:*/prod/*")
        assert site.signed("/signed/7", keys) == FORBIDDEN
        assert site.signed("/signed/7", {**keys, "aws_secret_access_key": "wrong"}) == FORBIDDEN
        assert site.get("/signed/7") == FORBIDDEN

    def test_an_identity_of_a_pool_is_told_whole(self, site: Site) -> None:
        people = People(site.cloud)
        people.role("callers", "authenticated", allow("execute-api:Invoke"))
        people.iam.put_role_policy(
            RoleName="users",
            PolicyName="may",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allow("execute-api:Invoke")}),
        )
        logins = people.login()
        answer = people.credentials(people.get_id(logins), logins)
        made = answer["Credentials"]
        keys = {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretKey"],
            "aws_session_token": made["SessionToken"],
        }
        status, event = site.signed("/signed/7", keys)
        assert status == 200
        identity = event["requestContext"]["authorizer"]["iam"]["cognitoIdentity"]
        assert (identity["identityId"], identity["identityPoolId"]) == (answer["IdentityId"], people.pool_id)
        assert identity["amr"][:2] == ["authenticated", people.provider]

        guest = people.credentials(people.get_id({}))["Credentials"]
        keys = {
            "aws_access_key_id": guest["AccessKeyId"],
            "aws_secret_access_key": guest["SecretKey"],
            "aws_session_token": guest["SessionToken"],
        }
        assert site.signed("/signed/7", keys) == FORBIDDEN


class TestFunctions:
    def test_one_that_says_yes_or_no(self, site: Site) -> None:
        yes = json.dumps({"isAuthorized": True, "context": {"tenant": "t", "nested": {"a": 1}}})
        event = site.event("/simple/7", X_Say=yes)
        assert event["requestContext"]["authorizer"] == {"lambda": {"tenant": "t", "nested": {"a": 1}}}
        (asked,) = site.asked
        assert (asked["version"], asked["type"], asked["routeKey"]) == ("2.0", "REQUEST", "GET /simple/{id}")
        assert asked["identitySource"] == [yes]
        assert asked["routeArn"].endswith("/$default/GET/simple/7")
        assert site.event("/simple/8", X_Say=yes)
        assert len(site.asked) == 1
        site.cloud.clock.advance(timedelta(seconds=60))
        assert site.event("/simple/8", X_Say=yes)
        assert len(site.asked) == 2

        for no in ({"isAuthorized": False}, {"isAuthorized": "true"}, {"isAuthorized": 1}):
            assert site.get("/simple/7", X_Say=json.dumps(no)) == FORBIDDEN
        assert site.get("/simple/7", X_Say="unauthorized") == UNAUTHORIZED
        for broken in ("fail", "{}", "null", "[]"):
            assert site.get("/simple/7", X_Say=broken) == BROKEN
        assert site.get("/simple/7") == UNAUTHORIZED

    def test_one_that_answers_with_a_policy(self, site: Site) -> None:
        def policy(effect: str, resource: str) -> str:
            statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
            document = {"Version": "2012-10-17", "Statement": [statement]}
            return json.dumps({"principalId": "ann", "policyDocument": document, "context": {"k": "v"}})

        only_7 = policy("Allow", "arn:aws:execute-api:us-east-1:000000000000:*/$default/GET/policy/7")
        event = site.event("/policy/7?q=1", X_Say=only_7)
        assert event["requestContext"]["authorizer"] == {"lambda": {"k": "v"}}
        assert site.get("/policy/8?q=1", X_Say=only_7) == FORBIDDEN
        assert site.get("/policy/7?q=1", X_Say=policy("Deny", "*")) == FORBIDDEN
        assert site.get("/policy/7", X_Say=only_7) == UNAUTHORIZED
        asked = site.asked[0]
        assert (asked["version"], asked["type"]) == ("1.0", "REQUEST")
        assert asked["methodArn"].endswith("/$default/GET/policy/7")


class TestCors:
    PAGE: dict[str, Any] = {"origin": "https://app.example"}

    def test_the_gateway_answers_preflights_itself(self, site: Site) -> None:
        answer = site.ask("/token", "OPTIONS", **self.PAGE, access_control_request_method="GET")
        assert (answer.status, answer.body) == (204, b"")
        told = {name: value for name, value in answer.headers if name.startswith("access-control")}
        assert told == {
            "access-control-allow-origin": "https://app.example",
            "access-control-allow-credentials": "true",
            "access-control-allow-methods": "GET,POST",
            "access-control-allow-headers": "authorization",
            "access-control-max-age": "60",
        }

    def test_other_pages_and_methods_are_told_nothing(self, site: Site) -> None:
        for origin, method in (("https://evil.example", "GET"), ("https://app.example", "DELETE")):
            answer = site.ask("/token", "OPTIONS", origin=origin, access_control_request_method=method)
            assert answer.status == 204
            assert not [name for name, _ in answer.headers if name.startswith("access-control")]

    def test_it_speaks_for_the_function_and_beside_its_own_errors(self, site: Site) -> None:
        own = json.dumps({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*", "x-more": "1"}})
        told = dict(site.ask("/open/7", X_Answer=own, **self.PAGE).headers)
        assert told["access-control-allow-origin"] == "https://app.example"
        assert told["access-control-expose-headers"] == "x-more"
        assert dict(site.ask("/token", **self.PAGE).headers)["access-control-allow-origin"] == "https://app.example"
        assert "access-control-allow-origin" not in dict(site.ask("/open/7", X_Answer=own).headers)


def test_routes_that_are_resources_of_their_own_are_refused_by_name(tmp_path: Any) -> None:
    template = "Resources: {Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: a, ProtocolType: HTTP}}}"
    with testing.cloud() as cloud, pytest.raises(Exception, match="AWS::Serverless::HttpApi"):
        cloud.inner.deploy(write(tmp_path, template), {}, progress=lambda _: None)
