"""Identities of the service's pool, and what they do with their keys."""

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from demo import clients
from demo.clients import REGION, Answer, fetch
from demo.stage import Stage

PASSWORD = "Correct-horse-7-battery"


@dataclass(frozen=True)
class Identity:
    """Somebody's keys, and what they do with them."""

    stage: Stage
    id: str
    keys: Credentials
    token: str = ""  # the user's ID token

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """A signed request to the API."""
        url, text = f"{self.stage.api}{path}", None if body is None else json.dumps(body)
        sent = {"content-type": "application/json", **headers}
        request = AWSRequest(method, url, data=text, headers=sent)
        SigV4Auth(self.keys, "execute-api", REGION).add_auth(request)
        return fetch(method, url, body=text, headers=dict(request.headers.items()))

    def dynamodb(self) -> Any:
        """A client of DynamoDB with these keys."""
        return self.client("dynamodb")

    def client(self, service: str) -> Any:
        """A client of a service with these keys."""
        session: Any = boto3.Session(self.keys.access_key, self.keys.secret_key, self.keys.token, REGION)
        # Left to itself boto3 signs addresses as before 2014, which buckets refuse
        config = Config(signature_version="s3v4") if service == "s3" else None
        return session.client(service, endpoint_url=self.stage.endpoint, config=config)

    def row(self, note_id: str) -> dict[str, Any]:
        """The key of this identity's note in the table."""
        return {"owner": {"S": self.id}, "id": {"S": note_id}}


def identity(stage: Stage, name: str = "", *groups: str) -> Identity:
    """The identity of a new user of these groups, or of a guest when they have no name."""
    logins, token = {}, ""
    if name:
        cognito = clients.aws("cognito-idp", stage.endpoint)
        pool, web = stage.outputs["UserPoolId"], stage.outputs["WebClientId"]
        who = {"UserPoolId": pool, "Username": f"{name}@example.com"}
        cognito.admin_create_user(**who, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(**who, GroupName=group)
        tokens = clients.srp(cognito, pool, web, who["Username"], PASSWORD)
        token = tokens["IdToken"]
        logins = {f"cognito-idp.{REGION}.amazonaws.com/{pool}": token}
    identities = clients.aws("cognito-identity", stage.endpoint)
    made = identities.get_id(IdentityPoolId=stage.outputs["IdentityPoolId"], Logins=logins)["IdentityId"]
    keys = identities.get_credentials_for_identity(IdentityId=made, Logins=logins)["Credentials"]
    return Identity(stage, made, Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"]), token)
