"""The clouds that are compared: how each is installed, started, measured and stopped."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
_VENV = ROOT / ".venv-bench"
_NODE = ROOT / "bench" / "node"
_PATIENCE = 60.0  # seconds until a cloud must listen


@dataclass(frozen=True)
class Peer:
    """One cloud. `command` and `environment` follow from the port; `fill` writes users where asking takes too long."""

    name: str
    command: Callable[[int], list[str]]
    environment: Callable[[int], dict[str, str]]
    fill: Callable[[Path, str, int], None] | None = None


@dataclass
class Running:
    """A started cloud: where it answers, its folder, seconds to its first answer, and its process."""

    peer: Peer
    port: int
    folder: Path
    start_seconds: float
    process: "subprocess.Popen[bytes]"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> float:
        """Resident megabytes of the process and all it started."""
        processes = [psutil.Process(self.process.pid)]
        processes += processes[0].children(recursive=True)
        return sum(process.memory_info().rss for process in processes) / 1_048_576


def _fill_cognito_local(folder: Path, pool: str, users: int) -> None:
    # It rewrites its whole file at every user; ten thousand that way take an hour.
    path = folder / ".cognito" / "db" / f"{pool}.json"
    database = json.loads(path.read_text())
    for number in range(users):
        name = f"fill-{number:09d}"
        email = f"user{number:09d}@example.com"
        database.setdefault("Users", {})[name] = {
            "Username": name,
            "Password": "Correct-horse-7",
            "Attributes": [{"Name": "email", "Value": email}, {"Name": "sub", "Value": name}],
            "Enabled": True,
            "UserStatus": "CONFIRMED",
            "UserCreateDate": "2026-01-01T00:00:00.000Z",
            "UserLastModifiedDate": "2026-01-01T00:00:00.000Z",
            "RefreshTokens": [],
        }
    path.write_text(json.dumps(database))


PEERS = [
    Peer(
        "poolhouse",
        lambda port: [sys.executable, "-m", "poolhouse", "up", "--port", str(port), "--api-port", str(free_port())],
        lambda _: {},
    ),
    Peer(
        "ministack",
        lambda _: [str(_VENV / "bin" / "ministack")],
        lambda port: {"GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR"},
    ),
    Peer("moto server", lambda port: [str(_VENV / "bin" / "moto_server"), "-p", str(port)], lambda _: {}),
    Peer(
        "cognito-local",
        lambda _: ["node", str(_NODE / "node_modules" / "cognito-local" / "lib" / "bin" / "start.js")],
        lambda port: {"PORT": str(port)},
        _fill_cognito_local,
    ),
]


def install() -> list[Peer]:
    """Install what is missing; the peers that can run here."""
    if not (_VENV / "bin" / "ministack").exists():
        print("Installing ministack and moto server into .venv-bench ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(_VENV)], check=True)
        pip = [str(_VENV / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "ministack==1.5.33", "moto[server]==5.2.5"], check=True)
    if shutil.which("npm") and not (_NODE / "node_modules").is_dir():
        print("Installing cognito-local into bench/node ...", flush=True)
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=_NODE, check=True)
    return [peer for peer in PEERS if peer.name != "cognito-local" or (_NODE / "node_modules").is_dir()]


@contextmanager
def started(peer: Peer, folder: Path, *arguments: str) -> Iterator[Running]:
    """Run a cloud in this folder until the block ends. Raises RuntimeError when it does not listen in time."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | peer.environment(port)
    begun = time.perf_counter()
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [*peer.command(port), *arguments],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(port, process, folder)
        yield Running(peer, port, folder, time.perf_counter() - begun, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Until the cloud answers an HTTP request, whatever the answer says."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
                probe.sendall(b"GET /_poolhouse/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = probe.recv(64)
                if answer and b" 503 " not in answer:
                    return
        except OSError:
            pass
        time.sleep(0.01)
    raise RuntimeError(f"it did not listen: {(folder / 'log.txt').read_text(errors='replace')[-2000:]}")
