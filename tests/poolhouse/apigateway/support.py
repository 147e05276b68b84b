"""A REST API as the SAM translator writes it, in front of functions that answer what a test tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from poolhouse.apigateway.entities import RestApi
from poolhouse.apigateway.gateway import Gateway
from poolhouse.call import Call, Invocation
from poolhouse.cognito_idp.flows import keys
from poolhouse.files import Files
from poolhouse.guard import Guard
from poolhouse.jose.keys import KeyPair, generate
from poolhouse.jose.sign import sign
from poolhouse.moto_services import MotoServices
from poolhouse.principal import ANONYMOUS, Principal
from poolhouse.store import Store
from poolhouse.web import Request, Response
from poolhouse.wire.sigv4 import Verifier

NOW = datetime(2026, 9, 24, 13, 50, 4, tzinfo=UTC)
POOL = "us-east-1_AAAAAAAAA"
OTHER_POOL = "us-east-1_BBBBBBBBB"
ISSUER_BASE = "http://localhost:4566"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:Items"
INVOCATION = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
REQUEST_ID = "7f1d2c3b-0000-4000-8000-000000000001"

PROXY = {"httpMethod": "POST", "type": "aws_proxy", "uri": INVOCATION}
PREFLIGHT = {
    "type": "mock",
    "requestTemplates": {"application/json": '{\n  "statusCode" : 200\n}\n'},
    "responses": {
        "default": {
            "statusCode": "200",
            "responseTemplates": {"application/json": "{}\n"},
            "responseParameters": {
                "method.response.header.Access-Control-Allow-Origin": "'*'",
                "method.response.header.Access-Control-Allow-Methods": "'GET,POST'",
                "method.response.header.Access-Control-Allow-Headers": "'authorization,content-type'",
            },
        }
    },
}


def proxied(*security: Mapping[str, list[str]]) -> dict[str, Any]:
    """An operation that runs the function."""
    return {"x-amazon-apigateway-integration": PROXY, "security": list(security), "responses": {}}


def authorizer(pool_id: str = POOL, **details: object) -> dict[str, Any]:
    """A security definition of a Cognito authorizer."""
    return {
        "in": "header",
        "type": "apiKey",
        "name": "Authorization",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {
            "type": "cognito_user_pools",
            "providerARNs": [f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool_id}"],
            **details,
        },
    }


PATHS = {
    "/": {"get": proxied()},
    "/items": {
        "get": proxied({"Pool": []}),
        "post": proxied({"Pool": ["items/write", "items/admin"]}),
        "options": {"x-amazon-apigateway-integration": PREFLIGHT},
    },
    "/items/{id}": {"get": proxied({"NONE": []})},
    "/iam": {"get": proxied({"AWS_IAM": []})},
    "/lambda": {"get": proxied({"Lambda": []})},
    "/keyed": {"get": proxied({"api_key": []}, {"Pool": []})},
    "/undefined": {"get": proxied({"Nowhere": []})},
    "/narrow": {"get": proxied({"Narrow": []})},
    "/open/{proxy+}": {"x-amazon-apigateway-any-method": proxied()},
}
SECURITY = {
    "Pool": authorizer(),
    "Narrow": authorizer(identityValidationExpression="web-.*"),
    "AWS_IAM": {"x-amazon-apigateway-authtype": "awsSigv4", "type": "apiKey", "name": "Authorization", "in": "header"},
    "Lambda": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": INVOCATION},
    },
    "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
}


def rest_api(**changes: Any) -> RestApi:
    """The API of these tests; `changes` are members of its body."""
    body = {"swagger": "2.0", "paths": PATHS, "securityDefinitions": SECURITY, **changes}
    return RestApi("api1", "Items", body, NOW, NOW, stages={"prod": {"DeploymentId": "dep123"}})


@dataclass
class Functions:
    """Stands where Lambda does: remembers what it was called with, and answers as told."""

    answer: object = field(default_factory=lambda: {"statusCode": 200, "body": "hello"})
    calls: list[dict[str, Any]] = field(default_factory=list)
    raises: Exception | None = None
    error: Mapping[str, Any] | None = None

    def __call__(
        self, function_arn: str, event: bytes, *, service: str, source_arn: str, timeout: timedelta | None = None
    ) -> Invocation:
        event_read = msgspec.json.decode(event)
        self.calls.append(
            {
                "arn": function_arn,
                "event": event_read,
                "service": service,
                "source_arn": source_arn,
                "timeout": timeout,
            }
        )
        if self.raises is not None:
            raise self.raises
        payload = self.answer if isinstance(self.answer, bytes) else msgspec.json.encode(self.answer)
        return Invocation(payload, self.error)

    @property
    def event(self) -> dict[str, Any]:
        """What the function got last."""
        event: dict[str, Any] = self.calls[-1]["event"]
        return event


WHERE: dict[str, Any] = {"account_id": "123456789012", "region": "us-east-1"}


class Api:
    """The gateway with one API and two user pools behind it."""

    def __init__(self, store: Store) -> None:
        self.now = NOW
        self.store = store
        self.functions = Functions()
        self.gateway = Gateway(self.call, self.verify)
        self.deploy(rest_api())

    def verify(self, request: Request, service: str) -> Principal:
        """Who signed; these keys are the account's root user."""
        verifier = Verifier(self.store, clock=lambda: self.now, account_id=WHERE["account_id"])
        return verifier.verify(request, service=service)

    def make_keys(self) -> None:
        """Give both pools their signing keys: once for a store, since making them takes long."""
        made = [key for pool in (POOL, OTHER_POOL) for key in keys.create(self.call(), pool)]
        with self.store.write() as tx:
            for key in made:
                tx.signing_keys.put(key)

    def call(self, _: Request | None = None) -> Call:
        return Call(
            now=self.now,
            principal=ANONYMOUS,
            **WHERE,
            request_id=REQUEST_ID,
            origin=ISSUER_BASE,
            issuer_base=ISSUER_BASE,
            store=self.store,
            invoke=self.functions,
            invoke_later=lambda *_, **__: None,
            operate=lambda *_: {},
            authority=Guard(MotoServices(self.store, Files(None), **WHERE), **WHERE),
            deliver=lambda _: None,
            new_id=lambda: REQUEST_ID,
            new_key=generate,
            files=Files(None),
            start_job=lambda *_: None,
        )

    def deploy(self, api: RestApi) -> None:
        with self.store.write() as tx:
            tx.rest_apis.put(api)

    def request(self, method: str, path: str, *, query: str = "", body: bytes = b"", **headers: str) -> Response:
        """Ask the gateway; header names with _ for -."""
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return self.gateway.handle(Request(method, path, query, pairs, body, port=3000))

    def key(self, use: str, pool_id: str = POOL) -> KeyPair:
        return keys.signing_key(self.call(), pool_id, use)

    def token(self, use: str, /, pool_id: str = POOL, **claims: object) -> str:
        """A token as the pool issues it, good for an hour."""
        issued_at = int(self.now.timestamp())
        given = {
            "sub": "64684428-c021-7049-51b0-d218e66ffecd",
            "token_use": use,
            "iss": f"{ISSUER_BASE}/{pool_id}",
            "exp": issued_at + 3600,
            "iat": issued_at,
            **({"aud": "web-client"} if use == "id" else {"client_id": "web-client"}),
        }
        return sign(self.key(use, pool_id), given | claims)
