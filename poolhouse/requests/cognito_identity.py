"""Cognito identity pools.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_ON_EVERYTHING = frozenset({"CreateIdentityPool", "DeleteIdentities", "DescribeIdentity", "ListIdentityPools"})


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the pool it names. Whether roles may be passed on, SetIdentityPoolRoles asks itself."""
    resource = str(params.get("ResourceArn") or "*")
    if params.get("IdentityPoolId") and operation not in _ON_EVERYTHING:
        resource = scope.arn("cognito-identity", f"identitypool/{params['IdentityPoolId']}")
    keys = tag_keys(params.get("IdentityPoolTags") or params.get("Tags"))
    if "TagKeys" in params:
        keys = {"aws:TagKeys": [str(key) for key in params["TagKeys"]]}
    return [Asked(f"cognito-identity:{operation}", resource, keys)]
