"""Users as administrators and they themselves see, list, disable and delete them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.poolhouse.cognito_idp.accounts import (
    EMAIL_POOL,
    PASSWORD,
    as_dict,
    attributes,
    confirmed,
    make_client,
    make_pool,
    refused,
    sign_up,
    status,
    user_attributes,
)

ANN = "ann@example.com"
NOBODY = ("UserNotFoundException", "User does not exist.")


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client_id(cognito: Any, pool_id: str) -> str:
    return make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])


@pytest.fixture
def crowd(cognito: Any) -> str:
    """A pool of seven users; every third disabled, every second with a family name."""
    pool_id = make_pool(cognito)
    for number in range(7):
        values = {"email": f"User{number}@example.com", "given_name": f"Given{6 - number}"}
        if number % 2:
            values["family_name"] = 'O"Neil'
        cognito.admin_create_user(
            UserPoolId=pool_id, Username=f"user{number}", MessageAction="SUPPRESS", UserAttributes=attributes(**values)
        )
        if number % 3 == 0:
            cognito.admin_disable_user(UserPoolId=pool_id, Username=f"user{number}")
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="user2", Password=PASSWORD, Permanent=True)
    return pool_id


def access_token(cognito: Any, client_id: str, username: str = ANN) -> str:
    answer = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


def listed(cognito: Any, pool_id: str, **options: Any) -> list[str]:
    return [user["Username"] for user in cognito.list_users(UserPoolId=pool_id, **options)["Users"]]


def test_admin_get_user_tells_all_of_a_user(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    sub = sign_up(cognito, client_id, ANN, name="Ann")["UserSub"]

    user = cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)

    assert (user["Username"], user["Enabled"], user["UserStatus"]) == (sub, True, "UNCONFIRMED")
    assert abs(user["UserCreateDate"] - cloud.clock()) < timedelta(minutes=1)
    assert user["UserCreateDate"] == user["UserLastModifiedDate"]
    assert user["UserAttributes"][-1] == {"Name": "sub", "Value": sub}
    assert as_dict(user["UserAttributes"]) == {"sub": sub, "email": ANN, "email_verified": "false", "name": "Ann"}


def test_an_unknown_user_or_pool_is_told_of(cognito: Any, pool_id: str) -> None:
    with refused(*NOBODY):
        cognito.admin_get_user(UserPoolId=pool_id, Username="nobody")
    with refused(*NOBODY):
        cognito.admin_delete_user(UserPoolId=pool_id, Username="nobody")
    with refused("ResourceNotFoundException", "User pool us-east-1_nosuchpoo does not exist."):
        cognito.admin_get_user(UserPoolId="us-east-1_nosuchpoo", Username="nobody")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6]),
        ('username = "user3"', [3]),
        ('username = "USER3"', []),
        ('username ^= "user"', [0, 1, 2, 3, 4, 5, 6]),
        ('email = "USER3@example.com"', [3]),
        ('email ^= "user"', [0, 1, 2, 3, 4, 5, 6]),
        ('email = "user"', []),
        ('given_name ^= "given"', [6, 5, 4, 3, 2, 1, 0]),
        ('family_name = "o\\"neil"', [1, 3, 5]),
        ('status = "Disabled"', [0, 3, 6]),
        ('status = "Enabled"', [1, 2, 4, 5]),
        ('cognito:user_status = "CONFIRMED"', [2]),
        ('cognito:user_status ^= "FORCE"', [0, 1, 3, 4, 5, 6]),
        ('email = "x\' OR 1=1 --"', []),
    ],
)
def test_list_users_finds_by_filter_in_the_order_of_the_attribute(
    cognito: Any, crowd: str, text: str, found: list[int]
) -> None:
    assert listed(cognito, crowd, Filter=text) == [f"user{number}" for number in found]


def test_list_users_finds_by_sub(cognito: Any, crowd: str) -> None:
    sub = user_attributes(cognito, crowd, "user4")["sub"]

    assert listed(cognito, crowd, Filter=f'sub = "{sub}"') == ["user4"]


@pytest.mark.parametrize("text", ["", 'given_name ^= "g"', 'status = "Enabled"', 'cognito:user_status ^= "F"'])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_together_are_the_whole_list(cognito: Any, crowd: str, text: str, limit: int) -> None:
    whole = listed(cognito, crowd, Filter=text)
    pages, options = [], {"Filter": text, "Limit": limit}
    while True:
        page = cognito.list_users(UserPoolId=crowd, **options)
        pages.append([user["Username"] for user in page["Users"]])
        if "PaginationToken" not in page:
            break
        options["PaginationToken"] = page["PaginationToken"]

    assert [name for page in pages for name in page] == whole
    assert all(len(page) == limit for page in pages[:-1])


def test_a_page_token_is_good_for_its_own_question_and_an_hour(cloud: Any, cognito: Any, crowd: str) -> None:
    token = cognito.list_users(UserPoolId=crowd, Limit=2)["PaginationToken"]
    other = make_pool(cognito)

    for wrong in ({"PaginationToken": token, "Filter": 'email ^= "u"'}, {"PaginationToken": "junk"}):
        with refused("InvalidParameterException", "Invalid pagination token."):
            cognito.list_users(UserPoolId=crowd, **wrong)
    with refused("InvalidParameterException", "Invalid pagination token."):
        cognito.list_users(UserPoolId=other, PaginationToken=token)
    cloud.clock.advance(timedelta(hours=1))
    with refused("InvalidParameterException", "Pagination token has expired."):
        cognito.list_users(UserPoolId=crowd, PaginationToken=token)


def test_list_users_tells_only_the_attributes_asked_for(cognito: Any, crowd: str) -> None:
    users = cognito.list_users(UserPoolId=crowd, AttributesToGet=["email"], Filter='username = "user1"')["Users"]

    assert users[0]["Attributes"] == attributes(email="User1@example.com")


def test_list_users_refuses_a_filter_it_cannot_read(cognito: Any, pool_id: str) -> None:
    with refused("InvalidParameterException", "Error while parsing filter"):
        cognito.list_users(UserPoolId=pool_id, Filter="email")
    with refused("InvalidParameterException", "Invalid search attribute: custom:foo"):
        cognito.list_users(UserPoolId=pool_id, Filter='custom:foo = "bar"')


def test_pools_do_not_see_each_others_users(cognito: Any, crowd: str, pool_id: str) -> None:
    assert listed(cognito, pool_id) == []
    with refused(*NOBODY):
        cognito.admin_get_user(UserPoolId=pool_id, Username="user1")


def test_get_user_tells_a_user_of_themselves(cloud: Any, cognito: Any, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, ANN, ANN)

    user = cognito.get_user(AccessToken=access_token(cognito, client_id))

    assert as_dict(user["UserAttributes"]) == {
        "email": ANN,
        "email_verified": "true",
        "sub": user["Username"],
    }


def test_get_user_tells_only_what_the_client_may_read(cloud: Any, cognito: Any, pool_id: str) -> None:
    client_id = make_client(cognito, pool_id, ReadAttributes=["email"], ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    confirmed(cloud, cognito, client_id, ANN, ANN)

    user = cognito.get_user(AccessToken=access_token(cognito, client_id))

    assert user["UserAttributes"] == attributes(email=ANN, sub=user["Username"])


def test_a_disabled_user_is_shut_out_until_enabled_and_old_tokens_for_good(
    cloud: Any, cognito: Any, pool_id: str, client_id: str
) -> None:
    confirmed(cloud, cognito, client_id, ANN, ANN)
    token = access_token(cognito, client_id)

    cognito.admin_disable_user(UserPoolId=pool_id, Username=ANN)

    assert cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)["Enabled"] is False
    assert status(cognito, pool_id, ANN) == "CONFIRMED"
    with refused("NotAuthorizedException", "User is disabled."):
        cognito.get_user(AccessToken=token)
    cognito.admin_enable_user(UserPoolId=pool_id, Username=ANN)
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        cognito.get_user(AccessToken=token)
    assert cognito.get_user(AccessToken=access_token(cognito, client_id))


def test_a_deleted_user_is_gone_and_the_name_is_free(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, ANN, ANN)
    token = access_token(cognito, client_id)

    answer = cognito.admin_delete_user(UserPoolId=pool_id, Username=ANN)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    with refused(*NOBODY):
        cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)
    with refused(*NOBODY):
        cognito.get_user(AccessToken=token)
    confirmed(cloud, cognito, client_id, ANN, ANN)
    with refused(*NOBODY):
        cognito.get_user(AccessToken=token)


def test_tokens_of_a_deleted_user_are_worth_nothing_to_the_next_of_that_name(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito, AutoVerifiedAttributes=["email"])
    client_id = make_client(
        cognito, pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )
    confirmed(cloud, cognito, client_id, "ann", ANN)
    tokens = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD}
    )["AuthenticationResult"]
    cognito.admin_delete_user(UserPoolId=pool_id, Username="ann")

    confirmed(cloud, cognito, client_id, "ann", ANN)

    with refused(*NOBODY):
        cognito.get_user(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException", "Invalid Refresh Token"):
        cognito.initiate_auth(
            ClientId=client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )


def test_users_delete_themselves(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    confirmed(cloud, cognito, client_id, ANN, ANN)

    cognito.delete_user(AccessToken=access_token(cognito, client_id))

    with refused(*NOBODY):
        cognito.admin_get_user(UserPoolId=pool_id, Username=ANN)
