"""One worker: an interpreter of its own process group, its lifeline, its output, and the Runtime API it calls."""

import codecs
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from poolhouse.lambdas.entities import Function
from poolhouse.lambdas.runtime_api import RuntimeApi

_BOOTSTRAP = str(Path(__file__).with_name("bootstrap.py"))
_EXIT_SECONDS = 5.0
_PAGE = os.sysconf("SC_PAGESIZE")


class Worker:
    """A process that runs one function, one event at a time.

    `fingerprint` is the state of the code it was started on; `keys_expire_at` when its role's keys end. `on_line` gets
    each line it writes, whoever holds the worker sets it.
    """

    def __init__(
        self,
        function: Function,
        environment: Mapping[str, str],
        *,
        fingerprint: int,
        keys_expire_at: datetime,
        client: str = "native",
    ) -> None:
        self.function = function
        self.fingerprint = fingerprint
        self.keys_expire_at = keys_expire_at
        self.generation = 0  # which of its function's retirements it came after
        self.is_ready = False  # has asked for its first event, and nothing since says that it cannot take another
        self.is_warm = False  # has answered one
        self.idle_since = 0.0
        self.memory_used = 0
        self.on_line: Callable[[str], None] = _discard
        self._statm = -1
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lifeline, theirs = socket.socketpair()
        self._output, writing = os.pipe()
        self.api = RuntimeApi(self._lifeline, self._output, self._take_output)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, _BOOTSTRAP, function.handler, str(theirs.fileno()), client],
                cwd=function.code,
                env={**environment, "AWS_LAMBDA_RUNTIME_API": self.api.address},
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            self._close()
            raise
        finally:
            theirs.close()
            os.close(writing)
        self._statm = _open_statm(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def note_memory(self) -> None:
        """Look at how much memory the process holds; stays 0 where the system does not say so in /proc."""
        if self._statm >= 0:
            with contextlib.suppress(OSError, IndexError):
                pages = int(os.pread(self._statm, 64, 0).split()[1])
                self.memory_used = max(self.memory_used, pages * _PAGE)

    def flush(self) -> None:
        """Hand over the start of a line that was written last."""
        if self._rest:
            self.on_line(self._rest)
            self._rest = ""

    def exit_status(self) -> int:
        """How the process ended, negative for a signal; it is ended first if it has not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_EXIT_SECONDS)
        self.end()
        return -signal.SIGKILL

    def end(self) -> None:
        """End the process and all it started, at once, and leave no zombie. Any thread may; the holder then notices."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def kill(self) -> None:
        """End the process and close what we hold of it: for the thread that has the worker."""
        self.end()
        self._close()

    def _close(self) -> None:
        if self._output >= 0:
            self.api.close()
            self._lifeline.close()
            os.close(self._output)
            self._output = -1
            if self._statm >= 0:
                os.close(self._statm)
                self._statm = -1

    def _take_output(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        for line in lines:
            self.on_line(line)


def _open_statm(pid: int) -> int:
    try:
        return os.open(f"/proc/{pid}/statm", os.O_RDONLY)
    except OSError:  # not Linux
        return -1


def _discard(_line: str) -> None:
    pass
