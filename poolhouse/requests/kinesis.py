"""Kinesis Data Streams: streams by name or ARN, and by what a reader was handed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ON_ALL = frozenset({"DescribeAccountSettings", "DescribeLimits", "ListStreams", "UpdateAccountSettings"})
_HANDED = ("ShardIterator", "NextToken")  # both begin with the stream's name
_ON_CONSUMERS = ("ConsumerARN", "ResourceARN")


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation on each stream, or consumer, the request names: by name and ARN both, where it does both."""
    action = f"kinesis:{operation}"
    if operation in _ON_ALL:
        return [Asked(action)]
    keys = tag_keys(params.get("Tags"))
    named = [str(params[name]) for name in ("StreamARN", *_ON_CONSUMERS) if params.get(name)]
    names = [str(params["StreamName"])] if params.get("StreamName") else []
    names += [str(params[name]).partition("/")[0] for name in _HANDED if params.get(name)]
    resources = dict.fromkeys([*named, *(scope.arn("kinesis", f"stream/{name}") for name in names)])
    found = [Asked(action, resource, keys) for resource in resources] or [Asked(action)]
    if operation == "CreateStream" and keys:
        found += [Asked("kinesis:AddTagsToStream", one.resource, keys) for one in found]
    return found
