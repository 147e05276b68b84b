"""GET /whoami behind a load balancer: the template as its parameters make it, in Lambda's own runtime.

The local cloud has no load balancers. One stands in that makes AWS's headers and events; the pool, its tokens and what
may invoke the function are the cloud's.
"""

import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poolhouse import testing
from tests.load_balancer import ARN, LoadBalancer, publishing
from tests.service_support import ROOT, event

TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/whoami/73e2d6bc24d8a067"
PARAMETERS = {
    "LoadBalancerArn": ARN,
    "LoadBalancerDomain": "web.example.com",
    "LoadBalancerTargetGroupArn": TARGET_GROUP,
}
EMAIL, PASSWORD = "anna@example.com", "Correct-horse-7-battery"


@pytest.fixture(scope="module")
def balancer() -> Iterator[LoadBalancer]:
    with publishing() as made:
        yield made


@pytest.fixture(scope="module")
def deployed(balancer: LoadBalancer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.LocalCloud]:
    """The template, in which the stand-in's keys have an address of their own."""
    text = (ROOT / "template.yaml").read_text("utf-8")
    assert text.count("        STAGE: !Ref Stage\n") == 1
    where = f"        AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: {balancer.origin}\n"
    path = tmp_path_factory.mktemp("template") / "template.yaml"
    path.write_text(
        text.replace("        STAGE: !Ref Stage\n", where + "        STAGE: !Ref Stage\n").replace(
            "CodeUri: src/", f"CodeUri: {Path(ROOT, 'src')}/"
        ),
        "utf-8",
    )
    with testing.cloud(path, parameters=PARAMETERS, listen=True) as cloud:
        yield cloud


def signed_in(cloud: testing.LocalCloud) -> tuple[str, str]:
    """The access token and the `sub` of somebody who signed in by the load balancer's app client."""
    cognito = cloud.client("cognito-idp")
    pool_id, client_id = cloud.outputs["UserPoolId"], cloud.outputs["LoadBalancerClientId"]
    client = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]  # in place of the hosted pages, which the local cloud has not
    cognito.update_user_pool_client(UserPoolId=pool_id, ClientId=client_id, ExplicitAuthFlows=flows)
    who = {"UserPoolId": pool_id, "Username": EMAIL}
    told = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
    user = cognito.admin_create_user(**who, MessageAction="SUPPRESS", UserAttributes=told)["User"]
    cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
    digest = hmac.digest(client["ClientSecret"].encode(), f"{EMAIL}{client_id}".encode(), "sha256")
    given = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "SECRET_HASH": base64.b64encode(digest).decode()}
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool_id, ClientId=client_id, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=given
    )
    return answer["AuthenticationResult"]["AccessToken"], user["Username"]


def test_somebody_a_load_balancer_has_signed_in_is_told_who_they_are(
    deployed: testing.LocalCloud, balancer: LoadBalancer
) -> None:
    access_token, subject = signed_in(deployed)
    issuer = f"{deployed.inner.config.origin}/{deployed.outputs['UserPoolId']}"

    def ask(client_id: str) -> dict[str, Any]:
        told = {"iss": issuer, "client": client_id}
        data = balancer.data(header=told, iss=issuer, sub=subject, username=subject)
        request = event("caller_load_balancer")
        request["headers"] |= balancer.headers(data=data, accesstoken=access_token, identity=subject)
        target = deployed.outputs["LoadBalancerTarget"]
        answer = deployed.client("lambda").invoke(FunctionName=target, Payload=json.dumps(request))
        made: dict[str, Any] = json.load(answer["Payload"])
        return made

    answer = ask(deployed.outputs["LoadBalancerClientId"])
    assert answer["statusCode"] == 200, answer
    assert json.loads(answer["body"]) == {"kind": "user", "subject": subject, "username": subject, "user": None}
    assert ask(deployed.outputs["WebClientId"])["statusCode"] == 401
