"""AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
"""

import json
from collections.abc import Mapping
from typing import Any

from poolhouse.template.document import Made
from poolhouse.template.resources.base import Context, Existing, Resource, ResourceType, only

_SERVICE = "sns"
_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId")
_DEFAULT = "__default_policy_ID"
_OF_OWNERS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe"),
    *("ListSubscriptionsByTopic", "Publish"),
)
_OF_SUBSCRIPTIONS = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery")


def _name(_context: Context, resource: Resource) -> str:
    return str(resource.properties.get("TopicName", resource.name))


def _exists(context: Context, resource: Resource) -> bool:
    arn = context.arn("sns", _name(context, resource))
    return context.found(_SERVICE, "GetTopicAttributes", {"TopicArn": arn})


def _create(context: Context, resource: Resource) -> Made:
    name = _name(context, resource)
    attributes = {key: _text(value) for key, value in only(resource.properties, *_ATTRIBUTES).items()}
    params: dict[str, Any] = {"Name": name, "Attributes": attributes, "Tags": resource.properties.get("Tags", [])}
    arn = str(context.operate(_SERVICE, "CreateTopic", params)["TopicArn"])
    context.begun(arn)
    for one in resource.properties.get("Subscription", ()):
        context.operate(_SERVICE, "Subscribe", {"TopicArn": arn, **one})
    return Made(arn, {"TopicArn": arn, "TopicName": name})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _update(context: Context, resource: Resource, existing: Existing) -> Made:
    arn, before, after = existing.physical_id, existing.properties, resource.properties
    for name in _ATTRIBUTES:
        if before.get(name) != after.get(name):
            asked = {"TopicArn": arn, "AttributeName": name, "AttributeValue": _text(after.get(name, ""))}
            context.operate(_SERVICE, "SetTopicAttributes", asked)
    were, wanted = before.get("Subscription", ()), after.get("Subscription", ())
    for one in wanted:
        if one not in were:
            context.operate(_SERVICE, "Subscribe", {"TopicArn": arn, **one})
    gone = [(one["Protocol"], one["Endpoint"]) for one in were if one not in wanted]
    listed = context.operate(_SERVICE, "ListSubscriptionsByTopic", {"TopicArn": arn}).get("Subscriptions") or []
    for one in listed:
        if (one["Protocol"], one["Endpoint"]) in gone:
            context.operate(_SERVICE, "Unsubscribe", {"SubscriptionArn": one["SubscriptionArn"]})
    return Made(arn, existing.attributes)


def _delete(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "DeleteTopic", {"TopicArn": existing.physical_id})


def _subscribe(context: Context, resource: Resource) -> Made:
    properties = resource.properties
    params = {**only(properties, "TopicArn", "Protocol", "Endpoint"), "ReturnSubscriptionArn": True}
    attributes = {key: _attribute(value) for key, value in only(properties, *_OF_SUBSCRIPTIONS).items()}
    if attributes:
        params["Attributes"] = attributes
    arn = str(context.operate(_SERVICE, "Subscribe", params)["SubscriptionArn"])
    return Made(arn, {"Arn": arn})


def _attribute(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else _text(value)


def _change_subscription(context: Context, resource: Resource, existing: Existing) -> Made:
    defaults = {"FilterPolicy": "{}", "FilterPolicyScope": "MessageAttributes", "RawMessageDelivery": "false"}
    for name in _OF_SUBSCRIPTIONS:
        if existing.properties.get(name) != resource.properties.get(name):
            value = _attribute(resource.properties[name]) if name in resource.properties else defaults[name]
            asked = {"SubscriptionArn": existing.physical_id, "AttributeName": name, "AttributeValue": value}
            context.operate(_SERVICE, "SetSubscriptionAttributes", asked)
    return Made(existing.physical_id, existing.attributes)


def _unsubscribe(context: Context, existing: Existing) -> None:
    context.operate(_SERVICE, "Unsubscribe", {"SubscriptionArn": existing.physical_id})


def _put_policy(context: Context, resource: Resource) -> Made:
    document = resource.properties["PolicyDocument"]
    for arn in resource.properties["Topics"]:
        _set_policy(context, arn, document if isinstance(document, str) else json.dumps(document))
    return Made(resource.name, {"Id": resource.name})


def _replace_policy(context: Context, resource: Resource, existing: Existing) -> Made:
    _clear(context, [arn for arn in existing.properties["Topics"] if arn not in resource.properties["Topics"]])
    _put_policy(context, resource)
    return Made(existing.physical_id, existing.attributes)


def _delete_policy(context: Context, existing: Existing) -> None:
    _clear(context, existing.properties["Topics"])


def _clear(context: Context, arns: list[str]) -> None:
    """A topic is never without a policy: it gets the one it was made with, which lets its owner's account do all."""
    for arn in arns:
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"SNS:{action}" for action in _OF_OWNERS],
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
        }
        _set_policy(context, arn, json.dumps({"Version": "2008-10-17", "Id": _DEFAULT, "Statement": [statement]}))


def _set_policy(context: Context, arn: str, text: str) -> None:
    asked = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": text}
    context.operate(_SERVICE, "SetTopicAttributes", asked)


TYPES: Mapping[str, ResourceType] = {
    "AWS::SNS::Topic": ResourceType(
        takes=frozenset({*_ATTRIBUTES, "Subscription", "Tags", "TopicName"}),
        means_nothing=frozenset({"SignatureVersion", "TracingConfig"}),
        not_run=frozenset(
            {
                *("ArchivePolicy", "ContentBasedDeduplication", "DataProtectionPolicy", "DeliveryStatusLogging"),
                *("FifoThroughputScope", "FifoTopic"),
            }
        ),
        create=_create,
        update=_update,
        delete=_delete,
        exists=_exists,
        also_gives=frozenset({"TopicName"}),
    ),
    "AWS::SNS::Subscription": ResourceType(
        takes=frozenset({*_OF_SUBSCRIPTIONS, "Endpoint", "Protocol", "TopicArn"}),
        means_nothing=frozenset({"Region"}),
        not_run=frozenset({"DeliveryPolicy", "RedrivePolicy", "ReplayPolicy", "SubscriptionRoleArn"}),
        create=_subscribe,
        update=_change_subscription,
        delete=_unsubscribe,
    ),
    "AWS::SNS::TopicPolicy": ResourceType(
        takes=frozenset({"PolicyDocument", "Topics"}),
        create=_put_policy,
        update=_replace_policy,
        delete=_delete_policy,
    ),
}
