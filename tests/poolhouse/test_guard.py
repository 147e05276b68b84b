"""The one check of every signed call: what no policy allows is refused in AWS's words, and explained."""

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_idp.accounts import make_pool

ACCOUNT = "000000000000"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
Statements = list[dict[str, Any]]
Ann = Callable[..., Any]


@pytest.fixture
def ann(cloud: LocalCloud) -> Ann:
    """A client of a service with the keys of an IAM user who may do this."""
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]

    def client(service: str, *statements: dict[str, Any]) -> Any:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=json.dumps(document))
        return cloud.client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    return client


def allow(action: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def deny(action: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def refusal(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_what_no_policy_allows_is_refused_in_awss_words(cognito: Any, ann: Ann) -> None:
    pool_id = make_pool(cognito)
    arn = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool_id}"
    users = ann("cognito-idp", allow("cognito-idp:DescribeUserPool"))

    assert users.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Id"] == pool_id
    assert refusal(lambda: users.list_users(UserPoolId=pool_id)) == (
        400,
        "AccessDeniedException",
        f"User: {ANN} is not authorized to perform: cognito-idp:ListUsers on resource: {arn} "
        "because no identity-based policy allows the cognito-idp:ListUsers action",
    )


def test_a_denial_wins_and_is_said(cognito: Any, ann: Ann) -> None:
    pool_id = make_pool(cognito)
    users = ann("cognito-idp", allow("*"), deny("cognito-idp:Delete*"))

    _, code, message = refusal(lambda: users.delete_user_pool(UserPoolId=pool_id))
    assert (code, message.partition(pool_id)[2]) == (
        "AccessDeniedException",
        " with an explicit deny in an identity-based policy",
    )
    assert cognito.describe_user_pool(UserPoolId=pool_id)


def test_another_pool_is_another_resource(cognito: Any, ann: Ann) -> None:
    mine, other = make_pool(cognito), make_pool(cognito)
    users = ann("cognito-idp", allow("cognito-idp:*", f"arn:aws:cognito-idp:*:*:userpool/{mine}"))

    assert users.list_users(UserPoolId=mine)["Users"] == []
    assert refusal(lambda: users.list_users(UserPoolId=other))[1] == "AccessDeniedException"


def test_a_groups_role_is_passed(cognito: Any, ann: Ann) -> None:
    pool_id, role = make_pool(cognito), f"arn:aws:iam::{ACCOUNT}:role/premium"
    users = ann("cognito-idp", allow("cognito-idp:*"))
    users.create_group(UserPoolId=pool_id, GroupName="free")
    for call in (users.create_group, users.update_group):
        refused = refusal(functools.partial(call, UserPoolId=pool_id, GroupName="free", RoleArn=role))
        assert f"iam:PassRole on resource: {role} because no identity-based policy" in refused[2]
    users = ann("cognito-idp", allow("cognito-idp:*"), allow("iam:PassRole", role))
    users.update_group(UserPoolId=pool_id, GroupName="free", RoleArn=role)


def test_what_anybody_may_needs_no_policy(cognito: Any, ann: Ann) -> None:
    client = cognito.create_user_pool_client(UserPoolId=make_pool(cognito), ClientName="c")["UserPoolClient"]

    users = ann("cognito-idp", deny("*"))
    assert "UserSub" in users.sign_up(ClientId=client["ClientId"], Username="bob", Password="Correct-horse-1")


def test_a_user_without_any_policy_may_nothing(cloud: LocalCloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    users = cloud.client("iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    assert refusal(users.list_roles) == (
        403,
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: iam:ListRoles "
        f"on resource: arn:aws:iam::{ACCOUNT}:role/ "
        "because no identity-based policy allows the iam:ListRoles action",
    )


def test_what_a_group_may_its_users_may_until_it_is_taken_back(cloud: LocalCloud, ann: Ann) -> None:
    iam, users = cloud.client("iam"), ann("cognito-idp", allow("s3:*"))
    assert refusal(lambda: users.list_user_pools(MaxResults=1))[1] == "AccessDeniedException"

    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="ann")
    iam.attach_group_policy(GroupName="staff", PolicyArn="arn:aws:iam::aws:policy/AmazonCognitoReadOnly")
    assert users.list_user_pools(MaxResults=1)["UserPools"] == []
    iam.remove_user_from_group(GroupName="staff", UserName="ann")
    assert refusal(lambda: users.list_user_pools(MaxResults=1))[1] == "AccessDeniedException"


@pytest.mark.usefixtures("table")
class TestDynamoDB:
    OWN: dict[str, Any] = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}

    @pytest.fixture
    def table(self, cloud: LocalCloud) -> Any:
        dynamodb = cloud.client("dynamodb")
        dynamodb.create_table(
            TableName="notes",
            KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "id")],
            BillingMode="PAY_PER_REQUEST",
        )
        return dynamodb

    OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
        ("get_item", {"Key": {"owner": {"S": "bob"}, "id": {"S": "1"}}}),
        ("put_item", {"Item": {"owner": {"S": "bob"}, "id": {"S": "1"}}}),
        (
            "query",
            {
                "KeyConditionExpression": "#o = :o",
                "ExpressionAttributeNames": {"#o": "owner"},
                "ExpressionAttributeValues": {":o": {"S": "bob"}},
            },
        ),
        (
            "query",
            {
                "KeyConditionExpression": "owner=:o AND begins_with(id, :i)",
                "ExpressionAttributeValues": {":o": {"S": "bob"}, ":i": {"S": "ann"}},
            },
        ),
    )

    @pytest.mark.parametrize(("operation", "params"), OTHERS)
    def test_ones_own_leading_key_is_allowed_and_anothers_is_not(
        self, ann: Ann, operation: str, params: dict[str, Any]
    ) -> None:
        mine = json.loads(json.dumps(params).replace("bob", "ann"))
        notes = ann("dynamodb", allow("dynamodb:*", f"arn:aws:dynamodb:*:{ACCOUNT}:table/notes", **self.OWN))

        getattr(notes, operation)(TableName="notes", **mine)
        status, code, message = refusal(lambda: getattr(notes, operation)(TableName="notes", **params))
        action = "".join(part.title() for part in operation.split("_"))
        assert (status, code) == (400, "AccessDeniedException")
        assert f"dynamodb:{action} on resource: arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/notes because" in message

    def test_in_batches_transactions_and_statements_too(self, ann: Ann) -> None:
        notes = ann("dynamodb", allow("dynamodb:*", **self.OWN))

        def item(owner: str) -> dict[str, Any]:
            return {"owner": {"S": owner}, "id": {"S": "1"}}

        def all_with(owner: str) -> list[Callable[[], object]]:
            put = {"Put": {"TableName": "notes", "Item": item(owner)}}
            get = {"Get": {"TableName": "notes", "Key": item(owner)}}
            where = f"SELECT * FROM \"notes\" WHERE owner = '{owner}'"
            asked = {"Statement": 'SELECT * FROM "notes" WHERE "owner" = ?', "Parameters": [{"S": owner}]}
            return [
                lambda: notes.batch_write_item(RequestItems={"notes": [{"PutRequest": {"Item": item(owner)}}]}),
                lambda: notes.batch_get_item(RequestItems={"notes": {"Keys": [item("ann"), item(owner)][-1:]}}),
                lambda: notes.transact_write_items(TransactItems=[put]),
                lambda: notes.transact_get_items(TransactItems=[get]),
                lambda: notes.execute_statement(Statement=where),
                lambda: notes.execute_statement(**asked),
            ]

        for call in all_with("ann"):
            call()
        for call in all_with("bob"):
            assert refusal(call)[1] == "AccessDeniedException"
        assert refusal(lambda: notes.execute_statement(Statement='SELECT * FROM "notes"'))[1] == "AccessDeniedException"

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM \"notes\" WHERE owner = 'ann' OR owner = 'bob'",
            "SELECT * FROM notes WHERE owner IN ['ann', 'bob']",
            "SELECT * FROM notes WHERE /* owner = 'ann' */ id = '1'",
            "SELECT * FROM notes WHERE id = '1' -- owner = 'ann'",
            "SELECT * FROM notes WHERE owner = 'ann' AND owner = 'bob'",
            "SELECT * FROM notes WHERE NOT owner = 'ann'",
            "INSERT INTO notes VALUE {'owner': 'bob', 'id': '1'}",
            "UPDATE notes SET title = 'x' WHERE owner = 'bob' AND id = '1'",
            "DELETE FROM notes WHERE owner = 'bob' AND id = '1'",
        ],
    )
    def test_a_statement_that_is_not_plainly_about_ones_own_is_refused(self, ann: Ann, statement: str) -> None:
        notes = ann("dynamodb", allow("dynamodb:*", **self.OWN))

        assert refusal(lambda: notes.execute_statement(Statement=statement))[1] == "AccessDeniedException"

    @pytest.mark.parametrize("expression", [":o = #o", "#o = :o AND #o = :p", "begins_with(#o, :o)", "id = :o"])
    def test_a_query_that_is_not_plainly_about_ones_own_is_refused(self, ann: Ann, expression: str) -> None:
        notes = ann("dynamodb", allow("dynamodb:*", **self.OWN))
        query = {
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": {"#o": "owner"},
            "ExpressionAttributeValues": {":o": {"S": "ann"}, ":p": {"S": "bob"}},
        }

        assert refusal(lambda: notes.query(TableName="notes", **query))[1] == "AccessDeniedException"

    def test_attributes_that_are_not_allowed(self, ann: Ann) -> None:
        only: dict[str, Any] = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["owner", "id", "title"]}}
        notes = ann("dynamodb", allow("dynamodb:GetItem", **only))
        key = {"TableName": "notes", "Key": {"owner": {"S": "ann"}, "id": {"S": "1"}}}

        notes.get_item(**key, ProjectionExpression="title, #i", ExpressionAttributeNames={"#i": "id"})
        assert (
            refusal(lambda: notes.get_item(**key, ProjectionExpression="title, secret"))[1] == "AccessDeniedException"
        )


class TestKeys:
    def test_a_key_is_asked_for_by_whatever_name(self, cloud: LocalCloud, ann: Ann) -> None:
        kms = cloud.client("kms")
        key, other = (kms.create_key()["KeyMetadata"] for _ in range(2))
        kms.create_alias(AliasName="alias/codes", TargetKeyId=key["KeyId"])
        sealed, other_sealed = (
            kms.encrypt(KeyId=one["KeyId"], Plaintext=b"1")["CiphertextBlob"] for one in (key, other)
        )
        mine = ann("kms", allow("kms:*", key["Arn"]))

        for name in (key["KeyId"], key["Arn"], "alias/codes"):
            assert mine.encrypt(KeyId=name, Plaintext=b"1")["KeyId"] == key["Arn"]
        assert mine.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"1"
        status, code, message = refusal(lambda: mine.decrypt(CiphertextBlob=other_sealed))
        assert (status, code) == (400, "AccessDeniedException")
        assert f"kms:Decrypt on resource: {other['Arn']} because no identity-based policy allows" in message

    def test_the_keys_own_policy_has_the_last_word(self, cloud: LocalCloud, ann: Ann) -> None:
        kms = cloud.client("kms")
        only_root = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}}
        key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [only_root]}))["KeyMetadata"]
        mine = ann("kms", allow("kms:*"))

        _, _, message = refusal(lambda: mine.describe_key(KeyId=key["KeyId"]))
        assert message.endswith("because no resource-based policy allows the kms:DescribeKey action")

    def test_the_encryption_context_may_be_asked_for(self, cloud: LocalCloud, ann: Ann) -> None:
        key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
        mine = ann("kms", allow("kms:Encrypt", StringEquals={"kms:EncryptionContext:pool": "mine"}))

        mine.encrypt(KeyId=key, Plaintext=b"1", EncryptionContext={"pool": "mine"})
        for context in ({"pool": "other"}, {}):
            call = lambda: mine.encrypt(KeyId=key, Plaintext=b"1", EncryptionContext=context)  # noqa: B023, E731
            assert refusal(call)[1] == "AccessDeniedException"

    def test_what_another_key_made_is_not_opened_by_naming_ones_own(self, cloud: LocalCloud, ann: Ann) -> None:
        kms = cloud.client("kms")
        own, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
        blob = kms.encrypt(KeyId=other, Plaintext=b"1")["CiphertextBlob"]
        mine = ann("kms", allow("kms:*", own))
        for call in (
            lambda: mine.decrypt(CiphertextBlob=blob, KeyId=own),
            lambda: mine.re_encrypt(CiphertextBlob=blob, SourceKeyId=own, DestinationKeyId=own),
        ):
            assert refusal(call)[1:] == (
                "IncorrectKeyException",
                "The key ID in the request does not identify a CMK that can perform this operation.",
            )
        assert refusal(lambda: mine.re_encrypt(CiphertextBlob=blob, DestinationKeyId=own))[1] == "AccessDeniedException"
        again = kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=other, DestinationKeyId=own)["CiphertextBlob"]
        assert mine.decrypt(CiphertextBlob=again, KeyId=own)["Plaintext"] == b"1"


def test_what_is_decided_on_is_what_is_done(cloud: LocalCloud, ann: Ann) -> None:
    """A form in the body and another in the query: one of them is read, by whoever reads."""
    users = ann("iam", allow("iam:ListRoles"), deny("iam:CreateUser"))
    url = "http://localhost:4566/?Action=ListRoles&Version=2010-05-08"
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "application/json", ""):
        body = b"Action=CreateUser&UserName=mallory&Version=2010-05-08"
        request = AWSRequest("POST", url, data=body, headers={"content-type": content_type} if content_type else {})
        SigV4Auth(users._request_signer._credentials, "iam", "us-east-1").add_auth(request)
        path = "/?Action=ListRoles&Version=2010-05-08"
        cloud.fetch("POST", path, headers=dict(request.headers.items()), body=body)

    assert [user["UserName"] for user in cloud.client("iam").list_users()["Users"]] == ["ann"]


@pytest.mark.parametrize(
    ("service", "target", "asked", "allowed"),
    [
        ("ssm", "AmazonSSM.GetParameter", {"Name": "/theirs", "Path": "/mine"}, "ssm:us-east-1:*:parameter/mine"),
        ("ssm", "AmazonSSM.GetParameter", {"Name": "/theirs", "Names": ["/mine"]}, "ssm:us-east-1:*:parameter/mine"),
        (
            "secretsmanager",
            "secretsmanager.GetSecretValue",
            {"SecretId": "theirs", "Name": "mine"},
            "secretsmanager:us-east-1:*:secret:mine-*",
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.GetItem",
            {"TableName": "theirs", "Key": {"id": {"S": "a"}}, "IndexName": "mine"},
            "dynamodb:us-east-1:*:table/theirs/index/mine",
        ),
        (
            "logs",
            "Logs_20140328.GetLogEvents",
            {
                "logGroupName": "theirs",
                "logStreamName": "s",
                "resourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:mine",
            },
            "logs:us-east-1:*:log-group:mine",
        ),
        (
            "kms",
            "TrentService.DisableKey",
            {"KeyId": "alias/theirs", "TargetKeyId": "alias/mine"},
            "kms:us-east-1:*:alias/mine",
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_what_an_operation_does_not_take_is_not_decided_on(
    cloud: LocalCloud, ann: Ann, service: str, target: str, asked: dict[str, Any], allowed: str
) -> None:
    users = ann(service, allow("*", f"arn:aws:{allowed}"))
    body = json.dumps(asked).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    request = AWSRequest("POST", "http://localhost:4566/", data=body, headers=headers)
    SigV4Auth(users._request_signer._credentials, service, "us-east-1").add_auth(request)

    answer = cloud.fetch("POST", "/", headers=dict(request.headers.items()), body=body)

    assert (answer.status, b"is not authorized to perform" in answer.body) == (400, True)
    assert b"theirs" in answer.body


def test_a_log_group_named_in_two_ways_is_asked_for_in_both(cloud: LocalCloud, ann: Ann) -> None:
    mine = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:mine"
    logs = ann("logs", allow("logs:*", f"{mine}*"))
    both = {"logGroupName": "theirs", "logGroupIdentifier": mine, "logStreamName": "s"}
    assert "log-group:theirs" in refusal(lambda: logs.get_log_events(**both))[2]


def test_what_an_operation_does_not_take_in_a_form_is_not_decided_on(cloud: LocalCloud, ann: Ann) -> None:
    for name in ("mine", "theirs"):
        cloud.client("iam").create_user(UserName=name)
    for more in (
        "RoleName=mine",
        "GroupName=mine",
        "PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Fmine",
        "Path=%2Fx%2F",
    ):
        kinds = ("role/mine", "group/mine", "policy/mine", "user/x/*")
        users = ann("iam", *(allow("*", f"arn:aws:iam::{ACCOUNT}:{kind}") for kind in kinds))
        body = f"Action=DeleteUser&UserName=theirs&{more}&Version=2010-05-08".encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = AWSRequest("POST", "http://localhost:4566/", data=body, headers=headers)
        SigV4Auth(users._request_signer._credentials, "iam", "us-east-1").add_auth(request)
        answer = cloud.fetch("POST", "/", headers=dict(request.headers.items()), body=body)
        assert (answer.status, b"user theirs because" in answer.body) == (403, True)
    assert cloud.client("iam").get_user(UserName="theirs")


def test_whoever_is_put_into_a_group_is_not_what_is_asked_for(cloud: LocalCloud, ann: Ann) -> None:
    cloud.client("iam").create_group(GroupName="admins")
    itself = f"arn:aws:iam::{ACCOUNT}:user/ann"
    users = ann("iam", allow("iam:*", itself))

    _, code, message = refusal(lambda: users.add_user_to_group(GroupName="admins", UserName="ann"))
    assert code == "AccessDenied"
    assert "iam:AddUserToGroup on resource: group admins because" in message
    ann("iam", allow("iam:*", f"arn:aws:iam::{ACCOUNT}:group/admins"))
    users.add_user_to_group(GroupName="admins", UserName="ann")


def test_a_user_with_a_path_is_found_by_its_name(cloud: LocalCloud, ann: Ann) -> None:
    iam = cloud.client("iam")
    for name in ("bob", "eve"):
        iam.create_user(UserName=name, Path="/staff/")
    users = ann("iam", allow("iam:*"), deny("iam:*", f"arn:aws:iam::{ACCOUNT}:user/staff/*"))
    assert "on resource: user bob with an explicit deny" in refusal(lambda: users.delete_user(UserName="bob"))[2]

    users = ann("iam", allow("iam:DeleteUser", f"arn:aws:iam::{ACCOUNT}:user/staff/bob"))
    users.delete_user(UserName="bob")
    assert refusal(lambda: users.delete_user(UserName="eve"))[1] == "AccessDenied"


def test_a_user_who_names_nobody_asks_for_themselves(cloud: LocalCloud, ann: Ann) -> None:
    own = "arn:aws:iam::*:user/${aws:username}"
    cloud.client("iam").create_user(UserName="bob")
    key_id = cloud.client("iam").create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    mine = ("iam:GetUser", "iam:ListAccessKeys", "iam:DeleteAccessKey", "iam:UpdateAccessKey")
    users = ann("iam", *(allow(action, own) for action in mine))
    for call in (users.delete_access_key, functools.partial(users.update_access_key, Status="Inactive")):
        assert refusal(functools.partial(call, AccessKeyId=key_id))[1] == "AccessDenied"
    assert users.get_user()["User"]["UserName"] == "ann"
    assert len(users.list_access_keys()["AccessKeyMetadata"]) == 1
    assert "iam:CreateAccessKey on resource: user ann because" in refusal(users.create_access_key)[2]
    assert "iam:GetUser on resource: user bob because" in refusal(lambda: users.get_user(UserName="bob"))[2]


def test_a_refusal_of_iam_names_things_as_iam_does(cloud: LocalCloud, ann: Ann) -> None:
    users, here = ann("iam", allow("s3:*")), f"arn:aws:iam::{ACCOUNT}"
    policy = f"{here}:policy/readers"
    for call, named in {
        lambda: users.get_role(RoleName="cook"): "role cook",
        lambda: users.attach_user_policy(UserName="bob", PolicyArn=policy): "user bob",
        lambda: users.create_policy(PolicyName="readers", PolicyDocument="{}"): "policy readers",
        lambda: users.get_policy(PolicyArn=policy): f"policy {policy}",
        lambda: users.create_user(UserName="bob", Path="/staff/"): f"{here}:user/staff/bob",
        users.list_users: f"{here}:user/",
        lambda: users.list_users(PathPrefix="/staff/"): f"{here}:user/staff/",
    }.items():
        assert f" on resource: {named} because no identity-based policy" in refusal(call)[2]


def test_a_role_that_is_put_into_a_profile_is_passed(cloud: LocalCloud, ann: Ann) -> None:
    iam = cloud.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="power", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="machines")
    users = ann("iam", allow("iam:AddRoleToInstanceProfile"))
    put = {"InstanceProfileName": "machines", "RoleName": "power"}
    assert f"iam:PassRole on resource: {role}" in refusal(lambda: users.add_role_to_instance_profile(**put))[2]
    ann("iam", allow("iam:AddRoleToInstanceProfile"), allow("iam:PassRole", role))
    users.add_role_to_instance_profile(**put)


def test_a_function_may_what_its_role_may(cloud: LocalCloud) -> None:
    """Without a role that allows it, a function fails here as on AWS."""
    with_listener = """
import boto3
def handler(event, context):
    try:
        return boto3.client("cognito-idp").list_user_pools(MaxResults=1)["UserPools"]
    except Exception as error:
        return str(error)
"""
    from poolhouse import testing  # noqa: PLC0415

    with testing.cloud(listen=True) as running:
        for name, may in (("no", []), ("yes", ["cognito-idp:ListUserPools"])):
            running.function(name, with_listener, timeout=20, may=may)
        lambdas = running.client("lambda")

        answers = [json.loads(lambdas.invoke(FunctionName=name)["Payload"].read()) for name in ("no", "yes")]
    assert answers[1] == []
    assert (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/no/no is not authorized to perform: cognito-idp:ListUserPools on "
        "resource: * because no identity-based policy allows the cognito-idp:ListUserPools action"
    ) in answers[0]


def test_a_role_made_anew_is_not_the_one_a_session_is_of(cloud: LocalCloud, ann: Ann) -> None:
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": ANN}, "Action": "sts:AssumeRole"}
    anything = json.dumps({"Version": "2012-10-17", "Statement": allow("*")})

    def make() -> None:
        trusts = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam.create_role(RoleName="clerk", AssumeRolePolicyDocument=trusts)
        iam.put_role_policy(RoleName="clerk", PolicyName="may", PolicyDocument=anything)

    make()
    sts = ann("sts", allow("s3:*"))
    keys = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/clerk", RoleSessionName="ann")["Credentials"]
    clerk = cloud.client(
        "cognito-idp",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert clerk.list_user_pools(MaxResults=1)["UserPools"] == []
    iam.delete_role_policy(RoleName="clerk", PolicyName="may")
    iam.delete_role(RoleName="clerk")
    make()
    assert refusal(lambda: clerk.list_user_pools(MaxResults=1))[1] == "AccessDeniedException"


def test_a_policy_that_none_could_decide_by_is_refused(cloud: LocalCloud, ann: Ann) -> None:
    with pytest.raises(ClientError) as raised:
        ann("iam", allow("*", StringSame={"aws:username": "ann"}))

    assert raised.value.response["Error"]["Code"] == "MalformedPolicyDocument"


def test_a_decision_is_explained(cloud: LocalCloud, cognito: Any, ann: Ann) -> None:
    pool_id = make_pool(cognito)
    users = ann(
        "cognito-idp",
        {**allow("cognito-idp:Describe*"), "Sid": "Look"},
        allow("cognito-idp:ListUsers", "arn:aws:cognito-idp:*:*:userpool/other"),
        allow("cognito-idp:ListUsers", "*", Bool={"aws:MultiFactorAuthPresent": "true"}),
    )

    with pytest.raises(ClientError) as raised:
        users.list_users(UserPoolId=pool_id)
    request_id = raised.value.response["ResponseMetadata"]["RequestId"]
    (decision,) = json.loads(cloud.fetch("GET", f"/_poolhouse/decisions?request_id={request_id}").body)
    assert (decision["principal"], decision["action"], decision["outcome"]) == (
        ANN,
        "cognito-idp:ListUsers",
        "implicitly denied",
    )
    assert [one["unmet"] for one in decision["statements"]] == [
        "Action cognito-idp:Describe* is not about cognito-idp:ListUsers",
        "Resource arn:aws:cognito-idp:*:*:userpool/other does not take in "
        f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool_id}",
        "Bool: aws:MultiFactorAuthPresent was absent, wanted true",
    ]
    assert decision["statements"][0]["sid"] == "Look"
    assert decision["context"]["aws:username"] == ["ann"]


class TestSecrets:
    def test_a_secret_is_held_by_its_arn_and_refused_by_what_was_asked_for(self, cloud: LocalCloud, ann: Ann) -> None:
        secrets = cloud.client("secretsmanager")
        mine = secrets.create_secret(Name="mine", SecretString="a")["ARN"]
        secrets.create_secret(Name="other", SecretString="b")
        users = ann(
            "secretsmanager", allow("secretsmanager:*", f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:mine-??????")
        )

        assert users.get_secret_value(SecretId="mine")["SecretString"] == "a"
        assert users.get_secret_value(SecretId=mine)["SecretString"] == "a"
        for named in ("other", "none"):
            assert refusal(functools.partial(users.get_secret_value, SecretId=named)) == (
                400,
                "AccessDeniedException",
                f"User: {ANN} is not authorized to perform: secretsmanager:GetSecretValue on resource: {named} "
                "because no identity-based policy allows the secretsmanager:GetSecretValue action",
            )
        assert refusal(lambda: users.create_secret(Name="more"))[1] == "AccessDeniedException"

    def test_a_customers_key_is_asked_for_by_way_of_the_service(self, cloud: LocalCloud, ann: Ann) -> None:
        key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
        cloud.client("secretsmanager").create_secret(Name="db", SecretString="a", KmsKeyId=key)
        cloud.client("ssm").put_parameter(Name="/db", Value="a", Type="SecureString", KeyId=key)
        may = allow("secretsmanager:*"), allow("ssm:*")

        secrets, parameters = ann("secretsmanager", *may), ann("ssm", *may)
        assert refusal(lambda: secrets.get_secret_value(SecretId="db"))[1:] == (
            "AccessDeniedException",
            "Access to KMS is not allowed",
        )
        code, message = refusal(lambda: parameters.get_parameter(Name="/db", WithDecryption=True))[1:]
        assert (code, message.partition(" that")[0]) == (
            "AccessDeniedException",
            "The ciphertext refers to a customer master key",
        )
        for call in (
            lambda: parameters.get_parameters(Names=["/db"], WithDecryption=True),
            lambda: parameters.get_parameters_by_path(Path="/", WithDecryption=True),
            lambda: parameters.get_parameter_history(Name="/db", WithDecryption=True),
            lambda: parameters.get_parameter(Name="/db:1", WithDecryption=True),
            lambda: parameters.put_parameter(Name="/db", Value="b", Overwrite=True),
        ):
            assert refusal(call)[1:] == (code, message)
        assert parameters.get_parameter(Name="/db")["Parameter"]["Type"] == "SecureString"

        via = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
        secrets = ann("secretsmanager", *may, allow("kms:Decrypt", key, **via))
        assert secrets.get_secret_value(SecretId="db")["SecretString"] == "a"
        assert refusal(lambda: parameters.get_parameter(Name="/db", WithDecryption=True))[1] == code
        parameters = ann("ssm", *may, allow("kms:Decrypt", key))
        assert parameters.get_parameter(Name="/db", WithDecryption=True)["Parameter"]["Value"] == "a"


class TestParameters:
    def test_a_path_is_asked_for_as_itself(self, cloud: LocalCloud, ann: Ann) -> None:
        for name in ("/app/a", "/other/a"):
            cloud.client("ssm").put_parameter(Name=name, Value="x", Type="String")
        arn = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app"
        children = ann("ssm", allow("ssm:*", f"{arn}/*"))

        assert children.get_parameter(Name="/app/a")["Parameter"]["Value"] == "x"
        assert f"on resource: {arn} because" in refusal(lambda: children.get_parameters_by_path(Path="/app"))[2]
        assert refusal(lambda: children.get_parameters(Names=["/app/a", "/other/a"]))[1] == "AccessDeniedException"
        users = ann("ssm", allow("ssm:GetParametersByPath", arn))
        assert len(users.get_parameters_by_path(Path="/app")["Parameters"]) == 1

    def test_a_secret_is_not_read_as_a_parameter_without_the_right_to_it(self, cloud: LocalCloud, ann: Ann) -> None:
        cloud.client("secretsmanager").create_secret(Name="db", SecretString="a")
        named = {"Name": "/aws/reference/secretsmanager/db", "WithDecryption": True}

        parameters = ann("ssm", allow("ssm:*"))
        assert refusal(lambda: parameters.get_parameter(Name=named["Name"]))[1] == "AccessDeniedException"
        code, message = refusal(lambda: parameters.get_parameter(**named))[1:]
        assert (code, "secretsmanager:GetSecretValue on resource: db" in message) == ("AccessDeniedException", True)
        both = ann("ssm", allow("ssm:*"), allow("secretsmanager:GetSecretValue"))
        assert both.get_parameter(**named)["Parameter"]["Value"] == "a"


def test_a_functions_own_policy_lets_a_principal_in(cloud: LocalCloud, ann: Ann) -> None:
    source = "def handler(event, context):\n    return 7"
    arn = cloud.function("open", source, invokers=[ANN])
    closed = cloud.function("closed", source)
    mine = ann("lambda", allow("s3:ListAllMyBuckets"))

    assert mine.invoke(FunctionName=arn)["Payload"].read() == b"7"
    with pytest.raises(ClientError, match="no identity-based policy allows the lambda:InvokeFunction action"):
        mine.invoke(FunctionName=closed)
    denied = ann("lambda", {**allow("lambda:InvokeFunction"), "Effect": "Deny"})
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        denied.invoke(FunctionName=arn)


def test_a_service_that_may_invoke_a_function_lets_nobody_else_in(cloud: LocalCloud, ann: Ann) -> None:
    arn = cloud.function(
        "f", "def handler(event, context):\n    return 7", invokers=["s3.amazonaws.com", "000000000000"]
    )

    with pytest.raises(ClientError, match="no identity-based policy allows the lambda:InvokeFunction action"):
        ann("lambda", allow("s3:ListAllMyBuckets")).invoke(FunctionName=arn)
