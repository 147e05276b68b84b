"""What the HTTP edge costs: `python -m bench.building_blocks.http_server`.

The same two requests, a fixed answer and AdminGetUser, through our server, through uvicorn with a thread for each
request, through the standard library's threaded server, and through granian where it can be imported
(`pip install --target FOLDER granian`, PYTHONPATH=FOLDER). docs/decisions/0001-http-server.md has the figures.
"""

import asyncio
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import uvicorn

from bench import workload
from bench.peers import PEERS, Running, free_port
from poolhouse.app import Cloud
from poolhouse.config import Config
from poolhouse.front.server import Listener, Server
from poolhouse.testing.clients import client
from poolhouse.web import Request, Response

_USER = "bench@example.com"
_FIXED = Response(200, b"{}", (("Content-Type", "application/json"),))


def main() -> None:
    """Measure each server with each request, in turn."""
    for name in SERVERS:
        if name == "granian" and importlib.util.find_spec("granian") is None:
            continue
        for kind in ("fixed", "AdminGetUser"):
            port = free_port()
            command = [sys.executable, "-m", "bench.building_blocks.http_server", name, kind, str(port)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                pool = next(line for line in process.stdout if line.startswith("us-east-1_")).strip()
                running = Running(PEERS[0], port, Path(os.devnull), 0.0, process)  # type: ignore[arg-type]
                body = {"UserPoolId": pool, "Username": _USER}
                result = workload.load(running, [workload.message(running, "AdminGetUser", body)], seconds=3)
                process.kill()
            print(f"{name:20} {kind:14} {_figures(result)}", flush=True)


def _figures(result: workload.Result) -> str:
    if result.rate is None:
        return f"- {result.example}"
    return f"{result.rate:>8,.0f}/s  median {result.median_ms:.2f} ms  p99 {result.p99_ms:.2f} ms"


def serve(name: str, kind: str, port: int) -> None:
    """Be one of the servers."""
    cloud = Cloud(Config())
    cloud.deploy(None, {}, print)
    cognito = client("cognito-idp", cloud.handle, endpoint="http://localhost:4566")
    pool = cognito.create_user_pool(PoolName="bench", UsernameAttributes=["email"])["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username=_USER, MessageAction="SUPPRESS")
    SERVERS[name](cloud.handle if kind != "fixed" else lambda _: _FIXED, port, lambda: print(pool, flush=True))


Handle = Callable[[Request], Response]
Ready = Callable[[], None]


def ours(handle: Handle, port: int, ready: Ready) -> None:
    """uvicorn, requests as fibers on its thread."""
    server = Server([Listener("127.0.0.1", port, handle)])
    server.start()
    ready()
    server.wait()


def uvicorn_threads(handle: Handle, port: int, ready: Ready) -> None:
    """uvicorn, each request on a thread of asyncio's executor."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        request = await _request(scope, receive)
        await _send(send, await asyncio.get_running_loop().run_in_executor(None, handle, request))

    _run_uvicorn(app, port, ready)


def _run_uvicorn(app: Any, port: int, ready: Ready) -> None:
    config = uvicorn.Config(app, port=port, http="httptools", loop="uvloop", lifespan="off", log_config=None)
    server = uvicorn.Server(config)

    async def run() -> None:
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        ready()
        await serving

    asyncio.run(run())


def granian(handle: Handle, port: int, ready: Ready) -> None:
    """granian's Rust server, requests on its loop's thread."""
    embed: Any = importlib.import_module("granian.server.embed")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await _send(send, handle(await _request(scope, receive)))

    async def run() -> None:
        server = embed.Server(app, port=port, interface="asginl")
        serving = asyncio.ensure_future(server.serve())
        await asyncio.sleep(1)
        ready()
        await serving

    asyncio.run(run())


def standard_library(handle: Handle, port: int, ready: Ready) -> None:
    """http.server, a thread for each connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one write

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = tuple((name.lower(), value) for name, value in self.headers.items())
            response = handle(Request("POST", self.path, "", headers, body, "127.0.0.1", port, "1.1"))
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    ready()
    server.serve_forever()


async def _request(scope: Any, receive: Any) -> Request:
    message = await receive()
    headers = tuple((name.decode(), value.decode()) for name, value in scope["headers"])
    return Request(scope["method"], scope["path"], "", headers, message.get("body", b""), "127.0.0.1", 0, "1.1")


async def _send(send: Any, response: Response) -> None:
    headers = [(b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


SERVERS: dict[str, Callable[[Handle, int, Ready], None]] = {
    "ours": ours,
    "uvicorn, threads": uvicorn_threads,
    "granian": granian,
    "standard library": standard_library,
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
