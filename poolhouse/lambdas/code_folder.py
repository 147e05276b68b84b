"""Noticing that a function's code changed: the times of its source files, looked at when it is invoked."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

_SECONDS = 0.5  # between two looks at one folder
_SHARE = 20  # looking may take one part in this many of the time
# What a Python function is made of or reads as it starts; other files may be its own output.
_SUFFIXES = (".py", ".json", ".html", ".txt", ".toml", ".yaml", ".yml", ".j2", ".jinja", ".sql", ".pem", ".so")
_SKIPPED = ("__pycache__", "node_modules")


@dataclass(frozen=True, slots=True)
class _Look:
    fingerprint: int
    good_until: float


class CodeFolders:
    """The state of each code folder, as numbers to compare. Folders shared by several functions are looked at once."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._looks: dict[str, _Look] = {}

    def fingerprint(self, folder: str) -> int:
        """A number that changes when a source file under the folder is changed, added or removed."""
        look = self._looks.get(folder)
        if look is not None and time.monotonic() < look.good_until:
            return look.fingerprint
        with self._lock:
            began = time.monotonic()
            fingerprint = hash(frozenset(_files(folder)))
            ended = time.monotonic()
            wait = max(self._seconds, _SHARE * (ended - began))
            self._looks[folder] = _Look(fingerprint, ended + wait if self._seconds else 0.0)
        return fingerprint


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # removed meanwhile
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        elif entry.name.endswith(_SUFFIXES):
            found = _stat(entry)
            if found is not None:
                yield entry.path, found.st_mtime_ns, found.st_size


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:  # removed meanwhile, or a dangling link
        return None
