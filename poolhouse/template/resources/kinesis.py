"""AWS::Kinesis::Stream.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesis-stream.html
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Properties, Resource, ResourceType, changed_tags, tags

_SERVICE = "kinesis"
_HOURS = 24
_PROVISIONED = "PROVISIONED"


def _name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("Name", resource.name))


def _exists(context: Context, resource: Resource) -> bool:
    return context.found(_SERVICE, "DescribeStreamSummary", {"StreamName": _name(context, resource)})


def _mode(properties: Properties) -> str:
    return str(properties.get("StreamModeDetails", {}).get("StreamMode", _PROVISIONED))


def _create(context: Context, resource: Resource) -> Made:
    properties, name = resource.properties, _name(context, resource)
    params: dict[str, Any] = {"StreamName": name, "StreamModeDetails": {"StreamMode": _mode(properties)}}
    if _mode(properties) == _PROVISIONED:
        params["ShardCount"] = properties.get("ShardCount", 1)
    if properties.get("Tags"):
        params["Tags"] = tags(properties["Tags"])
    context.operate(_SERVICE, "CreateStream", params)
    context.begun(name)
    _set_retention(context, name, {}, properties)
    return Made(name, {"Arn": context.arn(_SERVICE, f"stream/{name}")})


def _set_retention(context: Context, name: str, before: Properties, after: Properties) -> None:
    was, asked = (int(one.get("RetentionPeriodHours", _HOURS)) for one in (before, after))
    if was != asked:
        verb = "Increase" if asked > was else "Decrease"
        params = {"StreamName": name, "RetentionPeriodHours": asked}
        context.operate(_SERVICE, f"{verb}StreamRetentionPeriod", params)


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after, name = existing.properties, resource.properties, existing.physical_id
    if _mode(before) != _mode(after):
        params = {"StreamARN": existing.attributes["Arn"], "StreamModeDetails": {"StreamMode": _mode(after)}}
        context.operate(_SERVICE, "UpdateStreamMode", params)
    if _mode(after) == _PROVISIONED and before.get("ShardCount", 1) != after.get("ShardCount", 1):
        target = {"TargetShardCount": after.get("ShardCount", 1), "ScalingType": "UNIFORM_SCALING"}
        context.operate(_SERVICE, "UpdateShardCount", {"StreamName": name, **target})
    _set_retention(context, name, before, after)
    gone, changed = changed_tags(tags(before.get("Tags")), tags(after.get("Tags")))
    if gone:
        context.operate(_SERVICE, "RemoveTagsFromStream", {"StreamName": name, "TagKeys": gone})
    if changed:
        context.operate(_SERVICE, "AddTagsToStream", {"StreamName": name, "Tags": changed})
    return Made(name, existing.attributes)


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteStream", {"StreamName": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::Kinesis::Stream": ResourceType(
        takes=frozenset({"Name", "RetentionPeriodHours", "ShardCount", "StreamModeDetails", "Tags"}),
        not_run=frozenset({"DesiredShardLevelMetrics", "StreamEncryption"}),
        create=_create,
        update=_update,
        delete=_delete,
        name=_name,
        named_by="Name",
        exists=_exists,
    )
}
