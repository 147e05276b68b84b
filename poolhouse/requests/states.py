"""Step Functions: state machines, executions and activities by their ARNs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

from collections.abc import Iterable

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_PASSED_TO = {"iam:PassedToService": "states.amazonaws.com"}
_NAMED_BY = (
    *("stateMachineArn", "executionArn", "activityArn", "mapRunArn", "stateMachineVersionArn", "stateMachineAliasArn"),
    "resourceArn",
)
_CREATED = {"CreateStateMachine": "stateMachine", "CreateActivity": "activity"}
_LISTS = frozenset({"ListStateMachines", "ListActivities"})
_WITHOUT = frozenset({"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat", "ValidateStateMachineDefinition"})
_PARTS = 7  # of a state machine's ARN; one more is a version or an alias


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation on what it names; a state machine's role is passed to it."""
    action, resource = f"states:{operation}", "*"
    keys: dict[str, str | Iterable[str] | None] = {**tag_keys(_tags(params))}
    if params.get("tagKeys"):
        keys["aws:TagKeys"] = [str(key) for key in params["tagKeys"]]
    named = next((str(params[name]) for name in _NAMED_BY if params.get(name)), "")
    if operation in _CREATED:
        resource = scope.arn("states", f"{_CREATED[operation]}:{params.get('name', '')}")
    elif named and operation not in _LISTS | _WITHOUT:
        resource, qualifier = _unqualified(named)
        keys["states:StateMachineQualifier"] = qualifier
    found = [Asked(action, resource, keys)]
    if params.get("roleArn"):
        found.append(Asked("iam:PassRole", str(params["roleArn"]), _PASSED_TO))
    return found


def _unqualified(arn: str) -> tuple[str, str | None]:
    """A state machine's ARN without its version or alias, which is a condition key."""
    parts = arn.split(":")
    if parts[5:6] == ["stateMachine"] and len(parts) > _PARTS:
        return ":".join(parts[:_PARTS]), ":".join(parts[_PARTS:])
    return arn, None


def _tags(params: Params) -> dict[str, str]:
    """Its tags' members begin with a small letter."""
    return {str(tag.get("key", "")): str(tag.get("value", "")) for tag in params.get("tags") or ()}
