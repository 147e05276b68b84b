"""No order of answers lets anybody in as somebody else: the sign-in table under an attacker who tries what comes."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import jwt
import pyotp
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pycognito import aws_srp

from poolhouse.cognito_idp.rules import challenges

from .accounts import EMAIL_POOL, PASSWORD, confirmed, make_client, make_pool, user_attributes
from .sign_ins import FLOWS, SMS

AWSSRP: Any = aws_srp.AWSSRP  # pycognito has no types
generate_hash_device: Any = aws_srp.generate_hash_device
ANN, BOB, CAT, MALLORY, NEW = (f"{name}@example.com" for name in ("ann", "bob", "cat", "mallory", "new"))
PHONES = {CAT: "+41791111111", MALLORY: "+41792222222"}
CHALLENGES = [str(answered) for _, answered in challenges.ANSWERS]
# What gets furthest stands here more than once.
NAMES = st.sampled_from([ANN, ANN, BOB, BOB, CAT, CAT, MALLORY, NEW, "nobody@example.com"])
PASSWORDS = st.sampled_from([PASSWORD, PASSWORD, PASSWORD, "wrong-Password-1"])
PUBLIC = st.sampled_from(["own", "own", "1", "2", "ab" * 384, "0"])  # her own half of an SRP exchange, and forged ones
FORGED_OR_NOT = {"PASSWORD": PASSWORDS, "SRP_A": PUBLIC}
BEGINNINGS = {
    "USER_PASSWORD_AUTH": st.fixed_dictionaries({"PASSWORD": PASSWORDS}),
    "USER_SRP_AUTH": st.fixed_dictionaries({"SRP_A": PUBLIC}),
    "USER_AUTH": st.fixed_dictionaries(FORGED_OR_NOT),
    "USER_AUTH by preference": st.fixed_dictionaries(
        {
            "PREFERRED_CHALLENGE": st.sampled_from(["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP", "WEB_AUTHN"]),
            **FORGED_OR_NOT,
        }
    ),
    "CUSTOM_AUTH": st.just({}),
    "CUSTOM_AUTH by password": st.fixed_dictionaries({"CHALLENGE_NAME": st.just("SRP_A"), "SRP_A": PUBLIC}),
}
CHOICES = st.sampled_from(
    ["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "riddle", "easy riddle"]
)
# Whose device is named: Ann's and Mallory's are remembered, nobody's is one that is not there.
DEVICES = st.sampled_from(["", "", ANN, ANN, MALLORY, "nobody"])
NOBODYS = "us-east-1_1f0e0b7a-0000-4000-8000-000000000000"
# A riddle for each user, whose answer has their own address in it: Mallory knows how hers is made. After a password
# it is an easy one, which is the same for all.
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
    is_second = any(answered["challengeName"] == "SRP_A" for answered in event["request"]["session"])
    answer = "secret of " + ("all" if is_second else event["request"]["userAttributes"].get("email", "nobody"))
    event["response"] = {"publicChallengeParameters": {}, "privateChallengeParameters": {"answer": answer}}
    return event
"""
VERIFY = """
def handler(event, context):
    expected = event["request"]["privateChallengeParameters"]["answer"]
    event["response"]["answerCorrect"] = expected in event["request"]["challengeAnswer"].split(", ")
    return event
"""


class World:
    """A pool in which Ann and Mallory each have an app, Cat has a phone, Bob has nothing, and New was just created.

    Codes are sent as first factors and as second ones, and the pool has a riddle of its own. Ann and Mallory each have
    a device that stands in for their app, while it is remembered.
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
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
            LambdaConfig={name: cloud.function(name.lower(), source) for name, source in sources.items()},
        )
        cognito.set_user_pool_mfa_config(
            UserPoolId=pool_id,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
            SmsMfaConfiguration={"SmsConfiguration": SMS},
            WebAuthnConfiguration={"RelyingPartyId": "example.com"},
        )
        self.pool_id = pool_id
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
        self.devices = {"": "", "nobody": NOBODYS}
        self.keys = {name: self._set_up(name) for name in (ANN, MALLORY)}
        self.mallory = user_attributes(cognito, pool_id, MALLORY)["sub"]

    def _set_up(self, name: str) -> str:
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        answer = self.cognito.initiate_auth(
            ClientId=self.clients[0], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        tokens = answer["AuthenticationResult"]
        token, device = tokens["AccessToken"], tokens["NewDeviceMetadata"]
        self.devices[name] = device["DeviceKey"]
        password, verifier = generate_hash_device(device["DeviceGroupKey"], device["DeviceKey"])
        self.cognito.confirm_device(
            AccessToken=token, DeviceKey=device["DeviceKey"], DeviceSecretVerifierConfig=verifier
        )
        self.half = AWSSRP(  # of whoever is set up last, which is Mallory
            name,
            PASSWORD,
            self.pool_id,
            self.clients[0],
            client=self.cognito,
            device_key=device["DeviceKey"],
            device_group_key=device["DeviceGroupKey"],
            device_password=password,
        )
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
    parameters: Mapping[str, str] = field(default_factory=dict)
    device: str = ""


class Attack(RuleBasedStateMachine):
    """Mallory knows every name, Ann's password and not her app, Cat's and not her phone; of Bob and New nothing.

    She reads her own mail and messages, and knows the answers to her own riddle and to the one for all. Of Ann's device
    she knows the key and not the secret; her own she has.
    """

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.cloud.clock.advance(timedelta(hours=1))  # whoever was shut out is forgiven, every code is a new one
        self.asked = [Asked("SOFTWARE_TOKEN_MFA", ANN, 0)]
        self.got_in_as: set[str] = set()
        self.remember(is_remembered=True)

    @rule(
        flow=st.sampled_from(sorted(BEGINNINGS)), name=NAMES, client=st.integers(0, 1), device=DEVICES, data=st.data()
    )
    def begin(self, flow: str, name: str, client: int, device: str, data: st.DataObject) -> None:
        self._begin(name, client, device, flow.partition(" ")[0], data.draw(BEGINNINGS[flow]))

    @rule(name=st.sampled_from([ANN, ANN, CAT, MALLORY]), is_custom=st.booleans(), with_device=st.booleans())
    def prove_password(self, name: str, is_custom: bool, with_device: bool) -> None:
        """As far as a password that Mallory knows gets."""
        device = name if with_device and name in self.world.devices else ""
        flow = "CUSTOM_AUTH" if is_custom else "USER_SRP_AUTH"
        self._begin(name, 0, device, flow, {"CHALLENGE_NAME": "SRP_A", "SRP_A": "own"})
        self.go_on()

    @rule()
    def go_on(self) -> None:
        """The newest challenge by the best that Mallory knows."""
        self._answer(self.asked[-1], "own", "riddle")

    @rule(
        back=st.sampled_from([0, 0, 1, 2]),
        changed=st.sampled_from(["", "", "", "challenge", "name", "client", "device"]),
        challenge=st.sampled_from(CHALLENGES),
        name=NAMES,
        device=DEVICES,
        code=st.sampled_from(["own", "next", "guess", ""]),
        choice=CHOICES,
    )
    def answer(self, back: int, changed: str, challenge: str, name: str, device: str, code: str, choice: str) -> None:
        """One of the newest challenges as it was asked, or with one thing about it changed."""
        asked = self.asked[max(0, len(self.asked) - 1 - back)]
        changes: dict[str, Any] = {
            "challenge": challenge,
            "name": name,
            "client": 1 - asked.client,
            "device": device,
        }
        self._answer(replace(asked, **{changed: changes[changed]}) if changed else asked, code, choice)

    @rule(is_remembered=st.booleans())
    def remember(self, is_remembered: bool) -> None:
        """Ann and Mallory change their minds about their devices, in the middle of whatever goes on."""
        for name in (ANN, MALLORY):
            self.world.cognito.admin_update_device_status(
                UserPoolId=self.world.pool_id,
                Username=name,
                DeviceKey=self.world.devices[name],
                DeviceRememberedStatus="remembered" if is_remembered else "not_remembered",
            )

    @rule(minutes=st.sampled_from([1, 4, 20]))
    def wait(self, minutes: int) -> None:
        self.world.cloud.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def nobody_else_was_let_in(self) -> None:
        assert self.got_in_as <= {self.world.mallory}

    def _begin(self, name: str, client: int, device: str, flow: str, parameters: dict[str, str]) -> None:
        named = {"DEVICE_KEY": self.world.devices[device]} if device else {}
        parameters = {key: self._public(value) if key == "SRP_A" else value for key, value in parameters.items()}
        self._take(
            Asked("", name, client, device=device),
            lambda: self.world.cognito.initiate_auth(
                ClientId=self.world.clients[client],
                AuthFlow=flow,
                AuthParameters={"USERNAME": name, **named, **parameters},
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
            "ANSWER": f"secret of all, secret of {MALLORY}" if choice == "riddle" else choice,
            "PASSWORD": PASSWORD,
            "SRP_A": self._public("own"),
            "DEVICE_KEY": self.world.devices[asked.device],
            "CREDENTIAL": '{"id": "x", "response": {}}',
            "email": MALLORY,
            "PASSWORD_CLAIM_SECRET_BLOCK": asked.block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode(),
            "TIMESTAMP": f"{now:%a %b} {now.day} {now:%H:%M:%S UTC %Y}",
        }
        if code == "own":
            responses |= self._proof(asked)
        self._take(
            asked,
            lambda: self.world.cognito.respond_to_auth_challenge(
                ClientId=self.world.clients[asked.client],
                ChallengeName=asked.challenge,
                Session=asked.session,
                ChallengeResponses={key: value for key, value in responses.items() if value or key != "DEVICE_KEY"},
            ),
        )

    def _proof(self, asked: Asked) -> dict[str, str]:
        """What proves the password of Ann, Cat and Mallory, or Mallory's device."""
        if asked.challenge == "PASSWORD_VERIFIER" and "USER_ID_FOR_SRP" in asked.parameters:
            proof = self.world.half.process_challenge(asked.parameters, {"USERNAME": asked.name})
        elif asked.challenge == "DEVICE_PASSWORD_VERIFIER" and "SRP_B" in asked.parameters:
            proof = self.world.half.process_device_challenge(asked.parameters)
        else:
            return {}
        return {name: proof[name] for name in ("PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP")}

    def _public(self, public: str) -> str:
        return str(self.world.half.get_auth_params()["SRP_A"]) if public == "own" else public

    def _newest(self, to: str) -> str:
        return next((message.code for message in self.world.cloud.outbox(to=to)), "")

    def _take(self, asked: Asked, ask: Callable[[], dict[str, Any]]) -> None:
        try:
            answer = ask()
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400  # noqa: PT017 - and nothing else
            return
        if "ChallengeName" in answer:
            parameters = answer["ChallengeParameters"]
            self.asked.append(
                replace(
                    asked,
                    challenge=answer["ChallengeName"],
                    session=answer.get("Session", asked.session),
                    block=parameters.get("SECRET_BLOCK", asked.block),
                    parameters=parameters,
                )
            )
        for token in answer.get("AuthenticationResult", {}).values():
            if isinstance(token, str) and token.count(".") == 2:
                self.got_in_as.add(jwt.decode(token, options={"verify_signature": False})["sub"])


@pytest.fixture
def world(cloud: Any, cognito: Any) -> World:
    return World(cloud, cognito)


def test_no_order_of_answers_lets_mallory_in_as_somebody_else(world: World) -> None:
    Attack.world = world
    checked = settings(max_examples=200, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))

    run_state_machine_as_test(Attack, settings=checked)


def test_mallory_gets_in_as_mallory(world: World) -> None:
    """So that the test above cannot pass because nobody ever gets in."""
    Attack.world = world
    attack = Attack()

    attack.prove_password(MALLORY, is_custom=False, with_device=False)
    if attack.asked[-1].challenge == "SELECT_MFA_TYPE":
        attack.answer(0, "", "", "", "", "", "SOFTWARE_TOKEN_MFA")
    attack.go_on()
    assert attack.got_in_as == {world.mallory}

    attack.got_in_as.clear()
    attack._begin(MALLORY, 0, "", "CUSTOM_AUTH", {})
    attack.go_on()
    assert attack.got_in_as == {world.mallory}


def test_mallorys_device_lets_mallory_in(world: World) -> None:
    Attack.world = world
    attack = Attack()

    attack.prove_password(MALLORY, is_custom=False, with_device=True)
    for challenge in ("DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"):
        assert attack.asked[-1].challenge == challenge
        attack.go_on()
    assert attack.got_in_as == {world.mallory}
