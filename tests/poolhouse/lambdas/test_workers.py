"""How many workers there are, when they end, and that none outlives its cloud."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from poolhouse.lambdas.errors import TooManyRequestsException
from poolhouse.lambdas.workers import Limits

from .conftest import House

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"
# Says that it has begun by opening one pipe, and waits for another to be opened.
GATED = (
    "import os\n"
    "def handler(event, context):\n"
    "    if event:\n"
    "        open(event + '.began', 'w').close()\n"
    "        open(event + '.go').close()\n"
    "    return os.getpid()\n"
)


class Gate:
    """Two named pipes, to know that a function has begun and to let it end: opening one waits for its other end."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = str(folder / name)
        os.mkfifo(self.path + ".began")
        os.mkfifo(self.path + ".go")

    def wait_for_begin(self) -> None:
        with Path(self.path + ".began").open("rb"):
            pass

    def let_go(self) -> None:
        with Path(self.path + ".go").open("wb"):
            pass


def ended(pid: int, seconds: float = 5) -> bool:
    """Wait for a process that need not be our child to end."""
    if sys.platform != "linux":
        return _is_gone_within(pid, seconds)
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], seconds)[0])
    finally:
        os.close(fd)


def _is_gone_within(pid: int, seconds: float) -> bool:
    """The same where processes have no descriptors: ask again and again."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
    return False


def test_calls_at_the_same_time_have_workers_of_their_own(house: House, tmp_path: Path) -> None:
    house.put(GATED)
    gates = [Gate(tmp_path, name) for name in ("one", "two")]

    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(house.answer, gate.path) for gate in gates]
        for gate in gates:
            gate.wait_for_begin()
        for gate in gates:
            gate.let_go()
        pids = {answer.result() for answer in answers}

    assert len(pids) == 2
    assert house.answer() in pids


def test_many_calls_at_once_share_the_workers_that_start_in_time(
    new_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    house = new_house()
    house.put(PID)

    with ThreadPoolExecutor(60) as pool:
        pids = set(pool.map(house.answer, range(60)))

    assert len(pids) < 30


def test_a_call_waits_for_a_busy_worker_as_long_as_a_start_took(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolhouse.lambdas.workers._SLOW_START", 600.0)
    house.put(GATED)
    gates = [Gate(tmp_path, name) for name in ("one", "two")]

    with ThreadPoolExecutor() as pool:
        first = pool.submit(house.answer, gates[0].path)
        gates[0].wait_for_begin()
        house.functions._workers._start_took["main"] = 600.0
        second = pool.submit(house.answer, gates[1].path)
        gates[0].let_go()
        gates[1].wait_for_begin()
        gates[1].let_go()

        assert second.result() == first.result()


def test_who_finds_all_workers_busy_gets_the_place_of_the_first_that_is_done(
    new_house: Callable[..., House], tmp_path: Path
) -> None:
    house = new_house(limits=Limits(workers=1))
    house.put(GATED)
    house.put(name="other")
    gate = Gate(tmp_path, "gate")

    with ThreadPoolExecutor() as pool:
        first = pool.submit(house.answer, gate.path)
        gate.wait_for_begin()
        second = pool.submit(house.answer, None, "other")
        gate.let_go()

        assert second.result() != first.result()
    assert ended(first.result())


def test_who_finds_all_workers_busy_for_too_long_is_refused(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house(limits=Limits(workers=1, busy_seconds=0))
    house.put(GATED)
    gate = Gate(tmp_path, "gate")

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(house.answer, gate.path)
        gate.wait_for_begin()
        with pytest.raises(TooManyRequestsException):
            house.functions.invoke("main", b"null")
        gate.let_go()
        answer.result()


def test_a_function_has_no_more_workers_than_are_reserved_for_it(house: House, tmp_path: Path) -> None:
    house.put(GATED, reserved_concurrency=1)
    gate = Gate(tmp_path, "gate")

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(house.answer, gate.path)
        gate.wait_for_begin()
        with pytest.raises(TooManyRequestsException) as caught:
            house.functions.invoke("main", b"null")
        gate.let_go()
        answer.result()

    assert (caught.value.code, caught.value.message) == ("TooManyRequestsException", "Rate Exceeded.")
    assert caught.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert house.answer() == answer.result()


def test_a_function_with_nothing_reserved_for_it_does_not_run(house: House) -> None:
    house.put(PID, reserved_concurrency=0)

    with pytest.raises(TooManyRequestsException):
        house.functions.invoke("main", b"null")


def test_the_account_has_a_limit_of_its_own(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house(limits=Limits(concurrency=1, idle_seconds=0))
    house.put(GATED)
    house.put(name="other")
    gate = Gate(tmp_path, "gate")

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(house.answer, gate.path)
        gate.wait_for_begin()
        with pytest.raises(TooManyRequestsException) as caught:
            house.functions.invoke("other", b"null")
        gate.let_go()
        answer.result()

    assert caught.value.reason == "ConcurrentInvocationLimitExceeded"


def test_an_event_is_not_lost_to_a_worker_that_died_while_idle(house: House) -> None:
    house.put(PID)
    first = house.answer()
    os.kill(first, signal.SIGKILL)
    assert ended(first)

    second = house.answer()

    assert second != first
    assert [line.split()[0] for _, line in house.log] == ["START", "END", "REPORT"] * 2


def test_an_event_is_not_lost_to_a_worker_that_is_just_dying(house: House) -> None:
    house.put(PID)
    pids = [house.answer()]

    for _ in range(10):
        os.kill(pids[-1], signal.SIGKILL)
        pids.append(house.answer())

    assert len(set(pids)) == 11


def test_changed_code_is_run_at_once(house: House) -> None:
    house.put("def handler(event, context):\n    return 'old'\n")
    assert house.answer() == "old"

    house.write("def handler(event, context):\n    return 'newer'\n")

    assert house.answer() == "newer"


def test_a_changed_file_beside_the_handler_counts_as_changed_code(house: House) -> None:
    (house.code / "texts").mkdir()
    (house.code / "texts" / "mail.html").write_text("old")
    house.put("text = open('texts/mail.html').read()\ndef handler(event, context):\n    return text\n")
    assert house.answer() == "old"

    (house.code / "texts" / "mail.html").write_text("newer")

    assert house.answer() == "newer"


def test_unchanged_code_is_not_looked_at_with_every_event(new_house: Callable[..., House]) -> None:
    house = new_house()
    house.put(PID)

    assert house.answer() == house.answer()


def test_changed_configuration_ends_the_workers_that_had_the_old_one(house: House) -> None:
    source = "import os\ndef handler(event, context):\n    return [os.getpid(), os.environ.get('COLOUR')]\n"
    house.put(source, variables={"COLOUR": "red"})
    pid, before = house.answer()

    house.put(variables={"COLOUR": "blue"})

    assert [before, house.answer()[1]] == ["red", "blue"]
    assert ended(pid)


def test_a_worker_is_replaced_before_its_keys_expire(house: House) -> None:
    house.put("import os\ndef handler(event, context):\n    return os.environ['AWS_ACCESS_KEY_ID']\n")
    before = house.answer()

    house.clock.advance(timedelta(hours=11, minutes=50))
    after = house.answer()

    assert after != before
    assert house.store.access_keys.find(id=before) is not None
    house.clock.advance(timedelta(hours=12))
    house.answer()
    assert house.store.access_keys.find(id=before) is None


def test_an_idle_worker_ends_after_a_while(new_house: Callable[..., House]) -> None:
    house = new_house(limits=Limits(idle_seconds=0.05))
    house.put(PID)

    pid = house.answer()

    assert ended(pid)
    assert house.answer() != pid


def test_a_removed_function_leaves_no_worker_and_no_key(house: House) -> None:
    function = house.put("import os\ndef handler(event, context):\n    return [os.getpid(), dict(os.environ)]\n")
    pid, environment = house.answer()

    house.functions.remove(function.name)

    assert ended(pid)
    assert house.store.access_keys.find(id=environment["AWS_ACCESS_KEY_ID"]) is None


def test_closing_ends_busy_workers_and_what_they_started(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house()
    house.put(
        "import subprocess\ndef handler(event, context):\n"
        "    child = subprocess.Popen(['sleep', '60'])\n"
        "    open(event, 'w').write(str(child.pid))\n"
        "    child.wait()\n"
    )
    pipe = tmp_path / "pid"
    os.mkfifo(pipe)

    with ThreadPoolExecutor() as pool:
        error = pool.submit(house.error, str(pipe))
        child = int(pipe.read_text())
        house.functions.close()

    assert error.result()["errorType"] == "Runtime.ExitError"
    assert ended(child)
    with pytest.raises(RuntimeError, match="the functions are closed"):
        house.functions.invoke("main", b"{}")


PARENT = """
import sys, threading
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.poolhouse.lambdas.conftest import House
house = House(Path({code!r}))
house.put(open({code!r} + '/app.py').read())
print(house.answer(), flush=True)
threading.Thread(target=house.answer, args=({pipe!r},), daemon=True).start()
house.put(name='idle')
print(house.answer(name='idle'), flush=True)
threading.Event().wait()
"""


def test_no_worker_outlives_a_cloud_that_was_killed(tmp_path: Path) -> None:
    """One idle worker, and one so busy that it would not notice a closed connection."""
    (tmp_path / "app.py").write_text(
        "import os\ndef handler(event, context):\n"
        "    if event:\n"
        "        open(event, 'w').write(str(os.getpid()))\n"
        "        while True: pass\n"
        "    return os.getpid()\n"
    )
    pipe = tmp_path / "pid"
    os.mkfifo(pipe)
    root = Path(__file__).parents[3]
    source = PARENT.format(tests=str(root), code=str(tmp_path), pipe=str(pipe))
    parent = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    try:
        pids = [int(parent.stdout.readline()), int(parent.stdout.readline()), int(pipe.read_text())]
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()

    assert [ended(pid) for pid in pids] == [True, True, True]


def test_no_thread_is_left_behind(new_house: Callable[..., House]) -> None:
    before = threading.active_count()
    house = new_house()
    house.put(PID)
    house.answer()

    house.functions.close()

    for thread in threading.enumerate()[before:]:
        thread.join(1)
    assert threading.active_count() == before
