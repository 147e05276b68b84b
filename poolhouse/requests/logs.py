"""CloudWatch Logs: groups and streams by name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ARNS = ("resourceArn", "logGroupIdentifier", "logGroupArn")
_SEVERAL = ("logGroupNames", "logGroupIdentifiers", "logGroupArnList")
_ON_STREAMS = frozenset({"PutLogEvents", "GetLogEvents", "DeleteLogStream"})


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on each group or stream it names, by name or ARN."""
    keys = tag_keys(params.get("tags") if isinstance(params.get("tags"), dict) else None)
    return [Asked(f"logs:{operation}", resource, keys) for resource in _resources(operation, params, scope)]


def _resources(operation: str, params: Params, scope: Scope) -> list[str]:
    prefix = str(params.get("logGroupNamePrefix") or "")
    if operation == "DescribeLogGroups":
        return [scope.arn("logs", f"log-group:{prefix}:*")]
    given = [str(params[name]) for name in _ARNS if params.get(name)]
    several = [one for name in _SEVERAL if isinstance(params.get(name), list) for one in params[name]]
    names = [str(params.get("logGroupName") or prefix), *map(str, several), *given]
    end = f"log-stream:{params.get('logStreamName', '')}" if operation in _ON_STREAMS else "*"
    return [_arn(name, end, scope) for name in names if name] or ["*"]


def _arn(named: str, end: str, scope: Scope) -> str:
    return named if named.startswith("arn:") else scope.arn("logs", f"log-group:{named}:{end}")
