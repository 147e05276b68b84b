"""No order of answers lets anybody in as somebody else: the sign-in table under an attacker who tries what comes."""

import base64
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

ANN, MALLORY, NEW = "ann@example.com", "mallory@example.com", "new@example.com"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
CHALLENGES = ["PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "SMS_MFA", "MFA_SETUP"]
NAMES = st.sampled_from([ANN, MALLORY, NEW, "nobody@example.com"])


class World:
    """A pool in which Ann and Mallory each have an app, and New has a password nobody told Mallory."""

    def __init__(self, cloud: Any, cognito: Any) -> None:
        self.cloud, self.cognito = cloud, cognito
        pool_id = make_pool(cognito, **EMAIL_POOL)
        cognito.set_user_pool_mfa_config(
            UserPoolId=pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        self.clients = [make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS) for _ in range(2)]
        for name in (ANN, MALLORY):
            confirmed(cloud, cognito, self.clients[0], name, name)
        cognito.admin_create_user(
            UserPoolId=pool_id, Username=NEW, TemporaryPassword="Not-told-1", MessageAction="SUPPRESS"
        )
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


class Attack(RuleBasedStateMachine):
    """Mallory knows every password but New's, every name, and their own app; not Ann's app."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.sessions: list[str] = ["junk" * 8]
        self.blocks: list[str] = [base64.b64encode(b"junk").decode()]
        self.got_in_as: set[str] = set()

    @rule(name=NAMES, password=st.sampled_from([PASSWORD, "wrong-Password-1"]), client=st.integers(0, 1))
    def begin_by_password(self, name: str, password: str, client: int) -> None:
        self._begin(client, "USER_PASSWORD_AUTH", {"USERNAME": name, "PASSWORD": password})

    @rule(name=NAMES, public=st.sampled_from(["1", "2", "ab" * 384, "0"]), client=st.integers(0, 1))
    def begin_by_srp(self, name: str, public: str, client: int) -> None:
        self._begin(client, "USER_SRP_AUTH", {"USERNAME": name, "SRP_A": public})

    @rule(
        data=st.data(),
        challenge=st.sampled_from(CHALLENGES),
        name=NAMES,
        client=st.integers(0, 1),
        code=st.sampled_from(["own", "next", "guess", ""]),
    )
    def answer(self, data: st.DataObject, challenge: str, name: str, client: int, code: str) -> None:
        own = pyotp.TOTP(self.world.keys[MALLORY])
        now = self.world.cloud.clock()
        codes = {"own": own.at(now), "next": own.at(now, 1), "guess": "123456", "": ""}
        responses = {
            "USERNAME": name,
            "NEW_PASSWORD": "Chosen-by-mallory-1",
            "SOFTWARE_TOKEN_MFA_CODE": codes[code],
            "SMS_MFA_CODE": "123456",
            "PASSWORD_CLAIM_SECRET_BLOCK": data.draw(st.sampled_from(self.blocks)),
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode(),
            "TIMESTAMP": f"{now:%a %b} {now.day} {now:%H:%M:%S UTC %Y}",
        }
        self._take(
            lambda: self.world.cognito.respond_to_auth_challenge(
                ClientId=self.world.clients[client],
                ChallengeName=challenge,
                Session=data.draw(st.sampled_from(self.sessions)),
                ChallengeResponses=responses,
            )
        )

    @rule(minutes=st.sampled_from([1, 4, 20]))
    def wait(self, minutes: int) -> None:
        self.world.cloud.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def nobody_else_was_let_in(self) -> None:
        assert self.got_in_as <= {self.world.mallory}

    def _begin(self, client: int, flow: str, parameters: dict[str, str]) -> None:
        cognito, client_id = self.world.cognito, self.world.clients[client]
        self._take(lambda: cognito.initiate_auth(ClientId=client_id, AuthFlow=flow, AuthParameters=parameters))

    def _take(self, ask: Any) -> None:
        try:
            answer = ask()
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400  # noqa: PT017 - and nothing else
            return
        if "Session" in answer:
            self.sessions.append(answer["Session"])
        if "SECRET_BLOCK" in answer.get("ChallengeParameters", {}):
            self.blocks.append(answer["ChallengeParameters"]["SECRET_BLOCK"])
        for token in answer.get("AuthenticationResult", {}).values():
            if isinstance(token, str) and token.count(".") == 2:
                self.got_in_as.add(jwt.decode(token, options={"verify_signature": False})["sub"])


@pytest.fixture
def world(cloud: Any, cognito: Any) -> World:
    return World(cloud, cognito)


def test_no_order_of_answers_lets_mallory_in_as_somebody_else(world: World) -> None:
    Attack.world = world
    checked = settings(max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))

    run_state_machine_as_test(Attack, settings=checked)


def test_mallory_gets_in_as_mallory(world: World) -> None:
    """So that the test above cannot pass because nobody ever gets in."""
    Attack.world = world
    attack = Attack()
    attack.wait(4)
    attack.begin_by_password(MALLORY, PASSWORD, 0)
    responses = {
        "USERNAME": MALLORY,
        "SOFTWARE_TOKEN_MFA_CODE": pyotp.TOTP(world.keys[MALLORY]).at(world.cloud.clock()),
    }
    attack._take(
        lambda: world.cognito.respond_to_auth_challenge(
            ClientId=world.clients[0],
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=attack.sessions[-1],
            ChallengeResponses=responses,
        )
    )

    assert attack.got_in_as == {world.mallory}
