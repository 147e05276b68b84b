"""One cloud for a test: started, filled, asked, ended."""

import dataclasses
import json
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from poolhouse.app import Cloud
from poolhouse.clock import Clock
from poolhouse.config import Config
from poolhouse.front.server import Listener, Server
from poolhouse.lambdas.entities import Function, Permission
from poolhouse.outbox import mailbox
from poolhouse.outbox.entities import Message
from poolhouse.testing.clients import client
from poolhouse.testing.key_stock import keys_of_a_cloud
from poolhouse.web import Request, Response

_INVOKERS = ("cognito-idp.amazonaws.com", "apigateway.amazonaws.com")


class LocalCloud:
    """A cloud and what a test wants of it."""

    def __init__(self, inner: Cloud, folder: Path) -> None:
        self.inner = inner
        self.folder = folder
        self.outputs: Mapping[str, str] = {}
        self._clients: dict[str, Any] = {}

    @property
    def clock(self) -> Clock:
        return self.inner.clock

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this cloud; the same one each time, unless it is given options."""
        if options or service not in self._clients:
            made = client(service, self.inner.handle, endpoint=self.inner.config.origin, **options)
            if options:
                return made
            self._clients[service] = made
        return self._clients[service]

    def outbox(self, to: str | None = None) -> list[Message]:
        """The messages sent, newest first."""
        return mailbox.find(self.inner.store, to=to)

    def fetch(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        api: bool = False,
    ) -> Response:
        """One HTTP request to the endpoint, or with `api` to the template's API."""
        path, _, query = path.partition("?")
        port = self.inner.config.api_port if api else self.inner.config.port
        sent = {"host": f"localhost:{port}", **{name.lower(): value for name, value in (headers or {}).items()}}
        request = Request(method, path, query, tuple(sent.items()), body, port=port)
        return (self.inner.handle_api if api else self.inner.handle)(request)

    def function(
        self,
        name: str,
        source: str,
        *,
        timeout: int = 5,
        environment: Mapping[str, str] | None = None,
        may: Sequence[str] = (),
        invokers: Sequence[str] = (),
    ) -> str:
        """Make a function of this source, whose handler is `handler`, that Cognito and API Gateway may invoke; its ARN.

        `may` are the actions its role allows it, on every resource; `invokers` other services that may invoke it.
        """
        code = self.folder / name
        code.mkdir(exist_ok=True)
        (code / "index.py").write_text(source)
        config = self.inner.config
        arn = f"arn:aws:lambda:{config.region}:{config.account_id}:function:{name}"
        role = self._role(name, may) if may else f"arn:aws:iam::{config.account_id}:role/{name}"
        runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
        function = Function(name, arn, runtime, "index.handler", str(code), role, self.clock(), timeout=timeout)
        self.inner.functions.put(function, environment)
        for number, invoker in enumerate((*_INVOKERS, *invokers)):
            self.inner.functions.add_permission(Permission(name, f"statement-{number}", invoker))
        return arn

    def _role(self, name: str, may: Sequence[str]) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        params = {"RoleName": name, "AssumeRolePolicyDocument": _policy(trust)}
        arn = self.inner.operate("iam", "CreateRole", params)["Role"]["Arn"]
        document = _policy({"Effect": "Allow", "Action": list(may), "Resource": "*"})
        self.inner.operate("iam", "PutRolePolicy", {"RoleName": name, "PolicyName": "may", "PolicyDocument": document})
        return str(arn)


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@contextmanager
def cloud(
    template: Path | None = None,
    *,
    parameters: Mapping[str, str] | None = None,
    listen: bool = False,
    config: Config | None = None,
) -> Iterator[LocalCloud]:
    """A cloud in memory until the block ends, with this template deployed; `listen` opens its two ports.

    Functions that call AWS need `listen`: they are processes of their own.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="poolhouse-")))
        chosen = config or Config(reraise=True)
        if listen:
            chosen = dataclasses.replace(chosen, port=_free_port(), api_port=_free_port())
        inner = Cloud(chosen, new_key=keys_of_a_cloud())
        stack.callback(inner.close)
        if listen:
            server = Server(
                [
                    Listener(chosen.host, chosen.port, inner.handle, inner.refuse, longest=inner.longest),
                    Listener(chosen.host, chosen.api_port, inner.handle_api, inner.refuse_api),
                ]
            )
            server.start()
            stack.callback(server.stop)
        made = LocalCloud(inner, folder)
        deployed = inner.deploy(template, parameters or {}, progress=lambda _: None)
        if deployed is not None:
            made.outputs = deployed.outputs
        yield made


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
