"""Refresh token rotation: each token makes one child, retries within the grace period, reuse is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from tests.poolhouse.cognito_idp.accounts import refused
from tests.poolhouse.cognito_idp.sign_ins import House

FLOWS = ["ALLOW_USER_PASSWORD_AUTH"]
PLAIN = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
REUSED = ("RefreshTokenReuseException", "Refresh token reuse detected")
REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")


class Rotating(House):
    """A house whose client rotates refresh tokens, with so many seconds of grace."""

    def __init__(self, cloud: Any, cognito: Any, grace: int = 0) -> None:
        rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace}
        super().__init__(cloud, cognito, client={"ExplicitAuthFlows": FLOWS, "RefreshTokenRotation": rotation})
        cloud.clock.stop(cloud.clock())
        self.user()

    def first(self) -> str:
        return str(self.begin()["AuthenticationResult"]["RefreshToken"])

    def use(self, token: str) -> dict[str, Any]:
        answer = self.cognito.get_tokens_from_refresh_token(RefreshToken=token, ClientId=self.client_id)
        assert "ChallengeParameters" not in answer
        result: dict[str, Any] = answer["AuthenticationResult"]
        return result

    def rotate(self, token: str) -> str:
        return str(self.use(token)["RefreshToken"])

    def set_rotation(self, feature: str, grace: int = 0) -> None:
        flows = FLOWS if feature == "ENABLED" else PLAIN
        self.cognito.update_user_pool_client(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            ExplicitAuthFlows=flows,
            RefreshTokenRotation={"Feature": feature, "RetryGracePeriodSeconds": grace},
        )


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def test_each_token_is_good_once(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)
    first = house.first()

    second = house.rotate(first)
    with refused(*REUSED):
        house.use(first)
    assert house.rotate(second) not in {first, second}  # reuse has not killed the newest


def test_the_family_stays_the_same(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)
    begun = house.begin()["AuthenticationResult"]
    renewed = house.use(begun["RefreshToken"])

    before, after = claims(begun["AccessToken"]), claims(renewed["AccessToken"])
    for name in ("origin_jti", "auth_time", "event_id", "sub"):
        assert before[name] == after[name]
    assert before["jti"] != after["jti"]
    assert cognito.get_user(AccessToken=begun["AccessToken"])


def test_the_other_operation_says_it_cannot(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)

    with refused("UnsupportedOperationException", "This API does not support refresh token rotation"):
        house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=house.first())


def test_retries_within_the_grace_period_make_another_child(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito, grace=60)
    first = house.first()
    second = house.rotate(first)
    cloud.clock.advance(timedelta(seconds=59))

    again = house.rotate(first)
    with refused(*REUSED):
        house.use(second)
    third = house.rotate(again)
    with refused(*REUSED):  # its child was used: first is no direct parent any more
        house.use(first)
    assert house.rotate(third)


def test_after_the_grace_period_it_is_reuse(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito, grace=60)
    first = house.first()
    second = house.rotate(first)
    cloud.clock.advance(timedelta(seconds=60))

    with refused(*REUSED):
        house.use(first)
    assert house.rotate(second)


def test_a_retry_does_not_prolong_the_grace_period(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito, grace=10)
    first = house.first()
    house.rotate(first)
    cloud.clock.advance(timedelta(seconds=9))
    house.rotate(first)
    cloud.clock.advance(timedelta(seconds=1))

    with refused(*REUSED):
        house.use(first)


def test_a_family_ends_when_its_first_token_would_have(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)
    token = house.first()
    for _ in range(3):
        cloud.clock.advance(timedelta(days=9))
        token = house.rotate(token)
    cloud.clock.advance(timedelta(days=3))

    with refused("NotAuthorizedException", "Refresh Token has expired"):
        house.use(token)


@pytest.mark.parametrize("which", ["parent", "child"])
def test_revoking_any_token_revokes_the_family(cloud: Any, cognito: Any, which: str) -> None:
    house = Rotating(cloud, cognito)
    begun = house.begin()["AuthenticationResult"]
    renewed = house.use(begun["RefreshToken"])

    token = begun["RefreshToken"] if which == "parent" else renewed["RefreshToken"]
    cognito.revoke_token(Token=token, ClientId=house.client_id)

    for access in (begun["AccessToken"], renewed["AccessToken"]):
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            cognito.get_user(AccessToken=access)
    with pytest.raises(ClientError) as raised:
        house.use(renewed["RefreshToken"])
    assert raised.value.response["Error"]["Code"] == "NotAuthorizedException"
    assert not raised.value.response["Error"].get("Message")


def test_switching_rotation_on_makes_plain_tokens_rotate(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)
    house.set_rotation("DISABLED")
    first = house.first()
    assert "RefreshToken" not in house.use(first)
    house.set_rotation("ENABLED")

    second = house.rotate(first)
    with refused(*REUSED):
        house.use(first)
    assert house.rotate(second)


def test_switching_rotation_off_makes_the_newest_plain_again(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)
    first = house.first()
    second = house.rotate(first)
    house.set_rotation("DISABLED")

    for _ in range(2):
        renewed = house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=second)["AuthenticationResult"]
        assert "RefreshToken" not in renewed
    with refused(*REVOKED):
        house.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=first)


def test_of_many_at_once_one_gets_the_child(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)
    first = house.first()

    def attempt(_: int) -> str:
        try:
            return house.rotate(first)
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(attempt, range(6)))
    assert results.count("RefreshTokenReuseException") == 5
    (child,) = [result for result in results if result != "RefreshTokenReuseException"]
    assert house.rotate(child)


def test_a_trigger_that_refuses_leaves_the_token_good(cloud: Any, cognito: Any) -> None:
    house = Rotating(cloud, cognito)
    first = house.first()
    arn = cloud.function("no", "def handler(event, context):\n    raise ValueError('no')\n")
    cognito.update_user_pool(UserPoolId=house.pool_id, LambdaConfig={"PreTokenGeneration": arn})
    with refused("UserLambdaValidationException", "PreTokenGeneration failed with error no."):
        house.use(first)
    cognito.update_user_pool(UserPoolId=house.pool_id)

    assert house.rotate(first)
