"""Facebook, Amazon and Twitter on this machine, as far as they are asked whose a token is, in their own words."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

FACEBOOK_APP, AMAZON_CLIENT, AMAZON_APP = (
    "7346241598935552",
    "amzn1.application-oa2-client.188a",
    "amzn1.application.3f",
)
TWITTER_KEY, TWITTER_SECRET = "xvz1evFS4wEEPTGEFPHBog", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"
Answer = tuple[int, object]


@dataclass
class SocialProviders:
    """Three providers at one address. `people` are tokens: whose they are, and whose app's. Others spoil answers."""

    address: str
    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # of Twitter's tokens
    instead: Answer | None = None  # of every right answer
    seconds_left: int = 3597

    def answer(self, path: str, query: dict[str, str], authorization: str) -> Answer:
        ask = {
            "/app": self._facebook_app,
            "/me": self._facebook_user,
            "/auth/o2/tokeninfo": self._amazon,
        }
        if path == "/1.1/account/verify_credentials.json":
            return self._twitter(path, authorization)
        return ask[path](query["access_token"])

    def _facebook_app(self, token: str) -> Answer:
        return self._graph(token, 1, name="App")

    def _facebook_user(self, token: str) -> Answer:
        return self._graph(token, 0, name="Ann")

    def _graph(self, token: str, which: int, **more: str) -> Answer:
        if token not in self.people:
            error = {"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190}
            return 400, {"error": error}
        return self.instead or (200, {"id": self.people[token][which], **more})

    def _amazon(self, token: str) -> Answer:
        if token not in self.people:
            return 400, {"error": "invalid_token", "error_description": "The request has an invalid parameter"}
        user, client = self.people[token]
        told = {
            "iss": "https://www.amazon.com",
            "user_id": user,
            "aud": client,
            "app_id": AMAZON_APP,
            "iat": 1311280970,
        }
        return self.instead or (200, {**told, "exp": self.seconds_left})

    def _twitter(self, path: str, authorization: str) -> Answer:
        """The signature is computed here once more, as RFC 5849 3.4 says."""
        given = dict(part.split("=", 1) for part in authorization.removeprefix("OAuth ").split(", "))
        given = {name: unquote(value.strip('"')) for name, value in given.items()}
        signature, token = given.pop("oauth_signature"), given["oauth_token"]
        normalized = "&".join(f"{name}={quote(value, safe='-._~')}" for name, value in sorted(given.items()))
        base = f"GET&{quote(self.address + path, safe='')}&{quote(normalized, safe='')}"
        key = f"{TWITTER_SECRET}&{self.secrets.get(token, '')}"
        expected = base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()
        if given["oauth_consumer_key"] != TWITTER_KEY or token not in self.people or signature != expected:
            return 401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}
        return self.instead or (200, {"id": 38895958, "id_str": self.people[token][0], "screen_name": "ann"})


@contextmanager
def social_providers() -> Iterator[SocialProviders]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            status, told = providers.answer(url.path, query, self.headers.get("Authorization", ""))
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        providers = SocialProviders(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield providers
        finally:
            server.shutdown()
