"""An app whose users sign in at an OpenID Connect provider of its pool, and a browser's way there and back."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from poolhouse.testing import LocalCloud
from poolhouse.web import Response
from tests.poolhouse.oauth.oidc_provider import CLIENT_ID, SECRET, OidcProvider

CALLBACK = "https://app.example.com/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
MAPPING = {"email": "email", "name": "name", "custom:team": "groups"}


class App:
    """An app whose users come from a provider called Corp."""

    def __init__(self, cloud: LocalCloud, cognito: Any, provider: OidcProvider, **pool: Any) -> None:
        team = {"Name": "team", "AttributeDataType": "String", "Mutable": True}
        schema = [team, *pool.pop("Schema", [])]
        made = cognito.create_user_pool(PoolName="p", Schema=schema, **pool)["UserPool"]["Id"]
        self._open(cloud, cognito, provider, made, MAPPING)

    @classmethod
    def of_pool(cls, cloud: LocalCloud, provider: OidcProvider, pool_id: str, mapping: dict[str, str]) -> "App":
        """One of a pool that is there."""
        app = cls.__new__(cls)
        app._open(cloud, cloud.client("cognito-idp"), provider, pool_id, mapping)
        return app

    def _open(
        self, cloud: LocalCloud, cognito: Any, provider: OidcProvider, pool_id: str, mapping: dict[str, str]
    ) -> None:
        self.cloud, self.cognito, self.provider, self.pool_id = cloud, cognito, provider, pool_id
        details = {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "authorize_scopes": "openid email",
            "attributes_request_method": "GET",
            "oidc_issuer": provider.issuer,
        }
        cognito.create_identity_provider(
            UserPoolId=self.pool_id,
            ProviderName="Corp",
            ProviderType="OIDC",
            ProviderDetails=details,
            AttributeMapping=mapping,
            IdpIdentifiers=["corp.example.com"],
        )
        self.client_id = self.client()

    def client(self, **changes: Any) -> str:
        settings = {
            "CallbackURLs": [CALLBACK],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code", "implicit"],
            "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
            "SupportedIdentityProviders": ["Corp"],
            **changes,
        }
        made = self.cognito.create_user_pool_client(UserPoolId=self.pool_id, ClientName="app", **settings)
        return str(made["UserPoolClient"]["ClientId"])

    def authorize(self, **changes: str | None) -> Response:
        query = {"response_type": "code", "client_id": self.client_id, "redirect_uri": CALLBACK, **changes}
        sent = urlencode({name: value for name, value in query.items() if value is not None})
        return self.cloud.fetch("GET", f"/oauth2/authorize?{sent}")

    def come_back(self, url: str, cookie: str) -> Response:
        parts = urlsplit(url)
        return self.cloud.fetch("GET", f"{parts.path}?{parts.query}", headers={"cookie": cookie})

    def sign_in(self, **changes: str | None) -> Response:
        """The browser's whole way, to the answer that sends it back to the app."""
        away = self.authorize(**changes)
        return self.come_back(self.provider.sign_in(header(away, "Location")), cookie_of(away))

    def code(self, **changes: str | None) -> str:
        return told(self.sign_in(**changes))["code"]

    def exchange(self, code: str | None, **changes: str | None) -> tuple[int, dict[str, Any]]:
        form = {"grant_type": "authorization_code", "client_id": self.client_id, "code": code, "redirect_uri": CALLBACK}
        body = urlencode({name: value for name, value in {**form, **changes}.items() if value is not None})
        headers = {"content-type": "application/x-www-form-urlencoded"}
        response = self.cloud.fetch("POST", "/oauth2/token", headers=headers, body=body.encode())
        return response.status, json.loads(response.body)

    def user(self, name: str = "Corp_42") -> dict[str, Any]:
        return dict(self.cognito.admin_get_user(UserPoolId=self.pool_id, Username=name))

    def attributes(self, name: str = "Corp_42") -> dict[str, str]:
        return {one["Name"]: one["Value"] for one in self.user(name)["UserAttributes"]}

    def with_triggers(self, **triggers: Any) -> None:
        self.cognito.update_user_pool(UserPoolId=self.pool_id, LambdaConfig=triggers)


def header(response: Response, name: str) -> str:
    return dict(response.headers)[name]


def cookie_of(response: Response) -> str:
    return header(response, "Set-Cookie").partition(";")[0]


def told(response: Response) -> dict[str, str]:
    """What the app is told by the redirect, which must be to it."""
    assert response.status == 302
    location = header(response, "Location")
    assert location.startswith(CALLBACK)
    parts = urlsplit(location)
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))
