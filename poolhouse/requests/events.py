"""EventBridge: buses and rules.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_PASSED_TO = {"iam:PassedToService": "events.amazonaws.com"}
_ON_BUSES = frozenset({"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"})
_ON_RULES = frozenset(
    {"DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "ListTargetsByRule", "PutRule", "PutTargets"}
    | {"RemoveTargets"}
)
_NAMED_BY = {"ArchiveName": "archive", "ReplayName": "replay"}
# Of a rule's pattern, what PutRule may be held to.
_OF_PATTERN = {
    "events:source": ("source",),
    "events:detail-type": ("detail-type",),
    "events:detail.userIdentity.principalId": ("detail", "userIdentity", "principalId"),
    "events:detail.service": ("detail", "service"),
    "events:detail.eventTypeCode": ("detail", "eventTypeCode"),
}


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation on its bus or rule; an event is put on the bus of each entry, with its source and type."""
    if operation == "PutEvents":
        entries: Iterable[Mapping[str, Any]] = params.get("Entries") or ({},)
        return [_entry(entry, scope) for entry in entries]
    action, keys = f"events:{operation}", _keys(operation, params, scope)
    found = [Asked(action, _resource(operation, params, scope), keys)]
    roles = [params.get("RoleArn"), *(target.get("RoleArn") for target in params.get("Targets") or ())]
    return found + [Asked("iam:PassRole", str(role), _PASSED_TO) for role in dict.fromkeys(filter(None, roles))]


def _entry(entry: Mapping[str, Any], scope: Scope) -> Asked:
    keys = {
        "events:source": entry.get("Source"),
        "events:detail-type": entry.get("DetailType"),
        "events:eventBusInvocation": "false",
    }
    return Asked("events:PutEvents", _bus(entry.get("EventBusName"), scope), keys)


def _resource(operation: str, params: Params, scope: Scope) -> str:
    if params.get("ResourceARN"):
        return str(params["ResourceARN"])
    if operation in _ON_RULES:
        bus = str(params.get("EventBusName") or "default").rpartition("/")[2]
        name = str(params.get("Name") or params.get("Rule") or "")
        return scope.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")
    if operation in _ON_BUSES:
        return _bus(params.get("Name"), scope)
    if operation in ("PutPermission", "RemovePermission"):
        return _bus(params.get("EventBusName"), scope)
    named = next((f"{kind}/{params[name]}" for name, kind in _NAMED_BY.items() if params.get(name)), "")
    return scope.arn("events", named) if named else "*"


def _bus(named: object, scope: Scope) -> str:
    return scope.arn("events", f"event-bus/{str(named or 'default').rpartition('/')[2]}")


def _keys(operation: str, params: Params, scope: Scope) -> dict[str, str | Iterable[str] | None]:
    keys: dict[str, str | Iterable[str] | None] = {**tag_keys(params.get("Tags"))}
    if operation == "UntagResource":
        keys["aws:TagKeys"] = [str(key) for key in params.get("TagKeys") or ()]
    if operation in _ON_RULES:
        keys["events:creatorAccount"] = scope.account_id
    if operation == "PutTargets":
        keys["events:TargetArn"] = [str(one.get("Arn")) for one in params.get("Targets") or ()]
    if operation == "PutRule":
        keys |= _of_pattern(str(params.get("EventPattern") or ""))
    return keys


def _of_pattern(text: str) -> dict[str, list[str]]:
    try:
        pattern = json.loads(text) if text else {}
    except (ValueError, RecursionError):  # which the service refuses
        return {}
    found = {}
    for key, path in _OF_PATTERN.items():
        value: Any = pattern
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, list):
            found[key] = [one for one in value if isinstance(one, str)]
    return found
