"""A small and real OpenID Connect provider on this machine: discovery, codes, signed ID tokens, userInfo."""

import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "poolhouse-at-the-provider"
SECRET = "the provider's secret"


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass
class OidcProvider:
    """Whoever signs in there is `person`, without a question. The other members spoil one thing each."""

    issuer: str
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "42", "email": "ann@example.com", "name": "Ann"})
    claims: dict[str, Any] = field(default_factory=dict)  # put into the ID token in place of what is right
    user_info: dict[str, Any] | None = None  # in place of the person
    signs_with: int = 0
    algorithm: str = "RS256"
    token_status: int = 200
    answers_with_garbage: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, url: str) -> str:
        """A person follows the redirect to the provider and agrees; where they are sent back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (query["client_id"], query["response_type"]) == (CLIENT_ID, "code")
        self.asked.append(query)
        code = secrets.token_urlsafe()
        self._codes[code] = query
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    def tokens(self, form: dict[str, str]) -> dict[str, object] | None:
        asked = self._codes.pop(form.get("code", ""), None)
        is_client = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, SECRET)
        if asked is None or not is_client or form.get("redirect_uri") != asked["redirect_uri"]:
            return None
        id_token = self.id_token(nonce=asked["nonce"])
        return {"access_token": "opaque", "id_token": id_token, "token_type": "Bearer", "expires_in": 300}

    def id_token(self, **claims: Any) -> str:
        """The person's, for our pool."""
        now = int(time.time())
        told = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300} | claims | self.person | self.claims
        signing = (
            "shared" * 10 if self.algorithm == "HS256" else None if self.algorithm == "none" else key(self.signs_with)
        )
        return jwt.encode(told, signing, self.algorithm, headers={"kid": "1"})  # type: ignore[arg-type]

    def respond(self, method: str, path: str, form: dict[str, str], authorization: str) -> tuple[int, object]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/me",
                "jwks_uri": f"{self.issuer}/keys",
            }
        if path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(key(0).public_key(), as_dict=True)
            return 200, {"keys": [{**public, "kid": "1", "use": "sig"}]}
        if path == "/me" and authorization == "Bearer opaque":
            return 200, self.person if self.user_info is None else self.user_info
        if path == "/token" and method == "POST":
            tokens = self.tokens(form)
            return (400, {"error": "invalid_grant"}) if tokens is None else (self.token_status, tokens)
        return 404, {}


@contextmanager
def running() -> Iterator[OidcProvider]:
    """A provider that answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            sent = parse_qs(self.rfile.read(length).decode())
            form = {name: values[0] for name, values in sent.items()}
            if self.path.startswith("/authorize?"):
                self.send_page(f'<a href="{html.escape(provider.sign_in(self.path))}">Sign in as Ann</a>'.encode())
                return
            if self.path.startswith("/app?"):  # a page of the app, which browsers let speak to this machine
                self.send_page(b"<title>the app</title>")
                return
            path, authorization = urlsplit(self.path).path, self.headers.get("authorization", "")
            status, document = provider.respond(self.command, path, form, authorization)
            body = b"<html>" if provider.answers_with_garbage else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def send_page(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = OidcProvider(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield provider
        server.shutdown()
