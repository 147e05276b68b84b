"""What a bucket tells of its objects: which change a request was, who is told of it, and in which words.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import xmltodict

from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.web import Request

_KINDS = ("CloudFunction", "Queue", "Topic")
S3_SERVICE = "s3.amazonaws.com"
_CREATED, _REMOVED, _TAGGED, _ACL = "ObjectCreated", "ObjectRemoved", "ObjectTagging", "ObjectAcl"
_NOT_OF_THE_OBJECT = frozenset({"legal-hold", "retention", "torrent", "restore", "select", "attributes"})


class InvalidArgument(ApiError):
    """A notification configuration that S3 does not take."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an object: the event without its `s3:`, and what is told of the object. No size: it is gone."""

    event: str
    key: str
    size: int | None = None
    etag: str = ""
    version_id: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A function, a queue or a topic that is told of some events of keys with a beginning and an end."""

    id: str
    target_arn: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    def is_for(self, change: Change) -> bool:
        is_event = any(_covers(event, change.event) for event in self.events)
        return is_event and change.key.startswith(self.prefix) and change.key.endswith(self.suffix)


def event_of(request: Request, key: str, *, is_versioned: bool) -> str:
    """The event that a successful request to this key is; empty for one that nobody is told of."""
    fields = dict(parse_qsl(request.query, keep_blank_values=True))
    if not key or _NOT_OF_THE_OBJECT & fields.keys():
        return ""
    if "tagging" in fields or "acl" in fields:
        return _of_its_settings(request.method, fields)
    if request.method == "DELETE":
        marks = is_versioned and "versionId" not in fields
        return "" if "uploadId" in fields else f"{_REMOVED}:{'DeleteMarkerCreated' if marks else 'Delete'}"
    if request.method == "POST" and ("uploadId" in fields or not request.query):
        return f"{_CREATED}:{'CompleteMultipartUpload' if fields else 'Post'}"
    if request.method != "PUT" or "partNumber" in fields or "uploads" in fields:
        return ""
    return f"{_CREATED}:{'Copy' if request.header('x-amz-copy-source') else 'Put'}"


def _of_its_settings(method: str, fields: Mapping[str, str]) -> str:
    if "acl" in fields:
        return f"{_ACL}:Put" if method == "PUT" else ""
    return {"PUT": f"{_TAGGED}:Put", "DELETE": f"{_TAGGED}:Delete"}.get(method, "")


def payload(
    change: Change,
    subscription: Subscription,
    *,
    bucket: str,
    region: str,
    now: datetime,
    principal_id: str,
    source_ip: str,
) -> dict[str, Any]:
    """The event a function gets."""
    told: dict[str, Any] = {"key": quote_plus(change.key, safe="/*-._")}
    if change.size is not None:
        told |= {"size": change.size, "eTag": change.etag}
    if change.version_id:
        told["versionId"] = change.version_id
    told["sequencer"] = f"{time.time_ns():016X}"  # greater for the later change of a key
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "eventName": change.event,
        "userIdentity": {"principalId": f"AWS:{principal_id}" if principal_id else "Anonymous"},
        "requestParameters": {"sourceIPAddress": source_ip},
        "responseElements": {"x-amz-request-id": secrets.token_hex(8).upper(), "x-amz-id-2": secrets.token_urlsafe(48)},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": subscription.id,
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A1B2C3D4E5F6G7"},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": told,
        },
    }
    return {"Records": [record]}


def test_event(bucket: str, now: datetime) -> dict[str, str]:
    """What a queue or a topic gets when it begins to be told."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "Bucket": bucket,
        "RequestId": secrets.token_hex(8).upper(),
        "HostId": secrets.token_urlsafe(48),
    }


def subscriptions(configuration: Any) -> list[Subscription]:
    """Whom moto's notification configuration tells; nobody where there is none."""
    if configuration is None:
        return []
    return [_subscription(one) for one in (*configuration.cloud_function, *configuration.queue, *configuration.topic)]


def check(body: bytes) -> list[str]:
    """Whom a configuration tells, which is one that S3 takes. Raises InvalidArgument; its sentences are seen.

    Raises NotImplementedException for EventBridge.
    """
    read: Any = xmltodict.parse
    wanted = (read(body) or {}).get("NotificationConfiguration") or {}
    if "EventBridgeConfiguration" in wanted:
        raise NotImplementedException("S3 notifications to EventBridge are not implemented yet in Poolhouse")
    found = [_read(one, kind) for kind in _KINDS for one in _listed(wanted.get(f"{kind}Configuration"))]
    for one, other in combinations(found, 2):
        if _overlap(one, other):
            raise InvalidArgument(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
                "are overlapping for the same event type."
            )
    return [one.target_arn for one in found]


def _read(given: Mapping[str, Any], kind: str) -> Subscription:
    rules = _listed(((given.get("Filter") or {}).get("S3Key") or {}).get("FilterRule"))
    return Subscription(
        str(given.get("Id") or ""),
        str(given.get(kind) or ""),
        tuple(str(event) for event in _listed(given.get("Event"))),
        **_filters((str(rule.get("Name")).lower(), str(rule.get("Value") or "")) for rule in rules),
    )


def _subscription(kept: Any) -> Subscription:
    rules = ((kept.filters or {}).get("S3Key") or {}).get("FilterRule") or ()
    filters = _filters((str(rule["Name"]).lower(), str(rule["Value"] or "")) for rule in rules)
    return Subscription(str(kept.id), str(kept.arn), tuple(kept.events), **filters)


def _filters(rules: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in rules if name in ("prefix", "suffix")}


def _overlap(one: Subscription, other: Subscription) -> bool:
    """Whether some key and event would be for both."""
    events = any(_covers(a, b.removeprefix("s3:")) or _covers(b, a.removeprefix("s3:")) for a, b in _pairs(one, other))
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    return events and prefixes and suffixes


def _pairs(one: Subscription, other: Subscription) -> Iterator[tuple[str, str]]:
    return ((a, b) for a in one.events for b in other.events)


def _covers(wanted: str, event: str) -> bool:
    """`s3:ObjectCreated:*` covers ObjectCreated:Put."""
    wanted = wanted.removeprefix("s3:")
    return wanted == event or (wanted.endswith(":*") and event.startswith(wanted[:-1]))


def _listed(value: Any) -> Sequence[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
