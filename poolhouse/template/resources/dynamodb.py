"""AWS::DynamoDB::Table.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.errors import CommandError
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
    tags,
)

_SERVICE = "dynamodb"
_CREATED_WITH = (
    *("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "KeySchema", "LocalSecondaryIndexes"),
    *("ProvisionedThroughput", "TableClass", "Tags"),
)
_DEFAULTS = {"BillingMode": "PROVISIONED", "DeletionProtectionEnabled": False, "TableClass": "STANDARD"}
_INDEX = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")
_OFF: Properties = {"Enabled": False}


def _name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("TableName", resource.name))


def _exists(context: Context, resource: Resource) -> bool:
    return context.found(_SERVICE, "DescribeTable", {"TableName": _name(context, resource)})


def _create(context: Context, resource: Resource) -> Made:
    properties, name = resource.properties, _name(context, resource)
    params = {"TableName": name, **only(properties, *_CREATED_WITH)}
    if properties.get("GlobalSecondaryIndexes"):
        params["GlobalSecondaryIndexes"] = [only(index, *_INDEX) for index in properties["GlobalSecondaryIndexes"]]
    if "StreamSpecification" in properties:
        params["StreamSpecification"] = _stream(properties)
    if "SSESpecification" in properties:
        params["SSESpecification"] = _encryption(properties)
    context.operate(_SERVICE, "CreateTable", params)
    context.begun(name)
    _set_expiry(context, name, {}, properties)
    _set_recovery(context, name, {}, properties)
    return _made(context, name)


def _made(context: Context, name: str) -> Made:
    table = context.operate(_SERVICE, "DescribeTable", {"TableName": name})["Table"]
    attributes = {"Arn": table["TableArn"]}
    if table.get("StreamSpecification", {}).get("StreamEnabled"):
        attributes["StreamArn"] = table["LatestStreamArn"]
    return Made(name, attributes)


def _stream(properties: Properties) -> dict[str, Any]:
    return {"StreamEnabled": True, **only(properties["StreamSpecification"], "StreamViewType")}


def _encryption(properties: Properties) -> dict[str, Any]:
    """CloudFormation says SSEEnabled, the API Enabled."""
    specification = properties.get("SSESpecification", _OFF)
    return {"Enabled" if key == "SSEEnabled" else key: value for key, value in specification.items()}


def _set_expiry(context: Context, name: str, before: Properties, after: Properties) -> None:
    was, asked = _expiry(before), _expiry(after)
    if was == asked:
        return
    for attribute, is_on in ((was, False), (asked, True)):  # DynamoDB takes a new attribute after the old one is off
        if attribute is not None:
            specification = {"AttributeName": attribute, "Enabled": is_on}
            params = {"TableName": name, "TimeToLiveSpecification": specification}
            context.operate(_SERVICE, "UpdateTimeToLive", params)


def _expiry(properties: Properties) -> str | None:
    """The attribute by which items expire."""
    specification = properties.get("TimeToLiveSpecification", _OFF)
    return str(specification.get("AttributeName")) if specification["Enabled"] else None


def _set_recovery(context: Context, name: str, before: Properties, after: Properties) -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    was, asked = (one.get("PointInTimeRecoverySpecification", off) for one in (before, after))
    if was != asked:
        params = {"TableName": name, "PointInTimeRecoverySpecification": {**off, **asked}}
        context.operate(_SERVICE, "UpdateContinuousBackups", params)


def _set_tags(context: Context, name: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    arn = context.arn(_SERVICE, f"table/{name}")
    gone, changed = changed_tags(before, after)
    if gone:
        context.operate(_SERVICE, "UntagResource", {"ResourceArn": arn, "TagKeys": gone})
    if changed:
        context.operate(_SERVICE, "TagResource", {"ResourceArn": arn, "Tags": tag_list(changed)})


def _retypes_an_attribute(before: Properties, after: Properties) -> bool:
    """CloudFormation adds attribute definitions in place; one whose type changes means another table."""
    types = _attribute_types(after)
    return any(types.get(name, kind) != kind for name, kind in _attribute_types(before).items())


def _attribute_types(properties: Properties) -> dict[str, str]:
    return {one["AttributeName"]: one["AttributeType"] for one in properties.get("AttributeDefinitions", ())}


def _check_update(before: Properties, after: Properties) -> None:
    """What CloudFormation says of indexes it cannot change."""
    were, asked = _indexes(before), _indexes(after)
    if len(were.keys() ^ asked.keys()) > 1:
        raise CommandError("Cannot perform more than one GSI creation or deletion in a single update")
    for name in were.keys() & asked.keys():
        if any(were[name].get(key) != asked[name].get(key) for key in ("KeySchema", "Projection")):
            raise CommandError(
                "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights "
                "Specification. You can create a new GSI with a different name"
            )


def _indexes(properties: Properties) -> dict[str, dict[str, Any]]:
    return {index["IndexName"]: only(index, *_INDEX) for index in properties.get("GlobalSecondaryIndexes", ())}


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after, name = existing.properties, resource.properties, existing.physical_id
    for change in (_settings(before, after), *_stream_changes(before, after)):
        if change:
            context.operate(_SERVICE, "UpdateTable", {"TableName": name, **change})
    _set_indexes(context, name, after)
    _set_expiry(context, name, before, after)
    _set_recovery(context, name, before, after)
    _set_tags(context, name, tags(before.get("Tags")), tags(after.get("Tags")))
    return _made(context, name)


def _settings(before: Properties, after: Properties) -> dict[str, Any]:
    """The members of UpdateTable that are to change."""
    changes = {key: after.get(key, default) for key, default in _DEFAULTS.items() if after.get(key) != before.get(key)}
    if after.get("ProvisionedThroughput", {}) != before.get("ProvisionedThroughput", {}) or "BillingMode" in changes:
        changes |= only(after, "ProvisionedThroughput")
    if _encryption(after) != _encryption(before):
        changes["SSESpecification"] = _encryption(after)
    return changes


def _stream_changes(before: Properties, after: Properties) -> list[dict[str, Any]]:
    """A stream of another view is another stream: DynamoDB wants the first ended."""
    if before.get("StreamSpecification") == after.get("StreamSpecification"):
        return []
    ended = [{"StreamSpecification": {"StreamEnabled": False}}] if "StreamSpecification" in before else []
    return ended + ([{"StreamSpecification": _stream(after)}] if "StreamSpecification" in after else [])


def _set_indexes(context: Context, name: str, after: Properties) -> None:
    """Held against the table itself: a deployment that is undone, or was cut off, may have changed some already."""
    table = context.operate(_SERVICE, "DescribeTable", {"TableName": name})["Table"]
    there = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", ())}
    asked = _indexes(after)
    updates: list[dict[str, Any]] = [{"Delete": {"IndexName": index}} for index in there if index not in asked]
    updates += [{"Create": index} for key, index in asked.items() if key not in there]
    updates += [
        {"Update": only(index, "IndexName", "ProvisionedThroughput")}
        for key, index in asked.items()
        if key in there and _is_throughput_new(there[key], index)
    ]
    for update in updates:
        params = {"TableName": name, "AttributeDefinitions": after["AttributeDefinitions"]}
        context.operate(_SERVICE, "UpdateTable", {**params, "GlobalSecondaryIndexUpdates": [update]})


def _is_throughput_new(index: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    throughput = asked.get("ProvisionedThroughput")
    return throughput is not None and throughput != only(index.get("ProvisionedThroughput", {}), *throughput)


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteTable", {"TableName": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::DynamoDB::Table": ResourceType(
        takes=frozenset(
            {*_CREATED_WITH, "GlobalSecondaryIndexes", "PointInTimeRecoverySpecification", "SSESpecification"}
            | {"StreamSpecification", "TableName", "TimeToLiveSpecification"}
        ),
        means_nothing=frozenset({"OnDemandThroughput", "WarmThroughput"}),
        not_run=frozenset({"ContributorInsightsSpecification", "KinesisStreamSpecification", "ResourcePolicy"}),
        create=_create,
        update=_update,
        delete=_delete,
        replaced_by=frozenset({"KeySchema", "LocalSecondaryIndexes"}),
        replaces=_retypes_an_attribute,
        check_update=_check_update,
        name=_name,
        named_by="TableName",
        exists=_exists,
    )
}
