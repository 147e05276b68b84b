"""The service's triggers in their pool: the whole template, over HTTP, its functions in processes of their own."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo import clients
from demo.clients import fetch
from demo.journey import claims
from demo.stage import Stage

PASSWORD = "Correct-horse-7-battery"
API = "aws.cognito.signin.user.admin"


class Person:
    """Somebody who has signed up and confirmed."""

    def __init__(self, stage: Stage, email: str) -> None:
        self.stage, self.email = stage, email
        self.pool, self.client = stage.outputs["UserPoolId"], stage.outputs["WebClientId"]
        self.cognito, self.dynamodb = (clients.aws(name, stage.endpoint) for name in ("cognito-idp", "dynamodb"))
        self.sub: str = self.cognito.sign_up(ClientId=self.client, Username=email, Password=PASSWORD)["UserSub"]
        (mail,) = fetch("GET", f"{stage.endpoint}/_poolhouse/outbox?to={email}").body
        self.cognito.confirm_sign_up(ClientId=self.client, Username=email, ConfirmationCode=mail["code"])

    def sign_in(self) -> dict[str, Any]:
        return clients.srp(self.cognito, self.pool, self.client, self.email, PASSWORD)

    def refresh(self, tokens: dict[str, Any]) -> dict[str, Any]:
        answer = self.cognito.initiate_auth(
            ClientId=self.client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )
        return dict(answer["AuthenticationResult"])

    def join(self, group: str) -> None:
        self.cognito.admin_add_user_to_group(UserPoolId=self.pool, Username=self.sub, GroupName=group)

    def leave(self, group: str) -> None:
        self.cognito.admin_remove_user_from_group(UserPoolId=self.pool, Username=self.sub, GroupName=group)

    def sign_ins(self) -> list[dict[str, Any]]:
        rows = self.dynamodb.query(
            TableName=self.stage.outputs["SignInsTableName"],
            KeyConditionExpression="username = :me AND begins_with(id, :kind)",
            ExpressionAttributeValues={":me": {"S": self.sub}, ":kind": {"S": "sign_in#"}},
        )
        return list(rows["Items"])


def scopes(tokens: dict[str, Any]) -> set[str]:
    return set(claims(tokens["AccessToken"])["scope"].split())


def test_who_confirms_is_a_member_of_free_and_has_a_profile(stage: Stage) -> None:
    ann = Person(stage, "ann@post-confirmation.example.com")

    groups = ann.cognito.admin_list_groups_for_user(UserPoolId=ann.pool, Username=ann.sub)["Groups"]
    assert [group["GroupName"] for group in groups] == ["free"]
    key = {"subject": {"S": ann.sub}}
    assert ann.dynamodb.get_item(TableName=stage.outputs["ProfilesTableName"], Key=key)["Item"].keys() == {
        "subject",
        "created_at",
    }
    tokens = ann.sign_in()
    assert claims(tokens["IdToken"])["plan"] == "free"
    assert claims(tokens["AccessToken"])["cognito:groups"] == ["free"]


@pytest.mark.parametrize("domain", ["mailinator.com", "inbox.Yopmail.com", "temp-mail.org", "10minutemail.com"])
def test_a_disposable_address_may_not_sign_up(stage: Stage, domain: str) -> None:
    cognito = clients.aws("cognito-idp", stage.endpoint)

    with pytest.raises(ClientError) as refused:
        cognito.sign_up(ClientId=stage.outputs["WebClientId"], Username=f"eve@{domain}", Password=PASSWORD)

    error = refused.value.response["Error"]
    said = "PreSignUp failed with error Email domain is not allowed."
    assert (error["Code"], error["Message"]) == ("UserLambdaValidationException", said)
    assert fetch("GET", f"{stage.endpoint}/_poolhouse/outbox?to=eve@{domain}").body == []


def test_every_sign_in_is_recorded_and_refreshes_are_not(stage: Stage) -> None:
    ann = Person(stage, "ann@post-authentication.example.com")

    tokens = ann.sign_in()
    ann.refresh(tokens)

    (record,) = ann.sign_ins()
    assert record["app_client"] == {"S": ann.client}
    with pytest.raises(ClientError, match="Incorrect username or password"):
        clients.srp(ann.cognito, ann.pool, ann.client, ann.email, "Wrong-horse-7-battery")
    assert len(ann.sign_ins()) == 1


def test_a_blocked_user_is_refused_without_a_reason_until_the_block_is_gone(stage: Stage) -> None:
    ann = Person(stage, "ann@pre-authentication.example.com")
    table, key = stage.outputs["SignInsTableName"], {"username": {"S": ann.sub}, "id": {"S": "block"}}
    ann.dynamodb.put_item(TableName=table, Item={**key, "reason": {"S": "Fraud"}})

    with pytest.raises(ClientError) as refused:
        ann.sign_in()

    assert refused.value.response["Error"] == {
        "Code": "UserLambdaValidationException",
        "Message": "PreAuthentication failed with error Sign-in is not possible.",
    }
    assert ann.sign_ins() == []
    ann.dynamodb.delete_item(TableName=table, Key=key)
    assert ann.sign_in()["TokenType"] == "Bearer"


def test_plan_tenant_and_scopes_follow_groups_and_attributes(stage: Stage) -> None:
    ann = Person(stage, "ann@pre-token-generation.example.com")
    ann.join("premium")
    tenant = [{"Name": "custom:tenant", "Value": "acme"}]
    ann.cognito.admin_update_user_attributes(UserPoolId=ann.pool, Username=ann.sub, UserAttributes=tenant)

    first = ann.sign_in()
    for token in (first["IdToken"], first["AccessToken"]):
        assert (claims(token)["plan"], claims(token)["tenant"]) == ("premium", "acme")
    assert scopes(first) == {API, "transactions/get", "transactions/post", "titles/stream"}

    ann.leave("premium")
    again = ann.refresh(first)
    assert claims(again["AccessToken"])["plan"] == "free"
    assert scopes(again) == {API, "transactions/get", "transactions/post"}


def test_nobody_makes_themselves_a_tenant(stage: Stage) -> None:
    ann = Person(stage, "ann@tenant.example.com")
    token = ann.sign_in()["AccessToken"]
    tenant = [{"Name": "custom:tenant", "Value": "acme"}]

    with pytest.raises(ClientError, match="A client attempted to write unauthorized attribute"):
        ann.cognito.update_user_attributes(AccessToken=token, UserAttributes=tenant)
    with pytest.raises(ClientError, match="A client attempted to write unauthorized attribute"):
        ann.cognito.sign_up(
            ClientId=ann.client, Username="eve@tenant.example.com", Password=PASSWORD, UserAttributes=tenant
        )
