"""A user's permissions boundary: the most that their policies can give them, and what IAM says of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing
from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import ACCOUNT, allow, document

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def with_keys(cloud: LocalCloud, service: str, key: dict[str, str]) -> Any:
    secret, token = key["SecretAccessKey"], key.get("SessionToken")
    return cloud.client(
        service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=secret, aws_session_token=token
    )


@pytest.fixture
def ann(cloud: LocalCloud) -> dict[str, str]:
    """The access key of a user who may everything."""
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=document(allow("*")))
    key: dict[str, str] = iam.create_access_key(UserName="ann")["AccessKey"]
    return key


def test_it_limits_what_the_users_policies_allow_until_it_is_taken_away(cloud: LocalCloud, ann: Any) -> None:
    iam, queues = cloud.client("iam"), with_keys(cloud, "sqs", ann)
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=READ_ONLY)

    assert queues.list_queues().get("QueueUrls", []) == []
    code, said = refused(lambda: queues.create_queue(QueueName="q"))
    assert (code, said) == (
        "AccessDenied",
        f"User: {ANN} is not authorized to perform: sqs:createqueue on resource: arn:aws:sqs:us-east-1:{ACCOUNT}:q "
        "because no permissions boundary allows the sqs:createqueue action",
    )
    assert iam.get_user(UserName="ann")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": READ_ONLY,
    }

    iam.delete_user_permissions_boundary(UserName="ann")

    assert queues.create_queue(QueueName="q")["QueueUrl"]
    assert "PermissionsBoundary" not in iam.get_user(UserName="ann")["User"]


def test_it_allows_nothing_by_itself_and_its_denials_count(cloud: LocalCloud, ann: Any) -> None:
    iam, users = cloud.client("iam"), with_keys(cloud, "iam", ann)
    deny = {**allow("iam:ListRoles"), "Effect": "Deny"}
    made = iam.create_policy(PolicyName="edge", PolicyDocument=document(allow("iam:*"), deny))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=made)

    assert users.list_users()["Users"][0]["UserName"] == "ann"
    assert refused(users.list_roles)[1].endswith("with an explicit deny in a permissions boundary")
    iam.delete_user_policy(UserName="ann", PolicyName="all")
    assert refused(users.list_users)[1].endswith("because no identity-based policy allows the iam:ListUsers action")


def test_it_holds_for_the_keys_the_user_makes_of_their_own(cloud: LocalCloud, ann: Any) -> None:
    cloud.client("iam").put_user_permissions_boundary(UserName="ann", PermissionsBoundary=READ_ONLY)
    session = with_keys(cloud, "sts", ann).get_session_token()["Credentials"]

    queues = with_keys(cloud, "sqs", session)

    assert "no permissions boundary allows" in refused(lambda: queues.create_queue(QueueName="q"))[1]


def test_a_user_is_created_with_one_and_lists_leave_it_out(cloud: LocalCloud) -> None:
    iam = cloud.client("iam")

    made = iam.create_user(UserName="bob", PermissionsBoundary=READ_ONLY)["User"]

    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    assert "PermissionsBoundary" not in iam.list_users()["Users"][0]


def test_what_is_no_policy_is_no_boundary_and_one_in_use_stays(cloud: LocalCloud, ann: Any) -> None:
    iam, nowhere = cloud.client("iam"), f"arn:aws:iam::{ACCOUNT}:policy/nowhere"
    absent = ("NoSuchEntity", f"Scope ARN: {nowhere} does not exist or is not attachable.")
    assert refused(lambda: iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=nowhere)) == absent
    assert refused(lambda: iam.create_user(UserName="new", PermissionsBoundary=nowhere)) == absent
    assert [one["UserName"] for one in iam.list_users()["Users"]] == ["ann"]
    assert refused(lambda: iam.put_user_permissions_boundary(UserName="no", PermissionsBoundary=READ_ONLY))[0] == (
        "NoSuchEntity"
    )

    made = iam.create_policy(PolicyName="edge", PolicyDocument=document(allow("iam:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=made)
    conflict = ("DeleteConflict", "Cannot delete a policy attached to entities.")
    assert refused(lambda: iam.delete_policy(PolicyArn=made)) == conflict
    iam.delete_user_permissions_boundary(UserName="ann")
    iam.delete_policy(PolicyArn=made)


def test_who_may_create_users_with_one_may_not_without(cloud: LocalCloud, ann: Any) -> None:
    """The use of boundaries: somebody makes users, and none that may more than this."""
    iam, users = cloud.client("iam"), with_keys(cloud, "iam", ann)
    only = allow("iam:CreateUser", Condition={"StringEquals": {"iam:PermissionsBoundary": READ_ONLY}})
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=document(only))

    assert users.create_user(UserName="bob", PermissionsBoundary=READ_ONLY)
    assert refused(lambda: users.create_user(UserName="eve"))[0] == "AccessDenied"


TEMPLATE = """
Resources:
  Staff: {{Type: AWS::IAM::Group, Properties: {{Policies: [{{PolicyName: may, PolicyDocument: {all}}}]}}}}
  Ann:
    Type: AWS::IAM::User
    Properties: {{UserName: ann, Path: /people/, Groups: [!Ref Staff]{more}}}
Outputs: {{Ann: {{Value: !GetAtt Ann.Arn}}, Group: {{Value: !Ref Staff}}}}
"""


def test_users_and_groups_of_templates(tmp_path: Path) -> None:
    file, everything = tmp_path / "template.yaml", json.dumps(json.loads(document(allow("*"))))
    file.write_text(TEMPLATE.format(all=everything, more=f", PermissionsBoundary: '{READ_ONLY}', Tags: []"))
    with testing.cloud(file) as cloud:
        iam = cloud.client("iam")
        assert cloud.outputs["Ann"] == f"arn:aws:iam::{ACCOUNT}:user/people/ann"
        queues = with_keys(cloud, "sqs", iam.create_access_key(UserName="ann")["AccessKey"])
        assert "no permissions boundary" in refused(lambda: queues.create_queue(QueueName="q"))[1]

        own = f", Policies: [{{PolicyName: own, PolicyDocument: {everything}}}], Tags: [{{Key: a, Value: b}}]"
        file.write_text(TEMPLATE.format(all=everything, more=own))
        cloud.inner.deploy(file, {}, lambda _: None)

        assert queues.create_queue(QueueName="q")
        assert iam.list_user_policies(UserName="ann")["PolicyNames"] == ["own"]
        assert iam.list_user_tags(UserName="ann")["Tags"] == [{"Key": "a", "Value": "b"}]
        assert iam.list_groups_for_user(UserName="ann")["Groups"][0]["GroupName"] == cloud.outputs["Group"]
