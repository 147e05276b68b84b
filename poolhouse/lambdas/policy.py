"""A function's resource policy: may this service invoke it, for this resource?

https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from collections.abc import Iterable
from functools import lru_cache

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


def arn_like(pattern: str, arn: str) -> bool:
    """IAM's ArnLike: each of the six parts between colons is matched by itself, with * and ? in it."""
    return _pattern(pattern)(arn, _NO_KEYS)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> Matcher:
    return matching.arn(pattern, has_variables=False)
