"""Assuming roles: whom a role trusts, what its sessions may, and what is refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/reader"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
ANYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
LIST = [{"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*"}]


def document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def trust(principal: dict[str, Any], *actions: str, **condition: Any) -> str:
    wanted = list(actions) or ["sts:AssumeRole"]
    return document([{"Effect": "Allow", "Principal": principal, "Action": wanted, "Condition": condition}])


class Setting:
    """Ann, an IAM user, and a role."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.iam = cloud.client("iam")
        self.iam.create_user(UserName="ann")
        key = self.iam.create_access_key(UserName="ann")["AccessKey"]
        self.ann = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        self.may(LIST)

    def may(self, statements: list[dict[str, Any]]) -> None:
        self.iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document(statements))

    def role(self, trusts: str, statements: list[dict[str, Any]] | None = None, **settings: Any) -> None:
        self.iam.create_role(RoleName="reader", Path="/app/", AssumeRolePolicyDocument=trusts, **settings)
        self.iam.put_role_policy(RoleName="reader", PolicyName="may", PolicyDocument=document(statements or ANYTHING))

    def sts(self, keys: dict[str, str] | None = None) -> Any:
        return self.cloud.client("sts", **(keys or self.ann))

    def assume(self, keys: dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
        given = {"RoleArn": ROLE, "RoleSessionName": "ann", **params}
        answer: dict[str, Any] = self.sts(keys).assume_role(**given)
        return answer

    def pools(self, answer: dict[str, Any]) -> Any:
        return self.cloud.client("cognito-idp", **keys_of(answer)).list_user_pools(MaxResults=1)


@pytest.fixture
def setting(cloud: LocalCloud) -> Setting:
    return Setting(cloud)


def keys_of(answer: dict[str, Any]) -> dict[str, str]:
    made = answer["Credentials"]
    return {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }


def refusal(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def denied(action: str = "sts:AssumeRole") -> tuple[int, str, str]:
    return 403, "AccessDenied", f"User: {ANN} is not authorized to perform: {action} on resource: {ROLE}"


def test_a_role_that_names_a_user_is_assumed_and_its_keys_work(setting: Setting) -> None:
    setting.role(trust({"AWS": ANN}))

    answer = setting.assume()
    role_id = setting.iam.get_role(RoleName="reader")["Role"]["RoleId"]
    assert answer["AssumedRoleUser"] == {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/ann",
        "AssumedRoleId": f"{role_id}:ann",
    }
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert "PackedPolicySize" not in answer
    who = setting.sts(keys_of(answer)).get_caller_identity()
    assert (who["Arn"], who["UserId"], who["Account"]) == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/ann",
        f"{role_id}:ann",
        ACCOUNT,
    )
    assert setting.pools(answer)["UserPools"] == []


def test_one_that_trusts_the_account_leaves_it_to_the_users_own_policies(setting: Setting) -> None:
    setting.role(trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))

    assert refusal(setting.assume) == denied()
    setting.may([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}])
    assert setting.assume()["Credentials"]
    setting.may([*ANYTHING, {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}])
    assert refusal(setting.assume) == denied()


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": f"{ANN}x"},
        {"Service": "lambda.amazonaws.com"},
        {"AWS": "111111111111"},
        {"Federated": "accounts.google.com"},
    ],
)
def test_one_that_trusts_others_does_not_trust_ann(setting: Setting, principal: dict[str, str]) -> None:
    setting.may(ANYTHING)
    setting.role(trust(principal))

    assert refusal(setting.assume) == denied()


def test_one_that_is_not_there_is_refused_alike(setting: Setting) -> None:
    setting.may(ANYTHING)

    assert refusal(setting.assume) == denied()
    for arn in ("arn:aws:iam::111111111111:role/x", "not-an-arn-at-all-but-long-enough"):
        assert refusal(lambda: setting.assume(RoleArn=arn))[1] == "AccessDenied"  # noqa: B023


def test_the_root_user_assumes_no_role(setting: Setting) -> None:
    setting.role(trust({"AWS": ACCOUNT}))

    root = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    assert refusal(lambda: setting.assume(root)) == (403, "AccessDenied", "Roles may not be assumed by root accounts.")


def test_an_external_id_is_wanted_where_the_role_says_so(setting: Setting) -> None:
    setting.role(trust({"AWS": ANN}, StringEquals={"sts:ExternalId": "us-only"}))

    assert refusal(setting.assume) == denied()
    assert refusal(lambda: setting.assume(ExternalId="them")) == denied()
    assert setting.assume(ExternalId="us-only")["Credentials"]


def test_a_session_may_what_its_role_may_and_nothing_else(setting: Setting) -> None:
    setting.role(trust({"AWS": ANN}), LIST)
    keys = keys_of(setting.assume())
    users = setting.cloud.client("cognito-idp", **keys)

    assert users.list_user_pools(MaxResults=1)["UserPools"] == []
    status, code, message = refusal(lambda: users.create_user_pool(PoolName="x"))
    assert (status, code) == (400, "AccessDeniedException")
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/ann is not authorized to perform: "
        "cognito-idp:CreateUserPool on resource: * because no identity-based policy allows the "
        "cognito-idp:CreateUserPool action"
    )


def test_a_session_policy_narrows_and_never_widens(setting: Setting) -> None:
    setting.role(trust({"AWS": ANN}), LIST)
    wide, narrow = (
        setting.assume(Policy=document(ANYTHING)),
        setting.assume(Policy=document([{**LIST[0], "Action": "s3:*"}])),
    )

    assert setting.pools(wide)["UserPools"] == []
    users = setting.cloud.client("cognito-idp", **keys_of(wide))
    assert refusal(lambda: users.create_user_pool(PoolName="x"))[1] == "AccessDeniedException"
    assert refusal(lambda: setting.pools(narrow))[2].endswith(
        "because no session policy allows the cognito-idp:ListUserPools action"
    )
    assert wide["PackedPolicySize"] > 0
    managed = setting.assume(PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonCognitoReadOnly"}])
    assert setting.pools(managed)["UserPools"] == []


def test_what_is_no_session_policy_is_refused(setting: Setting) -> None:
    setting.role(trust({"AWS": ANN}))

    assert refusal(lambda: setting.assume(Policy="{"))[:2] == (400, "MalformedPolicyDocument")
    large = document([{**LIST[0], "Sid": "x" * 3000}])
    assert refusal(lambda: setting.assume(Policy=large))[:2] == (400, "PackedPolicyTooLarge")
    nowhere = [{"arn": "arn:aws:iam::aws:policy/NotThere"}]
    assert refusal(lambda: setting.assume(PolicyArns=nowhere))[1] == "ValidationError"


def test_keys_end_when_they_were_to(setting: Setting) -> None:
    setting.role(trust({"AWS": ANN}), MaxSessionDuration=7200)
    setting.cloud.clock.stop(datetime.now(UTC).replace(microsecond=0))

    answer = setting.assume(DurationSeconds=900)
    assert answer["Credentials"]["Expiration"] == setting.cloud.clock() + timedelta(seconds=900)
    too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert refusal(lambda: setting.assume(DurationSeconds=7201)) == (400, "ValidationError", too_long)
    assert setting.assume(DurationSeconds=7200)["Credentials"]
    setting.cloud.clock.advance(timedelta(seconds=899))
    assert setting.pools(answer)["UserPools"] == []
    setting.cloud.clock.advance(timedelta(seconds=1))
    expired = "The security token included in the request is expired"
    assert refusal(lambda: setting.pools(answer)) == (400, "ExpiredTokenException", expired)
    setting.assume()


def test_wrong_session_tokens_and_secrets_are_refused(setting: Setting) -> None:
    setting.role(trust({"AWS": ANN}))
    one, two = (keys_of(setting.assume()) for _ in range(2))

    for wrong in (
        {**one, "aws_session_token": two["aws_session_token"]},
        {**one, "aws_session_token": ""},
        {**one, "aws_session_token": one["aws_session_token"][:-4] + "AAAA"},
    ):
        status, code, _ = refusal(lambda: setting.sts(wrong).get_caller_identity())  # noqa: B023
        assert (status, code) == (403, "InvalidClientTokenId")
    forged = {**one, "aws_secret_access_key": two["aws_secret_access_key"]}
    assert refusal(lambda: setting.sts(forged).get_caller_identity())[1] == "SignatureDoesNotMatch"


def test_tags_need_to_be_allowed_and_decide(setting: Setting) -> None:
    own = [{**LIST[0], "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}}]
    setting.role(trust({"AWS": ANN}, "sts:AssumeRole"), own)
    red, blue = ([{"Key": "team", "Value": value}] for value in ("red", "blue"))

    assert refusal(lambda: setting.assume(Tags=red)) == denied("sts:TagSession")
    both = trust({"AWS": ANN}, "sts:AssumeRole", "sts:TagSession")
    setting.iam.update_assume_role_policy(RoleName="reader", PolicyDocument=both)
    assert setting.pools(setting.assume(Tags=red))["UserPools"] == []
    assert refusal(lambda: setting.pools(setting.assume(Tags=blue)))[1] == "AccessDeniedException"
    assert refusal(lambda: setting.pools(setting.assume()))[1] == "AccessDeniedException"


def test_a_chain_hands_on_what_is_transitive_and_lasts_an_hour(setting: Setting) -> None:
    by_anybody = trust({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    setting.role(by_anybody, MaxSessionDuration=7200)
    setting.may(ANYTHING)
    tags = [{"Key": "team", "Value": "red"}, {"Key": "here", "Value": "yes"}]
    first = setting.assume(Tags=tags, TransitiveTagKeys=["team"], SourceIdentity="ann@example.com")

    second = setting.assume(keys_of(first), RoleSessionName="second")
    assert second["SourceIdentity"] == "ann@example.com"
    setting.pools(second)
    (decision,) = json.loads(setting.cloud.fetch("GET", "/_poolhouse/decisions").body)[:1]
    context = decision["context"]
    assert context["aws:principaltag/team"] == ["red"]
    assert "aws:principaltag/here" not in context
    assert context["aws:sourceidentity"] == ["ann@example.com"]
    chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    assert refusal(lambda: setting.assume(keys_of(first), DurationSeconds=3601)) == (400, "ValidationError", chained)
    other = [{"Key": "team", "Value": "blue"}]
    assert refusal(lambda: setting.assume(keys_of(first), Tags=other))[1] == "ValidationError"
    assert refusal(lambda: setting.assume(keys_of(first), SourceIdentity="bob"))[1] == "AccessDenied"


def test_a_source_identity_that_is_handed_on_needs_the_next_roles_trust(setting: Setting) -> None:
    setting.role(trust({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:SetSourceIdentity"), ANYTHING)
    setting.may(ANYTHING)
    first = setting.assume(SourceIdentity="ann@example.com")

    only = trust({"AWS": ACCOUNT}, "sts:AssumeRole")
    setting.iam.update_assume_role_policy(RoleName="reader", PolicyDocument=only)
    refused = refusal(lambda: setting.assume(keys_of(first), RoleSessionName="second"))
    assert (refused[1], "sts:SetSourceIdentity on resource" in refused[2]) == ("AccessDenied", True)


def test_a_users_own_temporary_keys_may_what_the_user_may(setting: Setting) -> None:
    answer = setting.sts().get_session_token(DurationSeconds=900)

    assert setting.pools(answer)["UserPools"] == []
    assert setting.sts(keys_of(answer)).get_caller_identity()["Arn"] == ANN
    assert refusal(lambda: setting.sts(keys_of(answer)).get_session_token()) == (
        403,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )


def test_a_federated_user_may_what_both_allow(setting: Setting) -> None:
    setting.may([*LIST, {"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"}])
    sts = setting.sts()

    allowed = sts.get_federation_token(Name="guest", Policy=document(ANYTHING))
    nothing, other = (
        sts.get_federation_token(Name="guest", **more)
        for more in ({}, {"Policy": document([{**LIST[0], "Action": "s3:*"}])})
    )
    assert allowed["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:guest",
        "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
    }
    assert setting.pools(allowed)["UserPools"] == []
    for keys in (nothing, other):
        assert refusal(lambda: setting.pools(keys))[1] == "AccessDeniedException"  # noqa: B023
    federated = setting.cloud.client("iam", **keys_of(allowed))
    assert refusal(federated.list_roles)[1] == "AccessDenied"
    setting.may(LIST)
    assert refusal(lambda: sts.get_federation_token(Name="guest"))[1] == "AccessDenied"


def test_tags_of_a_federated_user_are_asked_for(setting: Setting) -> None:
    """Otherwise whoever may federate could give themselves the tags that policies ask for."""
    federate = {"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"}
    tags = [{"Key": "team", "Value": "blue"}]
    setting.may([federate])
    code, message = refusal(lambda: setting.sts().get_federation_token(Name="guest", Tags=tags))[1:]
    assert (code, "sts:TagSession on resource" in message) == ("AccessDenied", True)

    blue = {"StringEquals": {"aws:RequestTag/team": "blue"}}
    setting.may([federate, {"Effect": "Allow", "Action": "sts:TagSession", "Resource": "*", "Condition": blue}])
    assert setting.sts().get_federation_token(Name="guest", Tags=tags)["Credentials"]
    other = [{"Key": "team", "Value": "red"}]
    assert refusal(lambda: setting.sts().get_federation_token(Name="guest", Tags=other))[1] == "AccessDenied"


def test_who_somebody_is_needs_no_permission(setting: Setting) -> None:
    setting.may([{"Effect": "Deny", "Action": "*", "Resource": "*"}])

    who = setting.sts().get_caller_identity()
    user = setting.iam.get_user(UserName="ann")["User"]
    assert (who["Arn"], who["UserId"], who["Account"]) == (ANN, user["UserId"], ACCOUNT)
    root = setting.cloud.client("sts").get_caller_identity()
    assert (root["Arn"], root["UserId"]) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    key_id = setting.ann["aws_access_key_id"]
    assert setting.sts().get_access_key_info(AccessKeyId=key_id)["Account"] == ACCOUNT
