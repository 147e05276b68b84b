"""Files too large for the database, such as uploads: in a folder beside it, or for as long as the cloud runs."""

import os
import tempfile
from pathlib import Path


class Files:
    """Files by name. `directory` None keeps them until `close`. Names are the cloud's own, never a client's."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def put(self, name: str, content: bytes) -> None:
        """Keep a file, whole and durable when this returns, in place of one before."""
        folder = self._folder()
        descriptor, temporary = tempfile.mkstemp(dir=folder)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def path(self, name: str) -> Path:
        """Where a file is, or would be."""
        return self._folder() / name

    def remove(self, name: str) -> None:
        """Forget a file; there may be none."""
        self.path(name).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget every file."""
        if self._directory is not None and not self._directory.exists():
            return
        for file in self._folder().iterdir():
            file.unlink()

    def close(self) -> None:
        """Forget what was kept for as long as the cloud ran."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _folder(self) -> Path:
        if self._directory is not None:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._directory
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="poolhouse-files-")
        return Path(self._temporary.name)
