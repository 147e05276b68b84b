"""The commands that talk to a cloud which is already running, over its own HTTP doors."""

import base64
import shlex
import sys
import textwrap
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session

from poolhouse.errors import CommandError

_TIMEOUT = 910  # seconds; a function may run for 15 minutes
_POLL = 0.5  # seconds between two looks at the outbox


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered: its payload as text, the end of its log, and whether it failed."""

    payload: str
    log: str
    failed: bool


def invoke(endpoint: str, function: str, event: bytes) -> Answer:
    """Run a function by name or logical id. Raises CommandError when there is none, or the event is not JSON."""
    try:
        msgspec.json.decode(event)
    except msgspec.DecodeError as error:
        raise CommandError(f"The event is not JSON: {error}.") from error
    health = _get(f"{endpoint}/_poolhouse/health")
    name = _function_name(health["functions"], function)
    url = f"{endpoint}/2015-03-31/functions/{quote(name, safe='')}/invocations"
    headers = _signed(url, event, {"x-amz-log-type": "Tail", "content-type": "application/json"}, health["region"])
    body, answered = _fetch(url, method="POST", body=event, headers=headers)
    log = base64.b64decode(answered.get("x-amz-log-result", "")).decode(errors="replace")
    return Answer(body.decode(errors="replace"), log, "x-amz-function-error" in answered)


def print_outbox(endpoint: str, *, to: str | None, follow: bool, as_json: bool) -> None:
    """Print messages, oldest first so that the newest stands last; `follow` goes on until interrupted."""
    seen: set[str] = set()
    while True:
        query = f"?{urlencode({'to': to})}" if to else ""
        messages = _get(f"{endpoint}/_poolhouse/outbox{query}")
        fresh = [message for message in reversed(messages) if message["id"] not in seen]
        seen.update(message["id"] for message in fresh)
        _print_messages(fresh, as_json=as_json, follow=follow)
        if not follow:
            return
        try:
            time.sleep(_POLL)
        except KeyboardInterrupt:
            return


def print_outputs(endpoint: str, *, env: bool) -> None:
    """Print each stack's outputs, as `name value` lines or as shell exports."""
    for outputs in _get(f"{endpoint}/_poolhouse/outputs").values():
        for name, value in outputs.items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n" if env else f"{name:24} {value}\n")


def print_decisions(endpoint: str, request_id: str, *, as_json: bool) -> None:
    """Print the decisions of one request, or the last one. Raises CommandError when there is none."""
    query = f"?{urlencode({'request_id': request_id})}" if request_id else ""
    decisions = _get(f"{endpoint}/_poolhouse/decisions{query}")
    if not decisions:
        about = f"request {request_id}" if request_id else "any request"
        raise CommandError(f"No decision of {about} is kept: root keys need none, and old ones are forgotten.")
    for decision in decisions if request_id else decisions[:1]:
        sys.stdout.write(msgspec.json.encode(decision).decode() + "\n" if as_json else _decision(decision))


def _decision(decision: dict[str, Any]) -> str:
    """A decision to read: what was asked, how it came out, each statement with what it did not match by."""
    outcome = " ".join(part for part in (decision["outcome"], decision["reason"]) if part)
    lines = [
        f"{decision['action']} on {decision['resource']}",
        f"  by       {decision['principal']}",
        f"  outcome  {outcome}",
        f"  request  {decision['request_id']}  at {decision['at'][:19]}",
    ]
    for one in decision["statements"]:
        name = f"{one['policy'] or one['kind']}, statement {one['statement']}{one['sid'] and ' ' + one['sid']}"
        lines.append(f"  {one['effect']:5}  {'matches' if one['matches'] else 'does not match'}  {name}")
        if one["unmet"]:
            lines.append(f"         {one['unmet']}")
    if not decision["statements"]:
        lines.append("  no policy has a say: nothing is attached")
    return "\n".join(_plain(line) for line in lines) + "\n"


def put_fault(endpoint: str, target: str, kind: str, *, times: int | None, seconds: float | None) -> None:
    """Have what a target such as `dynamodb:PutItem` names fail. Raises CommandError where that cannot be."""
    service, _, operation = target.partition(":")
    if service == "lambda" and operation and kind == "timeout":
        operation = _function_name(_get(f"{endpoint}/_poolhouse/health")["functions"], operation)
    fault = {"service": service, "operation": operation or "*", "kind": kind, "times": times, "seconds": seconds}
    _fetch(f"{endpoint}/_poolhouse/faults", method="POST", body=msgspec.json.encode(fault), headers={})


def clear_faults(endpoint: str) -> None:
    """Take all faults down."""
    _fetch(f"{endpoint}/_poolhouse/faults", method="DELETE", body=None, headers={})


def print_faults(endpoint: str) -> None:
    """Print the faults that are up, one a line."""
    for fault in _get(f"{endpoint}/_poolhouse/faults"):
        left = f"{fault['seconds']} s" if fault["times"] is None else f"{fault['times']} times"
        sys.stdout.write(_plain(f"{fault['service']}:{fault['operation']} {fault['kind']}, {left} more") + "\n")


def reset(endpoint: str) -> None:
    """Have the cloud forget everything and deploy its template anew."""
    _fetch(f"{endpoint}/_poolhouse/reset", method="POST", body=b"", headers={})


def _print_messages(messages: list[dict[str, Any]], *, as_json: bool, follow: bool) -> None:
    if as_json and not follow:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(messages[::-1]), indent=2).decode() + "\n")
        return
    if not messages and not follow:
        sys.stdout.write("The outbox is empty.\n")
    for message in messages:
        sys.stdout.write(msgspec.json.encode(message).decode() + "\n" if as_json else _readable(message))
    sys.stdout.flush()


def _readable(message: dict[str, Any]) -> str:
    shortened = _plain(textwrap.shorten(message["body"], 200, placeholder=" ..."))
    message = {name: _plain(value) for name, value in message.items()}
    lines = [
        f"{message['sent_at'][:19]}  {message['medium']}  to {message['to']}  ({message['trigger_source']})",
        *(f"  {name:8} {message[name]}" for name in ("subject", "code", "link") if message[name]),
        *([] if message["code"] or message["link"] else [f"  body     {shortened}"]),
    ]
    return "\n".join(lines) + "\n\n"


def _plain(text: str) -> str:
    """Without what steers a terminal: whoever signs up chooses part of what is shown."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _signed(url: str, body: bytes, headers: dict[str, str], region: str) -> dict[str, str]:
    """The headers with a signature by the keys this shell has; any keys are the account's root unless it is strict."""
    keys = Session().get_credentials() or Credentials("poolhouse", "poolhouse")
    request = AWSRequest("POST", url, data=body, headers=headers)
    SigV4Auth(keys, "lambda", region).add_auth(request)
    return dict(request.headers.items())


def _function_name(names: dict[str, str], function: str) -> str:
    if function in names.values():
        return function
    if function not in names:
        raise CommandError(f"There is no function {function}. There is: {', '.join(sorted(names)) or 'none'}.")
    return names[function]


def _get(url: str) -> Any:
    body, _ = _fetch(url, method="GET", body=None, headers={})
    return msgspec.json.decode(body)


def _fetch(url: str, *, method: str, body: bytes | None, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    request = Request(url, data=body, method=method, headers=headers)  # noqa: S310
    try:
        with urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
            return response.read(), {name.lower(): value for name, value in response.headers.items()}
    except HTTPError as error:
        raise CommandError(f"{url}: {error.code} {error.read().decode(errors='replace')}") from error
    except (URLError, HTTPException, OSError) as error:
        raise CommandError(f"No cloud answers at {url.split('/_', 1)[0]}. Start one with `poolhouse up`.") from error
