"""How AWS is called: what is tried again, what is not, and over which connection."""

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from poolhouse import testing
from shared import aws
from tests.wire import Answer, Wire, connected, refusal

KEY = {"id": {"S": "x"}}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with testing.cloud() as cloud, connected(cloud) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.inner.config.origin)
        yield wire


@pytest.fixture
def dynamodb(wire: Wire) -> Any:
    made = aws.Client("dynamodb", aws.PATIENT)
    made.create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    wire.sent.clear()
    return made


BUSY = refusal("ProvisionedThroughputExceededException", "slow down")
BROKEN: Answer = (503, {"not": "what DynamoDB answers"})


@pytest.mark.parametrize("answers", [[BUSY], [BROKEN], [BUSY, BROKEN]])
def test_what_passes_is_tried_again(dynamodb: Any, wire: Wire, answers: list[Answer]) -> None:
    for answer in answers:
        wire.before("PutItem", partial(lambda one: one, answer))

    dynamodb.put_item(TableName="t", Item=KEY)

    assert wire.sent == ["PutItem"] * (len(answers) + 1)
    assert dynamodb.get_item(TableName="t", Key=KEY)["Item"] == KEY


def test_what_does_not_pass_is_told_after_the_last_try(dynamodb: Any, wire: Wire) -> None:
    for _ in range(aws.PATIENT.tries):
        wire.before("PutItem", lambda: BUSY)

    with pytest.raises(aws.Refusal, match="slow down") as told:
        dynamodb.put_item(TableName="t", Item=KEY)

    assert (told.value.code, told.value.is_transient) == ("ProvisionedThroughputExceededException", True)
    assert wire.sent == ["PutItem"] * aws.PATIENT.tries


def test_a_refusal_for_good_is_not_tried_again(dynamodb: Any, wire: Wire) -> None:
    with pytest.raises(aws.Refusal) as told:
        dynamodb.put_item(TableName="absent", Item=KEY)

    assert (told.value.code, told.value.status, told.value.is_transient) == ("ResourceNotFoundException", 400, False)
    assert wire.sent == ["PutItem"]


def test_tries_in_vain_come_to_an_end_and_calls_that_succeed_earn_new_ones(dynamodb: Any, wire: Wire) -> None:
    def fail(times: int) -> int:
        wire.sent.clear()
        for _ in range(times):
            wire.before("PutItem", lambda: BROKEN)
        with pytest.raises(aws.Refusal):
            dynamodb.put_item(TableName="t", Item=KEY)
        wire.forget()
        return len(wire.sent)

    assert [fail(3) for _ in range(51)] == [3] * 50 + [1]
    for _ in range(aws.COST):
        dynamodb.get_item(TableName="t", Key=KEY)
    assert fail(3) == 2


def test_a_transaction_whose_answer_was_lost_is_the_same_when_it_is_tried_again(dynamodb: Any, wire: Wire) -> None:
    def lose() -> None:
        raise ConnectionResetError

    wire.after("TransactWriteItems", lose)
    wire.bodies.clear()

    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "t", "Item": KEY}}])

    first, again, other = (json.loads(body)["ClientRequestToken"] for body in wire.bodies)
    assert first == again != other


def test_bytes_come_back_as_they_were(dynamodb: Any) -> None:
    item = {**KEY, "b": {"B": b"\0\xff"}, "bs": {"BS": [b"a"]}, "m": {"M": {"B": {"S": "text"}, "BS": {"L": []}}}}
    dynamodb.put_item(TableName="t", Item=item)

    assert dynamodb.get_item(TableName="t", Key=KEY)["Item"] == item


def test_services_of_forms_are_called_and_tell_their_refusals(wire: Wire) -> None:
    ses = aws.Client("ses", aws.ONCE)
    content = {"Subject": {"Data": "Hé & <b>"}, "Body": {"Text": {"Data": "text"}}}
    mail: dict[str, Any] = {"Source": "me@example.com", "Destination": {"ToAddresses": ["a@x.com", "b@x.com"]}}

    with pytest.raises(aws.Refusal, match="not verified") as told:
        ses.send_email(**mail, Message=content)
    ses.verify_email_identity(EmailAddress="me@example.com")
    ses.send_email(**mail, Message=content)

    assert told.value.code == "MessageRejected"
    assert sorted((m.to, m.subject) for m in wire.cloud.outbox()) == [("a@x.com", "Hé & <b>"), ("b@x.com", "Hé & <b>")]


# -- over real sockets


class _Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer: Callable[[Any], None]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        type(self).answer(self)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def server(answer: Callable[[Any], None]) -> Iterator[list[int]]:
    """An endpoint that answers so; gives the ports its clients came from."""
    ports: list[int] = []

    def counted(handler: Any) -> None:
        ports.append(handler.client_address[1])
        answer(handler)

    listening = ThreadingHTTPServer(("127.0.0.1", 0), type("Server", (_Server,), {"answer": counted}))
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listening.server_port}")
        try:
            yield ports
        finally:
            listening.shutdown()
            thread.join()
            listening.server_close()


def _answer(handler: Any, body: bytes = b"{}", **headers: str) -> None:
    handler.send_response(200)
    for name, value in {"content-length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def test_a_connection_is_kept_and_one_that_was_closed_is_not_used() -> None:
    with server(_answer) as ports:
        client = aws.Client("dynamodb", aws.ONCE)
        client.list_tables()
        client.list_tables()
        [kept] = client._idle
        kept.sock.shutdown(socket.SHUT_RDWR)  # as a function that has slept finds it
        client.list_tables()
        client.close()

    assert ports[0] == ports[1] != ports[2]


def test_an_answer_with_a_wrong_checksum_is_none() -> None:
    def answer(handler: Any) -> None:
        _answer(handler, json.dumps({"Count": 1}).encode(), x_amz_crc32="1")

    with server(answer):
        client = aws.Client("dynamodb", aws.ONCE)
        with pytest.raises(aws.NoAnswer, match="checksum"):
            client.scan(TableName="t")
        client.close()


def test_who_does_not_answer_in_time_is_given_up_on() -> None:
    is_over = threading.Event()

    def wait(_handler: Any) -> None:
        is_over.wait(5)

    with server(wait) as ports:
        with pytest.raises(aws.NoAnswer, match="TimeoutError"):
            aws.Client("dynamodb", aws.Patience(1, 0.05, 2)).scan(TableName="t")
        is_over.set()

    assert len(ports) == 2


def test_who_does_not_listen_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{taken.getsockname()[1]}")

        with pytest.raises(aws.NoAnswer, match="ConnectionRefusedError"):
            aws.Client("dynamodb", aws.ONCE).scan(TableName="t")


@pytest.mark.parametrize(
    ("service", "region", "origin"),
    [
        ("dynamodb", "eu-central-1", "https://dynamodb.eu-central-1.amazonaws.com"),
        ("ses", "us-east-1", "https://email.us-east-1.amazonaws.com"),
        ("cognito-idp", "cn-north-1", "https://cognito-idp.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_service_is_called_where_aws_has_it(service: str, region: str, origin: str) -> None:
    assert aws.Client(service, aws.ONCE, region=region).origin == origin


# -- traces


def test_a_traced_call_tells_the_daemon_what_came_of_it(
    dynamodb: Any, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{daemon.getsockname()[1]}")
        monkeypatch.setenv(
            "_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        )
        for _ in range(aws.PATIENT.tries):
            wire.before("PutItem", lambda: refusal("ThrottlingException"))
        with pytest.raises(aws.Refusal):
            dynamodb.put_item(TableName="t", Item=KEY)
        header, _, document = daemon.recv(65536).partition(b"\n")

    told = json.loads(document)
    assert json.loads(header) == {"format": "json", "version": 1}
    assert (told["trace_id"], told["parent_id"]) == ("1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8")
    assert (told["name"], told["aws"]["operation"]) == ("dynamodb", "PutItem")
    assert (told["error"], told["throttle"], told["http"]["response"]["status"]) == (True, True, 400)
    assert told["start_time"] <= told["end_time"]
