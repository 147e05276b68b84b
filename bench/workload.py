"""What each cloud is asked: the same requests, signed the same way, for the same pool."""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from bench.load import COUNTER
from bench.peers import Running

REGION = "us-east-1"
PASSWORD = "Correct-horse-7"
USERS = 10_000
_SIGNER = SigV4Auth(Credentials("bench", "bench"), "cognito-idp", REGION)


@dataclass(frozen=True)
class Pool:
    """The pool every row uses: one confirmed user who signs in, and the tokens of one sign-in."""

    id: str
    app_client: str
    user: str
    access_token: str


@dataclass(frozen=True)
class Result:
    """One row's figures; `rate` None when nothing was answered well."""

    rate: float | None
    median_ms: float | None = None
    p99_ms: float | None = None
    bad: int = 0
    example: str = ""


def client(endpoint: str, service: str = "cognito-idp") -> Any:
    """A boto3 client without retries."""
    session: Any = boto3.Session(aws_access_key_id="bench", aws_secret_access_key="bench", region_name=REGION)
    return session.client(
        service, endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1}, read_timeout=30)
    )


def set_up(running: Running) -> Pool:
    """A pool that signs in by e-mail and one user in it."""
    cognito = client(running.endpoint)
    pool = cognito.create_user_pool(PoolName="bench", UsernameAttributes=["email"])["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="bench", ExplicitAuthFlows=flows)
    app_client = made["UserPoolClient"]["ClientId"]
    attributes = [{"Name": "email", "Value": "bench@example.com"}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(
        UserPoolId=pool, Username="bench@example.com", UserAttributes=attributes, MessageAction="SUPPRESS"
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username="bench@example.com", Password=PASSWORD, Permanent=True)
    answer = cognito.initiate_auth(
        ClientId=app_client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "bench@example.com", "PASSWORD": PASSWORD},
    )
    return Pool(pool, app_client, "bench@example.com", answer["AuthenticationResult"]["AccessToken"])


def requests(running: Running, pool: Pool) -> dict[str, list[bytes]]:
    """The rows: their names and the messages to send, as bytes for the socket."""
    counter = COUNTER.decode()
    sign_in = {
        "ClientId": pool.app_client,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": pool.user, "PASSWORD": PASSWORD},
    }
    email = f"new{counter}@example.com"
    sign_up = {
        "ClientId": pool.app_client,
        "Username": email,
        "Password": PASSWORD,
        "UserAttributes": [{"Name": "email", "Value": email}],
    }
    by_email = [
        {"UserPoolId": pool.id, "Filter": f'email = "user{number:09d}@example.com"'} for number in range(0, USERS, 997)
    ]
    return {
        "sign-in (USER_PASSWORD_AUTH)": [message(running, "InitiateAuth", sign_in)],
        "GetUser": [message(running, "GetUser", {"AccessToken": pool.access_token})],
        "AdminGetUser": [message(running, "AdminGetUser", {"UserPoolId": pool.id, "Username": pool.user})],
        "SignUp": [message(running, "SignUp", sign_up)],
        f"ListUsers by e-mail among {USERS:,}": [message(running, "ListUsers", body) for body in by_email],
    }


def creation(running: Running, pool: Pool) -> bytes:
    """One of the users who fill the pool."""
    email = f"user{COUNTER.decode()}@example.com"
    body = {
        "UserPoolId": pool.id,
        "Username": email,
        "MessageAction": "SUPPRESS",
        "UserAttributes": [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    }
    return message(running, "AdminCreateUser", body)


def message(running: Running, operation: str, body: dict[str, Any]) -> bytes:
    """A signed request for the socket. A counter in the body unmakes the signature; no cloud issued the key."""
    data = json.dumps(body).encode()
    url = f"http://127.0.0.1:{running.port}/"
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    request = AWSRequest("POST", url, data=data, headers=headers)
    _SIGNER.add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n{head}Content-Length: {len(data)}\r\n\r\n".encode()
        + data
    )


def load(
    running: Running,
    messages: list[bytes],
    *,
    seconds: float,
    start: int = 0,
    count: int | None = None,
    connections: int = 8,
) -> Result:
    """Send these messages over and over from a process of its own."""
    plan = {
        "host": "127.0.0.1",
        "port": running.port,
        "connections": connections,
        "seconds": seconds,
        "messages": [base64.b64encode(one).decode() for one in messages],
        "start": start,
        "count": count,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(plan), stdout=subprocess.PIPE, text=True, check=True
    )
    seen = json.loads(done.stdout)
    bad = sum(seen["bad"].values())
    if not seen["good"]:
        return Result(None, bad=bad, example=seen["example"])
    median, p99 = seen["latencies"]
    return Result(seen["good"] / seen["seconds"], median, p99, bad, seen["example"])
