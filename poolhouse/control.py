"""The cloud's own door, `/_poolhouse/...`: health, outbox, outputs, decisions, reset, clock, faults.

Loopback only.

The front lets a request in here only when it names a loopback host and comes from no other site (front/doors.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import msgspec

from poolhouse.clock import Clock
from poolhouse.errors import CommandError
from poolhouse.faults import EVERY, Faults
from poolhouse.outbox import mailbox
from poolhouse.store import Store
from poolhouse.web import Request, Response

PREFIX = "/_poolhouse/"


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /_poolhouse/clock."""

    advance_seconds: float


class _Fault(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /_poolhouse/faults."""

    service: str
    kind: str
    operation: str = EVERY
    times: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Control:
    """What the control door can reach.

    `health` says what is deployed, None while nothing is ready; `decisions` what was decided, the newest first, or for
    the one request of this id.
    """

    store: Store
    clock: Clock
    faults: Faults
    health: Callable[[], Mapping[str, object] | None]
    reset: Callable[[], None]
    decisions: Callable[[str], list[dict[str, Any]]]

    def handle(self, request: Request) -> Response:
        """Answer one control request, in JSON."""
        name = request.path.removeprefix(PREFIX)
        route = _ROUTES.get(name)
        if route is None:
            return _json(404, {"message": f"No such page. There is: {', '.join(PREFIX + n for n in _ROUTES)}"})
        answer = route.get(request.method)
        if answer is None:
            methods = ", ".join(route)
            return _json(405, {"message": f"{request.path} takes {methods}."}).with_headers([("allow", methods)])
        return answer(self, request)


def _health(control: Control, _: Request) -> Response:
    health = control.health()
    if health is None:
        return _json(503, {"status": "starting"})
    return _json(200, {"status": "ok", **health})


def _outbox(control: Control, request: Request) -> Response:
    to = parse_qs(request.query).get("to", [None])[0]
    return _json(200, [mailbox.message_type(message) for message in mailbox.find(control.store, to=to)])


def _outputs(control: Control, _: Request) -> Response:
    return _json(200, {stack.name: dict(stack.outputs) for stack in control.store.stacks.list()})


def _decisions(control: Control, request: Request) -> Response:
    return _json(200, control.decisions(parse_qs(request.query).get("request_id", [""])[0]))


def _reset(control: Control, _: Request) -> Response:
    try:
        control.reset()
    except CommandError as error:  # the template was changed since, and no longer deploys
        return _json(500, {"message": str(error)})
    return _json(200, {"status": "reset"})


def _clock(control: Control, request: Request) -> Response:
    try:
        by = msgspec.json.decode(request.body, type=_Advance).advance_seconds
        now = control.clock.advance(timedelta(seconds=by))
    except (msgspec.DecodeError, OverflowError, ValueError):
        return _json(400, {"message": 'Send {"advance_seconds": 3600}; the clock ends with the year 9999.'})
    return _json(200, {"now": now.isoformat()})


def _list_faults(control: Control, _: Request) -> Response:
    return _json(200, control.faults.list())


def _put_fault(control: Control, request: Request) -> Response:
    try:
        asked = msgspec.json.decode(request.body, type=_Fault)
        fault = control.faults.put(asked.service, asked.operation, asked.kind, times=asked.times, seconds=asked.seconds)
    except msgspec.DecodeError:
        return _json(400, {"message": 'Send {"service": "dynamodb", "operation": "PutItem", "kind": "throttled"}.'})
    except CommandError as error:
        return _json(400, {"message": str(error)})
    return _json(201, fault)


def _clear_faults(control: Control, _: Request) -> Response:
    control.faults.clear()
    return _json(200, [])


_ROUTES: dict[str, dict[str, Callable[[Control, Request], Response]]] = {
    "health": {"GET": _health},
    "outbox": {"GET": _outbox},
    "outputs": {"GET": _outputs},
    "decisions": {"GET": _decisions},
    "reset": {"POST": _reset},
    "clock": {"POST": _clock},
    "faults": {"GET": _list_faults, "POST": _put_fault, "DELETE": _clear_faults},
}


def _json(status: int, value: object) -> Response:
    return Response(status, msgspec.json.encode(value), (("content-type", "application/json"),))
