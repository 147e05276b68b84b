"""One authorized request through gateway, authorizer and function, beside the handler called bare."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench.functions import hello
from bench.peers import Peer, Running, free_port, started
from bench.workload import PASSWORD, Result, client, load

_HERE = Path(__file__).parent
_USER = "bench@example.com"


def bare_microseconds() -> float:
    """One call of the handler with a proxy event, without anything around it."""
    event = {"requestContext": {"authorizer": {"claims": {"sub": "x"}}}}
    handler: Any = hello.handler
    begun, calls = time.perf_counter(), 20_000
    for _ in range(calls):
        handler(event, None)
    return (time.perf_counter() - begun) / calls * 1e6


def poolhouse(peer: Peer, folder: Path, seconds: float, connections: int) -> Result:
    """The row here: the template deployed by `up`, the request to the API's own port."""
    api_port = free_port()
    with started(peer, folder, "--api-port", str(api_port), str(_HERE / "template.yaml")) as running:
        with urlopen(f"{running.endpoint}/_poolhouse/outputs") as response:
            outputs = next(iter(json.load(response).values()))
        token = _id_token(running, outputs["PoolId"], outputs["ClientId"])
        request = _request("/hello", f"127.0.0.1:{api_port}", token)
        running.port = api_port
        load(running, [request], seconds=0.5, connections=connections)  # the workers start
        return load(running, [request], seconds=seconds, connections=connections)


def ministack(peer: Peer, folder: Path, seconds: float, connections: int) -> Result:
    """The row there, set up by the calls that a deployment would make."""
    with started(peer, folder) as running:
        cognito = client(running.endpoint)
        pool = cognito.create_user_pool(PoolName="bench", UsernameAttributes=["email"])["UserPool"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        app_client = cognito.create_user_pool_client(UserPoolId=pool["Id"], ClientName="c", ExplicitAuthFlows=flows)
        token = _id_token(running, pool["Id"], app_client["UserPoolClient"]["ClientId"])
        api = _rest_api(running, pool["Arn"])
        request = _request(f"/restapis/{api}/bench/_user_request_/hello", f"127.0.0.1:{running.port}", token)
        load(running, [request], seconds=2, connections=connections)
        return load(running, [request], seconds=seconds, connections=connections)


def _rest_api(running: Running, pool_arn: str) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(_HERE / "functions" / "hello.py", "hello.py")
    function = client(running.endpoint, "lambda").create_function(
        FunctionName="hello",
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/bench",
        Handler="hello.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    gateway = client(running.endpoint, "apigateway")
    api = gateway.create_rest_api(name="bench")["id"]
    authorizer = gateway.create_authorizer(
        restApiId=api,
        name="users",
        type="COGNITO_USER_POOLS",
        providerARNs=[pool_arn],
        identitySource="method.request.header.Authorization",
    )
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    resource = gateway.create_resource(restApiId=api, parentId=root, pathPart="hello")["id"]
    method = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="COGNITO_USER_POOLS", authorizerId=authorizer["id"])
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function['FunctionArn']}/invocations"
    gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName="bench")
    return str(api)


def _id_token(running: Running, pool: str, app_client: str) -> str:
    cognito: Any = client(running.endpoint)
    attributes = [{"Name": "email", "Value": _USER}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(UserPoolId=pool, Username=_USER, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=_USER, Password=PASSWORD, Permanent=True)
    answer = cognito.initiate_auth(
        ClientId=app_client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": _USER, "PASSWORD": PASSWORD},
    )
    return str(answer["AuthenticationResult"]["IdToken"])


def _request(path: str, host: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
