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

from poolhouse.cognito_idp.rules import challenges

from .accounts import EMAIL_POOL, PASSWORD, confirmed, make_client, make_pool, user_attributes
from .sign_ins import FLOWS, SMS

ANN, BOB, CAT, MALLORY, NEW = (f"{name}@example.com" for name in ("ann", "bob", "cat", "mallory", "new"))
PHONES = {CAT: "+41791111111", MALLORY: "+41792222222"}
CHALLENGES = [str(answered) for _, answered in challenges.ANSWERS]
# What gets furthest stands here more than once.
NAMES = st.sampled_from([ANN, ANN, BOB, BOB, CAT, CAT, MALLORY, NEW, "nobody@example.com"])
PASSWORDS = st.sampled_from([PASSWORD, PASSWORD, PASSWORD, "wrong-Password-1"])
PREFERRED = st.sampled_from(["EMAIL_OTP", "EMAIL_OTP", "", "PASSWORD", "PASSWORD_SRP", "WEB_AUTHN"])
CHOICES = st.sampled_from(["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "riddle"])
DEVICE = "us-east-1_1f0e0b7a-0000-4000-8000-000000000000"
# A riddle for each user, whose answer has their own address in it: Mallory knows how hers is made.
DEFINE = """
def handler(event, context):
    answers = event["request"]["session"]
    last = answers[-1]["challengeName"] if answers else ""
    is_solved = last == "CUSTOM_CHALLENGE" and answers[-1]["challengeResult"]
    event["response"] = {"issueTokens": is_solved, "failAuthentication": len(answers) > 3 and not is_solved}
    if not is_solved and len(answers) <= 3:
        event["response"]["challengeName"] = "PASSWORD_VERIFIER" if last == "SRP_A" else "CUSTOM_CHALLENGE"
    return event
"""
CREATE = """
def handler(event, context):
    answer = "secret of " + event["request"]["userAttributes"].get("email", "nobody")
    event["response"] = {"publicChallengeParameters": {}, "privateChallengeParameters": {"answer": answer}}
    return event
"""
VERIFY = """
def handler(event, context):
    expected = event["request"]["privateChallengeParameters"]["answer"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == expected
    return event
"""


class World:
    """A pool in which Ann and Mallory each have an app, Cat has a phone, Bob has nothing, and New was just created.

    Codes are sent as first factors and as second ones, and the pool has a riddle of its own.
    """

    def __init__(self, cloud: Any, cognito: Any) -> None:
        self.cloud, self.cognito = cloud, cognito
        cloud.clock.stop(cloud.clock())
        sources = {"DefineAuthChallenge": DEFINE, "CreateAuthChallenge": CREATE, "VerifyAuthChallengeResponse": VERIFY}
        pool_id = make_pool(
            cognito,
            **EMAIL_POOL,
            SmsConfiguration=SMS,
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}},
            LambdaConfig={name: cloud.function(name.lower(), source) for name, source in sources.items()},
        )
        cognito.set_user_pool_mfa_config(
            UserPoolId=pool_id,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
            SmsMfaConfiguration={"SmsConfiguration": SMS},
            WebAuthnConfiguration={"RelyingPartyId": "example.com"},
        )
        self.clients = [make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS) for _ in range(2)]
        for name in (ANN, MALLORY):
            confirmed(cloud, cognito, self.clients[0], name, name)
        for name in (BOB, CAT, NEW):
            cognito.admin_create_user(
                UserPoolId=pool_id, Username=name, TemporaryPassword="Not-told-1", MessageAction="SUPPRESS"
            )
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=BOB, Password="Not-told-2", Permanent=True)
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=CAT, Password=PASSWORD, Permanent=True)
        for name, number in PHONES.items():
            cognito.admin_update_user_attributes(
                UserPoolId=pool_id, Username=name, UserAttributes=[{"Name": "phone_number", "Value": number}]
            )
        cognito.admin_set_user_mfa_preference(UserPoolId=pool_id, Username=CAT, SMSMfaSettings={"Enabled": True})
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
    """Mallory knows every name, Ann's password and not her app, Cat's and not her phone; of Bob and New nothing.

    She reads her own mail and messages, and knows the answer to her own riddle.
    """

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

    @rule(name=NAMES, preferred=PREFERRED, password=PASSWORDS, client=st.integers(0, 1))
    def begin_by_choice(self, name: str, preferred: str, password: str, client: int) -> None:
        parameters = {"PREFERRED_CHALLENGE": preferred, "PASSWORD": password, "SRP_A": "2"}
        self._begin(name, client, "USER_AUTH", {key: value for key, value in parameters.items() if value})

    @rule(name=NAMES, client=st.integers(0, 1), by_srp=st.booleans())
    def begin_by_riddle(self, name: str, client: int, by_srp: bool) -> None:
        self._begin(name, client, "CUSTOM_AUTH", {"CHALLENGE_NAME": "SRP_A", "SRP_A": "2"} if by_srp else {})

    @rule(
        back=st.sampled_from([0, 0, 1, 2]),
        changed=st.sampled_from(["", "", "", "challenge", "name", "client"]),
        challenge=st.sampled_from(CHALLENGES),
        name=NAMES,
        code=st.sampled_from(["own", "next", "guess", ""]),
        choice=CHOICES,
    )
    def answer(self, back: int, changed: str, challenge: str, name: str, code: str, choice: str) -> None:
        """One of the newest challenges as it was asked, or with one thing about it changed."""
        asked = self.asked[max(0, len(self.asked) - 1 - back)]
        changes: dict[str, Any] = {"challenge": challenge, "name": name, "client": 1 - asked.client}
        self._answer(replace(asked, **{changed: changes[changed]}) if changed else asked, code, choice)

    @rule(code=st.sampled_from(["guess", "own"]), choice=CHOICES)
    def answer_as_asked(self, code: str, choice: str) -> None:
        """The newest challenge, which is what gets furthest."""
        self._answer(self.asked[-1], code, choice)

    @rule(code=st.sampled_from(["guess", "own"]), name=NAMES)
    def answer_as_another(self, code: str, name: str) -> None:
        """The newest challenge, for somebody it was not asked of."""
        self._answer(replace(self.asked[-1], name=name), code, "riddle")

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

    def _answer(self, asked: Asked, code: str, choice: str = "") -> None:
        own, now = pyotp.TOTP(self.world.keys[MALLORY]), self.world.cloud.clock()
        codes = {"own": own.at(now), "next": own.at(now, 1), "guess": "123456", "": ""}
        mine = [self._newest(MALLORY), self._newest(PHONES[MALLORY])]
        responses = {
            "USERNAME": asked.name,
            "NEW_PASSWORD": "Chosen-by-mallory-1",
            "SOFTWARE_TOKEN_MFA_CODE": codes[code],
            "SMS_MFA_CODE": mine[1] if code == "own" else codes[code],
            "SMS_OTP_CODE": mine[1] if code == "own" else codes[code],
            "EMAIL_OTP_CODE": mine[0] if code == "own" else codes[code],
            "ANSWER": f"secret of {MALLORY}" if choice == "riddle" else choice,
            "PASSWORD": PASSWORD,
            "SRP_A": "2",
            "DEVICE_KEY": DEVICE,
            "CREDENTIAL": '{"id": "x", "response": {}}',
            "email": MALLORY,
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

    def _newest(self, to: str) -> str:
        return next((message.code for message in self.world.cloud.outbox(to=to)), "")

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
    checked = settings(max_examples=300, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))

    run_state_machine_as_test(Attack, settings=checked)


def test_mallory_gets_in_as_mallory(world: World) -> None:
    """So that the test above cannot pass because nobody ever gets in."""
    Attack.world = world
    attack = Attack()

    attack.begin_by_password(MALLORY, PASSWORD, 0)
    if attack.asked[-1].challenge == "SELECT_MFA_TYPE":
        attack.answer(0, "", "", "", "", "SOFTWARE_TOKEN_MFA")
    attack.answer(0, "", "", "", "own", "")
    assert attack.got_in_as == {world.mallory}

    attack.got_in_as.clear()
    attack.begin_by_riddle(MALLORY, 0, by_srp=False)
    attack.answer(0, "", "", "", "", "riddle")
    assert attack.got_in_as == {world.mallory}
