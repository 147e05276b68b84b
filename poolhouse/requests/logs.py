"""CloudWatch Logs: groups and streams by name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ON_STREAMS = frozenset({"PutLogEvents", "GetLogEvents", "DeleteLogStream"})


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the group or stream it names."""
    keys = tag_keys(params.get("tags") if isinstance(params.get("tags"), dict) else None)
    given = params.get("resourceArn") or params.get("logGroupIdentifier") or params.get("logGroupArn")
    name = str(params.get("logGroupName") or params.get("logGroupNamePrefix") or "")
    if given:
        resource = str(given)
    elif operation in _ON_STREAMS:
        resource = scope.arn("logs", f"log-group:{name}:log-stream:{params.get('logStreamName', '')}")
    else:
        resource = scope.arn("logs", f"log-group:{name}:*") if name else "*"
    if operation == "DescribeLogGroups":
        resource = scope.arn("logs", f"log-group:{name}:*")
    return [Asked(f"logs:{operation}", resource, keys)]
