"""The service in the local cloud under a steady load: `make bench-load`.

Two hundred requests a second for a minute, mixed as an app's are, from this process to a cloud on the same machine.
Each is sent at its own moment, whether those before it were answered or not, and its latency counts from that moment:
a cloud that stands still for a second is seen by two hundred. Signatures are made beforehand, so that the client's own
work stays small beside the cloud's. Users sign in, refresh, and ask with their tokens and their identities' keys.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import psutil
import pygal  # type: ignore[import-untyped]
import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from demo import clients
from demo.clients import REGION
from demo.stage import Stage, cloud

PLOT = Path(__file__).parents[1] / "docs" / "service-load.svg"
PASSWORD = "Correct-horse-7-battery"
PEOPLE = 20
WARM_UP = 5  # seconds, not counted: the functions' cold starts
PATIENCE = 10  # seconds after the last request
BAR = 100  # ms, for all but the slowest hundredth
# Of twenty requests, how many are of which kind
MIX = {
    "sign-in": 1,
    "refresh": 1,
    "GET /whoami": 3,
    "GET /me": 4,
    "GET /titles": 3,
    "GET /notes": 2,
    "PUT /notes/{id}": 2,
    "POST /transactions": 2,
    "GET /transactions": 1,
    "PATCH /datasets/{name}": 1,
}


@dataclass
class Person:
    """Somebody who uses the service: their tokens and their identity's keys."""

    email: str
    tokens: dict[str, str]
    keys: Credentials
    numbers: Iterator[int] = field(default_factory=itertools.count)


@dataclass
class Seen:
    """Milliseconds of good answers, and bad ones by status with an example."""

    took: list[tuple[float, float]] = field(default_factory=list)  # when it was due, and how long it took
    bad: dict[str, int] = field(default_factory=dict)
    example: str = ""


class House:
    """A running service and people in it; makes requests in their names."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.pool, self.web = stage.outputs["UserPoolId"], stage.outputs["WebClientId"]
        self._cognito = clients.aws("cognito-idp", stage.endpoint)
        dynamodb = clients.aws("dynamodb", stage.endpoint)
        for number in range(25):
            row = {"id": f"title-{number:02d}", "name": f"Title {number}", "plan": "free"}
            item = {**{name: {"S": value} for name, value in row.items()}, "minutes": {"N": "90"}}
            dynamodb.put_item(TableName=stage.outputs["TitlesTableName"], Item=item)
        # Beside the service's own client, which signs in by SRP alone: its proofs would be most of this process's work
        made = self._cognito.create_user_pool_client(
            UserPoolId=self.pool, ClientName="load", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        self._load = made["UserPoolClient"]["ClientId"]
        self.people = [self._person(number) for number in range(PEOPLE)]

    def request(self, kind: str, person: Person) -> bytes:
        """A request of a kind, as bytes for the socket."""
        number = next(person.numbers)
        access, key = person.tokens["AccessToken"], {"Idempotency-Key": f"{person.email}-{number}"}
        patch = {"op": "replace", "key": f"k{number}", "value": "on", "sync_count": 0}
        made = {
            "sign-in": lambda: self._auth(
                "USER_PASSWORD_AUTH", self._load, {"USERNAME": person.email, "PASSWORD": PASSWORD}
            ),
            "refresh": lambda: self._auth(
                "REFRESH_TOKEN_AUTH", self.web, {"REFRESH_TOKEN": person.tokens["RefreshToken"]}
            ),
            "GET /me": lambda: self._api(kind, token=person.tokens["IdToken"]),
            "GET /titles": lambda: self._api(kind, token=person.tokens["IdToken"]),
            "GET /transactions": lambda: self._api(kind, token=access),
            "POST /transactions": lambda: self._api(
                kind, token=access, body={"amount": 1 + number, "currency": "EUR"}, headers=key
            ),
            "PUT /notes/{id}": lambda: self._api(
                f"PUT /notes/n{number % 25}", keys=person.keys, body={"text": "Milk, eggs, bread"}
            ),
            "PATCH /datasets/{name}": lambda: self._api(
                "PATCH /datasets/settings", keys=person.keys, body={"patches": [patch]}
            ),
        }
        return made.get(kind, lambda: self._api(kind, keys=person.keys))()

    def _auth(self, flow: str, app_client: str, parameters: dict[str, str]) -> bytes:
        body = json.dumps({"ClientId": app_client, "AuthFlow": flow, "AuthParameters": parameters}).encode()
        target = "AWSCognitoIdentityProviderService.InitiateAuth"
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
        return _message("POST", self.stage.endpoint, "/", headers, body)

    def _api(
        self,
        kind: str,
        *,
        token: str = "",
        keys: Credentials | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        method, _, path = kind.partition(" ")
        content = b"" if body is None else json.dumps(body).encode()
        sent = {**(headers or {}), **({"content-type": "application/json"} if content else {})}
        if token:
            sent["authorization"] = f"Bearer {token}"
        if keys:
            request = AWSRequest(method, f"{self.stage.api}{path}", data=content, headers=sent)
            SigV4Auth(keys, "execute-api", REGION).add_auth(request)
            sent = dict(request.headers.items())
        return _message(method, self.stage.api, path, sent, content)

    def _person(self, number: int) -> Person:
        email = f"load{number}@example.com"
        who = {"UserPoolId": self.pool, "Username": email}
        mine = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        self._cognito.admin_create_user(**who, MessageAction="SUPPRESS", UserAttributes=mine)
        self._cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
        self._cognito.admin_add_user_to_group(**who, GroupName="free")
        tokens = clients.srp(self._cognito, self.pool, self.web, email, PASSWORD)
        identities = clients.aws("cognito-identity", self.stage.endpoint)
        logins = {f"cognito-idp.{REGION}.amazonaws.com/{self.pool}": tokens["IdToken"]}
        made = identities.get_id(IdentityPoolId=self.stage.outputs["IdentityPoolId"], Logins=logins)["IdentityId"]
        keys = identities.get_credentials_for_identity(IdentityId=made, Logins=logins)["Credentials"]
        return Person(email, tokens, Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"]))


class _Connection(asyncio.Protocol):
    """A kept connection: one request at a time; idle ones are lent to the next."""

    def __init__(self, idle: "deque[_Connection]") -> None:
        self._idle, self._buffer = idle, b""
        self._answer: asyncio.Future[tuple[str, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def ask(self, message: bytes) -> "asyncio.Future[tuple[str, bytes]]":
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(message)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(body) < length or self._answer is None:
            return
        answer, self._answer, self._buffer = self._answer, None, b""
        if b"connection: close" not in lines:
            self._idle.append(self)
        if not answer.done():
            answer.set_result((head[9:12].decode(), body))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self in self._idle:
            self._idle.remove(self)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(("closed", b""))


class _Client:
    """Sends each request when it is due, over as many connections as that takes."""

    def __init__(self) -> None:
        self._idle: dict[int, deque[_Connection]] = defaultdict(deque)
        self.seen: dict[str, Seen] = defaultdict(Seen)
        self.late = 0.0

    async def play(self, plan: list[tuple[float, str, int, bytes]]) -> None:
        """All of a plan: when, what, the port, the bytes."""
        loop = asyncio.get_running_loop()
        begun = loop.time() + 0.1
        under_way = set()
        for due, kind, port, message in plan:
            wait = begun + due - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            else:
                self.late = max(self.late, -wait)
            task = asyncio.create_task(self._one(begun + due, due, kind, port, message))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        if under_way:
            await asyncio.wait(under_way, timeout=PATIENCE)
        for task in under_way:
            task.cancel()

    async def _one(self, due_at: float, due: float, kind: str, port: int, message: bytes) -> None:
        loop, idle = asyncio.get_running_loop(), self._idle[port]
        seen = self.seen[kind]
        try:
            if idle:
                connection = idle.pop()
            else:
                _, connection = await loop.create_connection(lambda: _Connection(idle), "127.0.0.1", port)
            status, body = await connection.ask(message)
        except (OSError, asyncio.CancelledError) as error:
            status, body = type(error).__name__, b""
        if status.startswith("2"):
            seen.took.append((due, (loop.time() - due_at) * 1000))
        else:
            seen.bad[status] = seen.bad.get(status, 0) + 1
            seen.example = seen.example or body[:200].decode(errors="replace")


def _message(method: str, origin: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    sent = {"host": urlsplit(origin).netloc, **headers, "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def plan(house: House, rate: int, seconds: int) -> list[tuple[float, str, int, bytes]]:
    """A request for each moment: kinds as the mix has them, in no order; people in turn."""
    kinds = [kind for kind, times in MIX.items() for _ in range(times)]
    chance, people = random.Random(7), itertools.cycle(house.people)
    made = []
    for number in range(rate * seconds):
        if number % len(kinds) == 0:
            chance.shuffle(kinds)
        kind = kinds[number % len(kinds)]
        origin = house.stage.endpoint if kind in {"sign-in", "refresh"} else house.stage.api
        made.append((number / rate, kind, urlsplit(origin).port or 80, house.request(kind, next(people))))
    return made


def main() -> int:
    """Play, print a table, draw a plot; 1 when a request failed or the slowest hundredth took 100 ms or more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="requests a second")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with cloud() as stage:
        house = House(stage)
        client = _Client()
        uvloop.run(_Client().play(plan(house, options.rate // 4, WARM_UP)))
        wanted = plan(house, options.rate, options.seconds)
        before, began = _processor_seconds(stage.process.pid), time.monotonic()
        own = time.process_time()
        uvloop.run(client.play(wanted))
        took, own = time.monotonic() - began, time.process_time() - own
        used = _processor_seconds(stage.process.pid) - before
    load = os.getloadavg()[0]
    print(f"{len(wanted):,} requests in {took:.0f} s, load average {load:.1f} on {os.cpu_count()} processors; of a")
    print(f"request, {used / len(wanted) * 1000:.2f} ms of processor time in the cloud and its functions,")
    print(f"{own / len(wanted) * 1000:.2f} ms in the client, which was late by {client.late * 1000:.0f} ms at most\n")
    return _report(client.seen)


def _report(seen: dict[str, Seen]) -> int:
    print("| request | answered | failed | p50, ms | p95 | p99 | most |\n| --- | --- | --- | --- | --- | --- | --- |")
    everything = Seen([one for kind in MIX for one in seen[kind].took])
    failed = 0
    for name, one in (*((kind, seen[kind]) for kind in MIX), ("all", everything)):
        failed += sum(one.bad.values())
        times = sorted(took for _, took in one.took)
        figures = " | ".join(f"{_quantile(times, q):.0f}" for q in (0.5, 0.95, 0.99, 1))
        bad = sum(one.bad.values()) if name != "all" else failed
        print(f"| {name} | {len(times)} | {bad} | {figures} |")
        if one.bad:
            print(f"  {one.bad} {one.example}", file=sys.stderr)
    by_second = _by_second(everything.took)
    slow = [str(second) for second, times in by_second.items() if _quantile(times, 0.99) >= BAR]
    print(f"\nSeconds in which the slowest hundredth took {BAR} ms or more: {', '.join(slow) or 'none'}")
    _draw(by_second)
    slowest = _quantile(sorted(took for _, took in everything.took), 0.99)
    return int(bool(failed) or slowest >= BAR)


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


def _processor_seconds(pid: int) -> float:
    """What a process and its children have used."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


def _by_second(took: list[tuple[float, float]]) -> dict[int, list[float]]:
    """What requests took, in order, by the second in which they were due."""
    seconds: dict[int, list[float]] = defaultdict(list)
    for due, one in took:
        seconds[int(due)].append(one)
    return {second: sorted(seconds[second]) for second in sorted(seconds)}


def _draw(by_second: dict[int, list[float]]) -> None:
    chart: Any = pygal.Line(
        title="The service under load: latency by the second, ms",
        x_title="second",
        y_title="ms",
        show_dots=False,
        x_labels=[str(second) for second in by_second],
        x_labels_major_every=10,
        show_minor_x_labels=False,
        legend_at_bottom=True,
        width=1000,
        height=500,
        js=(),
    )
    for name, share in (("median", 0.5), ("95th percentile", 0.95), ("99th percentile", 0.99)):
        chart.add(name, [round(_quantile(times, share), 1) for times in by_second.values()])
    chart.render_to_file(str(PLOT))


if __name__ == "__main__":
    sys.exit(main())
