"""Faults that are asked for: what a boto3 client meets, how often, and how they go."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import faults, testing
from poolhouse.errors import CommandError
from poolhouse.testing import LocalCloud
from poolhouse.web import Response

FAULTS = "/_poolhouse/faults"


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalCloud]:
    with testing.cloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(shared: LocalCloud) -> Iterator[LocalCloud]:
    yield shared
    shared.inner.faults.clear()


def put(cloud: LocalCloud, **fault: object) -> Response:
    return cloud.fetch("POST", FAULTS, body=json.dumps(fault).encode())


def up(cloud: LocalCloud) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(cloud.fetch("GET", FAULTS).body)
    return listed


def refusal(call: Any, **params: object) -> tuple[int, str]:
    with pytest.raises(ClientError) as told:
        call(**params)
    return told.value.response["ResponseMetadata"]["HTTPStatusCode"], told.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("service", "operation", "params", "told"),
    [
        (
            "dynamodb",
            "list_tables",
            {},
            [
                (400, "ProvisionedThroughputExceededException"),
                (503, "ServiceUnavailable"),
                (500, "InternalServerError"),
            ],
        ),
        ("s3", "list_buckets", {}, [(503, "SlowDown"), (503, "ServiceUnavailable"), (500, "InternalError")]),
        (
            "cognito-idp",
            "list_user_pools",
            {"MaxResults": 1},
            [(400, "TooManyRequestsException"), (503, "ServiceUnavailable"), (500, "InternalErrorException")],
        ),
        (
            "kms",
            "list_keys",
            {},
            [(400, "ThrottlingException"), (503, "ServiceUnavailable"), (500, "KMSInternalException")],
        ),
        (
            "lambda",
            "list_functions",
            {},
            [(429, "TooManyRequestsException"), (503, "ServiceUnavailable"), (500, "ServiceException")],
        ),
        (
            "sts",
            "get_caller_identity",
            {},
            [(400, "Throttling"), (503, "ServiceUnavailable"), (500, "InternalFailure")],
        ),
    ],
)
def test_a_service_fails_in_its_own_words(
    cloud: LocalCloud, service: str, operation: str, params: dict[str, Any], told: list[tuple[int, str]]
) -> None:
    call = getattr(cloud.client(service), operation)

    for kind, expected in zip(("throttled", "unavailable", "internal"), told, strict=True):
        assert put(cloud, service=service, kind=kind).status == 201
        assert refusal(call, **params) == expected


def test_as_many_calls_of_one_operation_fail_as_were_asked_for_and_are_not_done(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    put(cloud, service="sqs", operation="CreateQueue", kind="throttled", times=2)

    assert sqs.list_queues().get("QueueUrls") is None
    for left in (1, None):
        assert refusal(sqs.create_queue, QueueName="q")[0] == 400
        assert [fault["times"] for fault in up(cloud)] == ([left] if left else [])
    assert sqs.list_queues().get("QueueUrls") is None
    assert sqs.create_queue(QueueName="q")["QueueUrl"]


def test_all_calls_fail_for_as_long_as_was_asked_for() -> None:
    now = [100.0]
    one = faults.Faults(lambda _: True, clock=lambda: now[0])
    one.put("s3", "*", "unavailable", seconds=5)

    for at in (100.0, 104.9):
        now[0] = at
        with pytest.raises(Exception, match="unable to handle"):
            one.check("s3", "GetObject")
    now[0] = 105.0
    one.check("s3", "GetObject")
    assert one.list() == []


def test_a_function_times_out_without_being_run(cloud: LocalCloud) -> None:
    cloud.function("slow", "def handler(event, context):\n    return 'ran'\n", timeout=7)
    client = cloud.client("lambda")
    put(cloud, service="lambda", operation="slow", kind="timeout")

    late, done = (client.invoke(FunctionName="slow") for _ in range(2))

    told = json.loads(late["Payload"].read())
    assert (late["FunctionError"], told["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert told["errorMessage"].endswith("Error: Task timed out after 7.00 seconds")
    assert json.loads(done["Payload"].read()) == "ran"


def test_faults_are_taken_down_at_once_and_by_a_reset() -> None:
    with testing.cloud() as cloud:
        put(cloud, service="sqs", kind="throttled", times=9)
        assert cloud.fetch("DELETE", FAULTS).status == 200
        assert up(cloud) == []
        put(cloud, service="sqs", kind="throttled", times=9)
        cloud.fetch("POST", "/_poolhouse/reset")

        assert up(cloud) == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"service": "dynamo", "kind": "throttled"}, "There is no service dynamo here"),
        ({"service": "s3", "kind": "slow"}, "A fault is one of throttled, unavailable, internal, timeout, not slow."),
        ({"service": "s3", "kind": "timeout"}, "What times out is a function"),
        ({"service": "lambda", "kind": "timeout"}, "What times out is a function"),
        ({"service": "s3", "kind": "internal", "times": 1, "seconds": 1}, "not both"),
        ({"service": "s3", "kind": "internal", "times": 0}, "1 to 1000000 times"),
        ({"service": "s3", "kind": "internal", "seconds": -1}, "1 to 1000000 times"),
        ({"service": "s3", "kind": "internal", "seconds": 1e99}, "1 to 1000000 times"),
        ({"service": "s3", "kind": "internal", "more": 1}, "Send {"),
        ({"service": "s3"}, "Send {"),
    ],
)
def test_what_is_no_fault_is_refused(cloud: LocalCloud, fault: dict[str, object], message: str) -> None:
    answer = put(cloud, **fault)

    assert (answer.status, message in json.loads(answer.body)["message"]) == (400, True)
    assert up(cloud) == []


def test_pages_of_other_origins_put_no_fault_up(cloud: LocalCloud) -> None:
    fault = json.dumps({"service": "s3", "kind": "internal"}).encode()

    answer = cloud.fetch("POST", FAULTS, headers={"origin": "https://evil.example.com"}, body=fault)

    assert answer.status == 403
    assert up(cloud) == []


def test_what_the_cloud_asks_itself_meets_no_fault(cloud: LocalCloud) -> None:
    put(cloud, service="cognito-idp", kind="unavailable")

    assert cloud.inner.operate("cognito-idp", "ListUserPools", {"MaxResults": 1})["UserPools"] == []
    with pytest.raises(CommandError):
        cloud.inner.faults.put("nothing", "*", "throttled")
