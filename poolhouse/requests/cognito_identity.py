"""Cognito identity pools.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ON_EVERYTHING = frozenset({"CreateIdentityPool", "DeleteIdentities", "DescribeIdentity", "ListIdentityPools"})


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the pool it names, and that the roles it gives to a pool may be passed on."""
    resource = str(params.get("ResourceArn") or "*")
    if params.get("IdentityPoolId") and operation not in _ON_EVERYTHING:
        resource = scope.arn("cognito-identity", f"identitypool/{params['IdentityPoolId']}")
    keys = tag_keys(params.get("IdentityPoolTags") or params.get("Tags"))
    if "TagKeys" in params:
        keys = {"aws:TagKeys": [str(key) for key in params["TagKeys"]]}
    found = [Asked(f"cognito-identity:{operation}", resource, keys)]
    if operation == "SetIdentityPoolRoles":
        service = {"iam:PassedToService": "cognito-identity.amazonaws.com"}
        found += [Asked("iam:PassRole", arn, service) for arn in sorted(_roles(params))]
    return found


def _roles(params: Params) -> set[str]:
    roles = {str(arn) for arn in (params.get("Roles") or {}).values()}
    for mapping in (params.get("RoleMappings") or {}).values():
        rules = (mapping.get("RulesConfiguration") or {}).get("Rules") or ()
        roles |= {str(rule["RoleARN"]) for rule in rules}
    return roles
