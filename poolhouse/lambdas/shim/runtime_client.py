"""awslambdaric's native client in plain Python, for systems it has no wheel for (all but Linux).

Runs inside the worker. The four functions and their arguments are those of awslambdaric's `runtime_client` extension.
"""

import os
import socket
from typing import Any

_PATH = "/2018-06-01/runtime/invocation/"
_ANSWERED = 202

_connection: socket.socket | None = None
_user_agent = ""


def initialize_client(user_agent: str) -> None:
    """Remember how to introduce ourselves."""
    global _user_agent  # noqa: PLW0603
    _user_agent = user_agent


def next() -> tuple[bytes, dict[str, Any]]:  # noqa: A001
    """Wait for an event: its body and the headers awslambdaric reads."""
    status, headers, body = _call("GET", _PATH + "next", b"", {})
    if status != 200:
        raise RuntimeError(f"Failed to get next invocation. Http response code: {status}")
    return body, {
        "Lambda-Runtime-Aws-Request-Id": headers.get("lambda-runtime-aws-request-id"),
        "Lambda-Runtime-Trace-Id": headers.get("lambda-runtime-trace-id"),
        "Lambda-Runtime-Invoked-Function-Arn": headers.get("lambda-runtime-invoked-function-arn"),
        "Lambda-Runtime-Deadline-Ms": int(headers.get("lambda-runtime-deadline-ms", "0")),
        "Lambda-Runtime-Client-Context": headers.get("lambda-runtime-client-context"),
        "Lambda-Runtime-Cognito-Identity": headers.get("lambda-runtime-cognito-identity"),
        "Lambda-Runtime-Aws-Tenant-Id": headers.get("lambda-runtime-aws-tenant-id"),
        "Content-Type": headers.get("content-type"),
    }


def post_invocation_result(invoke_id: str, data: bytes, content_type: str, invocation_id: str | None = None) -> None:  # noqa: ARG001
    """Give back what the handler returned."""
    status, _, _ = _call("POST", f"{_PATH}{invoke_id}/response", data, {"Content-Type": content_type})
    if status != _ANSWERED:
        raise RuntimeError(f"Failed to post invocation response. Http response code: {status}")


def post_error(invoke_id: str, data: str, xray_fault: str, invocation_id: str | None = None) -> None:  # noqa: ARG001
    """Give back what the handler raised."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-XRay-Error-Cause": xray_fault}
    status, _, _ = _call("POST", f"{_PATH}{invoke_id}/error", data.encode(), headers)
    if status != _ANSWERED:
        raise RuntimeError(f"Failed to post invocation error. Http response code: {status}")


def _call(method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    global _connection  # noqa: PLW0603
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    if _connection is None:
        host, _, port = address.rpartition(":")
        _connection = socket.create_connection((host, int(port)))
        _connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {address}", f"User-Agent: {_user_agent}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if "\n" not in value]
    lines += [f"Content-Length: {len(body)}", "", ""]
    _connection.sendall("\r\n".join(lines).encode() + body)
    return _read(_connection)


def _read(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _receive(connection)
    status, *lines = data[:end].decode().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    body = data[end + 4 :]
    while len(body) < length:
        body += _receive(connection)
    return int(status.split(" ")[1]), headers, bytes(body)


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise RuntimeError("The Runtime API closed the connection")
    return data
