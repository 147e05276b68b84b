"""What may happen once happens once, however many ask at the same time."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .accounts import ALIAS_POOL, EMAIL_POOL, PASSWORD, code_for, confirmed, make_client, make_pool, sign_up, status

ASKING = 8
NEW_PASSWORD = "Another-horse-2"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


def at_once(ask: Callable[[int], object]) -> Counter[str]:
    """How often it was answered, and how often with which error, of so many that ask together."""
    start = threading.Barrier(ASKING)

    def one(number: int) -> str:
        start.wait()
        try:
            ask(number)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(ASKING) as clients:
        return Counter(clients.map(one, range(ASKING)))


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client_id(cognito: Any, pool_id: str) -> str:
    return make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS)


def test_one_address_signs_up_once(cognito: Any, pool_id: str, client_id: str) -> None:
    seen = at_once(lambda _: sign_up(cognito, client_id, "ann@example.com"))

    assert seen == {"done": 1, "UsernameExistsException": ASKING - 1}
    assert len(cognito.list_users(UserPoolId=pool_id)["Users"]) == 1


def test_an_administrator_creates_a_user_once(cloud: Any, cognito: Any, pool_id: str) -> None:
    seen = at_once(lambda _: cognito.admin_create_user(UserPoolId=pool_id, Username="ann@example.com"))

    assert seen == {"done": 1, "UsernameExistsException": ASKING - 1}
    assert len(cloud.outbox(to="ann@example.com")) == 1


def test_two_users_do_not_share_an_alias(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, **ALIAS_POOL)
    client_id = make_client(cognito, pool_id)
    names = [f"user-{number}" for number in range(ASKING)]
    codes = {}
    for name in names:
        sign_up(cognito, client_id, name, email="ann@example.com")
        codes[name] = code_for(cloud, "ann@example.com")

    seen = at_once(
        lambda number: cognito.confirm_sign_up(
            ClientId=client_id, Username=names[number], ConfirmationCode=codes[names[number]]
        )
    )

    assert seen == {"done": 1, "AliasExistsException": ASKING - 1}
    assert Counter(status(cognito, pool_id, name) for name in names) == {"CONFIRMED": 1, "UNCONFIRMED": ASKING - 1}


def test_a_confirmation_code_confirms_once(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    sign_up(cognito, client_id, "ann@example.com")
    code = code_for(cloud, "ann@example.com")

    seen = at_once(
        lambda _: cognito.confirm_sign_up(ClientId=client_id, Username="ann@example.com", ConfirmationCode=code)
    )

    assert seen.pop("done") == 1
    assert set(seen) <= {"NotAuthorizedException", "ExpiredCodeException"}
    assert status(cognito, pool_id, "ann@example.com") == "CONFIRMED"


def test_a_reset_code_sets_one_password(cloud: Any, cognito: Any, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, "ann@example.com", "ann@example.com")
    cognito.forgot_password(ClientId=client_id, Username="ann@example.com")
    code = code_for(cloud, "ann@example.com")
    set_by: list[str] = []

    def reset(number: int) -> None:
        password = f"{NEW_PASSWORD}{number}"
        cognito.confirm_forgot_password(
            ClientId=client_id, Username="ann@example.com", ConfirmationCode=code, Password=password
        )
        set_by.append(password)

    assert at_once(reset) == {"done": 1, "ExpiredCodeException": ASKING - 1}
    answer = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann@example.com", "PASSWORD": set_by[0]},
    )
    assert "AuthenticationResult" in answer


def test_a_challenge_session_is_answered_once(cognito: Any, pool_id: str, client_id: str) -> None:
    cognito.admin_create_user(
        UserPoolId=pool_id, Username="ann@example.com", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    asked = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann@example.com", "PASSWORD": PASSWORD},
    )

    seen = at_once(
        lambda number: cognito.respond_to_auth_challenge(
            ClientId=client_id,
            ChallengeName=asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": "ann@example.com", "NEW_PASSWORD": f"{NEW_PASSWORD}{number}"},
        )
    )

    assert seen == {"done": 1, "NotAuthorizedException": ASKING - 1}


def test_wrong_passwords_at_once_are_all_counted(cloud: Any, cognito: Any, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, "ann@example.com", "ann@example.com")
    cloud.clock.stop(cloud.clock())  # the first lock lasts a second
    messages: list[str] = []

    def guess(number: int) -> None:
        try:
            cognito.initiate_auth(
                ClientId=client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": "ann@example.com", "PASSWORD": f"wrong-{number}"},
            )
        except ClientError as error:
            messages.append(error.response["Error"]["Message"])
            raise

    assert at_once(guess) == {"NotAuthorizedException": ASKING}
    assert Counter(messages) == {"Incorrect username or password.": 5, "Password attempts exceeded": ASKING - 5}


def test_a_refresh_token_that_is_being_revoked_gives_nothing_afterwards(
    cloud: Any, cognito: Any, client_id: str
) -> None:
    confirmed(cloud, cognito, client_id, "ann@example.com", "ann@example.com")
    tokens = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann@example.com", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    got: list[str] = []

    def refresh_or_revoke(number: int) -> None:
        if number == 0:
            cognito.revoke_token(ClientId=client_id, Token=tokens["RefreshToken"])
            return
        answer = cognito.initiate_auth(
            ClientId=client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )
        got.append(answer["AuthenticationResult"]["AccessToken"])

    seen = at_once(refresh_or_revoke)

    assert set(seen) <= {"done", "NotAuthorizedException"}
    for token in got:
        with pytest.raises(ClientError, match="Access Token has been revoked"):
            cognito.get_user(AccessToken=token)


def test_one_domain_and_one_group_are_made_once(cognito: Any) -> None:
    pools = [make_pool(cognito) for _ in range(ASKING)]

    domains = at_once(lambda number: cognito.create_user_pool_domain(UserPoolId=pools[number], Domain="my-house"))
    groups = at_once(lambda _: cognito.create_group(UserPoolId=pools[0], GroupName="readers"))

    assert domains == {"done": 1, "InvalidParameterException": ASKING - 1}
    assert groups == {"done": 1, "GroupExistsException": ASKING - 1}
