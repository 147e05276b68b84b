"""Every route of the service, and what each kind of caller gets: one table."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from demo import clients
from demo.clients import REGION, Answer, fetch
from demo.stage import Stage
from tests.service_support import template

PASSWORD = "Correct-horse-7-battery"
ACCOUNT = "000000000000"
NEW = {"amount": 1, "currency": "EUR"}

# How a route answers each kind of caller. `iam_user` may call the API, `iam_nobody` has no policy for it.
CALLERS = ("nobody", "id_token", "access_token", "machine", "identity", "guest", "iam_user", "iam_nobody", "root")
ROUTES: list[tuple[str, str, tuple[int, ...]]] = [
    ("GET", "/me", (401, 200, 401, 401, 401, 401, 401, 401, 401)),
    ("GET", "/whoami", (403, 403, 403, 403, 200, 200, 200, 403, 200)),
    ("GET", "/hello", (403, 403, 403, 403, 200, 403, 200, 403, 200)),
    ("GET", "/transactions", (401, 401, 200, 200, 401, 401, 401, 401, 401)),
    ("POST", "/transactions", (401, 401, 201, 201, 401, 401, 401, 401, 401)),
    ("GET", "/transactions/txn_00000000000000000000000000000000", (401, 401, 404, 404, 401, 401, 401, 401, 401)),
    ("GET", "/notes", (403, 403, 403, 403, 200, 403, 403, 403, 403)),
    ("GET", "/notes/none", (403, 403, 403, 403, 404, 403, 403, 403, 403)),
    ("PUT", "/notes/new", (403, 403, 403, 403, 201, 403, 403, 403, 403)),
    ("DELETE", "/notes/none", (403, 403, 403, 403, 404, 403, 403, 403, 403)),
    ("GET", "/datasets", (403, 403, 403, 403, 200, 403, 403, 403, 403)),
    ("GET", "/datasets/none", (403, 403, 403, 403, 404, 403, 403, 403, 403)),
    ("PATCH", "/datasets/new", (403, 403, 403, 403, 200, 403, 403, 403, 403)),
    ("DELETE", "/datasets/none", (403, 403, 403, 403, 404, 403, 403, 403, 403)),
]
SENT: Mapping[tuple[str, str], object] = {
    ("POST", "/transactions"): NEW,
    ("PUT", "/notes/new"): {"text": "Milk"},
    ("PATCH", "/datasets/new"): {"patches": [{"op": "replace", "key": "k", "value": "v", "sync_count": 0}]},
}
DECLARED = {
    "/transactions/txn_00000000000000000000000000000000": "/transactions/{id}",
    "/notes/none": "/notes/{id}",
    "/notes/new": "/notes/{id}",
    "/datasets/none": "/datasets/{name}",
    "/datasets/new": "/datasets/{name}",
}


class Callers:
    """Somebody of each kind, and requests in their name."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        cognito = clients.aws("cognito-idp", stage.endpoint)
        pool, web = stage.outputs["UserPoolId"], stage.outputs["WebClientId"]
        who = {"UserPoolId": pool, "Username": "routes@example.com"}
        cognito.admin_create_user(**who, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
        signed_in = clients.srp(cognito, pool, web, "routes@example.com", PASSWORD)
        self.tokens = {
            "id_token": signed_in["IdToken"],
            "access_token": signed_in["AccessToken"],
            "machine": self._machine_token(cognito, pool),
        }
        provider = f"cognito-idp.{REGION}.amazonaws.com/{pool}"
        self.keys = {
            "identity": self._identity({provider: signed_in["IdToken"]}),
            "guest": self._identity({}),
            "iam_user": self._iam_user("routes", "execute-api:Invoke"),
            "iam_nobody": self._iam_user("nobody", "s3:ListAllMyBuckets"),
            "root": Credentials("root", "root"),
        }

    def ask(self, caller: str, method: str, path: str, body: object = None) -> Answer:
        """A request by a caller, signed or with a token."""
        url = f"{self.stage.api}{path}"
        if caller not in self.keys:
            return fetch(method, url, token=self.tokens.get(caller), body=body)
        text = None if body is None else json.dumps(body)
        request = AWSRequest(method, url, data=text, headers={"content-type": "application/json"} if text else {})
        SigV4Auth(self.keys[caller], "execute-api", REGION).add_auth(request)
        return fetch(method, url, body=text, headers=dict(request.headers.items()))

    def _machine_token(self, cognito: Any, pool: str) -> str:
        client = self.stage.outputs["ServiceClientId"]
        described = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
        basic = base64.b64encode(f"{client}:{described['ClientSecret']}".encode()).decode()
        answer = fetch(
            "POST",
            f"{self.stage.endpoint}/oauth2/token",
            body=urlencode({"grant_type": "client_credentials"}),
            headers={"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"},
        )
        return str(answer.body["access_token"])

    def _identity(self, logins: dict[str, str]) -> Credentials:
        identity = clients.aws("cognito-identity", self.stage.endpoint)
        made = identity.get_id(IdentityPoolId=self.stage.outputs["IdentityPoolId"], Logins=logins)["IdentityId"]
        keys = identity.get_credentials_for_identity(IdentityId=made, Logins=logins)["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])

    def _iam_user(self, name: str, action: str) -> Credentials:
        iam = clients.aws("iam", self.stage.endpoint)
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture(scope="module")
def callers(stage: Stage) -> Callers:
    return Callers(stage)


CASES = [
    (method, path, caller, status)
    for method, path, statuses in ROUTES
    for caller, status in zip(CALLERS, statuses, strict=True)
]


@pytest.mark.parametrize(("method", "path", "caller", "status"), CASES)
def test_a_route_answers_each_caller(callers: Callers, method: str, path: str, caller: str, status: int) -> None:
    answer = callers.ask(caller, method, path, SENT.get((method, path)))

    assert (answer.status, answer.body) == (status, answer.body)


def test_the_table_has_every_route_of_the_template() -> None:
    declared = {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for resource in template()["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    }
    tabled = {(method, DECLARED.get(path, path)) for method, path, _ in ROUTES}

    assert tabled == declared


def test_a_guest_is_refused_by_their_role_in_api_gateways_words(callers: Callers) -> None:
    answer = callers.ask("guest", "GET", "/hello")

    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert answer.body["Message"].startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/")
    assert "execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********0000:" in answer.body["Message"]


def test_an_identity_is_told_which_user_is_behind_it(callers: Callers) -> None:
    me = callers.ask("id_token", "GET", "/me").body
    told = callers.ask("identity", "GET", "/whoami").body

    assert (told["kind"], told["user"]) == ("identity", me["subject"])
    assert callers.ask("guest", "GET", "/whoami").body["kind"] == "guest"
