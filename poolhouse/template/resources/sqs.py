"""AWS::SQS::Queue and AWS::SQS::QueuePolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
"""

import json
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
    tags,
)

_SERVICE = "sqs"
_TEXTS = ("ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue", "FifoThroughputLimit")
_NUMBERS = ("KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod")
_TIMES = ("ReceiveMessageWaitTimeSeconds", "SqsManagedSseEnabled", "VisibilityTimeout")
_ATTRIBUTES = (*_TEXTS, *_NUMBERS, *_TIMES)
_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
    "RedrivePolicy": "",
}


def _name(_context: Context, resource: Resource) -> str:
    ending = ".fifo" if str(resource.properties.get("FifoQueue", "false")).lower() == "true" else ""
    return str(resource.properties.get("QueueName", f"{resource.name}{ending}"))


def _url(context: Context, name: str) -> str:
    return f"{context.cloud.config.origin}/{context.cloud.config.account_id}/{name}"


def _exists(context: Context, resource: Resource) -> bool:
    name = _name(context, resource)
    found = context.operate(_SERVICE, "ListQueues", {"QueueNamePrefix": name}).get("QueueUrls") or []
    return _url(context, name) in found


def _create(context: Context, resource: Resource) -> Made:
    name = _name(context, resource)
    params: dict[str, Any] = {"QueueName": name, "Attributes": _attributes(resource.properties)}
    if resource.properties.get("Tags"):
        params["tags"] = tags(resource.properties["Tags"])
    url = str(context.operate(_SERVICE, "CreateQueue", params)["QueueUrl"])
    arn = context.arn("sqs", name)
    return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


def _attributes(properties: Properties) -> dict[str, str]:
    given = {key: _text(value) for key, value in only(properties, *_ATTRIBUTES).items()}
    for key in ("RedrivePolicy", "RedriveAllowPolicy"):
        if key in properties:
            given[key] = json.dumps(properties[key])
    given.pop("RedriveAllowPolicy", None)  # who may have this queue for dead letters: everybody may
    return {key: value for key, value in given.items() if key != "FifoQueue" or value == "true"}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    before, after = _attributes(existing.properties), _attributes(resource.properties)
    changed = {key: value for key, value in after.items() if before.get(key) != value and key != "FifoQueue"}
    changed |= {key: _DEFAULTS[key] for key in before if key not in after and key in _DEFAULTS}
    queue = {"QueueUrl": existing.physical_id}
    if changed:
        context.operate(_SERVICE, "SetQueueAttributes", {**queue, "Attributes": changed})
    gone, retagged = changed_tags(tags(existing.properties.get("Tags")), tags(resource.properties.get("Tags")))
    if gone:
        context.operate(_SERVICE, "UntagQueue", {**queue, "TagKeys": gone})
    if retagged:
        context.operate(_SERVICE, "TagQueue", {**queue, "Tags": retagged})
    return Made(existing.physical_id, existing.attributes)


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteQueue", {"QueueUrl": existing.physical_id})


def _put_policy(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    document = properties["PolicyDocument"]
    text = document if isinstance(document, str) else json.dumps(document)
    for url in properties["Queues"]:
        context.operate(_SERVICE, "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": text}})
    return Made(resource.name, {"Id": resource.name})


def _replace_policy(context: Context, resource: Resource, existing: Existing) -> Made:
    gone = [url for url in existing.properties["Queues"] if url not in resource.properties["Queues"]]
    _clear(context, gone)
    _put_policy(context, resource)
    return Made(existing.physical_id, existing.attributes)


def _delete_policy(context: Context, existing: Existing) -> None:
    _clear(context, existing.properties["Queues"])


def _clear(context: Context, urls: list[str]) -> None:
    for url in urls:
        context.operate(_SERVICE, "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": ""}})


TYPES: Mapping[str, ResourceType] = {
    "AWS::SQS::Queue": ResourceType(
        takes=frozenset({*_ATTRIBUTES, "QueueName", "RedriveAllowPolicy", "RedrivePolicy", "Tags"}),
        create=_create,
        update=_update,
        delete=_delete,
        exists=_exists,
        also_gives=frozenset({"QueueName"}),
    ),
    "AWS::SQS::QueuePolicy": ResourceType(
        takes=frozenset({"PolicyDocument", "Queues"}),
        create=_put_policy,
        update=_replace_policy,
        delete=_delete_policy,
    ),
}
