"""A cloud of the demo's own: a process of `poolhouse up`, in memory, on free ports."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from demo.clients import fetch

_ROOT = Path(__file__).parents[1]
_PATIENCE = 60  # seconds until the template must be deployed


@dataclass(frozen=True)
class Stage:
    """Where the cloud answers, and what the template's outputs say."""

    endpoint: str
    api: str
    outputs: dict[str, str]
    process: "subprocess.Popen[bytes]"


@contextmanager
def cloud(*options: str, log: Path | None = None) -> Iterator[Stage]:
    """Run `poolhouse up` until the block ends. Raises RuntimeError with what it printed when it does not come up."""
    port, api_port = free_port(), free_port()
    options = options or ("--ephemeral",)
    command = [sys.executable, "-m", "poolhouse", "up", "--port", str(port), "--api-port", str(api_port), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with (
        # A file, not a pipe: nobody reads while the journey is played, and a full pipe would stop the cloud.
        log.open("w+") if log else tempfile.TemporaryFile("w+") as printed,
        subprocess.Popen(
            command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT
        ) as process,
    ):
        endpoint = f"http://localhost:{port}"
        try:
            outputs = _wait(endpoint, process, printed)
            yield Stage(endpoint, f"http://localhost:{api_port}", outputs, process)
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(endpoint: str, process: "subprocess.Popen[bytes]", printed: TextIO) -> dict[str, str]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        health = _health(endpoint)
        if health is not None:
            return {name: str(value) for name, value in health["outputs"].items()}
        time.sleep(0.05)
    process.kill()
    printed.seek(0)
    raise RuntimeError(f"The cloud did not come up:\n{printed.read()}")


def _health(endpoint: str) -> dict[str, Any] | None:
    try:
        answer = fetch("GET", f"{endpoint}/_poolhouse/health")
    except OSError:
        return None
    return answer.body if answer.status == 200 else None
