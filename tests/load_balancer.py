"""A load balancer that signs people in, as AWS's does: its headers and events, and a server that publishes keys."""

import base64
import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared import aws, load_balancers
from shared.config import settings
from shared.tokens import keys_of_pool
from tests.service_support import POOL_ID, USER, Event, event

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
CLIENT = "2d9k5c0v7h3q8m1r6t4b2n5x9z"
POOLS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def part(content: object, *, is_padded: bool = True) -> str:
    """A part of a token; the load balancer pads what RFC 7515 would not."""
    text = base64.urlsafe_b64encode(content if isinstance(content, bytes) else json.dumps(content).encode()).decode()
    return text if is_padded else text.rstrip("=")


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class LoadBalancer:
    """One load balancer, its key, and what is published under which path: a body, or a status instead."""

    def __init__(self) -> None:
        self.origin = ""
        self.key, self.key_id = ec.generate_private_key(ec.SECP256R1()), str(uuid.uuid4())
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(POOLS_KEY.public_key(), as_dict=True)
        self.published: dict[str, bytes | int] = {
            f"/{self.key_id}": pem(self.key),
            f"/{POOL_ID}/.well-known/jwks.json": json.dumps(
                {"keys": [{**jwk, "kid": "pool", "alg": "RS256"}]}
            ).encode(),
        }
        self.asked: Counter[str] = Counter()

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"

    def data(self, *, header: dict[str, Any] | None = None, is_padded: bool = True, **claims: Any) -> str:
        """`x-amzn-oidc-data`; None takes a member away."""
        exp = int(time.time()) + 120
        told = {"iss": self.issuer, "client": CLIENT, "signer": ARN, "exp": exp}
        head = {"typ": "JWT", "kid": self.key_id, "alg": "ES256", **told, **(header or {})}
        profile = {"email_verified": "true", "email": "anna@example.com", "username": USER}
        body = {"sub": USER, **profile, "exp": exp, "iss": self.issuer, **claims}
        signed = ".".join(part(_kept(one), is_padded=is_padded) for one in (head, body))
        return f"{signed}.{part(self.signature(signed), is_padded=is_padded)}"

    def signature(self, signed: str) -> bytes:
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def access_token(self, *, key: rsa.RSAPrivateKey = POOLS_KEY, **claims: Any) -> str:
        """`x-amzn-oidc-accesstoken`, as the pool makes it."""
        now = int(time.time())
        made = {
            **{"sub": USER, "username": USER, "token_use": "access", "client_id": CLIENT, "iss": self.issuer},
            **{"scope": "openid email", "cognito:groups": ["admin", "free"], "version": 2, "jti": "j"},
            **{"auth_time": now - 60, "iat": now - 60, "exp": now + 3540},
            **claims,
        }
        return jwt.encode(_kept(made), key, algorithm="RS256", headers={"kid": "pool"})

    def headers(self, **changes: str) -> dict[str, str]:
        """The three headers of somebody who has signed in."""
        made = {"data": self.data(), "accesstoken": self.access_token(), "identity": USER, **changes}
        return {f"x-amzn-oidc-{name}": value for name, value in made.items()}

    def event(self, **changes: str) -> Event:
        """A request of theirs, as a function gets it."""
        made = event("caller_load_balancer")
        made["headers"] |= self.headers(**changes)
        return made


def in_lists(request: Event) -> Event:
    """The same request, by a target group with lambda.multi_value_headers.enabled."""
    made = {key: value for key, value in request.items() if key not in {"headers", "queryStringParameters"}}
    made["multiValueHeaders"] = {name: [value] for name, value in request["headers"].items()}
    made["multiValueQueryStringParameters"] = {k: [v] for k, v in request["queryStringParameters"].items()}
    return made


@contextmanager
def publishing() -> Iterator[LoadBalancer]:
    """A load balancer, with its keys and the pool's published on a server."""
    made = LoadBalancer()

    class Publisher(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked[self.path] += 1
            found = made.published.get(self.path, 403)
            self.send_response(found if isinstance(found, int) else 200)
            body = b"" if isinstance(found, int) else found
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        made.origin = f"http://127.0.0.1:{server.server_port}"
        yield made
        server.shutdown()


@contextmanager
def running() -> Iterator[LoadBalancer]:
    """A load balancer that the service knows, by the settings of this process."""
    with publishing() as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", made.origin)
        patch.setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", made.origin)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("USER_POOL_ID", POOL_ID)
        patch.setenv("LOAD_BALANCER_ARN", ARN)
        patch.setenv("LOAD_BALANCER_CLIENT_ID", CLIENT)
        patch.setattr(load_balancers, "_keys", load_balancers.keys_of_region())  # none is read yet, as at a start
        patch.setattr(load_balancers, "_keys_of_pool", keys_of_pool())
        forget()
        yield made
    forget()


def forget() -> None:
    """Have the service read its settings anew."""
    settings.cache_clear()
    aws.unsigned.cache_clear()


def _kept(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}
