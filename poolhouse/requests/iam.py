"""IAM: users, groups, roles, policies, providers, each by its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from poolhouse.requests.asked import Asked, Params, Scope

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


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on what it names; on oneself where a user is meant and none is named."""
    named_by = _NAMED_BY[3:6] if operation.startswith(_ON_HOLDER) else _NAMED_BY
    keys = {}
    if operation.startswith(("Attach", "Detach")) and params.get("PolicyArn"):
        keys["iam:PolicyARN"] = str(params["PolicyArn"])
    if params.get("PermissionsBoundary"):
        keys["iam:PermissionsBoundary"] = str(params["PermissionsBoundary"])
    for parameter, kind in named_by:
        if params.get(parameter):
            name = str(params[parameter])
            path = str(params.get("Path", "/")).strip("/")
            inner = f"{path}/{name}" if path and kind else name
            return [Asked(f"iam:{operation}", scope.global_arn("iam", f"{kind}{inner}") if kind else name, keys)]
    return [Asked(f"iam:{operation}", "*", keys)]
