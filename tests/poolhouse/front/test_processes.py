"""What computes is done in other processes, and done all the same when they fail."""

import asyncio
import functools
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from poolhouse.front import computing
from poolhouse.front.processes import Processes
from poolhouse.jose import keys, sign


@asynccontextmanager
async def started(*, limit: int = 1, idle_s: float = 60) -> AsyncIterator[Processes]:
    processes = Processes(asyncio.get_running_loop(), limit=limit, idle_s=idle_s)
    try:
        yield processes
    finally:
        processes.close()


async def elsewhere(processes: Processes) -> int:
    """The process that computes, once there is one."""
    while (pid := await processes.run(os.getpid)) == os.getpid():
        pass
    return pid


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(limited())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_done_here_until_a_process_is_ready_and_then_there() -> None:
    async def test() -> None:
        async with started() as processes:
            assert await processes.run(os.getpid) == os.getpid()
            assert await elsewhere(processes) != os.getpid()

    run(test)


def test_all_that_is_asked_at_once_is_done_in_every_place_there_is() -> None:
    async def test() -> None:
        async with started(limit=2) as processes:
            await elsewhere(processes)
            places: set[int] = set()
            while len(places) < 3:
                asked = [processes.run(functools.partial(divmod, number, 7)) for number in range(40)]
                asked_where = [processes.run(os.getpid) for _ in range(40)]
                assert await asyncio.gather(*asked) == [divmod(number, 7) for number in range(40)]
                places |= set(await asyncio.gather(*asked_where))
            assert os.getpid() in places

    run(test)


@pytest.mark.parametrize("is_there", [False, True])
def test_what_it_raises_is_raised_where_its_result_is_wanted(*, is_there: bool) -> None:
    async def test() -> None:
        async with started() as processes:
            if is_there:
                await elsewhere(processes)
            with pytest.raises(ZeroDivisionError):
                await processes.run(functools.partial(divmod, 1, 0))
            assert await processes.run(functools.partial(divmod, 8, 7)) == (1, 1)

    run(test)


def test_a_token_signed_there_is_the_token_signed_here() -> None:
    async def test() -> None:
        pair = keys.generate()
        signing = functools.partial(sign.sign, pair, {"sub": "ann"})
        async with started() as processes:
            await elsewhere(processes)
            assert await processes.run(signing) == signing()

    run(test)


def test_what_a_killed_process_had_in_hand_is_done_all_the_same_and_another_takes_its_place() -> None:
    async def test() -> None:
        async with started() as processes:
            first = await elsewhere(processes)
            os.kill(first, signal.SIGSTOP)
            in_hand = [processes.run(functools.partial(divmod, number, 7)) for number in range(9)]
            os.kill(first, signal.SIGKILL)
            assert await asyncio.gather(*in_hand) == [divmod(number, 7) for number in range(9)]
            assert await elsewhere(processes) != first

    run(test)


def test_what_nobody_waits_for_any_more_spoils_nothing() -> None:
    async def test() -> None:
        async with started() as processes:
            await elsewhere(processes)
            given_up = [processes.run(functools.partial(divmod, number, 7)) for number in range(9)]
            for future in given_up:
                future.cancel()
            assert await processes.run(functools.partial(divmod, 8, 7)) == (1, 1)

    run(test)


def test_a_function_that_cannot_be_sent_is_refused_at_once() -> None:
    async def test() -> None:
        async with started() as processes:
            with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
                processes.run(lambda: 1)

    run(test)


@pytest.mark.parametrize("calls", [0, 1, 100])
def test_a_process_ends_without_a_word_when_nobody_is_there_any_more(calls: int) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", computing.__name__]
        child = subprocess.Popen(command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.PIPE)
    with ours:
        ours.recv(1)  # it is ready
        ours.sendall(computing.framed(pickle.dumps(os.getpid)) * calls)
    _, said = child.communicate(timeout=20)

    assert (child.returncode, said) == (0, b"")


def test_processes_end_when_they_are_closed() -> None:
    async def test() -> None:
        async with started() as processes:
            pid = await elsewhere(processes)
        assert not is_alive(pid)

    run(test)


def test_a_process_that_has_nothing_to_do_ends_and_starts_again_when_there_is() -> None:
    async def test() -> None:
        async with started(idle_s=0.2) as processes:
            first = await elsewhere(processes)

            async def is_gone() -> bool:
                return not is_alive(first)

            await until(is_gone)
            assert await elsewhere(processes) != first

    run(test)


@pytest.mark.parametrize("program", ["/nonexistent/python", shutil.which("false")])
def test_where_no_process_can_be_started_everything_is_done_here(
    program: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", program)

    async def test() -> None:
        async with started() as processes:

            async def is_told() -> bool:
                assert await processes.run(functools.partial(divmod, 8, 7)) == (1, 1)
                return bool(caplog.records)

            await until(is_told)
            for _ in range(9):
                assert await processes.run(os.getpid) == os.getpid()

    run(test)
    assert [record.message.partition(":")[0] for record in caplog.records] == ["Cannot start a process to compute in"]
