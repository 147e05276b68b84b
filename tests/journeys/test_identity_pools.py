"""Keys of an identity pool in boto3, the AWS SDK for JavaScript and Amplify: one's own is allowed, another's is not."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from demo import clients
from poolhouse import testing
from tests.poolhouse.cognito_identity.people import ACCOUNT, People, allow
from tests.poolhouse.cognito_idp.accounts import PASSWORD
from tests.poolhouse.cognito_idp.sign_ins import House

OWN = "${cognito-identity.amazonaws.com:sub}"
BUCKET, TABLE = "files", "notes"
pytestmark = pytest.mark.node


class Setting(People):
    """A bucket and a table in which identities have what is theirs, and premium users (Ann) a little more."""

    def __init__(self, cloud: testing.LocalCloud) -> None:
        super().__init__(cloud)
        s3, dynamodb = cloud.client("s3"), cloud.client("dynamodb")
        s3.create_bucket(Bucket=BUCKET)
        for key in ("public/a.txt", "titles/premium.txt"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "id")],
            BillingMode="PAY_PER_REQUEST",
        )
        public = {**allow("s3:GetObject"), "Resource": "arn:aws:s3:::files/public/*"}
        own = [
            {
                **allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
                "Resource": f"arn:aws:s3:::files/private/{OWN}/*",
            },
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
        self.endpoint = cloud.inner.config.origin
        self.ids = {name: self.get_id(self.login(name)) for name in ("ann", "bob")}

    def keys(self, name: str = "") -> dict[str, str]:
        """Somebody's keys, a guest's without a name, by the names that JavaScript has for them."""
        logins = self.login(name) if name else {}
        keys = self.credentials(self.get_id(logins), logins)["Credentials"]
        return {
            "accessKeyId": keys["AccessKeyId"],
            "secretAccessKey": keys["SecretKey"],
            "sessionToken": keys["SessionToken"],
        }


Step = dict[str, Any]
Ask = Callable[..., list[dict[str, Any]]]


def js(setting: Setting, steps: list[Step], who: str = "") -> list[dict[str, Any]]:
    return clients.aws_js(
        endpoint=setting.endpoint,
        region=clients.REGION,
        logins=setting.login(who) if who else {},
        identityPoolId=setting.pool_id,
        bucket=BUCKET,
        table=TABLE,
        steps=steps,
    )


def amplify(setting: Setting, steps: list[Step], who: str = "", house: House | None = None) -> list[dict[str, Any]]:
    """Amplify signs in by itself, by SRP, and finds the identity by the token it gets."""
    house = house or setting.house
    return clients.amplify_js(
        endpoint=setting.endpoint,
        region=clients.REGION,
        userPoolId=house.pool_id,
        clientId=house.client_id,
        identityPoolId=setting.pool_id,
        bucket=BUCKET,
        steps=steps,
        **({"username": who, "password": PASSWORD} if who else {}),
    )


def boto3(setting: Setting, steps: list[Step], who: str = "") -> list[dict[str, Any]]:
    own = setting.keys(who)
    return [_answer(setting, step, step.get("keys") or own) for step in steps]


def _answer(setting: Setting, step: Step, keys: dict[str, str]) -> dict[str, Any]:
    held = {
        "aws_access_key_id": keys["accessKeyId"],
        "aws_secret_access_key": keys["secretAccessKey"],
        "aws_session_token": keys["sessionToken"],
    }
    s3 = setting.cloud.client("s3", config=Config(signature_version="s3v4"), **held)
    dynamodb = setting.cloud.client("dynamodb", **held)
    named = {"Bucket": BUCKET, "Key": step.get("key")}
    row = {"owner": {"S": step.get("owner")}, "id": {"S": "1"}}
    doing: dict[str, Callable[[], dict[str, Any]]] = {
        "put": lambda: {"etag": s3.put_object(**named, Body=step["body"].encode())["ETag"]},
        "get": lambda: {"body": s3.get_object(**named)["Body"].read().decode()},
        "remove": lambda: {"removed": s3.delete_object(**named)["ResponseMetadata"]["HTTPStatusCode"]},
        "list": lambda: {
            "keys": [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=step["prefix"]).get("Contents", [])]
        },
        "putItem": lambda: dict(dynamodb.put_item(TableName=TABLE, Item={**row, "text": {"S": step["text"]}})),
        "getItem": lambda: {
            "text": dynamodb.get_item(TableName=TABLE, Key=row).get("Item", {}).get("text", {}).get("S")
        },
    }
    try:
        if step["do"] == "getByUrl":
            found = clients.fetch("GET", s3.generate_presigned_url("get_object", named, ExpiresIn=60))
            return {"status": found.status, "body": found.body}
        return doing[step["do"]]()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {
            "error": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
            "status": status,
        }


CLIENTS: dict[str, Ask] = {"boto3": boto3, "js": js, "amplify": amplify}


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    with testing.cloud(listen=True) as cloud:
        yield Setting(cloud)


MINE, THEIRS, TITLE = "private/{me}/{client} é+.txt", "private/{other}/{client}.txt", "titles/premium.txt"
DONE: dict[str, Any] = {}  # no error
Row = tuple[
    Step, dict[str, Any] | str
]  # a step, and what comes back: some members of the answer, or the action refused

OWN_ROWS: list[Row] = [
    ({"do": "put", "key": MINE, "body": "mine"}, DONE),
    ({"do": "get", "key": MINE}, {"body": "mine"}),
    ({"do": "list", "prefix": "private/{me}/{client}"}, {"keys": [MINE]}),
    ({"do": "getByUrl", "key": MINE}, {"status": 200, "body": "mine"}),
    ({"do": "remove", "key": MINE}, DONE),
    ({"do": "putItem", "owner": "{me}", "text": "mine"}, DONE),
    ({"do": "getItem", "owner": "{me}"}, {"text": "mine"}),
    ({"do": "get", "key": "public/a.txt"}, {"body": "public/a.txt"}),
]
ANOTHERS_ROWS: list[Row] = [
    ({"do": "put", "key": THEIRS, "body": "mine"}, "s3:PutObject"),
    ({"do": "get", "key": THEIRS}, "s3:GetObject"),
    ({"do": "list", "prefix": "private/{other}/"}, "s3:ListBucket"),
    ({"do": "getByUrl", "key": THEIRS}, {"status": 403}),
    ({"do": "remove", "key": THEIRS}, "s3:DeleteObject"),
    ({"do": "putItem", "owner": "{other}", "text": "mine"}, "dynamodb:PutItem"),
    ({"do": "getItem", "owner": "{other}"}, "dynamodb:GetItem"),
]
PREMIUM: Row = ({"do": "get", "key": TITLE}, {"body": TITLE})
NOT_PREMIUM: Row = ({"do": "get", "key": TITLE}, "s3:GetObject")
GUEST_ROWS: list[Row] = [
    ({"do": "get", "key": "public/a.txt"}, {"body": "public/a.txt"}),
    NOT_PREMIUM,
    ({"do": "put", "key": "public/b.txt", "body": "x"}, "s3:PutObject"),
    ({"do": "list", "prefix": "public/"}, "s3:ListBucket"),
    ({"do": "remove", "key": "public/a.txt"}, "s3:DeleteObject"),
    ({"do": "getByUrl", "key": TITLE}, {"status": 403}),
    ({"do": "getItem", "owner": "anybody"}, "dynamodb:GetItem"),
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("who", "role", "rows"),
    [
        pytest.param("ann", "premium", [*OWN_ROWS, *ANOTHERS_ROWS, PREMIUM], id="a premium user"),
        pytest.param("bob", "users", [*OWN_ROWS, *ANOTHERS_ROWS, NOT_PREMIUM], id="a free user"),
        pytest.param("", "guests", GUEST_ROWS, id="a guest"),
    ],
)
def test_ones_own_is_allowed_and_anothers_is_not(
    setting: Setting, client: str, who: str, role: str, rows: list[Row]
) -> None:
    other = "bob" if who == "ann" else "ann"
    names = {"client": client, "me": setting.ids.get(who, ""), "other": setting.ids[other]}
    of_client = [row for row in rows if client != "amplify" or not row[0]["do"].endswith("Item")]
    steps = [{name: text.format(**names) for name, text in step.items()} for step, _ in of_client]

    answers = CLIENTS[client](setting, steps, who)

    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/CognitoIdentityCredentials"
    for step, answer, (_, expected) in zip(steps, answers, of_client, strict=True):
        if isinstance(expected, str):
            code = ("AccessDenied", 403) if expected.startswith("s3:") else ("AccessDeniedException", 400)
            assert (answer.get("error"), answer.get("status")) == code, step
            assert answer["message"].startswith(f"User: {session} is not authorized to perform: {expected} on resource")
            assert answer["message"].endswith(f"because no identity-based policy allows the {expected} action")
        else:
            wanted = {name: _filled(value, names) for name, value in expected.items()}
            assert "error" not in answer, (step, answer)
            assert {name: answer[name] for name in wanted} == wanted, step


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [one.format(**names) for one in value]
    return value.format(**names) if isinstance(value, str) else value


READ: Step = {"do": "get", "key": "public/a.txt"}
NOT_SIGNED = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


@pytest.mark.parametrize("client", CLIENTS)
def test_keys_that_prove_nothing_are_refused(setting: Setting, client: str) -> None:
    good, others = setting.keys("ann"), setting.keys("bob")
    setting.cloud.clock.advance(timedelta(hours=-2))
    expired = setting.keys("ann")
    setting.cloud.clock.reset()
    cases = {
        "expired keys": (expired, ("ExpiredToken", 400, "The provided token has expired.")),
        "another secret": (
            {**good, "secretAccessKey": others["secretAccessKey"]},
            ("SignatureDoesNotMatch", 403, NOT_SIGNED),
        ),
        "another's session token": (
            {**good, "sessionToken": others["sessionToken"]},
            ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
        ),
    }
    steps = [{**READ, "keys": keys} for keys in (good, *(keys for keys, _ in cases.values()))]

    first, *answers = CLIENTS[client](setting, steps)

    assert first == {"body": "public/a.txt"}
    for answer, (name, (_, expected)) in zip(answers, cases.items(), strict=True):
        assert (answer.get("error"), answer.get("status"), answer.get("message")) == expected, name


def test_a_request_is_not_good_a_quarter_of_an_hour_later(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    late, keys = timedelta(minutes=16), setting.keys("ann")
    (by_js,) = js(setting, [{**READ, "clockOffset": -late.total_seconds() * 1000}])
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: (datetime.now(UTC) - late).replace(tzinfo=None))
    (by_boto3,) = boto3(setting, [{**READ, "keys": keys}])

    for answer in (by_js, by_boto3):
        assert (answer["error"], answer["status"]) == ("RequestTimeTooSkewed", 403)
        assert answer["message"] == "The difference between the request time and the current time is too large."


UNSUPPORTED = "Token is not from a supported provider of this identity pool."
NO_MATCH = "Logins don't match. Please include at least one valid login for this identity or identity pool."


def test_logins_that_prove_nothing_get_no_keys(setting: Setting) -> None:
    token, ann = setting.login("ann")[setting.provider], setting.ids["ann"]
    elsewhere = House(setting.cloud, setting.house.cognito)
    elsewhere.user("ann")
    of_elsewhere = elsewhere.begin(name="ann")["AuthenticationResult"]["IdToken"]
    theirs = f"cognito-idp.us-east-1.amazonaws.com/{elsewhere.pool_id}"
    setting.house.user("cid")
    unlinked = setting.login("cid")
    was = setting.get_id(unlinked)
    setting.identity.unlink_identity(IdentityId=was, Logins=unlinked, LoginsToRemove=list(unlinked))
    forged = {setting.provider: f"{token[:-10]}AAAAAAAAAA"}
    cases: list[tuple[dict[str, str], str, str]] = [
        (forged, "", "Invalid login token. Couldn't verify signed token."),
        ({theirs: of_elsewhere}, "", UNSUPPORTED),
        ({setting.provider: of_elsewhere}, "", "Invalid login token. Issuer doesn't match providerName"),
        (setting.login("bob"), ann, NO_MATCH),
        ({}, ann, f"Access to Identity '{ann}' is forbidden."),
        (unlinked, was, NO_MATCH),
    ]

    by_js = js(setting, [{**READ, "logins": logins, "identityId": named} for logins, named, _ in cases])
    (by_amplify,) = amplify(setting, [READ], "ann", elsewhere)

    for answer, (logins, named, sentence) in zip(by_js, cases, strict=True):
        assert (answer["error"], answer["message"]) == ("NotAuthorizedException", sentence)
        with pytest.raises(ClientError) as refused:
            setting.credentials(named or setting.get_id(logins), logins)
        assert refused.value.response["Error"] == {"Code": "NotAuthorizedException", "Message": sentence}
    assert (by_amplify["error"], by_amplify["message"]) == ("NotAuthorizedException", UNSUPPORTED)
    assert setting.get_id(unlinked) != was


def test_over_http_too_a_head_says_how_long_the_object_is(setting: Setting) -> None:
    s3 = clients.aws("s3", setting.endpoint)

    assert s3.head_object(Bucket=BUCKET, Key="public/a.txt")["ContentLength"] == len("public/a.txt")
