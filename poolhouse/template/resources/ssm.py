"""AWS::SSM::Parameter.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import (
    Context,
    Existing,
    Properties,
    Resource,
    ResourceType,
    changed_tags,
    only,
    tag_list,
)

_SERVICE = "ssm"
_GIVEN = ("Type", "Value", "Description", "AllowedPattern", "DataType", "Tier", "Policies")


def _name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("Name", resource.name))


def _exists(context: Context, resource: Resource) -> bool:
    return context.found(_SERVICE, "GetParameter", {"Name": _name(context, resource)})


def _create(context: Context, resource: Resource) -> Made:
    name, properties = _name(context, resource), resource.properties
    given: dict[str, Any] = only(properties, *_GIVEN)
    if properties.get("Tags"):
        given["Tags"] = tag_list(properties["Tags"])
    context.operate(_SERVICE, "PutParameter", {"Name": name, **given})
    return _made(name, properties)


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    name, before, after = existing.physical_id, existing.properties, resource.properties
    if only(before, *_GIVEN) != only(after, *_GIVEN):
        context.operate(_SERVICE, "PutParameter", {"Name": name, "Overwrite": True, **only(after, *_GIVEN)})
    named = {"ResourceType": "Parameter", "ResourceId": name}
    gone, changed = changed_tags(before.get("Tags") or {}, after.get("Tags") or {})
    if gone:
        context.operate(_SERVICE, "RemoveTagsFromResource", {**named, "TagKeys": gone})
    if changed:
        context.operate(_SERVICE, "AddTagsToResource", {**named, "Tags": tag_list(changed)})
    return _made(name, after)


def _made(name: str, properties: Properties) -> Made:
    return Made(name, {"Type": properties["Type"], "Value": properties["Value"]})


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteParameter", {"Name": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::SSM::Parameter": ResourceType(
        takes=frozenset({*_GIVEN, "Name", "Tags"}),
        create=_create,
        update=_update,
        delete=_delete,
        name=_name,
        named_by="Name",
        exists=_exists,
        also_gives=frozenset({"Type", "Value"}),
    )
}
