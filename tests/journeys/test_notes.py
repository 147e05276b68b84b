"""Notes of identities: through the API with signed requests, and straight from the table with the same keys."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo import clients
from demo.clients import REGION
from demo.stage import Stage
from tests.journeys.identities import Identity, identity


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
