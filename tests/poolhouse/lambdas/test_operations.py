"""Invoke, asked for by a real boto3 client."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from poolhouse.lambdas import operations
from poolhouse.web import Request, Response

from .conftest import ACCOUNT, REGION, House

ECHO = "def handler(event, context):\n    return event\n"


class Raw:
    """A body as botocore reads one."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_args: object, **_more: object) -> Iterator[bytes]:
        yield self._body

    def read(self, amount: int | None = None) -> bytes:
        taken, self._body = (self._body, b"") if amount is None else (self._body[:amount], self._body[amount:])
        return taken


@pytest.fixture
def client(house: House) -> Any:
    """A boto3 client whose requests go straight into `operations.handle`."""

    def send(request: Any, **_more: object) -> AWSResponse:
        url = urlsplit(request.url)
        headers = tuple((k.lower(), v.decode() if isinstance(v, bytes) else v) for k, v in request.headers.items())
        body = request.body.encode() if isinstance(request.body, str) else bytes(request.body or b"")
        answer = operations.handle(house.functions, Request(request.method, url.path, url.query, headers, body))
        received = HTTPHeaders()
        for name, value in answer.headers:
            received.add_header(name, value)
        return AWSResponse(request.url, answer.status, received, Raw(answer.body))

    lambda_client = boto3.client(
        "lambda",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    lambda_client.meta.events.register("before-send.lambda", send)
    return lambda_client


def test_invoke_answers_with_the_functions_payload(house: House, client: Any) -> None:
    house.put(ECHO)

    answer = client.invoke(FunctionName="main", Payload=b'{"a": 1}')

    assert json.loads(answer["Payload"].read()) == {"a": 1}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert "LogResult" not in answer


def test_invoke_without_a_payload_is_an_empty_event(house: House, client: Any) -> None:
    house.put(ECHO)

    assert client.invoke(FunctionName="main")["Payload"].read() == b"{}"


def test_invoke_by_arn_and_qualifier(house: House, client: Any) -> None:
    function = house.put("def handler(event, context):\n    return context.invoked_function_arn\n")

    answer = client.invoke(FunctionName=function.arn, Qualifier="$LATEST")

    assert json.loads(answer["Payload"].read()) == f"{function.arn}:$LATEST"


def test_invoke_tells_of_a_function_error(house: House, client: Any) -> None:
    house.put("def handler(event, context):\n    raise ValueError('no')\n")

    answer = client.invoke(FunctionName="main")

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorMessage"] == "no"


def test_invoke_gives_the_tail_of_the_log(house: House, client: Any) -> None:
    house.put("def handler(event, context):\n    print('x' * 5000); print('seen')\n")

    answer = client.invoke(FunctionName="main", LogType="Tail")

    tail = base64.b64decode(answer["LogResult"]).decode()
    assert len(tail) == 4096
    assert "\nseen\nEND RequestId: " in tail


def test_invoke_hands_the_client_context_on(house: House, client: Any) -> None:
    house.put("def handler(event, context):\n    return context.client_context.custom\n")
    context = base64.b64encode(b'{"custom":\n{"k": "v"}}').decode()

    answer = client.invoke(FunctionName="main", ClientContext=context)

    assert json.loads(answer["Payload"].read()) == {"k": "v"}


def test_invoke_as_an_event_does_not_wait(house: House, client: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    house.put("def handler(event, context):\n    open(event, 'w').write('ran')\n")
    os.mkfifo(pipe)

    answer = client.invoke(FunctionName="main", InvocationType="Event", Payload=json.dumps(str(pipe)))

    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    assert pipe.read_text() == "ran"


def test_invoke_as_a_dry_run_does_not_run(house: House, client: Any) -> None:
    house.put(ECHO)

    answer = client.invoke(FunctionName="main", InvocationType="DryRun")

    assert answer["StatusCode"] == 204
    assert house.log == []


Refused = Callable[..., tuple[int, str, str]]


@pytest.fixture
def refused(client: Any) -> Refused:
    """Status, code and message with which Invoke is refused."""

    def invoke(**request: Any) -> tuple[int, str, str]:
        with pytest.raises(ClientError) as caught:
            client.invoke(**{"FunctionName": "main", **request})
        error = caught.value.response
        return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]

    return invoke


def test_a_function_that_is_not_there_is_404(refused: Refused) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:main:$LATEST"

    assert refused() == (404, "ResourceNotFoundException", f"Function not found: {arn}")


def test_a_payload_that_is_no_json_is_400(house: House, refused: Refused) -> None:
    house.put(ECHO)

    for payload in (b"nope", b'"\x87"', b'{"a":', b"[" * 100_000):
        status, code, message = refused(Payload=payload)
        assert (status, code) == (400, "InvalidRequestContentException")
        assert message.startswith("Could not parse request body into json: Could not parse payload into json: ")


def test_a_payload_over_the_limit_is_413(house: House, refused: Refused) -> None:
    house.put(ECHO)

    status, code, message = refused(Payload=b'"' + b"x" * 6_291_456 + b'"')
    later = refused(Payload=b'"' + b"x" * 1_048_576 + b'"', InvocationType="Event")

    assert (status, code) == (413, "RequestEntityTooLargeException")
    assert message == "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    assert later[1:] == (
        "RequestEntityTooLargeException",
        "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    )


def test_a_throttled_function_is_429_with_its_reason(house: House, client: Any) -> None:
    house.put(ECHO, reserved_concurrency=0)

    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.invoke(FunctionName="main")

    error = caught.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert error["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert error["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_an_invocation_type_of_no_kind_is_400(house: House, refused: Refused) -> None:
    house.put(ECHO)

    assert refused(InvocationType="Later") == (
        400,
        "ValidationException",
        "1 validation error detected: Value 'Later' at 'invocationType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
    )


def test_an_operation_that_is_not_built_says_so(house: House) -> None:
    answer: Response = operations.handle(house.functions, Request("GET", "/2015-03-31/functions"))

    assert answer.status == 404
    assert b"GET /2015-03-31/functions is not built yet" in answer.body
