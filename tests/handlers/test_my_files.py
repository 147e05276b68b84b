"""The same files by token: what differs is whose keys sign. The journey holds them to the template's roles."""

import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from shared import aws, identity_pool
from shared.config import Keys, settings
from tests.handlers.storage import Storage, picture
from tests.poolhouse.cognito_identity.people import People, allow
from tests.service_support import Answer, Handler, call, event
from tests.wire import Wire

OWN = "private/${cognito-identity.amazonaws.com:sub}"


@pytest.fixture(scope="module")
def people(environment: Wire) -> Iterator[People]:
    """A pool of users and one of identities, whose role may do what the template's may."""
    made = People(environment.cloud)
    files = {**allow("s3:GetObject", "s3:PutObject"), "Resource": f"arn:aws:s3:::*/{OWN}/*"}
    lists = {**allow("s3:ListBucket"), "Condition": {"StringLike": {"s3:prefix": f"{OWN}/*"}}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [files, lists]})
    made.iam.put_role_policy(RoleName="users", PolicyName="files", PolicyDocument=document)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("USER_POOL_ID", made.house.pool_id)
        patch.setenv("IDENTITY_POOL_ID", made.pool_id)
        settings.cache_clear()
        aws.unsigned.cache_clear()
        identity_pool._identities.clear()
        yield made
    settings.cache_clear()
    aws.unsigned.cache_clear()


@pytest.fixture
def token(people: People) -> str:
    return people.tokens()["IdToken"]


def ask(handler: Handler, token: str, method: str = "GET", name: str = "", body: object = None) -> Answer:
    made: dict[str, Any] = event("my_files") | {
        "httpMethod": method,
        "path": f"/me/files/{name}" if name else "/me/files",
        "body": None if body is None else json.dumps(body),
    }
    made["headers"]["Authorization"] = f"Bearer {token}"
    made["multiValueHeaders"]["Authorization"] = [f"Bearer {token}"]
    claims = jwt.decode(token, options={"verify_signature": False})
    made["requestContext"]["authorizer"]["claims"]["sub"] = claims["sub"]
    return call(handler, made)


def test_the_users_own_keys_sign(my_files: Handler, people: People, token: str) -> None:
    answer = ask(my_files, token, "POST", body={"name": "a.png", "type": "image/png"})

    assert answer.status == 200
    fields = answer.body["fields"]
    assert fields["key"] == f"private/{people.get_id(people.login())}/a.png"
    assert fields["x-amz-security-token"]
    assert not fields["x-amz-credential"].startswith("testing/")


def test_which_identity_it_is_is_asked_once(my_files: Handler, storage: Storage, wire: Wire, token: str) -> None:
    identity_pool._identities.clear()
    wire.sent.clear()
    for _ in range(3):
        answer = ask(my_files, token, "POST", body={"name": "a", "type": "image/png"})

    assert wire.sent.count("GetId") == 1
    assert wire.sent.count("GetCredentialsForIdentity") == 3
    storage.s3.put_object(Bucket="uploads", Key=answer.body["fields"]["key"], Body=picture())
    assert [one["name"] for one in ask(my_files, token).body["items"]] == ["a"]
    assert ask(my_files, token, name="a").body["name"] == "a"


def test_who_has_another_identity_now_is_known_by_it(my_files: Handler, people: People, token: str) -> None:
    subject = jwt.decode(token, options={"verify_signature": False})["sub"]
    identity_pool._identities[subject] = people.get_id(people.login("bob"))

    answer = ask(my_files, token, "POST", body={"name": "a", "type": "image/png"})
    assert answer.body["fields"]["key"] == f"private/{people.get_id(people.login())}/a"


def test_a_token_that_is_not_good_any_more_gets_no_keys(my_files: Handler, token: str) -> None:
    answer = ask(my_files, f"{token[:-10]}AAAAAAAAAA")

    assert (answer.status, answer.body["code"]) == (401, "unauthenticated")


def test_keys_are_not_shown_when_their_holder_is() -> None:
    assert "secret" not in repr(identity_pool.Holder("us-east-1:x", Keys("ASIA", "secret", "secret-too")))


@pytest.mark.parametrize(
    ("caller", "status"),
    [("caller_identity", 403), ("caller_guest", 403), ("caller_machine_client", 403), ("caller_nobody", 401)],
)
def test_only_users_come_by_token(my_files: Handler, caller: str, status: int) -> None:
    made = event("my_files")
    made["requestContext"] |= {key: event(caller)["requestContext"].get(key) for key in ("identity", "authorizer")}

    assert call(my_files, made).status == status
