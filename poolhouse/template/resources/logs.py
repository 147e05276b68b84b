"""AWS::Logs::LogGroup.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from collections.abc import Mapping

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Properties, Resource, ResourceType, changed_tags, tags

_SERVICE = "logs"


def _name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("LogGroupName", resource.name))


def _exists(context: Context, resource: Resource) -> bool:
    name = _name(context, resource)
    found = context.operate(_SERVICE, "DescribeLogGroups", {"logGroupNamePrefix": name})
    return any(group["logGroupName"] == name for group in found["logGroups"])


def _create(context: Context, resource: Resource) -> Made:
    name, properties = _name(context, resource), resource.properties
    params: dict[str, object] = {"logGroupName": name}
    if properties.get("Tags"):
        params["tags"] = tags(properties["Tags"])
    context.operate(_SERVICE, "CreateLogGroup", params)
    context.begun(name)
    _set_retention(context, name, {}, properties)
    return Made(name, {"Arn": context.arn(_SERVICE, f"log-group:{name}:*")})


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    name, before, after = existing.physical_id, existing.properties, resource.properties
    _set_retention(context, name, before, after)
    gone, changed = changed_tags(tags(before.get("Tags")), tags(after.get("Tags")))
    if gone:
        context.operate(_SERVICE, "UntagLogGroup", {"logGroupName": name, "tags": gone})
    if changed:
        context.operate(_SERVICE, "TagLogGroup", {"logGroupName": name, "tags": changed})
    return Made(name, existing.attributes)


def _set_retention(context: Context, name: str, before: Properties, after: Properties) -> None:
    was, asked = before.get("RetentionInDays"), after.get("RetentionInDays")
    if asked == was:
        return
    if asked is None:
        context.operate(_SERVICE, "DeleteRetentionPolicy", {"logGroupName": name})
    else:
        context.operate(_SERVICE, "PutRetentionPolicy", {"logGroupName": name, "retentionInDays": int(asked)})


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteLogGroup", {"logGroupName": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::Logs::LogGroup": ResourceType(
        takes=frozenset({"LogGroupName", "RetentionInDays", "Tags"}),
        means_nothing=frozenset({"KmsKeyId", "LogGroupClass"}),
        not_run=frozenset({"DataProtectionPolicy", "FieldIndexPolicies", "ResourcePolicyDocument"}),
        create=_create,
        update=_update,
        delete=_delete,
        name=_name,
        named_by="LogGroupName",
        exists=_exists,
    )
}
