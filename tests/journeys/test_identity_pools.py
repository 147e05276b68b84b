"""Keys of an identity pool in the AWS SDK for JavaScript: one's own is allowed, another's is not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from demo.clients import aws, aws_js
from poolhouse import testing
from tests.poolhouse.cognito_identity.people import ACCOUNT, People, allow

OWN = "${cognito-identity.amazonaws.com:sub}"
pytestmark = pytest.mark.node


class Setting(People):
    """A bucket and a table in which identities have what is theirs, and premium users a little more."""

    def __init__(self, cloud: testing.LocalCloud) -> None:
        super().__init__(cloud)
        s3, dynamodb = cloud.client("s3"), cloud.client("dynamodb")
        s3.create_bucket(Bucket="files")
        for key in ("public/a.txt", "titles/premium.txt"):
            s3.put_object(Bucket="files", Key=key, Body=key.encode())
        dynamodb.create_table(
            TableName="notes",
            KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "id")],
            BillingMode="PAY_PER_REQUEST",
        )
        public = {**allow("s3:GetObject"), "Resource": "arn:aws:s3:::files/public/*"}
        own = [
            {**allow("s3:GetObject", "s3:PutObject"), "Resource": f"arn:aws:s3:::files/private/{OWN}/*"},
            {**allow("s3:ListBucket"), "Condition": {"StringLike": {"s3:prefix": f"private/{OWN}/*"}}},
            {
                **allow("dynamodb:GetItem", "dynamodb:PutItem"),
                "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [OWN]}},
            },
        ]
        premium = {**allow("s3:GetObject"), "Resource": "arn:aws:s3:::files/titles/*"}
        self.role("premium", "authenticated", public)
        for role, statements in (("guests", [public]), ("users", [public, *own]), ("premium", [public, *own, premium])):
            document = {"Version": "2012-10-17", "Statement": statements}
            self.iam.put_role_policy(RoleName=role, PolicyName="may", PolicyDocument=json.dumps(document))
        where = {"UserPoolId": self.house.pool_id, "GroupName": "premium"}
        self.house.cognito.create_group(**where, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/premium")
        self.house.cognito.admin_add_user_to_group(**where, Username="ann")
        mapping = {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}
        self.identity.set_identity_pool_roles(
            IdentityPoolId=self.pool_id,
            Roles=self.roles,
            RoleMappings={f"{self.provider}:{self.house.client_id}": mapping},
        )

    def js(self, logins: dict[str, str], *steps: dict[str, str]) -> list[dict[str, Any]]:
        return aws_js(
            endpoint=self.cloud.inner.config.origin,
            region="us-east-1",
            identityPoolId=self.pool_id,
            logins=logins,
            bucket="files",
            table="notes",
            steps=list(steps),
        )


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    with testing.cloud(listen=True) as cloud:
        yield Setting(cloud)


def test_ones_own_is_allowed_and_anothers_is_not(setting: Setting) -> None:
    ann, bob = (setting.get_id(setting.login(name)) for name in ("ann", "bob"))
    mine = f"private/{ann}/note.txt"

    done = setting.js(
        setting.login("ann"),
        {"do": "identity"},
        {"do": "put", "key": mine, "body": "mine"},
        {"do": "get", "key": mine},
        {"do": "list", "prefix": f"private/{ann}/"},
        {"do": "getByUrl", "key": mine},
        {"do": "putItem", "owner": ann, "text": "mine"},
        {"do": "getItem", "owner": ann},
    )
    assert done[0] == {"identityId": ann}
    assert (done[2], done[3]) == ({"body": "mine"}, {"keys": [mine]})
    assert done[4] == {"status": 200, "body": "mine"}
    assert done[6] == {"text": "mine"}

    refused = setting.js(
        setting.login("bob"),
        {"do": "put", "key": mine, "body": "theirs"},
        {"do": "get", "key": mine},
        {"do": "list", "prefix": f"private/{ann}/"},
        {"do": "getByUrl", "key": mine},
        {"do": "putItem", "owner": ann, "text": "theirs"},
        {"do": "getItem", "owner": ann},
        {"do": "getItem", "owner": bob},
    )
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/users/CognitoIdentityCredentials"
    for answer, action in zip(refused[:3], ("PutObject", "GetObject", "ListBucket"), strict=True):
        assert (answer["error"], answer["status"]) == ("AccessDenied", 403)
        assert answer["message"].startswith(f"User: {session} is not authorized to perform: s3:{action} on resource: ")
    assert refused[3]["status"] == 403
    for answer in refused[4:6]:
        assert (answer["error"], answer["status"]) == ("AccessDeniedException", 400)
    assert refused[6] == {"text": None}


def test_over_http_too_a_head_says_how_long_the_object_is(setting: Setting) -> None:
    s3 = aws("s3", setting.cloud.inner.config.origin)

    assert s3.head_object(Bucket="files", Key="public/a.txt")["ContentLength"] == len("public/a.txt")


def test_a_guest_reads_the_public_object_and_nothing_else(setting: Setting) -> None:
    done = setting.js(
        {},
        {"do": "get", "key": "public/a.txt"},
        {"do": "get", "key": "titles/premium.txt"},
        {"do": "put", "key": "public/b.txt", "body": "x"},
        {"do": "list", "prefix": "public/"},
        {"do": "getItem", "owner": "anybody"},
    )

    assert done[0] == {"body": "public/a.txt"}
    assert [answer["error"] for answer in done[1:]] == ["AccessDenied"] * 3 + ["AccessDeniedException"]


def test_a_premium_user_and_a_free_one_differ_by_role(setting: Setting) -> None:
    title = {"do": "get", "key": "titles/premium.txt"}

    assert setting.js(setting.login("ann"), title) == [{"body": "titles/premium.txt"}]
    assert setting.js(setting.login("bob"), title)[0]["error"] == "AccessDenied"


def test_a_login_that_proves_nothing_gets_no_keys(setting: Setting) -> None:
    token = next(iter(setting.login("ann").values()))
    forged = {setting.provider: token[:-10] + "AAAAAAAAAA"}

    (answer,) = setting.js(forged, {"do": "get", "key": "public/a.txt"})
    assert answer["error"] == "NotAuthorizedException"
    assert answer["message"] == "Invalid login token. Couldn't verify signed token."
