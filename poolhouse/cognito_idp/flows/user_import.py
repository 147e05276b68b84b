"""An import under way: rows become users, some at a time, and the log says of each what became of it.

Rows are kept together with how far the job has come, so that one that was cut off goes on where it was.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from poolhouse.cognito_idp.entities import ImportJob, SignInName, User, UserPool
from poolhouse.cognito_idp.flows import names, passwords
from poolhouse.cognito_idp.rules import import_rows
from poolhouse.cognito_idp.rules.import_rows import Hashes, RowFailed, Rows
from poolhouse.files import Files
from poolhouse.jobs import Job
from poolhouse.store import Store, Tx

ACTIVE = frozenset({"Pending", "InProgress", "Stopping"})
_AT_ONCE = 500  # rows kept in one transaction: some tens of milliseconds, for which other writers wait
STOPPED = "The Import Job was stopped by the developer."
_TOO_MANY = "Too many users have failed or been skipped during the import."
_EXISTS = "The user already exists."
_SUCCEEDED = "The import succeeded."
Start = Callable[[str, Callable[[Job], None]], None]


def file_name(job: ImportJob) -> str:
    """Where the file of a job is kept."""
    return f"{job.id}.csv"


def log_name(job: ImportJob) -> str:
    """Where its log is."""
    return f"{job.id}.log"


def start(store: Store, files: Files, job: ImportJob, start_job: Start) -> None:
    """Have a job done."""
    start_job(f"import {job.id}", lambda running: _Import(store, files, job, running).run())


def resume(store: Store, files: Files, start_job: Start) -> None:
    """Take up the jobs that were under way when the cloud ended."""
    for job in store.import_jobs.list():
        if job.status in ACTIVE:
            start(store, files, job, start_job)


class _Import:
    def __init__(self, store: Store, files: Files, job: ImportJob, running: Job) -> None:
        self._store, self._files, self._running = store, files, running
        self._job = job
        self._log = files.path(log_name(job))

    def run(self) -> None:
        """Import every row, or as many as there are before the job is stopped or the cloud ends."""
        pool = self._store.user_pools.find(id=self._job.pool_id)
        if pool is None:
            return
        try:
            self._begin()
            with self._store.loading(), self._files.path(file_name(self._job)).open("rb") as file:
                self._import(pool, file)
        except (RowFailed, OSError, UnicodeDecodeError) as error:
            self._end("Failed", str(error) if isinstance(error, RowFailed) else "The file could not be read.")

    def _begin(self) -> None:
        with self._store.write() as tx:
            job = self._current(tx)
            if job.status == "Pending":
                tx.import_jobs.put(replace(job, status="InProgress"))
            self._job = job
        self._log.touch(mode=0o600)
        with self._log.open("r+b") as log:  # what was written of rows that were not kept
            log.truncate(self._job.log_bytes)

    def _import(self, pool: UserPool, file: BinaryIO) -> None:
        lines = (line.decode().rstrip("\r\n") for line in file)
        columns = import_rows.split(next(lines, "").removeprefix("\ufeff"))
        rows = Rows(pool, columns, self._hashes(self._job.algorithm))
        number = 1
        for batch in _batches(lines, skip=self._job.rows_done):
            number = self._job.rows_done + 2
            if self._running.must_end:
                return
            if not self._keep(pool, rows, batch, number):
                self._end("Stopped", STOPPED)
                return
        if self._job.failed + self._job.skipped > self._job.imported:
            # How many are too many is not documented.
            self._end("Failed", _TOO_MANY)
            return
        self._end("Succeeded", "")

    def _hashes(self, algorithm: str) -> Hashes | None:
        """How the file's password hashes are checked and kept; None for a file without."""
        if not algorithm:
            return None
        sealer = self._store.sealer
        return Hashes(algorithm, lambda user, text: passwords.imported(sealer, user, algorithm, text))

    def _keep(self, pool: UserPool, rows: Rows, batch: Sequence[str], first: int) -> bool:
        """Import some rows; whether the job goes on."""
        now = self._running.now()
        outcomes = [_outcome(rows, line, now) for line in batch]
        with self._store.write() as tx:
            job = self._current(tx)
            if job.status == "Stopping":
                return False
            made = _Batch(pool, _taken(tx, pool, [user for user in outcomes if isinstance(user, User)]))
            said = [made.settle(outcome, line) for line, outcome in enumerate(outcomes, first)]
            tx.users.add_all(made.users)
            tx.sign_in_names.add_all(made.sign_in_names)
            written = self._write_log(said)
            failed = sum(isinstance(outcome, str) for outcome in outcomes)
            self._job = replace(
                job,
                imported=job.imported + len(made.users),
                failed=job.failed + failed,
                skipped=job.skipped + len(outcomes) - failed - len(made.users),
                log_bytes=job.log_bytes + written,
            )
            tx.import_jobs.put(self._job)
        return True

    def _write_log(self, lines: Sequence[str]) -> int:
        text = "".join(lines).encode()
        with self._log.open("ab") as log:
            log.write(text)
        return len(text)

    def _end(self, status: str, message: str) -> None:
        with self._store.write() as tx:
            job = replace(self._current(tx), status=status, message=message, completed_at=self._running.now())
            tx.import_jobs.put(job)
        self._files.remove(file_name(job))

    def _current(self, tx: Tx) -> ImportJob:
        return tx.import_jobs.get(pool_id=self._job.pool_id, id=self._job.id)


def _outcome(rows: Rows, line: str, now: datetime) -> User | str:
    """The user of a row, or why there is none."""
    try:
        return rows.user(line, now)
    except RowFailed as error:
        return str(error)


def _taken(tx: Tx, pool: UserPool, users: Sequence[User]) -> set[str]:
    """The names among these users' that somebody signs in by already."""
    wanted = [user.username for user in users]
    wanted += [name for user in users for name in names.entitled_names(pool, user)]
    found = tx.users.among("username", wanted, pool_id=pool.id) | tx.sign_in_names.among(
        "name", wanted, pool_id=pool.id
    )
    return {str(name) for name in found}


class _Batch:
    """The users of some rows, as far as their names are free."""

    def __init__(self, pool: UserPool, taken: set[str]) -> None:
        self._pool, self._taken = pool, taken
        self.users: list[User] = []
        self.sign_in_names: list[SignInName] = []

    def settle(self, outcome: User | str, line: int) -> str:
        """Put a user among those to be kept, unless a name of theirs is taken; what the log says of the row."""
        if isinstance(outcome, str):
            return f"[FAILED] Line Number {line} - {outcome}\n"
        entitled = names.entitled_names(self._pool, outcome)
        own = {outcome.username, *entitled}
        if self._taken & own:
            return f"[SKIPPED] Line Number {line} - {_EXISTS}\n"
        self._taken |= own
        self.users.append(outcome)
        for name, attribute in entitled.items():
            self.sign_in_names.append(SignInName(self._pool.id, name, attribute, outcome.username))
        return f"[SUCCEEDED] Line Number {line} - {_SUCCEEDED}\n"


def _batches(lines: Iterator[str], *, skip: int) -> Iterator[list[str]]:
    """The rows that are left, some at a time; empty lines at the end are none. Raises RowFailed for too many rows."""
    batch: list[str] = []
    for number, line in enumerate(lines):
        if number >= import_rows.MOST_ROWS:
            if line:
                raise RowFailed(f"The file has more than {import_rows.MOST_ROWS} rows.")
            continue
        if number < skip or not line:
            continue
        batch.append(line)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def read_log(path: Path) -> bytes:
    """A job's log as far as it is written; empty before it began."""
    return path.read_bytes() if path.exists() else b""
