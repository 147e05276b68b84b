"""What tests of users share: pools and clients in one line, mails in the outbox, errors as a client reads them."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

EMAIL_POOL = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
ALIAS_POOL = {"AliasAttributes": ["email", "preferred_username"], "AutoVerifiedAttributes": ["email"]}
PASSWORD = "Correct-horse-1"


def make_pool(cognito: Any, **settings: Any) -> str:
    """A new pool's id."""
    return str(cognito.create_user_pool(PoolName="pool", **settings)["UserPool"]["Id"])


def make_client(cognito: Any, pool_id: str, **settings: Any) -> str:
    """A new app client's id."""
    created = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="client", **settings)
    return str(created["UserPoolClient"]["ClientId"])


def attributes(**values: str) -> list[dict[str, str]]:
    """Attributes as the API has them."""
    return [{"Name": name.replace("__", ":"), "Value": value} for name, value in values.items()]


def as_dict(listed: list[dict[str, str]]) -> dict[str, str]:
    """Attributes of an answer, by name."""
    return {attribute["Name"]: attribute["Value"] for attribute in listed}


def user_attributes(cognito: Any, pool_id: str, username: str) -> dict[str, str]:
    """A user's attributes as an administrator reads them."""
    return as_dict(cognito.admin_get_user(UserPoolId=pool_id, Username=username)["UserAttributes"])


def status(cognito: Any, pool_id: str, username: str) -> str:
    """A user's status."""
    return str(cognito.admin_get_user(UserPoolId=pool_id, Username=username)["UserStatus"])


def code_for(cloud: Any, to: str) -> str:
    """The code in the newest message to this address."""
    return str(cloud.outbox(to=to)[0].code)


def wrong(code: str) -> str:
    """Another code of six digits."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def sign_up(cognito: Any, client_id: str, username: str, password: str = PASSWORD, **values: str) -> dict[str, Any]:
    """Sign a user up with these attributes."""
    answer: dict[str, Any] = cognito.sign_up(
        ClientId=client_id, Username=username, Password=password, UserAttributes=attributes(**values)
    )
    return answer


def confirmed(cloud: Any, cognito: Any, client_id: str, username: str, email: str) -> None:
    """A user who signed up and confirmed their e-mail address."""
    values = {} if username == email else {"email": email}
    sign_up(cognito, client_id, username, **values)
    cognito.confirm_sign_up(ClientId=client_id, Username=username, ConfirmationCode=code_for(cloud, email))


@contextlib.contextmanager
def refused(code: str, message: str) -> Iterator[None]:
    """The block ends in this error, message included."""
    with pytest.raises(ClientError) as raised:
        yield
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)
