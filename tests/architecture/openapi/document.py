"""The routes as an OpenAPI 3.1 document."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.errors import NoAnswer, ServiceError, Unavailable
from tests.architecture.openapi.examples import EXAMPLES
from tests.architecture.openapi.routes import Model, Route, about, routes
from tests.service_support import template

Json = dict[str, Any]

SCHEMAS = "#/components/schemas/{model}"
# What API Gateway answers before or instead of the function, beside what the authorizer does.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
GATEWAY = {
    400: "It cannot be read.",
    403: "A web application firewall, where there is one, does not let it pass.",
    413: "It is larger than 10 MB.",
    429: "Too many requests: wait a moment, then a longer one.",
    500: "Something went wrong on our side.",
    502: "The function failed.",
    503: "Try again in a moment.",
    504: "The function did not answer in time.",
}
AUTHORIZERS = {
    "UserPoolAuthorizer": {401: "No token, or none that is good here."},
    "RecentSignInAuthorizer": {
        401: "No access token that is good now: signed out counts as well.",
        403: "The sign-in is more than ten minutes ago.",
    },
    "AWS_IAM": {403: "Not signed with good keys, or their policies do not allow it."},
}
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
REMAPPED = {"WWW-Authenticate": "x-amzn-Remapped-WWW-Authenticate"}
REQUEST_HEADERS: dict[str, Json] = {
    "Idempotency-Key": {
        "description": "Chosen by the client, the same for each try: however many arrive, one counts. Kept 48 hours.",
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
        "example": "7b0c1f0a-order-1873",
    },
    "If-Match": {
        "description": "The ETag that was read: it is done to that version alone, or not at all (412).",
        "schema": {"type": "string"},
        "example": '"3"',
    },
}
HEADERS: dict[str, Json] = {
    "ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}},
    "Location": {"description": "Where it is from now on.", "schema": {"type": "string"}},
    "x-amzn-Remapped-WWW-Authenticate": {"description": "How to be let in.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}},
    "X-Correlation-Id": {
        "description": "The request's name in the logs: the client's own (8 to 128 of A-Za-z0-9_-) or a new one.",
        "schema": {"type": "string"},
    },
}
PROBLEM: Json = {
    "description": "What went wrong (RFC 9457): `code` is for programs, `detail` for people.",
    "type": "object",
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "correlation_id": {"type": "string"},
        "errors": {
            "description": "With `invalid`: where, by JSON pointer into the body or by parameter.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["detail"],
            },
        },
        "conflicts": {
            "description": "With `conflict` of a dataset: the records that have moved on.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"key": {"type": "string"}, "sync_count": {"type": "integer"}},
                "required": ["key", "sync_count"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "correlation_id"],
}
GATEWAY_ERROR: Json = {
    "description": "What API Gateway says itself; how it spells the member differs by case.",
    "type": "object",
    "properties": {"message": {"type": ["string", "null"]}, "Message": {"type": "string"}},
    "minProperties": 1,
}


def render() -> Json:
    """The whole document."""
    known = routes()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Poolhouse",
            "version": "1",
            "summary": "Identity for web and mobile apps on Amazon Cognito, API Gateway and Lambda.",
            "description": "Made from template.yaml and src/ by `make docs`. Lists come in pages: `next` is the cursor "
            "of the next one, sent as `cursor`, and null on the last. Unknown members and parameters are refused, "
            "and integers are written without a fraction.",
        },
        "servers": [
            {"url": "http://localhost:3000", "description": "The local cloud"},
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com/{stage}",
                "description": "AWS; the stack's output ApiUrl",
                "variables": {
                    "api": {"default": "a1b2c3d4e5"},
                    "region": {"default": "us-east-1"},
                    "stage": {"default": "dev", "enum": template()["Parameters"]["Stage"]["AllowedValues"]},
                },
            },
        ],
        "tags": [{"name": name, "description": about(name)} for name in dict.fromkeys(route.area for route in known)],
        "paths": _paths(known),
        "components": {
            "securitySchemes": _security_schemes(),
            "headers": HEADERS,
            "responses": _refusals(known),
            "schemas": {**_schemas(known), "Problem": _problem(known), "GatewayError": GATEWAY_ERROR},
        },
    }


def _paths(known: Iterable[Route]) -> Json:
    paths: Json = {}
    for route in known:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return paths


def _operation(route: Route) -> Json:
    body = (
        {"requestBody": {"required": True, "content": {"application/json": _content(route.body)}}} if route.body else {}
    )
    return {
        "operationId": route.name,
        "tags": [route.area],
        "summary": route.summary,
        "description": f"{route.caller}.",
        "security": _security(route),
        "parameters": [
            *(_path_parameter(name, pattern) for name, pattern in route.patterns.items()),
            *(_query_parameters(route.query) if route.query else ()),
            *({"name": name, "in": "header", **REQUEST_HEADERS[name]} for name in route.headers),
        ],
        **body,
        "responses": _responses(route),
    }


def _path_parameter(name: str, pattern: str | None) -> Json:
    bounds = {"pattern": pattern} if pattern else {"minLength": 1, "maxLength": 128}  # as Cognito's names have them
    schema = {"type": "string", **bounds}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(model: Model) -> Iterable[Json]:
    for name, schema in model.model_json_schema()["properties"].items():
        # A parameter is there or not: null is no text, and titles say the name again
        kept: Json = next((one for one in schema.pop("anyOf", []) if one != {"type": "null"}), {})
        wanted = {key: value for key, value in schema.items() if key != "title" and value is not None}
        yield {"name": name, "in": "query", "required": False, "schema": {**kept, **wanted}}


def _security(route: Route) -> list[Json]:
    if route.authorizer == "UserPoolAuthorizer":
        return [{"AccessToken": list(route.scopes)}] if route.scopes else [{"IdToken": []}]
    return [{{"AWS_IAM": "SignatureV4", "RecentSignInAuthorizer": "RecentSignIn"}[route.authorizer]: []}]


def _security_schemes() -> Json:
    server = template()["Resources"]["TransactionsResourceServer"]["Properties"]
    scopes = {f"{server['Identifier']}/{one['ScopeName']}": one["ScopeDescription"] for one in server["Scopes"]}
    token_url = "http://localhost:4566/oauth2/token"
    code = {"authorizationUrl": "http://localhost:4566/oauth2/authorize", "tokenUrl": token_url, "scopes": scopes}
    return {
        "IdToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An ID token of the user pool. Access tokens are refused.",
        },
        "AccessToken": {
            "type": "oauth2",
            "description": "An access token of the user pool with one of the scopes. On AWS the addresses are below "
            "the stack's output Domain. Tokens of sign-ins through Cognito's API have the scopes too.",
            "flows": {"authorizationCode": code, "clientCredentials": {"tokenUrl": token_url, "scopes": scopes}},
        },
        "RecentSignIn": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of the web client with the scope aws.cognito.signin.user.admin, of a "
            "sign-in of the last ten minutes, and not signed out since.",
        },
        "SignatureV4": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "x-amazon-apigateway-authtype": "awsSigv4",
            "description": "Signature Version 4 for execute-api, by keys of the identity pool or of an IAM principal.",
        },
    }


def _responses(route: Route) -> Json:
    answers = {status: _answer(route, status, model) for status, model in route.answers.items()}
    statuses = _refused(route)
    refusals = {int(status): {"$ref": f"#/components/responses/{_name(route, status)}"} for status in statuses}
    return {str(status): response for status, response in sorted({**answers, **refusals}.items())}


def _answer(route: Route, status: int, model: Model | None) -> Json:
    content = {"content": {"application/json": _content(model)}} if model else {}
    told = ["X-Correlation-Id", *(["ETag"] if route.has_etag else []), *(["Location"] if status == 201 else [])]
    return {"description": HTTPStatus(status).phrase, "headers": _headers(told), **content}


def _refused(route: Route) -> list[int]:
    """The statuses of refusals, by the function and by API Gateway."""
    return sorted({*GATEWAY, *AUTHORIZERS[route.authorizer], *(int(error.status) for error in _errors(route))})


def _name(route: Route, status: int) -> str:
    """Refusals of one name are the same: they are written once."""
    codes = [error.code for error in _errors(route) if error.status == status]
    return ".".join([str(status), *codes, *([route.authorizer] if status in AUTHORIZERS[route.authorizer] else [])])


def _refusals(known: Iterable[Route]) -> Json:
    return dict(sorted({_name(route, one): _refusal(route, one) for route in known for one in _refused(route)}.items()))


def _refusal(route: Route, status: int) -> Json:
    errors = [error for error in _errors(route) if error.status == status]
    of_gateway = [text for texts in (AUTHORIZERS[route.authorizer], GATEWAY) if (text := texts.get(status))]
    content: Json = {}
    if errors:
        told = {"properties": {"code": {"enum": [error.code for error in errors]}, "status": {"const": status}}}
        schema = {"allOf": [{"$ref": SCHEMAS.format(model="Problem")}, told]}
        content["application/problem+json"] = {"schema": schema, "example": _example_problem(errors[0])}
    if of_gateway:
        content["application/json"] = {"schema": {"$ref": SCHEMAS.format(model="GatewayError")}}
    sentences = [error.__doc__ or "" for error in errors] + [f"API Gateway: {text}" for text in of_gateway]
    headers = dict.fromkeys(REMAPPED.get(name, name) for error in errors for name in error.headers)
    return {"description": " ".join(sentences), "headers": _headers(headers), "content": content}


def _errors(route: Route) -> list[type[ServiceError]]:
    """What the function refuses, and what went wrong in it, or in AWS behind it."""
    return [*route.refusals, *(e for e in (Unavailable, NoAnswer) if e not in route.refusals), ServiceError]


def _headers(names: Iterable[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _content(model: Model | None) -> Json:
    assert model
    content: Json = {"schema": {"$ref": SCHEMAS.format(model=model.__name__)}}
    return content | ({"example": EXAMPLES[model.__name__]} if model.__name__ in EXAMPLES else {})


def _example_problem(error: type[ServiceError]) -> Json:
    return {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": error.status.value,
        "detail": error.detail,
        "code": error.code,
        "correlation_id": "b1946ac9-2a4e-4f1b-9d3f-6a1f0e6d3c11",
    }


def _schemas(known: Iterable[Route]) -> Json:
    sent = {route.body for route in known if route.body}
    told = {model for route in known for model in route.answers.values() if model}
    models: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in _by_name(sent)]
    models += [(model, "serialization") for model in _by_name(told)]
    _, schemas = models_json_schema(models, ref_template=SCHEMAS)
    return dict(sorted(schemas["$defs"].items()))


def _by_name(models: Iterable[Model]) -> list[Model]:
    return sorted(models, key=lambda model: model.__name__)


def _problem(known: Iterable[Route]) -> Json:
    codes = sorted({error.code for route in known for error in _errors(route)})
    return {**PROBLEM, "properties": {**PROBLEM["properties"], "code": {"type": "string", "enum": codes}}}
