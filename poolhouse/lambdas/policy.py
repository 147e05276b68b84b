"""A function's resource policy: may this service invoke it, for this resource, and what does it say of principals?

https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from poolhouse.iam import matching
from poolhouse.iam.context import Context
from poolhouse.iam.matching import Matcher
from poolhouse.lambdas.entities import Permission

_NO_KEYS = Context({})
_INVOKE = ("lambda:InvokeFunction", "lambda:*", "*")


def is_permitted(permissions: Iterable[Permission], *, service: str, source_arn: str, source_account: str) -> bool:
    """Whether one of these statements lets a service invoke on behalf of a resource."""
    return any(
        permission.principal in (service, "*")
        and permission.action in _INVOKE
        and (permission.source_arn is None or arn_like(permission.source_arn, source_arn))
        and permission.source_account in (None, source_account)
        for permission in permissions
    )


def document(permissions: Iterable[Permission], function_arn: str) -> str:
    """These statements as a policy in JSON, as Lambda's GetPolicy gives it; empty where there are none."""
    statements = [_statement(permission, function_arn) for permission in permissions]
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return json.dumps(policy) if statements else ""


def _statement(permission: Permission, function_arn: str) -> dict[str, Any]:
    condition: dict[str, Any] = {}
    if permission.source_arn is not None:
        condition["ArnLike"] = {"AWS:SourceArn": permission.source_arn}
    if permission.source_account is not None:
        condition["StringEquals"] = {"AWS:SourceAccount": permission.source_account}
    return {
        "Sid": permission.statement_id,
        "Effect": "Allow",
        "Principal": _principal(permission.principal),
        "Action": permission.action,
        "Resource": function_arn,
        **({"Condition": condition} if condition else {}),
    }


def _principal(named: str) -> Any:
    if named == "*":
        return "*"
    return {"Service": named} if named.endswith(".amazonaws.com") else {"AWS": named}


def arn_like(pattern: str, arn: str) -> bool:
    """IAM's ArnLike: each of the six parts between colons is matched by itself, with * and ? in it."""
    return _pattern(pattern)(arn, _NO_KEYS)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> Matcher:
    return matching.arn(pattern, has_variables=False)
