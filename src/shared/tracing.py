"""X-Ray: a subsegment for each call of AWS, sent to the daemon that runs beside the function.

Lambda draws the function's own segment. The X-Ray SDK would take a third of a second of a cold start.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shared.config import trace_daemon, trace_header


class Subsegment:
    """One call: `header` tells the service called which trace it belongs to, `told` is what came of it."""

    def __init__(self, header: str) -> None:
        self.header = header
        self.told: dict[str, Any] = {}


@contextmanager
def subsegment(name: str, **aws: object) -> Iterator[Subsegment]:
    """Time a call of AWS. Nothing is sent for an invocation that is not traced."""
    trace = dict(part.partition("=")[::2] for part in trace_header().split(";"))
    daemon = trace_daemon()
    if trace.get("Sampled") != "1" or not daemon or not {"Root", "Parent"} <= trace.keys():
        yield Subsegment(trace_header())
        return
    own, begun_at = secrets.token_hex(8), time.time()
    made = Subsegment(f"Root={trace['Root']};Parent={own};Sampled=1")
    try:
        yield made
    finally:
        document = {
            "name": name,
            "id": own,
            "trace_id": trace["Root"],
            "parent_id": trace["Parent"],
            "type": "subsegment",
            "namespace": "aws",
            "start_time": begun_at,
            "end_time": time.time(),
            "aws": aws,
            **made.told,
        }
        _send(daemon, document)


def outcome(status: int, code: str) -> dict[str, Any]:
    """What a subsegment tells of an answer; 0 is none."""
    kind = {} if status == 200 else {"error": True} if 400 <= status < 500 else {"fault": True}
    throttled = {"throttle": True} if status == 429 or "Throttl" in code or "TooManyRequests" in code else {}
    return {**({"http": {"response": {"status": status}}} if status else {}), **kind, **throttled}


def _send(daemon: str, document: Mapping[str, object]) -> None:
    host, _, port = daemon.rpartition(":")
    packet = b'{"format":"json","version":1}\n' + json.dumps(document, separators=(",", ":")).encode()
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(0)  # a trace is no reason to wait
            udp.sendto(packet, (host, int(port)))
    except (OSError, ValueError):
        return
