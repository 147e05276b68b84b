"""A pool with a machine client, made by boto3, and the token endpoint asked over HTTP."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from poolhouse.testing import LocalCloud
from poolhouse.web import Request, Response

SCOPES = ("api/read", "api/write")


@dataclass(frozen=True)
class Server:
    """A cloud with a pool, its domain `acme`, a client `machine` with a secret and a public client `web`."""

    cloud: LocalCloud
    cognito: Any
    pool_id: str
    client_id: str
    secret: str
    web_id: str

    @property
    def issuer(self) -> str:
        return f"{self.cloud.inner.config.issuer_base}/{self.pool_id}"

    def basic(self, client_id: str | None = None, secret: str | None = None) -> str:
        """An Authorization header, for the machine client unless told otherwise."""
        pair = f"{self.client_id if client_id is None else client_id}:{self.secret if secret is None else secret}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def post(
        self,
        path: str,
        form: dict[str, str] | bytes,
        *,
        authorization: str = "",
        content_type: str = "application/x-www-form-urlencoded",
        host: str = "localhost:4566",
    ) -> Response:
        """Send a form."""
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        headers = [("host", host), ("content-type", content_type)]
        if authorization:
            headers.append(("authorization", authorization))
        return self.cloud.inner.handle(Request("POST", path, "", tuple(headers), body, port=4566))

    def get(self, path: str, **headers: str) -> Response:
        """Fetch a path."""
        pairs = (("host", "localhost:4566"), *headers.items())
        return self.cloud.inner.handle(Request("GET", path, "", pairs, port=4566))

    def token(self, form: dict[str, str] | bytes, **options: Any) -> Response:
        """Ask the token endpoint."""
        return self.post("/oauth2/token", form, **options)

    def machine_token(self, scope: str = "") -> dict[str, Any]:
        """A good answer of client_credentials."""
        form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        response = self.token(form, authorization=self.basic())
        assert response.status == 200, response.body
        document: dict[str, Any] = msgspec.json.decode(response.body)
        return document


def make(cloud: LocalCloud, cognito: Any) -> Server:
    """A server as `Server` says."""
    pool_id = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="acme")
    cognito.create_resource_server(
        UserPoolId=pool_id,
        Identifier="api",
        Name="API",
        Scopes=[{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")],
    )
    machine = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="machine",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=list(SCOPES),
        AccessTokenValidity=30,
        TokenValidityUnits={"AccessToken": "minutes"},
    )["UserPoolClient"]
    web = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "api/read"],
        CallbackURLs=["http://localhost:8080/callback"],
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]
    return Server(cloud, cognito, pool_id, machine["ClientId"], machine["ClientSecret"], web["ClientId"])


def error(response: Response) -> tuple[int, dict[str, str]]:
    """Status and document of a refusal."""
    return response.status, msgspec.json.decode(response.body)
