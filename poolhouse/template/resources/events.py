"""AWS::Events::EventBus and AWS::Events::Rule; SAM's EventBridgeRule, CloudWatchEvent and Schedule events are rules.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

import json
from collections.abc import Mapping
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Properties, Resource, ResourceType, only, without

_SERVICE = "events"
_TEXTS = ("Description", "RoleArn", "ScheduleExpression", "State")


def _bus_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties["Name"])


def _bus_exists(context: Context, resource: Resource) -> bool:
    return context.found(_SERVICE, "DescribeEventBus", {"Name": _bus_name(context, resource)})


def _create_bus(context: Context, resource: Resource) -> Made:
    params = only(resource.properties, "Description", "Name", "Tags")
    arn = str(context.operate(_SERVICE, "CreateEventBus", params)["EventBusArn"])
    return Made(str(params["Name"]), {"Arn": arn, "Name": params["Name"]})


def _delete_bus(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteEventBus", {"Name": existing.physical_id})


def _rule_name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("Name", resource.name))


def _rule_exists(context: Context, resource: Resource) -> bool:
    params = {"Name": _rule_name(context, resource), **_bus(resource.properties)}
    return context.found(_SERVICE, "DescribeRule", params)


def _create_rule(context: Context, resource: Resource) -> Made:
    name = _rule_name(context, resource)
    arn = _put_rule(context, name, resource.properties)
    context.begun(name)
    _put_targets(context, name, resource.properties)
    return Made(name, {"Arn": arn})


def _put_rule(context: Context, name: str, properties: Properties) -> str:
    params: dict[str, Any] = {"Name": name, **_bus(properties), **only(properties, *_TEXTS, "Tags")}
    if "EventPattern" in properties:
        pattern = properties["EventPattern"]
        params["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
    return str(context.operate(_SERVICE, "PutRule", params)["RuleArn"])


def _bus(properties: Properties) -> dict[str, Any]:
    return only(properties, "EventBusName")


def _put_targets(context: Context, name: str, properties: Properties) -> None:
    targets = properties.get("Targets") or []
    if not targets:
        return
    told = context.operate(_SERVICE, "PutTargets", {"Rule": name, **_bus(properties), "Targets": targets})
    if told.get("FailedEntryCount"):
        raise CommandError(f"targets of {name} were not taken: {told['FailedEntries']}")


def _update_rule(context: Context, resource: Resource, existing: Existing) -> Made:
    name, before, after = existing.physical_id, existing.properties, resource.properties
    arn = _put_rule(context, name, without(after, "Tags"))
    kept = {one["Id"] for one in after.get("Targets") or ()}
    gone = [one["Id"] for one in before.get("Targets") or () if one["Id"] not in kept]
    if gone:
        context.operate(_SERVICE, "RemoveTargets", {"Rule": name, **_bus(after), "Ids": gone})
    _put_targets(context, name, after)
    return Made(name, {"Arn": arn})


def _delete_rule(context: Context, existing: Existing) -> None:
    """With its targets, whoever put them there: EventBridge deletes no rule that has any."""
    rule = {"Rule": existing.physical_id, **_bus(existing.properties)}
    if not context.found(_SERVICE, "DescribeRule", {"Name": existing.physical_id, **_bus(existing.properties)}):
        return
    ids = [one["Id"] for one in context.operate(_SERVICE, "ListTargetsByRule", rule).get("Targets") or ()]
    if ids:
        context.operate(_SERVICE, "RemoveTargets", {**rule, "Ids": ids})
    context.operate(_SERVICE, "DeleteRule", {"Name": existing.physical_id, **_bus(existing.properties)})


TYPES: Mapping[str, ResourceType] = {
    "AWS::Events::EventBus": ResourceType(
        takes=frozenset({"Description", "Name", "Tags"}),
        create=_create_bus,
        delete=_delete_bus,
        name=_bus_name,
        named_by="Name",
        exists=_bus_exists,
        replaced_by=frozenset({"Description", "Tags"}),
    ),
    "AWS::Events::Rule": ResourceType(
        takes=frozenset({*_TEXTS, "EventBusName", "EventPattern", "Name", "Tags", "Targets"}),
        create=_create_rule,
        update=_update_rule,
        delete=_delete_rule,
        name=_rule_name,
        named_by="Name",
        exists=_rule_exists,
        replaced_by=frozenset({"EventBusName"}),
    ),
}
