"""AWS_IAM methods: who signed is verified, held to their policies, and told to the function as AWS tells it."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from poolhouse import testing
from poolhouse.testing import LocalCloud
from poolhouse.web import Response
from tests.poolhouse.cognito_identity.people import ACCOUNT, People, allow

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: dev
      Auth: {DefaultAuthorizer: AWS_IAM, InvokeRole: NONE}
  ByCaller:
    Type: AWS::Serverless::Api
    Properties:
      StageName: dev
      Auth: {DefaultAuthorizer: AWS_IAM}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        import json
        def handler(event, context):
            return {'statusCode': 200, 'body': json.dumps(event['requestContext']['identity'])}
      Handler: index.handler
      Runtime: python3.11
      Events:
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /hello, Method: get}}
        Item: {Type: Api, Properties: {RestApiId: !Ref Api, Path: '/items/{id}', Method: get}}
        Own: {Type: Api, Properties: {RestApiId: !Ref ByCaller, Path: /hello, Method: get}}
Outputs:
  Api: {Value: !Ref Api}
  ByCaller: {Value: !Ref ByCaller}
"""


@dataclasses.dataclass
class Setting:
    cloud: LocalCloud
    people: People
    outputs: Any

    def keys(self, answer: dict[str, Any]) -> Credentials:
        made = answer["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretKey"], made["SessionToken"])

    def get(self, keys: Credentials | None, path: str = "/hello", *, api: str = "Api", sign: str = "") -> Response:
        """Ask for a path of an API, by its stage on the AWS endpoint, signed for it unless for another."""
        base = f"/restapis/{self.outputs[api]}/dev/_user_request_"
        request = AWSRequest("GET", f"http://localhost:4566{base}{sign or path}")
        if keys is not None:
            SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
        return self.cloud.fetch("GET", f"{base}{path}", headers=dict(request.headers.items()))

    def allow(self, role: str, resource: str) -> None:
        arn = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{self.outputs['Api']}/dev/{resource}"
        document = {"Version": "2012-10-17", "Statement": {**allow("execute-api:Invoke"), "Resource": arn}}
        self.people.iam.put_role_policy(RoleName=role, PolicyName="api", PolicyDocument=json.dumps(document))


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    file = tmp_path_factory.mktemp("iam") / "template.yaml"
    Path(file).write_text(TEMPLATE)
    with testing.cloud() as cloud:
        deployed = cloud.inner.deploy(file, {}, lambda _: None)
        assert deployed is not None
        made = Setting(cloud, People(cloud), deployed.outputs)
        made.allow("users", "GET/*")
        yield made


def told(response: Response) -> Any:
    assert response.status == 200, response.body
    return json.loads(response.body)


def refusal(response: Response) -> tuple[int, str | None, Any]:
    kind = next((value for name, value in response.headers if name.lower() == "x-amzn-errortype"), None)
    return response.status, kind, json.loads(response.body)


def test_a_pool_users_identity_is_told_to_the_function(setting: Setting) -> None:
    people = setting.people
    login = people.login()
    identity_id = people.get_id(login)
    answer = people.credentials(identity_id, login)
    subject = jwt.decode(next(iter(login.values())), options={"verify_signature": False})["sub"]
    role_id = people.iam.get_role(RoleName="users")["Role"]["RoleId"]

    identity = told(setting.get(setting.keys(answer)))
    assert identity == {
        "cognitoIdentityPoolId": people.pool_id,
        "accountId": ACCOUNT,
        "cognitoIdentityId": identity_id,
        "caller": f"{role_id}:CognitoIdentityCredentials",
        "sourceIp": "127.0.0.1",
        "principalOrgId": None,
        "accessKey": answer["Credentials"]["AccessKeyId"],
        "cognitoAuthenticationType": "authenticated",
        "cognitoAuthenticationProvider": f"{people.provider},{people.provider}:CognitoSignIn:{subject}",
        "userArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/users/CognitoIdentityCredentials",
        "userAgent": None,
        "user": f"{role_id}:CognitoIdentityCredentials",
    }


def test_a_guest_whose_role_may_not_is_refused_with_the_account_masked(setting: Setting) -> None:
    guest = setting.keys(setting.people.credentials(setting.people.get_id()))

    status, kind, body = refusal(setting.get(guest))
    assert (status, kind) == (403, "AccessDeniedException")
    assert body == {
        "Message": f"User: arn:aws:sts::{ACCOUNT}:assumed-role/guests/CognitoIdentityCredentials is not authorized to "
        f"perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********{ACCOUNT[-4:]}:"
        f"{setting.outputs['Api']}/dev/GET/hello"
    }


def test_a_guest_whose_role_may_is_told_as_one(setting: Setting) -> None:
    setting.allow("guests", "GET/items/*")
    guest_id = setting.people.get_id()
    guest = setting.keys(setting.people.credentials(guest_id))

    identity = told(setting.get(guest, "/items/7"))
    assert identity["cognitoIdentityId"] == guest_id
    assert identity["cognitoAuthenticationType"] == "unauthenticated"
    assert identity["cognitoAuthenticationProvider"] is None
    assert setting.get(guest, "/hello").status == 403


def test_an_iam_user_and_root_are_told_as_themselves(setting: Setting) -> None:
    iam = setting.people.iam
    iam.create_user(UserName="dev")
    document = {"Version": "2012-10-17", "Statement": allow("execute-api:Invoke")}
    iam.put_user_policy(UserName="dev", PolicyName="may", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="dev")["AccessKey"]

    user = told(setting.get(Credentials(key["AccessKeyId"], key["SecretAccessKey"])))
    assert user["userArn"] == f"arn:aws:iam::{ACCOUNT}:user/dev"
    assert user["caller"] == user["user"] == iam.get_user(UserName="dev")["User"]["UserId"]
    assert user["cognitoIdentityId"] is None
    root = told(setting.get(Credentials("any", "key")))
    assert (root["userArn"], root["caller"]) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)


def test_who_did_not_sign_or_not_this_is_refused(setting: Setting) -> None:
    login = setting.people.login()
    keys = setting.keys(setting.people.credentials(setting.people.get_id(login), login))
    mismatch = "The request signature we calculated does not match the signature you provided."

    unsigned = (403, "MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})
    assert refusal(setting.get(None)) == unsigned
    status, kind, body = refusal(setting.get(keys, "/items/7", sign="/items/8"))
    assert (status, kind) == (403, "InvalidSignatureException")
    assert body["message"].startswith(mismatch)
    forged = Credentials(keys.access_key, "x" * 40, keys.token)
    assert refusal(setting.get(forged))[1] == "InvalidSignatureException"
    for wrong in (Credentials(keys.access_key, keys.secret_key, "x"), Credentials(keys.access_key, keys.secret_key)):
        assert refusal(setting.get(wrong)) == (
            403,
            "UnrecognizedClientException",
            {"message": "The security token included in the request is invalid."},
        )


def test_what_a_role_may_call_is_not_what_runs_with_the_callers_keys(setting: Setting) -> None:
    """Unless told otherwise SAM has the function run by its caller, who then needs to be allowed that as well."""
    login = setting.people.login()
    keys = setting.keys(setting.people.credentials(setting.people.get_id(login), login))
    document = {"Version": "2012-10-17", "Statement": allow("execute-api:Invoke")}
    iam = setting.people.iam
    iam.put_role_policy(RoleName="users", PolicyName="by caller", PolicyDocument=json.dumps(document))

    assert refusal(setting.get(keys, api="ByCaller"))[0] == 500
    document = {"Version": "2012-10-17", "Statement": allow("execute-api:Invoke", "lambda:InvokeFunction")}
    iam.put_role_policy(RoleName="users", PolicyName="by caller", PolicyDocument=json.dumps(document))
    assert told(setting.get(keys, api="ByCaller"))["cognitoAuthenticationType"] == "authenticated"
    iam.delete_role_policy(RoleName="users", PolicyName="by caller")
