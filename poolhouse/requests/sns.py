"""SNS: topics by their ARN.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ON_SUBSCRIPTIONS = ("GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe")


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation on its topic; a message to a telephone number is on "*"."""
    action = f"sns:{operation.removesuffix('Batch')}"
    keys = tag_keys(params.get("Tags"))
    if operation == "CreateTopic":
        resource = scope.arn("sns", str(params.get("Name") or ""))
        return [Asked(one, resource, keys) for one in (action, *(["sns:TagResource"] if keys else []))]
    if operation == "Subscribe":
        keys = {**keys, "sns:Protocol": str(params.get("Protocol")), "sns:Endpoint": str(params.get("Endpoint"))}
    if operation in _ON_SUBSCRIPTIONS:
        return [Asked(action, str(params.get("SubscriptionArn") or "*").rpartition(":")[0] or "*")]
    # Whichever of several the service takes, it has been decided on.
    named = [str(params[name]) for name in ("TopicArn", "TargetArn", "ResourceArn") if params.get(name)]
    if params.get("PhoneNumber") or not named:
        named.append("*")
    return [Asked(action, one, keys) for one in dict.fromkeys(named)]
