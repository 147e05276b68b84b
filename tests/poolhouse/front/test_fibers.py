"""Requests share one thread, and none holds up another while it waits."""

import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from poolhouse import aside
from poolhouse.front.asgi import Handle
from poolhouse.front.server import Listener, Server
from poolhouse.web import Request, Response


@contextmanager
def serving(handle: Handle) -> Iterator[str]:
    server = Server([Listener("127.0.0.1", 0, handle)])
    server.start()
    try:
        yield f"http://127.0.0.1:{server.ports[0]}"
    finally:
        server.stop()


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def text(value: str) -> Response:
    return Response(200, value.encode(), (("Content-Type", "text/plain"),))


def test_a_request_that_waits_holds_up_no_other() -> None:
    arrived = threading.Barrier(9, timeout=20)
    released = threading.Event()

    def handle(request: Request) -> Response:
        if request.path == "/release":
            aside.wait(arrived.wait)  # until all of them wait
            released.set()
            return text("released")
        return text(aside.wait(lambda: (arrived.wait(), released.wait(20)) and request.path))

    with serving(handle) as url, ThreadPoolExecutor(8) as clients:
        waiting = [clients.submit(get, f"{url}/{number}") for number in range(8)]
        assert get(f"{url}/release") == (200, b"released")
        answers = [each.result() for each in waiting]

    assert answers == [(200, f"/{number}".encode()) for number in range(8)]


def test_requests_run_on_one_thread_and_what_waits_on_others() -> None:
    def handle(_: Request) -> Response:
        here = threading.current_thread().name
        there = aside.wait(lambda: threading.current_thread().name)
        return text(f"{here} {there} {threading.current_thread().name}")

    with serving(handle) as url:
        answers = {get(url)[1].decode() for _ in range(3)}

    assert all(answer.split()[0] == answer.split()[2] == "http" for answer in answers)
    assert all(answer.split()[1].startswith("aside-") for answer in answers)


def test_what_computes_is_done_in_another_process_where_there_is_a_core_for_it() -> None:
    with serving(lambda _: text(str(aside.work(os.getpid)))) as url:
        places = (int(get(url)[1]) for _ in range(3000))  # it takes a while until one has started
        is_elsewhere = any(place != os.getpid() for place in places)

    assert is_elsewhere == ((os.cpu_count() or 1) > 1)


def test_what_is_raised_aside_is_raised_where_its_result_is_wanted() -> None:
    def fail() -> str:
        raise LookupError("not there")

    def handle(_: Request) -> Response:
        try:
            return text(aside.wait(fail))
        except LookupError as error:
            return text(f"caught {error}")

    with serving(handle) as url:
        assert get(url) == (200, b"caught not there")


def test_a_bug_in_one_request_is_told_to_nobody_and_the_next_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    def handle(request: Request) -> Response:
        if request.path == "/bug":
            raise RuntimeError("secret detail")
        return text("well")

    with serving(handle) as url:
        status, body = get(f"{url}/bug")
        after = get(f"{url}/")

    assert (status, b"secret" in body) == (500, False)
    assert after == (200, b"well")
    assert "secret detail" in caplog.text


def test_where_nobody_serves_it_is_simply_done() -> None:
    assert aside.work(threading.current_thread) is threading.current_thread()
    assert aside.work(int, "ff", base=16) == 255
    assert aside.wait(lambda: 1) == 1
