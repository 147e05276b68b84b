"""CUSTOM_AUTH: the pool's functions define, make and check challenges; tokens only when they say so."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pycognito import aws_srp

from tests.poolhouse.cognito_idp.accounts import PASSWORD, refused
from tests.poolhouse.cognito_idp.sign_ins import PHONE, House, is_in

AWSSRP: Any = aws_srp.AWSSRP  # pycognito has no types
# Three tries at a riddle, after a password where SRP began it. What each function was told goes with its answer.
DEFINE = """
def handler(event, context):
    session, response = event["request"]["session"], event["response"]
    response.update(challengeName=None, issueTokens=False, failAuthentication=False)
    riddles = [answer for answer in session if answer["challengeName"] == "CUSTOM_CHALLENGE"]
    if session and session[-1]["challengeName"] == "SRP_A":
        response["challengeName"] = "PASSWORD_VERIFIER"
    elif riddles and riddles[-1]["challengeResult"]:
        response["issueTokens"] = True
    elif len(riddles) == 3 or event["request"].get("userNotFound"):
        response["failAuthentication"] = True
    else:
        response["challengeName"] = "CUSTOM_CHALLENGE"
    return event
"""
CREATE = """
import json
def handler(event, context):
    number = len(event["request"]["session"])
    event["response"]["publicChallengeParameters"] = {"riddle": str(number), "told": json.dumps(event)}
    event["response"]["privateChallengeParameters"] = {"answer": f"secret-{number}"}
    event["response"]["challengeMetadata"] = f"riddle {number}"
    return event
"""
VERIFY = """
def handler(event, context):
    expected = event["request"]["privateChallengeParameters"]["answer"]
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == expected
    return event
"""
TELL = """
import json
def handler(event, context):
    raise ValueError(json.dumps(event))
"""
TRIGGERS = {"DefineAuthChallenge": DEFINE, "CreateAuthChallenge": CREATE, "VerifyAuthChallengeResponse": VERIFY}
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
UNRECOGNIZABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
NOT_CONFIGURED = "Custom auth lambda trigger is not configured for the user pool."


def house_with(cloud: Any, cognito: Any, *, client: dict[str, Any] | None = None, **changes: str) -> House:
    """A house whose three functions are these, and one user."""
    arns = {name: cloud.function(name.lower(), source) for name, source in {**TRIGGERS, **changes}.items() if source}
    house = House(cloud, cognito, client=client, LambdaConfig=arns)
    house.user(phone_number=PHONE)
    return house


@pytest.fixture
def house(cloud: Any, cognito: Any) -> House:
    return house_with(cloud, cognito)


def told(error: ClientError, trigger: str) -> dict[str, Any]:
    message = error.response["Error"]["Message"]
    event: dict[str, Any] = json.loads(message.removeprefix(f"{trigger} failed with error ").removesuffix("."))
    return event


def test_the_right_answer_signs_in(house: House) -> None:
    asked = house.begin("CUSTOM_AUTH")
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert asked["ChallengeParameters"]["riddle"] == "0"
    assert asked["ChallengeParameters"]["USERNAME"] == "ann"
    assert "answer" not in asked["ChallengeParameters"]

    assert is_in(house.answer(asked, ANSWER="secret-0"))


def test_a_wrong_answer_goes_on_and_the_third_ends_it(house: House) -> None:
    asked = house.begin("CUSTOM_AUTH")
    for number in (1, 2):
        asked = house.answer(asked, ANSWER="guess")
        assert asked["ChallengeParameters"]["riddle"] == str(number)
    with refused(*INCORRECT):
        house.answer(asked, ANSWER="guess")
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        house.answer(asked, ANSWER="secret-2")

    asked = house.answer(house.begin("CUSTOM_AUTH"), ANSWER="guess")
    assert is_in(house.answer(asked, ANSWER="secret-1"))


def test_a_session_is_good_for_one_answer(house: House) -> None:
    asked = house.begin("CUSTOM_AUTH")
    house.answer(asked, ANSWER="guess")

    for answer in ("guess", "secret-0"):
        with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
            house.answer(asked, ANSWER=answer)


def test_an_answer_is_wanted(house: House) -> None:
    asked = house.begin("CUSTOM_AUTH")

    with refused("InvalidParameterException", "Missing required parameter ANSWER"):
        house.answer(asked)
    assert is_in(house.answer(asked, ANSWER="secret-0"))


def test_after_a_password_by_srp_the_riddle_follows(house: House) -> None:
    srp = AWSSRP("ann", PASSWORD, house.pool_id, house.client_id, client=house.cognito)
    asked = house.begin("CUSTOM_AUTH", CHALLENGE_NAME="SRP_A", SRP_A=srp.get_auth_params()["SRP_A"])
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"

    responses = srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ann"})
    asked = house.cognito.respond_to_auth_challenge(
        ClientId=house.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
    )
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    session = json.loads(asked["ChallengeParameters"]["told"])["request"]["session"]
    assert session == [
        {"challengeName": "SRP_A", "challengeResult": True, "challengeMetadata": None},
        {"challengeName": "PASSWORD_VERIFIER", "challengeResult": True, "challengeMetadata": None},
    ]
    assert is_in(house.answer(asked, ANSWER="secret-2"))


def test_a_wrong_password_by_srp_ends_it(house: House) -> None:
    srp = AWSSRP("ann", "wrong", house.pool_id, house.client_id, client=house.cognito)
    asked = house.begin("CUSTOM_AUTH", CHALLENGE_NAME="SRP_A", SRP_A=srp.get_auth_params()["SRP_A"])
    responses = srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ann"})

    with refused(*INCORRECT):
        house.cognito.respond_to_auth_challenge(
            ClientId=house.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
        )


def test_a_second_factor_follows_the_password_and_the_riddle_follows_that(house: House) -> None:
    house.mfa("OPTIONAL", "SMS_MFA")
    house.prefer(SMSMfaSettings="on")
    srp = AWSSRP("ann", PASSWORD, house.pool_id, house.client_id, client=house.cognito)
    asked = house.begin("CUSTOM_AUTH", CHALLENGE_NAME="SRP_A", SRP_A=srp.get_auth_params()["SRP_A"])
    responses = srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ann"})
    asked = house.cognito.respond_to_auth_challenge(
        ClientId=house.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
    )
    assert asked["ChallengeName"] == "SMS_MFA"

    asked = house.answer(asked, SMS_MFA_CODE=house.code(PHONE))
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    session = json.loads(asked["ChallengeParameters"]["told"])["request"]["session"]
    assert [answer["challengeName"] for answer in session] == ["SRP_A", "PASSWORD_VERIFIER", "SMS_MFA"]
    assert is_in(house.answer(asked, ANSWER="secret-3"))


def test_what_the_functions_are_told(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    asked = cognito.initiate_auth(
        ClientId=house.client_id,
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": "ann"},
        ClientMetadata={"at": "start"},
    )
    event = json.loads(asked["ChallengeParameters"]["told"])
    assert event["triggerSource"] == "CreateAuthChallenge_Authentication"
    assert event["userName"] == "ann"
    assert event["request"]["challengeName"] == "CUSTOM_CHALLENGE"
    assert event["request"]["session"] == []
    assert event["request"]["userAttributes"]["phone_number"] == PHONE
    assert "clientMetadata" not in event["request"]
    assert "userNotFound" not in event["request"]

    asked = cognito.respond_to_auth_challenge(
        ClientId=house.client_id,
        ChallengeName="CUSTOM_CHALLENGE",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ann", "ANSWER": "guess"},
        ClientMetadata={"at": "answer"},
    )
    event = json.loads(asked["ChallengeParameters"]["told"])
    assert event["request"]["clientMetadata"] == {"at": "answer"}
    assert event["request"]["session"] == [
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "riddle 0"}
    ]


def test_verify_is_told_the_answer_and_what_was_kept_private(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, VerifyAuthChallengeResponse=TELL)

    with pytest.raises(ClientError) as raised:
        house.answer(house.begin("CUSTOM_AUTH"), ANSWER="guess")
    event = told(raised.value, "VerifyAuthChallengeResponse")
    assert event["triggerSource"] == "VerifyAuthChallengeResponse_Authentication"
    assert event["request"]["challengeAnswer"] == "guess"
    assert event["request"]["privateChallengeParameters"] == {"answer": "secret-0"}
    assert event["response"] == {"answerCorrect": None}


def test_define_is_told_first_and_presets_are_null(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, DefineAuthChallenge=TELL)

    with pytest.raises(ClientError) as raised:
        house.begin("CUSTOM_AUTH")
    event = told(raised.value, "DefineAuthChallenge")
    assert event["request"]["session"] == []
    assert event["response"] == {"challengeName": None, "issueTokens": None, "failAuthentication": None}


def test_a_hidden_nobody_is_told_to_the_functions(cloud: Any, cognito: Any) -> None:
    hiding = {"PreventUserExistenceErrors": "ENABLED"}
    house = house_with(cloud, cognito, client={**hiding, "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH"]})

    with refused(*INCORRECT):
        house.begin("CUSTOM_AUTH", "nobody")
    assert json.loads(house.begin("CUSTOM_AUTH")["ChallengeParameters"]["told"])["request"]["userNotFound"] is False


@pytest.mark.parametrize("response", [{"issueTokens": True}, {"challengeName": "CUSTOM_CHALLENGE"}])
def test_nobody_gets_no_tokens_whatever_the_functions_say(cloud: Any, cognito: Any, response: dict[str, Any]) -> None:
    careless = f"""
def handler(event, context):
    answered = bool(event["request"]["session"])
    event["response"] = {{"issueTokens": True}} if answered else {response!r}
    return event
"""
    right = "def handler(event, context):\n    event['response']['answerCorrect'] = True\n    return event\n"
    hiding = {"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH"]}
    house = house_with(cloud, cognito, client=hiding, DefineAuthChallenge=careless, VerifyAuthChallengeResponse=right)

    with refused(*INCORRECT):
        asked = house.begin("CUSTOM_AUTH", "nobody")
        house.answer(asked, name="nobody", ANSWER="x")


def test_a_name_that_nobody_has_is_said_where_it_may_be(house: House) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        house.begin("CUSTOM_AUTH", "nobody")


@pytest.mark.parametrize("missing", list(TRIGGERS))
def test_a_pool_without_the_functions_is_told(cloud: Any, cognito: Any, missing: str) -> None:
    house = house_with(cloud, cognito, **{missing: ""})  # type: ignore[arg-type]

    with refused("InvalidParameterException", NOT_CONFIGURED):
        house.answer(house.begin("CUSTOM_AUTH"), ANSWER="secret-0")


SENSELESS = [
    {},
    {"challengeName": "SMS_MFA"},
    {"challengeName": "PASSWORD_VERIFIER"},
    {"challengeName": 7},
    {"issueTokens": "true"},
    {"failAuthentication": 1},
]


@pytest.mark.parametrize("response", SENSELESS)
def test_senseless_decisions_are_refused(cloud: Any, cognito: Any, response: dict[str, Any]) -> None:
    source = f"def handler(event, context):\n    event['response'] = {response!r}\n    return event\n"
    house = house_with(cloud, cognito, DefineAuthChallenge=source)

    with refused(*UNRECOGNIZABLE):
        house.begin("CUSTOM_AUTH")


@pytest.mark.parametrize("response", [{"publicChallengeParameters": "x"}, {"privateChallengeParameters": {"a": 1}}])
def test_senseless_challenges_are_refused(cloud: Any, cognito: Any, response: dict[str, Any]) -> None:
    source = f"def handler(event, context):\n    event['response'] = {response!r}\n    return event\n"
    house = house_with(cloud, cognito, CreateAuthChallenge=source)

    with refused(*UNRECOGNIZABLE):
        house.begin("CUSTOM_AUTH")


def test_users_who_may_not_sign_in_are_refused_first(house: House) -> None:
    house.cognito.admin_disable_user(UserPoolId=house.pool_id, Username="ann")
    with refused("NotAuthorizedException", "User is disabled."):
        house.begin("CUSTOM_AUTH")


def test_answers_stay_sealed_in_the_database(house: House) -> None:
    house.begin("CUSTOM_AUTH")

    kept = house.cloud.inner.store.challenge_sessions.list()
    assert kept
    assert "secret-0" not in repr(kept)
