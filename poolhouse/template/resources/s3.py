"""AWS::S3::Bucket and AWS::S3::BucketPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import (
    Context,
    Existing,
    Properties,
    Resource,
    ResourceType,
    tag_list,
    tags,
    without,
)

_SERVICE = "s3"
_NOT_IN_US = {"us-east-1"}


def _name(_context: Context, resource: Resource) -> str:
    """CloudFormation makes names of buckets in lower case."""
    return str(resource.properties.get("BucketName") or resource.name.lower())


def _exists(context: Context, resource: Resource) -> bool:
    buckets = context.operate(_SERVICE, "ListBuckets", {})["Buckets"]
    return any(bucket["Name"] == _name(context, resource) for bucket in buckets)


def _create(context: Context, resource: Resource) -> Made:
    name, region = _name(context, resource), context.cloud.config.region
    params: dict[str, Any] = {"Bucket": name}
    if region not in _NOT_IN_US:
        params["CreateBucketConfiguration"] = {"LocationConstraint": region}
    context.operate(_SERVICE, "CreateBucket", params)
    context.begun(name)
    _set(context, name, {}, resource.properties)
    return _made(name, region)


def _made(name: str, region: str) -> Made:
    domain = f"{name}.s3.{region}.amazonaws.com"
    return Made(
        name,
        {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
            "RegionalDomainName": domain,
            "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
        },
    )


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    _set(context, existing.physical_id, existing.properties, resource.properties)
    return Made(existing.physical_id, existing.attributes)


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteBucket", {"Bucket": existing.physical_id})


def _set(context: Context, name: str, before: Properties, after: Properties) -> None:
    """Each setting that is another now: put, or deleted where it is not there any more."""
    before, after = _without_private(before), _without_private(after)
    for prop, (put, delete) in _SETTINGS.items():
        if after.get(prop) == before.get(prop):
            continue
        operation, params = put(after[prop]) if prop in after else delete
        context.operate(_SERVICE, operation, {"Bucket": name, **params})


def _without_private(properties: Properties) -> Properties:
    """The properties without the ACL that every bucket has, which one that takes no ACLs may not be given."""
    return without(properties, "AccessControl") if properties.get("AccessControl") == "Private" else properties


def _versioning(value: Properties) -> tuple[str, dict[str, Any]]:
    return "PutBucketVersioning", {"VersioningConfiguration": {"Status": value["Status"]}}


def _cors(value: Properties) -> tuple[str, dict[str, Any]]:
    """CloudFormation's names lack what the API's have."""
    names = {"Id": "ID", "MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"}
    rules = [{names.get(key, key): one for key, one in rule.items()} for rule in value["CorsRules"]]
    return "PutBucketCors", {"CORSConfiguration": {"CORSRules": rules}}


def _encryption(value: Properties) -> tuple[str, dict[str, Any]]:
    rules = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
        for rule in value["ServerSideEncryptionConfiguration"]
        if "ServerSideEncryptionByDefault" in rule
    ]
    return "PutBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _public_access(value: Properties) -> tuple[str, dict[str, Any]]:
    return "PutPublicAccessBlock", {"PublicAccessBlockConfiguration": dict(value)}


def _ownership(value: Properties) -> tuple[str, dict[str, Any]]:
    return "PutBucketOwnershipControls", {"OwnershipControls": {"Rules": value["Rules"]}}


def _access_control(value: str) -> tuple[str, dict[str, Any]]:
    """CloudFormation's names of canned ACLs: PublicRead is public-read."""
    return "PutBucketAcl", {"ACL": re.sub(r"(?<=[a-z])(?=[A-Z])", "-", value).lower()}


def _notifications(value: Properties) -> tuple[str, dict[str, Any]]:
    """CloudFormation's shape of it: one event to a configuration, and rules without their list's name."""
    kinds = {
        "LambdaFunctionConfigurations": ("LambdaConfigurations", "LambdaFunctionArn", "Function"),
        "QueueConfigurations": ("QueueConfigurations", "QueueArn", "Queue"),
        "TopicConfigurations": ("TopicConfigurations", "TopicArn", "Topic"),
    }
    configuration: dict[str, Any] = {
        name: [_notification(one, arn, one[target]) for one in value[listed]]
        for name, (listed, arn, target) in kinds.items()
        if value.get(listed)
    }
    if value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled"):
        configuration["EventBridgeConfiguration"] = {}
    return "PutBucketNotificationConfiguration", {"NotificationConfiguration": configuration}


def _notification(given: Properties, arn: str, target: str) -> dict[str, Any]:
    rules = {"Filter": {"Key": {"FilterRules": given["Filter"]["S3Key"]["Rules"]}}} if "Filter" in given else {}
    return {arn: target, "Events": [given["Event"]], **rules}


def _tags(value: Any) -> tuple[str, dict[str, Any]]:
    return "PutBucketTagging", {"Tagging": {"TagSet": tag_list(tags(value))}}


_SETTINGS: Mapping[str, Any] = {
    "VersioningConfiguration": (
        _versioning,
        ("PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    ),
    "CorsConfiguration": (_cors, ("DeleteBucketCors", {})),
    "BucketEncryption": (_encryption, ("DeleteBucketEncryption", {})),
    "PublicAccessBlockConfiguration": (_public_access, ("DeletePublicAccessBlock", {})),
    "NotificationConfiguration": (
        _notifications,
        ("PutBucketNotificationConfiguration", {"NotificationConfiguration": {}}),
    ),
    "OwnershipControls": (_ownership, ("DeleteBucketOwnershipControls", {})),
    "AccessControl": (_access_control, ("PutBucketAcl", {"ACL": "private"})),
    "Tags": (_tags, ("DeleteBucketTagging", {})),
}


def _put_policy(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    document = properties["PolicyDocument"]
    text = document if isinstance(document, str) else json.dumps(document)
    context.operate(_SERVICE, "PutBucketPolicy", {"Bucket": properties["Bucket"], "Policy": text})
    return Made(str(properties["Bucket"]), {})


def _replace_policy(context: Context, resource: Resource, _existing: Existing) -> Made:
    return _put_policy(context, resource)


def _delete_policy(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteBucketPolicy", {"Bucket": existing.properties["Bucket"]})


TYPES: Mapping[str, ResourceType] = {
    "AWS::S3::Bucket": ResourceType(
        takes=frozenset({*_SETTINGS, "BucketName"}),
        means_nothing=frozenset({"AccelerateConfiguration", "AnalyticsConfigurations", "MetricsConfigurations"}),
        not_run=frozenset(
            {"IntelligentTieringConfigurations", "InventoryConfigurations", "LifecycleConfiguration"}
            | {"LoggingConfiguration", "ReplicationConfiguration", "WebsiteConfiguration"}
        ),
        create=_create,
        update=_update,
        delete=_delete,
        name=_name,
        named_by="BucketName",
        exists=_exists,
    ),
    "AWS::S3::BucketPolicy": ResourceType(
        takes=frozenset({"Bucket", "PolicyDocument"}),
        create=_put_policy,
        update=_replace_policy,
        delete=_delete_policy,
    ),
}
