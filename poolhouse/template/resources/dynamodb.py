"""AWS::DynamoDB::Table.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from collections.abc import Mapping
from typing import Any

from poolhouse.errors import CommandError
from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType, tags

_SERVICE = "dynamodb"
_CREATED_WITH = (
    *("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexes", "KeySchema"),
    *("LocalSecondaryIndexes", "ProvisionedThroughput", "TableClass", "TableName"),
)
_IN_PLACE = ("BillingMode", "DeletionProtectionEnabled", "ProvisionedThroughput", "TableClass")


def _create(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    name = _name(resource)
    params = {key: properties[key] for key in _CREATED_WITH if key in properties}
    if "StreamSpecification" in properties:
        params["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    if "SSESpecification" in properties:
        params["SSESpecification"] = _encryption(properties["SSESpecification"])
    if properties.get("Tags"):
        params["Tags"] = properties["Tags"]
    table = context.operate(_SERVICE, "CreateTable", {**params, "TableName": name})["TableDescription"]
    _set_up(context, name, {}, properties)
    return _made(table)


def _made(table: Mapping[str, Any]) -> Made:
    attributes = {"Arn": table["TableArn"]}
    if "LatestStreamArn" in table:
        attributes["StreamArn"] = table["LatestStreamArn"]
    return Made(str(table["TableName"]), attributes)


def _name(resource: Resource) -> str:
    return str(resource.properties.get("TableName", resource.name))


def _encryption(specification: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation says SSEEnabled, the API Enabled."""
    return {"Enabled" if key == "SSEEnabled" else key: value for key, value in specification.items()}


def _set_up(context: Context, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What operations of their own set: expiry, recovery, tags."""
    expiry = after.get("TimeToLiveSpecification")
    if expiry != before.get("TimeToLiveSpecification"):
        specification = expiry or {**before["TimeToLiveSpecification"], "Enabled": False}
        params = {"TableName": name, "TimeToLiveSpecification": specification}
        context.operate(_SERVICE, "UpdateTimeToLive", params)
    recovery = after.get("PointInTimeRecoverySpecification")
    if recovery != before.get("PointInTimeRecoverySpecification"):
        specification = recovery or {"PointInTimeRecoveryEnabled": False}
        params = {"TableName": name, "PointInTimeRecoverySpecification": specification}
        context.operate(_SERVICE, "UpdateContinuousBackups", params)
    if before and after.get("Tags") != before.get("Tags"):
        _set_tags(context, name, tags(before.get("Tags")), tags(after.get("Tags")))


def _set_tags(context: Context, name: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    arn = context.arn(_SERVICE, f"table/{name}")
    gone = [key for key in before if key not in after]
    if gone:
        context.operate(_SERVICE, "UntagResource", {"ResourceArn": arn, "TagKeys": gone})
    if after:
        pairs = [{"Key": key, "Value": value} for key, value in after.items()]
        context.operate(_SERVICE, "TagResource", {"ResourceArn": arn, "Tags": pairs})


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after = existing.properties, resource.properties
    name = existing.physical_id
    for key in ("GlobalSecondaryIndexes", "AttributeDefinitions", "StreamSpecification", "SSESpecification"):
        if before.get(key) != after.get(key):
            raise CommandError(f"changing {key} of a table in place is not built yet: rename the table to replace it.")
    changes = {key: after[key] for key in _IN_PLACE if key in after and after[key] != before.get(key)}
    if changes:
        context.operate(_SERVICE, "UpdateTable", {"TableName": name, **changes})
    _set_up(context, name, before, after)
    return Made(name, existing.attributes)


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteTable", {"TableName": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::DynamoDB::Table": ResourceType(
        properties=frozenset(
            {*_CREATED_WITH, "StreamSpecification", "SSESpecification", "Tags", "TimeToLiveSpecification"}
            | {"PointInTimeRecoverySpecification"}
        ),
        ignored=frozenset(
            {"ContributorInsightsSpecification", "KinesisStreamSpecification", "OnDemandThroughput", "ResourcePolicy"}
            | {"WarmThroughput", "ImportSourceSpecification"}
        ),
        create=_create,
        update=_update,
        delete=_delete,
        replaced_by=frozenset({"KeySchema", "TableName", "LocalSecondaryIndexes"}),
        name=_name,
    )
}
