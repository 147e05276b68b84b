"""No order of answers lets anybody in as somebody else: the sign-in table under an attacker who tries what comes."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import jwt
import pyotp
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from .accounts import EMAIL_POOL, PASSWORD, confirmed, make_client, make_pool, user_attributes

ANN, BOB, MALLORY, NEW = (f"{name}@example.com" for name in ("ann", "bob", "mallory", "new"))
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
CHALLENGES = ["PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "SMS_MFA", "MFA_SETUP"]
# What gets furthest stands here more than once.
NAMES = st.sampled_from([ANN, ANN, BOB, BOB, MALLORY, NEW, "nobody@example.com"])
PASSWORDS = st.sampled_from([PASSWORD, PASSWORD, PASSWORD, "wrong-Password-1"])


class World:
    """A pool in which Ann and Mallory each have an app, Bob has none, and New was just created."""

    def __init__(self, cloud: Any, cognito: Any) -> None:
        self.cloud, self.cognito = cloud, cognito
        cloud.clock.stop(cloud.clock())
        pool_id = make_pool(cognito, **EMAIL_POOL)
        cognito.set_user_pool_mfa_config(
            UserPoolId=pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        self.clients = [make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS) for _ in range(2)]
        for name in (ANN, MALLORY):
            confirmed(cloud, cognito, self.clients[0], name, name)
        for name in (BOB, NEW):
            cognito.admin_create_user(
                UserPoolId=pool_id, Username=name, TemporaryPassword="Not-told-1", MessageAction="SUPPRESS"
            )
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=BOB, Password="Not-told-2", Permanent=True)
        self.keys = {name: self._set_up(name) for name in (ANN, MALLORY)}
        self.mallory = user_attributes(cognito, pool_id, MALLORY)["sub"]

    def _set_up(self, name: str) -> str:
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        answer = self.cognito.initiate_auth(
            ClientId=self.clients[0], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        token = answer["AuthenticationResult"]["AccessToken"]
        key = str(self.cognito.associate_software_token(AccessToken=token)["SecretCode"])
        self.cognito.verify_software_token(AccessToken=token, UserCode=pyotp.TOTP(key).at(self.cloud.clock()))
        return key


@dataclass(frozen=True)
class Asked:
    """A challenge Mallory was sent, and where."""

    challenge: str
    name: str
    client: int
    session: str = "junk" * 8
    block: str = base64.b64encode(b"junk").decode()


class Attack(RuleBasedStateMachine):
    """Mallory knows every name, Ann's password and not her app; of Bob and New not the password."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.cloud.clock.advance(timedelta(hours=1))  # whoever was shut out is forgiven, every code is a new one
        self.asked = [Asked("SOFTWARE_TOKEN_MFA", ANN, 0)]
        self.got_in_as: set[str] = set()

    @rule(name=NAMES, password=PASSWORDS, client=st.integers(0, 1))
    def begin_by_password(self, name: str, password: str, client: int) -> None:
        self._begin(name, client, "USER_PASSWORD_AUTH", {"PASSWORD": password})

    @rule(name=NAMES, public=st.sampled_from(["1", "2", "ab" * 384, "0"]), client=st.integers(0, 1))
    def begin_by_srp(self, name: str, public: str, client: int) -> None:
        self._begin(name, client, "USER_SRP_AUTH", {"SRP_A": public})

    @rule(
        back=st.sampled_from([0, 0, 1, 2]),
        changed=st.sampled_from(["", "", "", "challenge", "name", "client"]),
        challenge=st.sampled_from(CHALLENGES),
        name=NAMES,
        code=st.sampled_from(["own", "next", "guess", ""]),
    )
    def answer(self, back: int, changed: str, challenge: str, name: str, code: str) -> None:
        """One of the newest challenges as it was asked, or with one thing about it changed."""
        asked = self.asked[max(0, len(self.asked) - 1 - back)]
        changes: dict[str, Any] = {"challenge": challenge, "name": name, "client": 1 - asked.client}
        self._answer(replace(asked, **{changed: changes[changed]}) if changed else asked, code)

    @rule(minutes=st.sampled_from([1, 4, 20]))
    def wait(self, minutes: int) -> None:
        self.world.cloud.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def nobody_else_was_let_in(self) -> None:
        assert self.got_in_as <= {self.world.mallory}

    def _begin(self, name: str, client: int, flow: str, parameters: dict[str, str]) -> None:
        self._take(
            name,
            client,
            lambda: self.world.cognito.initiate_auth(
                ClientId=self.world.clients[client], AuthFlow=flow, AuthParameters={"USERNAME": name, **parameters}
            ),
        )

    def _answer(self, asked: Asked, code: str) -> None:
        own, now = pyotp.TOTP(self.world.keys[MALLORY]), self.world.cloud.clock()
        codes = {"own": own.at(now), "next": own.at(now, 1), "guess": "123456", "": ""}
        responses = {
            "USERNAME": asked.name,
            "NEW_PASSWORD": "Chosen-by-mallory-1",
            "SOFTWARE_TOKEN_MFA_CODE": codes[code],
            "SMS_MFA_CODE": "123456",
            "PASSWORD_CLAIM_SECRET_BLOCK": asked.block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode(),
            "TIMESTAMP": f"{now:%a %b} {now.day} {now:%H:%M:%S UTC %Y}",
        }
        self._take(
            asked.name,
            asked.client,
            lambda: self.world.cognito.respond_to_auth_challenge(
                ClientId=self.world.clients[asked.client],
                ChallengeName=asked.challenge,
                Session=asked.session,
                ChallengeResponses=responses,
            ),
        )

    def _take(self, name: str, client: int, ask: Callable[[], dict[str, Any]]) -> None:
        try:
            answer = ask()
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400  # noqa: PT017 - and nothing else
            return
        if "ChallengeName" in answer:
            asked = Asked(answer["ChallengeName"], name, client)
            block = answer["ChallengeParameters"].get("SECRET_BLOCK", asked.block)
            self.asked.append(replace(asked, session=answer.get("Session", asked.session), block=block))
        for token in answer.get("AuthenticationResult", {}).values():
            if isinstance(token, str) and token.count(".") == 2:
                self.got_in_as.add(jwt.decode(token, options={"verify_signature": False})["sub"])


@pytest.fixture
def world(cloud: Any, cognito: Any) -> World:
    return World(cloud, cognito)


def test_no_order_of_answers_lets_mallory_in_as_somebody_else(world: World) -> None:
    Attack.world = world
    checked = settings(max_examples=150, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))

    run_state_machine_as_test(Attack, settings=checked)


def test_mallory_gets_in_as_mallory(world: World) -> None:
    """So that the test above cannot pass because nobody ever gets in."""
    Attack.world = world
    attack = Attack()

    attack.begin_by_password(MALLORY, PASSWORD, 0)
    attack.answer(0, "", "", "", "own")

    assert attack.got_in_as == {world.mallory}
