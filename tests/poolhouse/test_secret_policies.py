"""A secret's own policy: it lets in whom it names, keeps out whom it denies, and is a policy."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.testing import LocalCloud
from tests.poolhouse.cognito_identity.people import ACCOUNT, allow, document

ANN = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}
READ = {**allow("secretsmanager:GetSecretValue"), "Principal": ANN}


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


@pytest.fixture
def secrets(cloud: LocalCloud) -> Any:
    client = cloud.client("secretsmanager")
    client.create_secret(Name="db", SecretString="swordfish")
    return client


def user(cloud: LocalCloud, name: str, *statements: dict[str, Any]) -> Any:
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return cloud.client("secretsmanager", **keys)


def test_it_lets_in_whom_it_names_and_keeps_out_whom_it_denies(cloud: LocalCloud, secrets: Any) -> None:
    ann, bob = user(cloud, "ann"), user(cloud, "bob", allow("secretsmanager:*"))
    assert refused(lambda: ann.get_secret_value(SecretId="db"))[0] == "AccessDeniedException"
    deny = {**READ, "Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}}
    secrets.put_resource_policy(SecretId="db", ResourcePolicy=document(READ, deny))

    assert ann.get_secret_value(SecretId="db")["SecretString"] == "swordfish"
    assert refused(lambda: ann.describe_secret(SecretId="db"))[0] == "AccessDeniedException"
    denied = refused(lambda: bob.get_secret_value(SecretId="db"))
    assert denied[1].endswith("with an explicit deny in a resource-based policy")
    assert json.loads(secrets.get_resource_policy(SecretId="db")["ResourcePolicy"])["Statement"][0]["Principal"] == ANN

    secrets.delete_resource_policy(SecretId="db")
    assert refused(lambda: ann.get_secret_value(SecretId="db"))[0] == "AccessDeniedException"
    assert bob.get_secret_value(SecretId="db")["SecretString"] == "swordfish"


@pytest.mark.parametrize(
    "policy", ["no", "{}", document(allow("secretsmanager:*")), document({**READ, "Effect": "No"})]
)
def test_what_is_no_policy_is_refused(secrets: Any, policy: str) -> None:
    found = refused(lambda: secrets.put_resource_policy(SecretId="db", ResourcePolicy=policy))

    assert found[0] == "MalformedPolicyDocumentException"
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="db")


def test_a_public_one_is_blocked_where_that_is_asked_for(secrets: Any) -> None:
    public = document({**READ, "Principal": "*"})

    found = refused(lambda: secrets.put_resource_policy(SecretId="db", ResourcePolicy=public, BlockPublicPolicy=True))

    assert found[0] == "PublicPolicyException"
    secrets.put_resource_policy(SecretId="db", ResourcePolicy=document(READ), BlockPublicPolicy=True)
