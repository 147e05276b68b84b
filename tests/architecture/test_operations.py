"""The operations that are built: named as AWS names them, and told in docs/operations.md."""

import importlib.util
from pathlib import Path

import pytest

from poolhouse.app import SERVICES

_ROOT = Path(__file__).parents[2]

MAIN_JOB = [
    "SignUp",
    "ConfirmSignUp",
    "ResendConfirmationCode",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminGetUser",
    "AdminSetUserPassword",
    "AdminDeleteUser",
    "AdminUpdateUserAttributes",
    "AdminResetUserPassword",
    "ListUsers",
    "InitiateAuth",
    "AdminInitiateAuth",
    "RespondToAuthChallenge",
    "AdminRespondToAuthChallenge",
    "GetUser",
    "ForgotPassword",
    "ConfirmForgotPassword",
    "ChangePassword",
    "GlobalSignOut",
    "RevokeToken",
    "CreateUserPool",
    "DescribeUserPool",
    "UpdateUserPool",
    "DeleteUserPool",
    "ListUserPools",
    "CreateUserPoolClient",
    "DescribeUserPoolClient",
    "UpdateUserPoolClient",
    "DeleteUserPoolClient",
    "ListUserPoolClients",
    "CreateUserPoolDomain",
    "DescribeUserPoolDomain",
    "UpdateUserPoolDomain",
    "DeleteUserPoolDomain",
    "CreateResourceServer",
    "DescribeResourceServer",
    "UpdateResourceServer",
    "DeleteResourceServer",
    "ListResourceServers",
    "CreateGroup",
    "GetGroup",
    "UpdateGroup",
    "DeleteGroup",
    "ListGroups",
    "AdminAddUserToGroup",
    "AdminRemoveUserFromGroup",
    "AdminListGroupsForUser",
    "ListUsersInGroup",
]


@pytest.mark.parametrize("operation", MAIN_JOB)
def test_an_operation_of_the_main_job_is_built(operation: str) -> None:
    cognito_idp = next(service for service in SERVICES if service.name == "cognito-idp")

    assert operation in cognito_idp.operations


def test_the_page_of_operations_is_true() -> None:
    spec = importlib.util.spec_from_file_location("operations_page", Path(__file__).with_name("operations_page.py"))
    assert spec
    assert spec.loader
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)

    assert (_ROOT / "docs" / "operations.md").read_text() == page.render(), "run `make docs`"
