import json
from collections.abc import Iterator
from http.client import HTTPConnection
from importlib import import_module
from io import StringIO
from typing import Any

import pytest

from tests.load_balancer import LoadBalancer, in_lists, running
from tests.service_support import CONTEXT, USER, Handler, call, event, template

IDENTITY = "us-east-1:3a1f9c52-7b64-4d0e-8a55-6f0c1d2e3b4a"


@pytest.mark.parametrize(
    ("caller", "told"),
    [
        ("caller_identity", {"kind": "identity", "subject": IDENTITY, "username": None, "user": USER}),
        ("caller_guest", {"kind": "guest", "subject": IDENTITY, "username": None, "user": None}),
        (
            "caller_iam_user",
            {
                "kind": "iam_user",
                "subject": "arn:aws:iam::123456789012:user/staff/maria",
                "username": "maria",
                "user": None,
            },
        ),
        (
            "caller_iam_role",
            {
                "kind": "iam_role",
                "subject": "arn:aws:sts::123456789012:assumed-role/Deployer/ci-1042",
                "username": None,
                "user": None,
            },
        ),
        (
            "caller_root",
            {"kind": "root", "subject": "arn:aws:iam::123456789012:root", "username": None, "user": None},
        ),
    ],
)
def test_who_signs_is_told_who_they_are(whoami: Handler, caller: str, told: dict[str, object]) -> None:
    request = event("whoami") | {"requestContext": event(caller)["requestContext"]}

    answer = call(whoami, request)

    assert (answer.status, answer.body) == (200, told)


def test_who_is_let_in_is_greeted(whoami: Handler) -> None:
    answer = call(whoami, event("whoami") | {"path": "/hello", "resource": "/hello"})

    assert answer.body == {"message": f"Hello, {IDENTITY}."}


@pytest.mark.parametrize(
    ("path", "caller", "status"),
    [
        ("/whoami", "caller_nobody", 401),
        ("/hello", "caller_nobody", 401),
        ("/hello", "caller_id_token", 403),
        ("/hello", "caller_machine_client", 403),
    ],
)
def test_who_has_not_signed_is_refused(whoami: Handler, path: str, caller: str, status: int) -> None:
    request = event("whoami") | {"path": path, "resource": path, "requestContext": event(caller)["requestContext"]}

    assert call(whoami, request).status == status


def test_who_cannot_be_told_is_refused(whoami: Handler) -> None:
    request = event("whoami")
    request["requestContext"]["identity"]["cognitoAuthenticationType"] = "unauthenticated"

    answer = call(whoami, request)

    assert (answer.status, answer.body["detail"]) == (401, "It cannot be told who calls.")


@pytest.fixture
def balancer(whoami: Handler, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadBalancer]:
    monkeypatch.setattr(
        "http.client.HTTPConnection", HTTPConnection
    )  # its keys are on a server, not in the local cloud
    with running() as made:
        yield made


def test_whom_a_load_balancer_has_signed_in_is_told_who_they_are(whoami: Handler, balancer: LoadBalancer) -> None:
    answer = whoami(balancer.event(), CONTEXT)

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"kind": "user", "subject": USER, "username": USER, "user": None}
    assert "multiValueHeaders" not in answer
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["X-Correlation-Id"] == CONTEXT.aws_request_id


def test_a_load_balancer_that_sends_lists_of_headers_gets_lists(whoami: Handler, balancer: LoadBalancer) -> None:
    request = in_lists(balancer.event())
    request["multiValueHeaders"] |= {"origin": ["https://app.example.com"], "x-correlation-id": ["from-the-client"]}

    answer = whoami(request, CONTEXT)

    assert answer["statusCode"] == 200
    assert "headers" not in answer
    assert answer["multiValueHeaders"]["X-Correlation-Id"] == ["from-the-client"]
    assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == ["https://app.example.com"]
    assert "Access-Control-Allow-Credentials" not in answer["multiValueHeaders"]


def problem(answer: dict[str, Any]) -> tuple[int, str]:
    return answer["statusCode"], json.loads(answer["body"])["detail"]


def test_whom_a_load_balancer_has_not_signed_in_is_asked_to(whoami: Handler, balancer: LoadBalancer) -> None:
    request = balancer.event()
    for name in balancer.headers():
        del request["headers"][name]

    assert problem(whoami(request, CONTEXT)) == (401, "Sign in first.")


def test_a_forged_sign_in_is_refused_and_leaves_no_token_in_the_log(
    whoami: Handler, balancer: LoadBalancer, log: StringIO
) -> None:
    request = balancer.event(data=balancer.data(header={"signer": "arn:aws:elasticloadbalancing:::loadbalancer/x"}))

    assert problem(whoami(request, CONTEXT)) == (401, "It cannot be told who calls.")
    assert "another load balancer's" in log.getvalue()
    assert not [value for value in request["headers"].values() if value.startswith("eyJ") and value in log.getvalue()]


def test_keys_that_cannot_be_read_now_are_a_matter_of_trying_again(whoami: Handler, balancer: LoadBalancer) -> None:
    balancer.published[f"/{balancer.key_id}"] = 500

    answer = whoami(balancer.event(), CONTEXT)

    assert problem(answer) == (503, "Try again in a moment.")
    assert answer["headers"]["Retry-After"] == "1"


ROUTES = [
    (resource["Properties"]["Handler"].removesuffix(".lambda_handler"), said["Properties"])
    for resource in template()["Resources"].values()
    if resource["Type"] == "AWS::Serverless::Function"
    for said in resource["Properties"].get("Events", {}).values()
    if said["Type"] == "Api"
]


@pytest.mark.parametrize(("module", "route"), ROUTES, ids=lambda one: one["Path"] if isinstance(one, dict) else one)
def test_a_load_balancer_reaches_whoami_and_no_route_whose_caller_api_gateway_checks(
    balancer: LoadBalancer, module: str, route: dict[str, str]
) -> None:
    handler: Handler = import_module(module).lambda_handler
    path = route["Path"].replace("{", "").replace("}", "")
    everything = "aws.cognito.signin.user.admin transactions/get transactions/post"
    groups: dict[str, Any] = {"cognito:groups": ["admin", "free", "premium"]}
    token = balancer.access_token(scope=everything, **groups)

    answer = handler(balancer.event(accesstoken=token) | {"httpMethod": route["Method"], "path": path}, CONTEXT)

    assert answer["statusCode"] == (200 if path == "/whoami" else 404)


def test_a_sign_in_of_a_load_balancer_opens_no_route_of_the_api(whoami: Handler, balancer: LoadBalancer) -> None:
    request = event("whoami") | {"requestContext": event("caller_nobody")["requestContext"]}
    request["headers"] |= balancer.headers()

    assert call(whoami, request).status == 401
