"""A web client in a real browser: sign-up to a scoped request, across origins."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from demo.clients import fetch
from demo.stage import Stage

_HERE = Path(__file__).parent
_BUNDLE = _HERE.parent / "clients/node/node_modules/amazon-cognito-identity-js/dist/amazon-cognito-identity.min.js"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]

pytestmark = [pytest.mark.browser, pytest.mark.node]


class _Files(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        return str(_BUNDLE if path.endswith(".js") else _HERE / "page.html")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(_HERE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        opened = browser.new_page()
        opened.goto(f"http://127.0.0.1:{server.server_port}/")
        yield opened
        browser.close()
    server.shutdown()
    server.server_close()


def test_a_person_signs_up_signs_in_and_calls_the_api_from_a_web_page(page: Page, stage: Stage) -> None:
    person = {
        "pool": stage.outputs["UserPoolId"],
        "client": stage.outputs["WebClientId"],
        "endpoint": stage.endpoint,
        "email": "browser@example.com",
        "password": "Correct-horse-7-battery",
    }

    signed_up = page.evaluate("c => signUp(c)", person)
    mail = fetch("GET", f"{stage.endpoint}/_poolhouse/outbox?to=browser%40example.com").body[0]
    wrong = page.evaluate("c => confirm(c)", {**person, "code": "000000" if mail["code"] != "000000" else "000001"})
    confirmed = page.evaluate("c => confirm(c)", {**person, "code": mail["code"]})
    refused = page.evaluate("c => signIn(c)", {**person, "password": "Wrong-horse-7-battery"})
    tokens = page.evaluate("c => signIn(c)", person)["value"]
    headers = {
        "Authorization": f"Bearer {tokens['access']}",
        "Content-Type": "application/json",
        "Idempotency-Key": "k-1",
    }
    body = '{"amount": 5, "currency": "EUR", "description": "tea"}'
    posted = page.evaluate(
        "([url, options]) => call(url, options)",
        [f"{stage.api}/transactions", {"method": "POST", "headers": headers, "body": body}],
    )
    unauthorized = page.evaluate("url => call(url, {})", f"{stage.api}/me")

    assert isinstance(signed_up["value"], str)
    assert wrong["error"] == "CodeMismatchException"
    assert confirmed == {"value": "SUCCESS"}
    assert refused == {"error": "NotAuthorizedException", "message": "Incorrect username or password."}
    assert posted["value"]["status"] == 201
    assert unauthorized["value"] == {"status": 401, "body": {"message": "Unauthorized"}}
