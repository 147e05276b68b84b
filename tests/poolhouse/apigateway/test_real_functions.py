"""The gateway in front of functions that really run."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from poolhouse.apigateway.gateway import Gateway
from poolhouse.call import Call
from poolhouse.lambdas.entities import Function, Permission
from poolhouse.lambdas.functions import Functions
from poolhouse.web import Request
from tests.poolhouse.apigateway.support import FUNCTION, Api

SOURCE = """
import json

def handler(event, context):
    if event["pathParameters"]["id"] == "bad":
        raise ValueError("secret")
    answer = [event["httpMethod"], event["pathParameters"], event["requestContext"]["stage"]]
    return {"statusCode": 200, "body": json.dumps(answer)}
"""
METHOD = "arn:aws:execute-api:us-east-1:123456789012:api1"


@pytest.fixture
def functions(api: Api, tmp_path: Path) -> Iterator[Functions]:
    """One function, which API Gateway may not invoke yet."""
    (tmp_path / "app.py").write_text(SOURCE)
    functions = Functions(
        api.store,
        origin="http://127.0.0.1:4566",
        account_id="123456789012",
        region="us-east-1",
        clock=lambda: api.now,
    )
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    role = "arn:aws:iam::123456789012:role/items"
    functions.put(Function("Items", FUNCTION, runtime, "app.handler", str(tmp_path), role, api.now))
    yield functions
    functions.remove("Items")
    functions.close()


@pytest.fixture
def gateway(api: Api, functions: Functions) -> Gateway:
    def call(request: Request) -> Call:
        return dataclasses.replace(api.call(request), invoke=functions.invoke_for_service)

    return Gateway(call, api.verify)


def allow(functions: Functions, source_arn: str) -> None:
    functions.add_permission(Permission("Items", "api", "apigateway.amazonaws.com", source_arn=source_arn))


@pytest.mark.parametrize("source_arn", [f"{METHOD}/*/GET/items/*", f"{METHOD}/prod/*/*", f"{METHOD}/*"])
def test_a_permitted_function_answers(gateway: Gateway, functions: Functions, source_arn: str) -> None:
    allow(functions, source_arn)

    response = gateway.handle(Request("GET", "/items/7"))

    assert (response.status, msgspec.json.decode(response.body)) == (200, ["GET", {"id": "7"}, "prod"])


@pytest.mark.parametrize("source_arn", [None, f"{METHOD}/*/POST/items/*", f"{METHOD}/*/GET/items", f"{METHOD}/dev/*"])
def test_a_function_that_does_not_permit_the_method_is_not_run(
    gateway: Gateway, functions: Functions, source_arn: str | None
) -> None:
    if source_arn is not None:
        allow(functions, source_arn)

    response = gateway.handle(Request("GET", "/items/7"))

    assert (response.status, response.body) == (500, b'{"message": "Internal server error"}')


def test_a_function_that_raises_is_a_bad_gateway(gateway: Gateway, functions: Functions) -> None:
    allow(functions, f"{METHOD}/*")

    response = gateway.handle(Request("GET", "/items/bad"))

    assert (response.status, response.body) == (502, b'{"message": "Internal server error"}')
