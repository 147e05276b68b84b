"""SQS: queues by their URL or name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ON_ALL = frozenset({"ListQueues"})
_TASKS = ("StartMessageMoveTask", "ListMessageMoveTasks")


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation on its queue; a batch asks for what each of its entries would."""
    action = f"sqs:{operation.removesuffix('Batch')}"
    if operation in _ON_ALL:
        return [Asked(action)]
    if operation in _TASKS:
        return [Asked(action, str(params.get("SourceArn") or "*"))]
    keys = tag_keys(params.get("tags") or params.get("Tags"))
    name = str(params.get("QueueName") or str(params.get("QueueUrl") or "").rpartition("/")[2])
    asked_for = [Asked(action, scope.arn("sqs", name), keys)]
    if operation == "CreateQueue" and keys:
        asked_for.append(Asked("sqs:TagQueue", scope.arn("sqs", name), keys))
    return asked_for
