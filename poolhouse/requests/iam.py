"""IAM: users, groups, roles, policies, providers, each by its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Sequence

from poolhouse.requests.asked import CALLER, Asked, Params, Scope

# The parameter that names what an operation is on, and the kind of resource; the first one that is there.
_NAMED_BY = (
    ("PolicyArn", ""),
    ("SAMLProviderArn", ""),
    ("OpenIDConnectProviderArn", ""),
    ("RoleName", "role/"),
    ("UserName", "user/"),
    ("GroupName", "group/"),
    ("InstanceProfileName", "instance-profile/"),
    ("PolicyName", "policy/"),
)
# A policy is attached to, or held by, what is named beside it.
_ON_HOLDER = ("Attach", "Detach", "PutUser", "PutRole", "PutGroup", "DeleteUser", "DeleteRole", "DeleteGroup")


_LISTS = {
    "ListGroups": "group/",
    "ListInstanceProfiles": "instance-profile/",
    "ListRoles": "role/",
    "ListUsers": "user/",
}
# Where no user is named, the one who asks is meant. (Of a key that is deleted or changed, moto takes the owner.)
_ON_ONESELF = frozenset({"CreateAccessKey", "GetUser", "ListAccessKeys"})
# What somebody or something is put into, or taken out of, is what the operation is on.
_ON_CONTAINER = {
    "AddUserToGroup": "GroupName",
    "RemoveUserFromGroup": "GroupName",
    "AddRoleToInstanceProfile": "InstanceProfileName",
    "RemoveRoleFromInstanceProfile": "InstanceProfileName",
}


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on what it names; on oneself where a user is meant and none is named."""
    keys = {}
    if operation.startswith(("Attach", "Detach")) and params.get("PolicyArn"):
        keys["iam:PolicyARN"] = str(params["PolicyArn"])
    if params.get("PermissionsBoundary"):
        keys["iam:PermissionsBoundary"] = str(params["PermissionsBoundary"])
    for parameter, kind in _named_by(operation):
        if params.get(parameter):
            name = str(params[parameter])
            arn = _arn(operation, kind, name, params, scope)
            found = [Asked(f"iam:{operation}", arn, keys, shown=_shown(operation, kind, name))]
            if operation == "AddRoleToInstanceProfile":
                found.append(Asked("iam:PassRole", _arn("", "role/", str(params.get("RoleName", "")), params, scope)))
            return found
    if operation in _LISTS:
        below = str(params.get("PathPrefix", "/")).removeprefix("/")
        return [Asked(f"iam:{operation}", scope.global_arn("iam", f"{_LISTS[operation]}{below}"), keys)]
    return [Asked(f"iam:{operation}", CALLER if operation in _ON_ONESELF else "*", keys)]


def _shown(operation: str, kind: str, name: str) -> str:
    """A refusal says "role cook" for most operations, and the whole ARN of what would be created."""
    if kind == "policy/" or (not kind and ":policy/" in name):
        return f"policy {name}"
    return "" if not kind or operation.startswith("Create") else f"{kind.rstrip('/').replace('-', ' ')} {name}"


def _named_by(operation: str) -> Sequence[tuple[str, str]]:
    if operation in _ON_CONTAINER:
        return [(name, kind) for name, kind in _NAMED_BY if name == _ON_CONTAINER[operation]]
    return _NAMED_BY[3:6] if operation.startswith(_ON_HOLDER) else _NAMED_BY


def _arn(operation: str, kind: str, name: str, params: Params, scope: Scope) -> str:
    """What is there has its path in its ARN, which only a creation says."""
    if not kind:
        return name
    path = str(params.get("Path", "/")).strip("/") if operation.startswith("Create") else ""
    there = "" if operation.startswith("Create") else scope.iam_arn(kind.rstrip("/"), name)
    return there or scope.global_arn("iam", f"{kind}{path}/{name}" if path else f"{kind}{name}")
