"""AWS::KMS::Key and AWS::KMS::Alias.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_KMS.html
"""

import json
from collections.abc import Mapping
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType, only, tags

_SERVICE = "kms"
_DAYS = 30


def _create_key(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    params: dict[str, Any] = only(properties, "Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin")
    if "KeyPolicy" in properties:
        params["Policy"] = json.dumps(properties["KeyPolicy"])
    params["Tags"] = [{"TagKey": key, "TagValue": value} for key, value in tags(properties.get("Tags")).items()]
    made = context.operate(_SERVICE, "CreateKey", params)["KeyMetadata"]
    context.begun(made["KeyId"])
    if properties.get("EnableKeyRotation"):
        context.operate(_SERVICE, "EnableKeyRotation", {"KeyId": made["KeyId"]})
    return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


def _update_key(context: Context, resource: Resource, existing: Existing) -> Made:
    key = {"KeyId": existing.physical_id}
    properties = resource.properties
    context.operate(_SERVICE, "UpdateKeyDescription", {**key, "Description": properties.get("Description", "")})
    if "KeyPolicy" in properties:
        policy = json.dumps(properties["KeyPolicy"])
        context.operate(_SERVICE, "PutKeyPolicy", {**key, "PolicyName": "default", "Policy": policy})
    operation = "EnableKeyRotation" if properties.get("EnableKeyRotation") else "DisableKeyRotation"
    context.operate(_SERVICE, operation, key)
    return Made(existing.physical_id, existing.attributes)


def _delete_key(context: Context, existing: Existing) -> None:
    days = int(existing.properties.get("PendingWindowInDays", _DAYS))
    params = {"KeyId": existing.physical_id, "PendingWindowInDays": days}
    context.operate(_SERVICE, "ScheduleKeyDeletion", params)


def _create_alias(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    params = {"AliasName": properties["AliasName"], "TargetKeyId": properties["TargetKeyId"]}
    context.operate(_SERVICE, "CreateAlias", params)
    return Made(str(properties["AliasName"]), {})


def _update_alias(context: Context, resource: Resource, existing: Existing) -> Made:
    params = {"AliasName": existing.physical_id, "TargetKeyId": resource.properties["TargetKeyId"]}
    context.operate(_SERVICE, "UpdateAlias", params)
    return Made(existing.physical_id, existing.attributes)


def _delete_alias(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteAlias", {"AliasName": existing.physical_id})


TYPES: Mapping[str, ResourceType] = {
    "AWS::KMS::Key": ResourceType(
        takes=frozenset(
            {
                *("Description", "EnableKeyRotation", "KeyPolicy", "KeySpec", "KeyUsage", "MultiRegion", "Origin"),
                *("PendingWindowInDays", "Tags"),
            }
        ),
        create=_create_key,
        update=_update_key,
        delete=_delete_key,
        means_nothing=frozenset({"BypassPolicyLockoutSafetyCheck", "RotationPeriodInDays"}),
        replaced_by=frozenset({"KeySpec", "KeyUsage", "MultiRegion", "Origin"}),
    ),
    "AWS::KMS::Alias": ResourceType(
        takes=frozenset({"AliasName", "TargetKeyId"}),
        create=_create_alias,
        update=_update_alias,
        delete=_delete_alias,
        named_by="AliasName",
    ),
}
