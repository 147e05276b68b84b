import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from poolhouse.errors import NotImplementedException
from poolhouse.files import Files
from poolhouse.moto_services import MotoServices
from poolhouse.operate import OperationFailed
from poolhouse.store import Store
from poolhouse.web import Request
from poolhouse.wire.entities import SEAL_PURPOSE
from poolhouse.wire.errors import ValidationException
from tests.poolhouse.moto_services.conftest import Client, Restart

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
OF_AWS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def role(client: Client, name: str = "clerk") -> dict[str, Any]:
    found: dict[str, Any] = client("iam", "GetRole", RoleName=name)["Role"]
    return found


def test_a_role_keeps_its_id_and_policies_after_a_restart(ask: Client, restarted: Restart) -> None:
    ask("iam", "CreateRole", RoleName="clerk", AssumeRolePolicyDocument=DOCUMENT, Tags=[{"Key": "a", "Value": "b"}])
    ask("iam", "PutRolePolicy", RoleName="clerk", PolicyName="own", PolicyDocument=DOCUMENT)
    ask("iam", "AttachRolePolicy", RoleName="clerk", PolicyArn=OF_AWS)

    again = restarted()
    assert role(again) == role(ask)
    assert role(again)["RoleId"].startswith("AROA")
    assert again("iam", "ListRolePolicies", RoleName="clerk")["PolicyNames"] == ["own"]
    attached = again("iam", "ListAttachedRolePolicies", RoleName="clerk")["AttachedPolicies"]
    assert attached == [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": OF_AWS}]


def test_users_groups_and_policies_hang_together_after_a_restart(ask: Client, restarted: Restart) -> None:
    for name in ("zoe", "ada"):
        ask("iam", "CreateUser", UserName=name)
    ask("iam", "CreateGroup", GroupName="staff")
    ask("iam", "AddUserToGroup", GroupName="staff", UserName="ada")
    arn = ask("iam", "CreatePolicy", PolicyName="all", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for name in ("zoe", "ada"):
        ask("iam", "AttachUserPolicy", UserName=name, PolicyArn=arn)

    again = restarted()
    again("iam", "DetachUserPolicy", UserName="ada", PolicyArn=arn)
    assert again("iam", "GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert [user["UserName"] for user in again("iam", "GetGroup", GroupName="staff")["Users"]] == ["ada"]


def test_an_error_changes_nothing(ask: Client, restarted: Restart) -> None:
    ask("iam", "CreateRole", RoleName="clerk", AssumeRolePolicyDocument=DOCUMENT)

    error = ask.error("iam", "PutRolePolicy", RoleName="nobody", PolicyName="own", PolicyDocument=DOCUMENT)

    assert error == ("NoSuchEntity", "Role nobody not found")
    assert [found["RoleName"] for found in restarted()("iam", "ListRoles")["Roles"]] == ["clerk"]


def test_what_could_not_be_written_is_not_visible(ask: Client, broken: Callable[[], None]) -> None:
    ask("iam", "CreateRole", RoleName="clerk", AssumeRolePolicyDocument=DOCUMENT)
    broken()

    with pytest.raises(OSError, match="no space left"):
        ask("iam", "DeleteRole", RoleName="clerk")

    assert role(ask)["RoleName"] == "clerk"


def test_a_user_s_access_key_is_where_signatures_are_verified(ask: Client, store: Store) -> None:
    ask("iam", "CreateUser", UserName="ada")

    made = ask("iam", "CreateAccessKey", UserName="ada")["AccessKey"]

    kept = store.access_keys.get(id=made["AccessKeyId"])
    assert store.sealer.unseal(kept.sealed_secret, SEAL_PURPOSE).decode() == made["SecretAccessKey"]
    assert (kept.kind, kept.principal_arn) == ("user", "arn:aws:iam::000000000000:user/ada")
    assert kept.expires_at is None


def test_a_key_taken_away_is_never_good_again(ask: Client, store: Store) -> None:
    ask("iam", "CreateUser", UserName="ada")
    key_id = ask("iam", "CreateAccessKey", UserName="ada")["AccessKey"]["AccessKeyId"]

    ask("iam", "UpdateAccessKey", UserName="ada", AccessKeyId=key_id, Status="Inactive")
    assert not store.access_keys.get(id=key_id).is_active

    ask("iam", "UpdateAccessKey", UserName="ada", AccessKeyId=key_id, Status="Active")
    assert store.access_keys.get(id=key_id).is_active

    ask("iam", "DeleteAccessKey", UserName="ada", AccessKeyId=key_id)
    assert not store.access_keys.get(id=key_id).is_active


def test_no_secret_is_kept_in_clear(ask: Client, store: Store) -> None:
    ask("iam", "CreateUser", UserName="ada")
    secret = ask("iam", "CreateAccessKey", UserName="ada")["AccessKey"]["SecretAccessKey"]
    ask("iam", "CreateLoginProfile", UserName="ada", Password="correct horse")

    kept = str(store.moto_records.list())
    assert secret not in kept
    assert "correct horse" not in kept


def test_missing_members_are_reported_as_aws_does(ask: Client) -> None:
    form = (("content-type", "application/x-www-form-urlencoded"),)
    request = Request("POST", "/", headers=form, body=b"Action=CreateRole&Version=2010-05-08")

    with pytest.raises(ValidationException, match="2 validation errors detected: Value null at 'roleName' failed"):
        ask.services.handle("iam", request)


def test_operations_moto_lacks_are_refused_by_name(ask: Client) -> None:
    with pytest.raises(NotImplementedException, match="iam ListServiceSpecificCredentials is not implemented yet"):
        ask("iam", "ListServiceSpecificCredentials", UserName="ada")


def test_memory_only_works_the_same() -> None:
    with contextlib.closing(Store(None)) as store:
        client = Client(MotoServices(store, Files(None), account_id="111122223333", region="us-east-1"))

        client("iam", "CreateRole", RoleName="clerk", AssumeRolePolicyDocument=DOCUMENT)

        assert role(client)["Arn"] == "arn:aws:iam::111122223333:role/clerk"


def test_only_managed_policies_must_name_the_version_of_the_language(ask: Client) -> None:
    document = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    ask("iam", "CreateRole", RoleName="clerk", AssumeRolePolicyDocument=DOCUMENT)

    ask("iam", "PutRolePolicy", RoleName="clerk", PolicyName="read", PolicyDocument=document)

    with pytest.raises(OperationFailed, match="Policy document must be version 2012-10-17 or greater"):
        ask("iam", "CreatePolicy", PolicyName="read", PolicyDocument=document)
    assert ask("iam", "ListRolePolicies", RoleName="clerk")["PolicyNames"] == ["read"]
