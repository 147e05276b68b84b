"""Swagger's security definitions, read: what each method asks of its caller.

The shapes are those aws-sam-translator writes, from
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_OPEN = "NONE"  # what the SAM translator writes for a method that opts out of the default authorizer
_EXPRESSION = "identityValidationExpression"
_TTL = 300  # seconds


@dataclass(frozen=True, slots=True)
class CognitoAuthorizer:
    """A COGNITO_USER_POOLS authorizer: the token is in `header` (lower case) and was issued by any of the pools."""

    name: str
    header: str
    pool_ids: tuple[str, ...]
    audience: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class IamAuthorizer:
    """AWS_IAM: the request is signed with AWS keys."""

    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of a caller's identity is: "header", "querystring", "stageVariables" or "context", and its name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class LambdaAuthorizer:
    """A function that decides. `kind` is "TOKEN", with one header, or "REQUEST"; `ttl` how many seconds it is good for.

    A token that `expression` does not match is refused without asking.
    """

    name: str
    kind: str
    uri: str
    sources: tuple[Source, ...]
    ttl: int
    expression: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class NotBuiltAuthorizer:
    """An authorizer of a kind this cloud does not have yet: it refuses everyone. `name` says which."""

    name: str


Authorizer = CognitoAuthorizer | IamAuthorizer | LambdaAuthorizer | NotBuiltAuthorizer


@dataclass(frozen=True, slots=True)
class Requirement:
    """An authorizer a caller must satisfy, and the scopes of which its token needs any one."""

    authorizer: Authorizer
    scopes: tuple[str, ...] = ()


def requirements(
    security: Iterable[Mapping[str, Sequence[str]]], definitions: Mapping[str, Mapping[str, Any]]
) -> tuple[Requirement, ...]:
    """What a method's `security` asks. Nothing at all only when it is empty or says NONE."""
    return tuple(
        Requirement(parse(name, definitions.get(name)), tuple(scopes))
        for entry in security
        for name, scopes in entry.items()
        if name != _OPEN or name in definitions
    )


def parse(name: str, definition: Mapping[str, Any] | None) -> Authorizer:
    """The authorizer of a security definition."""
    if definition is None:
        return NotBuiltAuthorizer(f"authorizer {name}, which the API does not define")
    kind = str(definition.get("x-amazon-apigateway-authtype", "")).lower()
    if kind == "awssigv4":
        return IamAuthorizer(name)
    details = definition.get("x-amazon-apigateway-authorizer", {})
    try:
        expression = re.compile(details[_EXPRESSION]) if _EXPRESSION in details else None
    except re.error:  # Java's expressions are a little richer than ours
        return NotBuiltAuthorizer(f"the {_EXPRESSION} of authorizer {name}")
    if kind == "cognito_user_pools":
        return CognitoAuthorizer(
            name=name,
            header=str(definition.get("name", "Authorization")).lower(),
            pool_ids=tuple(str(arn).rpartition("/")[2] for arn in details.get("providerARNs", ())),
            audience=expression,
        )
    if kind == "custom" and details.get("authorizerUri") and not details.get("authorizerCredentials"):
        return _lambda(name, definition, details, expression)
    return NotBuiltAuthorizer(_kind(name, kind, definition))


def _lambda(
    name: str, definition: Mapping[str, Any], details: Mapping[str, Any], expression: re.Pattern[str] | None
) -> LambdaAuthorizer:
    kind = str(details.get("type", "token")).upper()
    if kind == "TOKEN":
        sources: tuple[Source, ...] = (Source("header", str(definition.get("name", "Authorization")).lower()),)
    else:
        listed = (one.strip() for one in str(details.get("identitySource") or "").split(","))
        sources = tuple(_source(one) for one in listed if one)
    ttl = int(details.get("authorizerResultTtlInSeconds", _TTL))
    return LambdaAuthorizer(name, kind, str(details["authorizerUri"]), sources, ttl, expression)


def _source(text: str) -> Source:
    """`method.request.header.X`, `method.request.querystring.X`, `stageVariables.X`, `context.X`."""
    kind, _, name = text.removeprefix("method.request.").partition(".")
    return Source(kind, name.lower() if kind == "header" else name)


def _kind(name: str, kind: str, definition: Mapping[str, Any]) -> str:
    details = definition.get("x-amazon-apigateway-authorizer")
    if details is None:
        return f"API key {name}"
    of_role = " with credentials" if details.get("authorizerCredentials") else ""
    return f"{str(details.get('type', kind)).upper()} authorizer {name}{of_role}"
