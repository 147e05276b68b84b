"""Cognito user pools: every operation is about one pool, or about none.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_PASSED_TO = {"iam:PassedToService": "cognito-identity.amazonaws.com"}  # which service AWS says is a guess


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the pool it names; a group's role is passed to whoever gives its keys out."""
    resource = str(params.get("ResourceArn") or "*")
    if "UserPoolId" in params:
        resource = scope.arn("cognito-idp", f"userpool/{params['UserPoolId']}")
    keys = tag_keys(params.get("UserPoolTags") or params.get("Tags"))
    if "TagKeys" in params:
        keys = {"aws:TagKeys": [str(key) for key in params["TagKeys"]]}
    found = [Asked(f"cognito-idp:{operation}", resource, keys)]
    if operation in ("CreateGroup", "UpdateGroup") and params.get("RoleArn"):
        found.append(Asked("iam:PassRole", str(params["RoleArn"]), _PASSED_TO))
    return found
