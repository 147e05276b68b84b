"""Clients we did not write: boto3, pycognito, three JavaScript ones of AWS's, and plain HTTP for the API."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
from pycognito import aws_srp

REGION = "us-east-1"
_SCRIPTS = Path(__file__).parents[1] / "tests" / "clients" / "node"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, body as JSON where it is JSON, header names in lower case."""

    status: int
    body: Any
    headers: dict[str, str]


def aws(service: str, endpoint: str) -> Any:
    """A boto3 client of the cloud at this endpoint."""
    session: Any = boto3.Session(aws_access_key_id="demo", aws_secret_access_key="demo", region_name=REGION)
    return session.client(service, endpoint_url=endpoint)


def fetch(
    method: str, url: str, *, token: str | None = None, body: Any = None, headers: dict[str, str] | None = None
) -> Answer:
    """One HTTP request; a dict is sent as JSON, text as it is."""
    sent = dict(headers or {})
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    if isinstance(body, dict | list):
        sent.setdefault("content-type", "application/json")
        body = json.dumps(body)
    request = Request(url, data=body.encode() if body is not None else None, method=method, headers=sent)
    try:
        with urlopen(request, timeout=30) as response:
            return _answer(response.status, response.read(), response.headers)
    except HTTPError as error:
        with error:
            return _answer(error.code, error.read(), error.headers)


def srp(cognito: Any, pool: str, app_client: str, username: str, password: str, new: str = "") -> dict[str, Any]:
    """Sign in with pycognito's SRP, with `new` as the answer to NEW_PASSWORD_REQUIRED; the AuthenticationResult."""
    client: Any = aws_srp.AWSSRP
    login = client(username=username, password=password, pool_id=pool, client_id=app_client, client=cognito)
    answer = login.set_new_password_challenge(new) if new else login.authenticate_user()
    return dict(answer["AuthenticationResult"])


def has_node() -> bool:
    """Whether the JavaScript clients can be played here."""
    return shutil.which("node") is not None and (_SCRIPTS / "node_modules").is_dir()


def identity_js(**command: Any) -> dict[str, Any]:
    """One command for amazon-cognito-identity-js (tests/clients/node/identity.mjs)."""
    return dict(_run("identity.mjs", command))


def aws_js(**command: Any) -> list[dict[str, Any]]:
    """One command for the AWS SDK for JavaScript, with keys of an identity pool (tests/clients/node/aws.mjs)."""
    return list(_run("aws.mjs", command))


def amplify_js(**command: Any) -> list[dict[str, Any]]:
    """One command for Amplify, signed in where a user is named (tests/clients/node/amplify.mjs)."""
    return list(_run("amplify.mjs", command))


def page_js(**command: Any) -> list[Any]:
    """Functions of a module, one after another (tests/clients/node/page.mjs)."""
    return list(_run("page.mjs", command))


def _run(script: str, command: dict[str, Any]) -> Any:
    run = ["node", str(_SCRIPTS / script)]
    done = subprocess.run(run, input=json.dumps(command), capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout.splitlines()[-1])


def _answer(status: int, body: bytes, headers: Any) -> Answer:
    names = {name.lower(): value for name, value in headers.items()}
    try:
        return Answer(status, json.loads(body), names)
    except ValueError:
        return Answer(status, body.decode(errors="replace"), names)
