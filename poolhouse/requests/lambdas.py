"""Lambda: one function, by name or ARN, with its qualifier.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from poolhouse.requests.asked import Asked, Params, Scope


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, which for Invoke IAM calls InvokeFunction."""
    name = str(params.get("FunctionName") or "")
    action = "InvokeFunction" if operation in ("Invoke", "InvokeAsync", "InvokeWithResponseStream") else operation
    if not name:
        return [Asked(f"lambda:{action}")]
    arn = name if name.startswith("arn:") else scope.arn("lambda", f"function:{name.rpartition('function:')[2]}")
    qualifier = params.get("Qualifier")
    return [Asked(f"lambda:{action}", f"{arn}:{qualifier}" if qualifier else arn)]
