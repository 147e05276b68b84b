"""A bucket's CORS configuration, as S3 holds requests of browsers against it: the first rule that fits.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html. moto's own takes any rule for any method.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from poolhouse.web import Header, Request

NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)
NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; origins and headers may have one `*`."""

    origins: Sequence[str]
    methods: Sequence[str]
    headers: Sequence[str] = ()
    exposed: Sequence[str] = ()
    max_age: str = ""


def preflight(rules: Iterable[Rule], request: Request) -> list[Header] | None:
    """The headers of the answer to a preflight; None where no rule fits."""
    origin, method = request.header("origin"), request.header("access-control-request-method")
    asked = [
        name.strip().lower() for name in request.header("access-control-request-headers").split(",") if name.strip()
    ]
    for rule in rules:
        if _fits(rule, origin, method) and all(_matches(rule.headers, name) for name in asked):
            allowed = [("Access-Control-Allow-Headers", ", ".join(asked))] if asked else []
            return [*_headers(rule, origin), *allowed]
    return None


def simple(rules: Iterable[Rule], request: Request) -> list[Header]:
    """The headers beside the answer to a request of a page; none where no rule fits."""
    origin = request.header("origin")
    if not origin:
        return []
    return next((_headers(rule, origin) for rule in rules if _fits(rule, origin, request.method)), [])


def _fits(rule: Rule, origin: str, method: str) -> bool:
    return bool(origin) and method in rule.methods and _matches(rule.origins, origin)


def _matches(patterns: Iterable[str], value: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.lower().split("*"))), value.lower()) is not None
        for pattern in patterns
    )


def _headers(rule: Rule, origin: str) -> list[Header]:
    is_any = "*" in rule.origins
    found = [
        ("Access-Control-Allow-Origin", "*" if is_any else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule.methods)),
    ]
    if not is_any:
        found.append(("Access-Control-Allow-Credentials", "true"))
    if rule.exposed:
        found.append(("Access-Control-Expose-Headers", ", ".join(rule.exposed)))
    if rule.max_age:
        found.append(("Access-Control-Max-Age", rule.max_age))
    return [*found, ("Vary", _VARY)]
