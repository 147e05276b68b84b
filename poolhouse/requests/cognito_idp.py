"""Cognito user pools: every operation is about one pool, or about none.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
"""

from poolhouse.requests.asked import Asked, Params, Scope, tag_keys


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on the pool it names."""
    resource = str(params.get("ResourceArn") or "*")
    if "UserPoolId" in params:
        resource = scope.arn("cognito-idp", f"userpool/{params['UserPoolId']}")
    keys = tag_keys(params.get("UserPoolTags") or params.get("Tags"))
    if "TagKeys" in params:
        keys = {"aws:TagKeys": [str(key) for key in params["TagKeys"]]}
    return [Asked(f"cognito-idp:{operation}", resource, keys)]
