"""Notes of identities: through the API with signed requests, and straight from the table with the same keys."""

import json
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

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

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """A signed request to the API."""
        url, text = f"{self.stage.api}{path}", None if body is None else json.dumps(body)
        sent = {"content-type": "application/json", **headers}
        request = AWSRequest(method, url, data=text, headers=sent)
        SigV4Auth(self.keys, "execute-api", REGION).add_auth(request)
        return fetch(method, url, body=text, headers=dict(request.headers.items()))

    def dynamodb(self) -> Any:
        """A client of DynamoDB with these keys."""
        session: Any = boto3.Session(self.keys.access_key, self.keys.secret_key, self.keys.token, REGION)
        return session.client("dynamodb", endpoint_url=self.stage.endpoint)

    def row(self, note_id: str) -> dict[str, Any]:
        """The key of this identity's note in the table."""
        return {"owner": {"S": self.id}, "id": {"S": note_id}}


def identity(stage: Stage, name: str = "") -> Identity:
    """The identity of a new user, or of a guest when they have no name."""
    logins = {}
    if name:
        cognito = clients.aws("cognito-idp", stage.endpoint)
        pool, web = stage.outputs["UserPoolId"], stage.outputs["WebClientId"]
        who = {"UserPoolId": pool, "Username": f"{name}@example.com"}
        cognito.admin_create_user(**who, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
        tokens = clients.srp(cognito, pool, web, who["Username"], PASSWORD)
        logins = {f"cognito-idp.{REGION}.amazonaws.com/{pool}": tokens["IdToken"]}
    identities = clients.aws("cognito-identity", stage.endpoint)
    made = identities.get_id(IdentityPoolId=stage.outputs["IdentityPoolId"], Logins=logins)["IdentityId"]
    keys = identities.get_credentials_for_identity(IdentityId=made, Logins=logins)["Credentials"]
    return Identity(stage, made, Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"]))


@pytest.fixture(scope="module")
def people(stage: Stage) -> tuple[Identity, Identity]:
    return identity(stage, "notes-ann"), identity(stage, "notes-bob")


def test_a_note_is_one_through_the_api_and_straight_from_the_table(people: tuple[Identity, Identity]) -> None:
    ann, _ = people
    table = ann.stage.outputs["NotesTableName"]

    assert ann.ask("PUT", "/notes/shopping", {"text": "Milk"}).headers["etag"] == '"1"'
    row = ann.dynamodb().get_item(TableName=table, Key=ann.row("shopping"))["Item"]
    assert row["text"] == {"S": "Milk"}

    ann.dynamodb().put_item(TableName=table, Item={**row, "text": {"S": "Bread"}, "version": {"N": "2"}})
    assert ann.ask("GET", "/notes/shopping").body["text"] == "Bread"
    assert ann.ask("PUT", "/notes/shopping", {"text": "Eggs"}, **{"if-match": '"1"'}).status == 412
    assert ann.ask("PUT", "/notes/shopping", {"text": "Eggs"}, **{"if-match": '"2"'}).status == 200
    mine = {"KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    asked = {"TableName": table, **mine, "ExpressionAttributeValues": {":o": {"S": ann.id}}}
    assert [item["text"]["S"] for item in ann.dynamodb().query(**asked)["Items"]] == ["Eggs"]

    gone = ann.ask("DELETE", "/notes/shopping")
    assert (gone.status, gone.body) == (204, "")
    assert "Item" not in ann.dynamodb().get_item(TableName=table, Key=ann.row("shopping"))


def test_anothers_note_is_not_found_through_the_api_and_refused_straight(people: tuple[Identity, Identity]) -> None:
    ann, bob = people
    table = ann.stage.outputs["NotesTableName"]
    ann.ask("PUT", "/notes/diary", {"text": "mine"})
    theirs = bob.dynamodb()
    item = {**ann.row("diary"), "text": {"S": "theirs"}}
    asked = {
        "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": ann.id}},
    }

    assert bob.ask("GET", "/notes/diary").status == 404
    assert bob.ask("DELETE", "/notes/diary").status == 404
    assert bob.ask("GET", "/notes").body["items"] == []
    for operation, call in {
        "GetItem": lambda: theirs.get_item(TableName=table, Key=ann.row("diary")),
        "PutItem": lambda: theirs.put_item(TableName=table, Item=item),
        "DeleteItem": lambda: theirs.delete_item(TableName=table, Key=ann.row("diary")),
        "UpdateItem": lambda: theirs.update_item(TableName=table, Key=ann.row("diary")),
        "Query": lambda: theirs.query(TableName=table, **asked),
        "Scan": lambda: theirs.scan(TableName=table),
    }.items():
        assert _refusal(call).startswith(
            f"User: arn:aws:sts::000000000000:assumed-role/{_role(bob)}/CognitoIdentityCredentials is not authorized "
            f"to perform: dynamodb:{operation} on resource: arn:aws:dynamodb:{REGION}:000000000000:table/{table} "
            f"because no identity-based policy allows the dynamodb:{operation} action"
        )
    assert ann.ask("GET", "/notes/diary").body["text"] == "mine"


def test_a_guest_has_no_notes(stage: Stage) -> None:
    guest = identity(stage)

    answer = guest.ask("PUT", "/notes/a", {"text": "x"})
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    own = {"TableName": stage.outputs["NotesTableName"], "Key": guest.row("a")}
    assert "is not authorized to perform: dynamodb:GetItem" in _refusal(lambda: guest.dynamodb().get_item(**own))


def _refusal(call: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    return str(refused.value.response["Error"]["Message"])


def _role(somebody: Identity) -> str:
    told = clients.aws("cognito-identity", somebody.stage.endpoint)
    pool = somebody.stage.outputs["IdentityPoolId"]
    arn: str = told.get_identity_pool_roles(IdentityPoolId=pool)["Roles"]["authenticated"]
    return arn.rpartition("/")[2]
