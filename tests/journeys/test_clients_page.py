"""The code of docs/clients.md does what the page says: taken from it, and run."""

import base64
import hashlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from demo import clients
from demo.clients import fetch
from demo.stage import Stage
from tests.service_support import ROOT

PASSWORD = "Correct-horse-7-battery"
PAGE = (ROOT / "docs" / "clients.md").read_text("utf-8")
FILES: dict[str, str] = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
NODE_MODULES = ROOT / "tests" / "clients" / "node" / "node_modules"


@pytest.fixture
def client(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The page's Python, as a module."""
    for name in ("Region", "UserPoolId", "WebClientId", "IdentityPoolId"):
        monkeypatch.setenv(name, stage.outputs[name])
    monkeypatch.setenv("ApiUrl", stage.api)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stage.endpoint)
    path = tmp_path / "client.py"
    path.write_text(FILES["client.py"])
    spec = importlib.util.spec_from_file_location("client", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_python_signs_up_to_sign_out(stage: Stage, client: Any) -> None:
    email = "python@example.com"
    client.register(email, PASSWORD)
    client.confirm(email, _code(stage, email))
    tokens = client.refresh(client.enter(email, PASSWORD))
    keys = client.keys(tokens)

    assert client.profile(tokens)["email"] == email
    made = [client.record(tokens, {"amount": 5, "currency": "EUR"}, "one-key") for _ in range(2)]
    assert client.transactions(tokens)["items"] == [made[0]] == [made[1]]
    client.save_picture(tokens, "a.png", "image/png", b"no picture")
    assert [one["name"] for one in client.pictures(tokens)["items"]] == ["a.png"]
    assert client.save_note(keys, "shopping", "Milk")["version"] == 1
    assert client.read_note(keys, "shopping")["text"] == "Milk"
    with pytest.raises(HTTPError, match="404"):
        client.read_note(keys, "nothing")
    client.leave(tokens)
    with pytest.raises(client.cognito.exceptions.NotAuthorizedException):
        client.refresh(tokens)


@pytest.fixture
def scripts(stage: Stage, tmp_path: Path) -> Path:
    """The page's JavaScript beside the packages it imports, with this cloud's addresses."""
    config = {
        "region": stage.outputs["Region"],
        "userPoolId": stage.outputs["UserPoolId"],
        "clientId": stage.outputs["WebClientId"],
        "identityPoolId": stage.outputs["IdentityPoolId"],
        "notesTable": stage.outputs["NotesTableName"],
        "api": stage.api,
        "domain": stage.endpoint,
        "callback": "http://localhost:8080/callback",
        "endpoint": stage.endpoint,
    }
    assert set(config) == set(re.findall(r"^  (\w+):", FILES["config.mjs"], re.MULTILINE))
    for name in ("amplify.mjs", "plain.mjs", "hosted.mjs"):
        (tmp_path / name).write_text(FILES[name])
    (tmp_path / "config.mjs").write_text(f"export const config = {json.dumps(config)}\n")
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    return tmp_path


@pytest.mark.node
@pytest.mark.parametrize(
    ("name", "more"),
    [("amplify", []), ("plain", [["savePicture", "a.png", "image/png", "no picture"], ["pictures"]])],
)
def test_the_javascript_signs_up_to_sign_out(stage: Stage, scripts: Path, name: str, more: list[list[str]]) -> None:
    email = f"{name}@example.com"

    answers = _run(
        stage,
        scripts / f"{name}.mjs",
        email,
        ["register", email, PASSWORD],
        ["confirm", email, "$code"],
        ["enter", email, PASSWORD],
        ["refresh"],
        ["profile"],
        ["transactions"],
        *more,
        ["saveNote", "shopping", "Milk"],
        ["readNote", "shopping"],
        ["leave"],
        ["refresh"],
    )

    *told, after = [one for one in answers if isinstance(one, dict)]
    assert not [one for one in told if "error" in one]
    assert email in [one.get("email") for one in told]
    assert {"items": [], "next": None} in told
    assert ["a.png" in str(one.get("items")) for one in told].count(True) == len(more) // 2
    assert told[-1]["text"] == "Milk"
    assert "error" in after or after.get("tokens") is None


@pytest.mark.node
def test_the_hosted_pages_are_asked_with_the_digest_of_what_is_kept(stage: Stage, scripts: Path) -> None:
    [begun] = _run(stage, scripts / "hosted.mjs", "", ["begin"])
    asked = {name: value[0] for name, value in parse_qs(urlsplit(begun["url"]).query).items()}
    digest = hashlib.sha256(begun["kept"]["verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["state"] == begun["kept"]["state"]

    answers = _run(
        stage,
        scripts / "hosted.mjs",
        "",
        ["finish", begun["kept"], "code=x&state=another"],
        ["finish", begun["kept"], f"code=made-up&state={asked['state']}"],
    )
    assert [one["message"] for one in answers] == ["not an answer to what was asked", "invalid_grant"]


def _run(stage: Stage, module: Path, email: str, *steps: list[Any]) -> list[Any]:
    outbox = f"{stage.endpoint}/_poolhouse/outbox"
    return clients.page_js(module=module.as_uri(), outbox=outbox, email=email, steps=list(steps))


def _code(stage: Stage, email: str) -> str:
    return str(fetch("GET", f"{stage.endpoint}/_poolhouse/outbox?to={quote(email)}").body[0]["code"])
