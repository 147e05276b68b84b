"""A test of somebody's own may use moto's `mock_aws` in the process that holds our cloud."""

import boto3
from moto import mock_aws

from tests.poolhouse.moto_services.conftest import Client
from tests.poolhouse.moto_services.test_dynamodb import TABLE


def test_a_mock_neither_sees_our_tables_nor_takes_them_away(ask: Client) -> None:
    ask("dynamodb", "CreateTable", **TABLE)

    with mock_aws():
        mocked = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        seen = mocked.list_tables()["TableNames"]
        during = ask("dynamodb", "ListTables")["TableNames"]

    assert seen == []
    assert during == ["notes"]
    assert ask("dynamodb", "ListTables")["TableNames"] == ["notes"]


def test_a_user_of_ours_survives_a_mock_around_iam(ask: Client) -> None:
    ask("iam", "CreateUser", UserName="ann")

    with mock_aws():
        boto3.client("iam", aws_access_key_id="x", aws_secret_access_key="x").list_users()

    assert [user["UserName"] for user in ask("iam", "ListUsers")["Users"]] == ["ann"]
