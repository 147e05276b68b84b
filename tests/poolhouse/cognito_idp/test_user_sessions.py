"""Sessions: listed, ended one by one, no more than the pool allows."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.poolhouse.cognito_idp.accounts import make_client, make_pool, refused
from tests.poolhouse.cognito_idp.sign_ins import House

OFF = ("OperationNotEnabledException", "User session tracking is not enabled for this user pool.")


def track(cognito: Any, pool_id: str, most: int = 20, tracking: str = "ENABLED") -> None:
    cognito.set_user_pool_session_configuration(
        UserPoolId=pool_id, UserSessionTracking=tracking, TokenSession={"MaxPerUser": most}
    )


@pytest.fixture
def house(cloud: Any, cognito: Any) -> House:
    cloud.clock.stop(cloud.clock())
    house = House(cloud, cognito)
    house.user()
    track(cognito, house.pool_id)
    return house


def sign_in(house: House) -> dict[str, Any]:
    house.cloud.clock.advance(timedelta(seconds=1))
    return dict(house.begin()["AuthenticationResult"])


def test_the_defaults_are_told(cloud: Any, cognito: Any) -> None:
    pool_id = make_pool(cognito)
    told = cognito.get_user_pool_session_configuration(UserPoolId=pool_id)
    assert (told["UserSessionTracking"], told["TokenSession"]) == ("DISABLED", {"MaxPerUser": 20})
    client_id = make_client(cognito, pool_id)
    told = cognito.get_user_pool_client_session_configuration(UserPoolId=pool_id, ClientId=client_id)
    assert told["SSOSession"] == {"MaxValidityMinutes": 60}

    with refused(*OFF):
        cognito.set_user_pool_client_session_configuration(
            UserPoolId=pool_id, ClientId=client_id, SSOSession={"MaxValidityMinutes": 5}
        )
    track(cognito, pool_id)
    cognito.set_user_pool_client_session_configuration(
        UserPoolId=pool_id, ClientId=client_id, SSOSession={"MaxValidityMinutes": 5}
    )
    told = cognito.get_user_pool_client_session_configuration(UserPoolId=pool_id, ClientId=client_id)
    assert told["SSOSession"] == {"MaxValidityMinutes": 5}


def test_a_users_sessions_are_listed_the_newest_first(house: House) -> None:
    first, second = sign_in(house), sign_in(house)

    sessions = house.cognito.list_user_sessions(AccessToken=first["AccessToken"])["Sessions"]
    assert [session["IsCurrentSession"] for session in sessions] == [False, True]
    assert all(re.fullmatch(r"tkn[a-z0-9]{25}", session["SessionId"]) for session in sessions)
    assert sessions[0]["SessionType"] == "TOKEN"
    assert sessions[0]["ClientId"] == house.client_id
    assert sessions[0]["LastIPAddress"] == "127.0.0.1"
    by_admin = house.cognito.admin_list_user_sessions(UserPoolId=house.pool_id, Username="ann")["Sessions"]
    assert [session["SessionId"] for session in by_admin] == [session["SessionId"] for session in sessions]
    assert all("IsCurrentSession" not in session for session in by_admin)

    house.cognito.revoke_token(Token=second["RefreshToken"], ClientId=house.client_id)
    assert len(house.cognito.list_user_sessions(AccessToken=first["AccessToken"])["Sessions"]) == 1


def test_a_refresh_makes_a_session_active(house: House) -> None:
    tokens = sign_in(house)
    house.cloud.clock.advance(timedelta(minutes=5))
    house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])

    (session,) = house.cognito.list_user_sessions(AccessToken=tokens["AccessToken"])["Sessions"]
    assert session["LastActiveDate"] - session["CreateDate"] == timedelta(minutes=5)


def test_a_user_ends_another_session_and_not_their_own(house: House) -> None:
    first, second = sign_in(house), sign_in(house)
    sessions = house.cognito.list_user_sessions(AccessToken=first["AccessToken"])["Sessions"]
    other, own = (session["SessionId"] for session in sessions)

    house.cognito.revoke_user_session(AccessToken=first["AccessToken"], SessionId=other)
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        house.cognito.get_user(AccessToken=second["AccessToken"])
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=second["RefreshToken"])
    with refused("InvalidParameterException", "The current session cannot be revoked."):
        house.cognito.revoke_user_session(AccessToken=first["AccessToken"], SessionId=own)
    with refused("ResourceNotFoundException", f"Session {other} does not exist."):
        house.cognito.revoke_user_session(AccessToken=first["AccessToken"], SessionId=other)


def test_another_users_session_is_none(house: House) -> None:
    house.user("bob")
    anns = sign_in(house)
    bobs = house.begin(name="bob")["AuthenticationResult"]["AccessToken"]
    (session,) = house.cognito.list_user_sessions(AccessToken=anns["AccessToken"])["Sessions"]

    with refused("ResourceNotFoundException", f"Session {session['SessionId']} does not exist."):
        house.cognito.revoke_user_session(AccessToken=bobs, SessionId=session["SessionId"])
    house.cognito.admin_revoke_user_session(UserPoolId=house.pool_id, Username="ann", SessionId=session["SessionId"])
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        house.cognito.get_user(AccessToken=anns["AccessToken"])


def test_the_oldest_session_ends_when_there_are_too_many(house: House) -> None:
    track(house.cognito, house.pool_id, most=2)
    first, second, third = (sign_in(house) for _ in range(3))

    with refused("NotAuthorizedException", "Access Token has been revoked"):
        house.cognito.get_user(AccessToken=first["AccessToken"])
    for tokens in (second, third):
        assert house.cognito.get_user(AccessToken=tokens["AccessToken"])


def test_where_they_are_not_tracked_none_is_listed(house: House) -> None:
    token = sign_in(house)["AccessToken"]
    track(house.cognito, house.pool_id, tracking="DISABLED")

    with refused(*OFF):
        house.cognito.list_user_sessions(AccessToken=token)
    with refused(*OFF):
        house.cognito.admin_list_user_sessions(UserPoolId=house.pool_id, Username="ann")


def test_tracking_is_not_for_lite(cognito: Any) -> None:
    pool_id = make_pool(cognito, UserPoolTier="LITE")
    message = "The following features need to be disabled for the LITE pricing tier configured: User Session Management"
    with refused("FeatureUnavailableInTierException", message):
        track(cognito, pool_id)
