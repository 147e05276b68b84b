"""Signing in: by password and by SRP, through challenges, with everything that may be wrong about each."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pycognito import aws_srp

from poolhouse.cognito_idp.rules import srp
from tests.poolhouse.cognito_idp.accounts import (
    EMAIL_POOL,
    PASSWORD,
    confirmed,
    make_client,
    make_pool,
    refused,
    status,
)

ANN = "ann@example.com"
BOB = "bob@example.com"
NOBODY = "nobody@example.com"
WRONG = "Incorrect-horse-2"
TEMPORARY = "Temporary-horse-3"
FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]
NOT_RIGHT = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def pool_id(cognito: Any) -> str:
    return make_pool(cognito, **EMAIL_POOL)


@pytest.fixture
def client_id(cloud: Any, cognito: Any, pool_id: str) -> str:
    made = make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    confirmed(cloud, cognito, made, ANN, ANN)
    return made


def by_password(cognito: Any, client_id: str, username: str = ANN, password: str = PASSWORD, **more: Any) -> Any:
    parameters = {"USERNAME": username, "PASSWORD": password, **more}
    return cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


def invited(cognito: Any, pool_id: str, email: str = BOB) -> None:
    cognito.admin_create_user(
        UserPoolId=pool_id,
        Username=email,
        TemporaryPassword=TEMPORARY,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": email}],
    )


class Srp:
    """pycognito's half of SRP, taken apart so that each message can be spoilt."""

    def __init__(
        self, cognito: Any, pool_id: str, client_id: str, username: str = ANN, password: str = PASSWORD
    ) -> None:
        client: Any = aws_srp.AWSSRP
        self.cognito, self.client_id = cognito, client_id
        self.half = client(username=username, password=password, pool_id=pool_id, client_id=client_id, client=cognito)

    def begin(self, **changes: str) -> Any:
        parameters = {**self.half.get_auth_params(), **changes}
        return self.cognito.initiate_auth(ClientId=self.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)

    def responses(self, begun: Any) -> dict[str, str]:
        given = begun["ChallengeParameters"]
        answered: dict[str, str] = self.half.process_challenge(given, {"USERNAME": given["USERNAME"]})
        return answered

    def answer(self, responses: dict[str, str], client_id: str = "") -> Any:
        return self.cognito.respond_to_auth_challenge(
            ClientId=client_id or self.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
        )

    def sign_in(self) -> Any:
        return self.answer(self.responses(self.begin()))


# By password ------------------------------------------------------------------------------------------------------


def test_the_right_password_signs_in(cognito: Any, client_id: str) -> None:
    answer = by_password(cognito, client_id)["AuthenticationResult"]

    assert set(answer) == {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn", "TokenType"}
    assert (answer["ExpiresIn"], answer["TokenType"]) == (3600, "Bearer")


@pytest.mark.parametrize("password", [WRONG, PASSWORD.lower(), PASSWORD + " ", "x" * 256, "é\u0000'\"--"])
def test_a_wrong_password_does_not(cognito: Any, client_id: str, password: str) -> None:
    with refused(*NOT_RIGHT):
        by_password(cognito, client_id, password=password)


def test_a_name_nobody_has_gets_what_a_wrong_password_gets(cognito: Any, client_id: str) -> None:
    with refused(*NOT_RIGHT):
        by_password(cognito, client_id, NOBODY)


def test_a_client_that_does_not_hide_users_says_that_there_is_none(cognito: Any, pool_id: str) -> None:
    client_id = make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="LEGACY")

    with refused("UserNotFoundException", "User does not exist."):
        by_password(cognito, client_id, NOBODY)
    with refused("UserNotFoundException", "User does not exist."):
        Srp(cognito, pool_id, client_id, NOBODY).begin()


def test_a_pool_may_tell_names_apart_by_case_or_not(cloud: Any, cognito: Any, client_id: str) -> None:
    pool_id = make_pool(cognito, **EMAIL_POOL, UsernameConfiguration={"CaseSensitive": False})
    insensitive = make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS)
    confirmed(cloud, cognito, insensitive, ANN, ANN)

    assert "AuthenticationResult" in by_password(cognito, insensitive, "ANN@Example.com")
    with refused(*NOT_RIGHT):
        by_password(cognito, client_id, "ANN@Example.com")


@pytest.mark.parametrize("missing", ["USERNAME", "PASSWORD"])
def test_a_parameter_that_is_missing_is_named(cognito: Any, client_id: str, missing: str) -> None:
    with refused("InvalidParameterException", f"Missing required parameter {missing}"):
        by_password(cognito, client_id, **{missing: ""})


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        ("USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH flow not enabled for this client"),
        ("USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."),
        ("ADMIN_USER_PASSWORD_AUTH", "Initiate Auth method not supported."),
        ("ADMIN_NO_SRP_AUTH", "Initiate Auth method not supported."),
    ],
)
def test_a_flow_the_client_may_not_use_is_refused(cognito: Any, pool_id: str, flow: str, message: str) -> None:
    client_id = make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])

    with refused("InvalidParameterException", message):
        cognito.initiate_auth(
            ClientId=client_id, AuthFlow=flow, AuthParameters={"USERNAME": ANN, "PASSWORD": PASSWORD, "SRP_A": "1"}
        )


def test_an_administrator_signs_somebody_in(cognito: Any, pool_id: str, client_id: str) -> None:
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool_id,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ANN, "PASSWORD": PASSWORD},
    )

    assert "AccessToken" in answer["AuthenticationResult"]


def test_the_app_client_of_another_pool_is_not_found_in_this_one(cognito: Any, client_id: str) -> None:
    other = make_pool(cognito)

    with refused("ResourceNotFoundException", f"User pool client {client_id} does not exist in user pool {other}."):
        cognito.admin_initiate_auth(
            UserPoolId=other, ClientId=client_id, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={}
        )


def test_a_disabled_user_cannot_sign_in(cognito: Any, pool_id: str, client_id: str) -> None:
    cognito.admin_disable_user(UserPoolId=pool_id, Username=ANN)

    with refused("NotAuthorizedException", "User is disabled."):
        by_password(cognito, client_id)
    with refused("NotAuthorizedException", "User is disabled."):
        Srp(cognito, pool_id, client_id).sign_in()


def test_a_user_whose_password_was_reset_must_set_another(cognito: Any, pool_id: str, client_id: str) -> None:
    cognito.admin_reset_user_password(UserPoolId=pool_id, Username=ANN)

    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        by_password(cognito, client_id)


def test_a_client_with_a_secret_must_prove_it(cloud: Any, cognito: Any, pool_id: str) -> None:
    made = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="c", GenerateSecret=True, ExplicitAuthFlows=FLOWS
    )["UserPoolClient"]
    client_id = made["ClientId"]
    invited(cognito, pool_id, ANN)
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=ANN, Password=PASSWORD, Permanent=True)
    proof = hmac.digest(made["ClientSecret"].encode(), f"{ANN}{client_id}".encode(), hashlib.sha256)

    missing = f"Client {client_id} is configured with secret but SECRET_HASH was not received"
    with refused("NotAuthorizedException", missing):
        by_password(cognito, client_id)
    for wrong in ("x", base64.b64encode(bytes(32)).decode(), "é"):
        with refused("NotAuthorizedException", f"Unable to verify secret hash for client {client_id}"):
            by_password(cognito, client_id, SECRET_HASH=wrong)
    assert "AuthenticationResult" in by_password(cognito, client_id, SECRET_HASH=base64.b64encode(proof).decode())


def test_five_wrong_passwords_shut_a_user_out_for_a_while(cloud: Any, cognito: Any, client_id: str) -> None:
    for _ in range(5):
        with refused(*NOT_RIGHT):
            by_password(cognito, client_id, password=WRONG)

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        by_password(cognito, client_id)

    cloud.clock.advance(timedelta(seconds=2))
    assert "AuthenticationResult" in by_password(cognito, client_id)


def test_a_name_nobody_has_is_shut_out_as_well(cognito: Any, client_id: str) -> None:
    for _ in range(5):
        with refused(*NOT_RIGHT):
            by_password(cognito, client_id, NOBODY)

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        by_password(cognito, client_id, NOBODY)


def test_wrong_proofs_and_wrong_passwords_are_counted_together(cognito: Any, pool_id: str, client_id: str) -> None:
    for _ in range(3):
        with refused(*NOT_RIGHT):
            Srp(cognito, pool_id, client_id, password=WRONG).sign_in()
    for _ in range(2):
        with refused(*NOT_RIGHT):
            by_password(cognito, client_id, password=WRONG)

    with refused("NotAuthorizedException", "Password attempts exceeded"):
        Srp(cognito, pool_id, client_id).sign_in()


# By SRP -----------------------------------------------------------------------------------------------------------


def test_the_right_proof_signs_in_and_a_wrong_one_does_not(cognito: Any, pool_id: str, client_id: str) -> None:
    assert "AuthenticationResult" in Srp(cognito, pool_id, client_id).sign_in()
    with refused(*NOT_RIGHT):
        Srp(cognito, pool_id, client_id, password=WRONG).sign_in()


@pytest.mark.parametrize("multiple", [0, 1, 2])
def test_a_public_value_that_makes_the_secret_known_is_refused(
    cognito: Any, pool_id: str, client_id: str, multiple: int
) -> None:
    """RFC 5054, 2.5.4: with A a multiple of N the shared secret is 0, whatever the password."""
    client = Srp(cognito, pool_id, client_id)
    begun = client.begin(SRP_A=format(int(srp.N) * multiple, "x"))
    given = begun["ChallengeParameters"]
    stamp = srp.timestamp(datetime.now(UTC))
    key = hmac.digest(hmac.digest(b"\x00", b"\x00", "sha256"), b"Caldera Derived Key\x01", "sha256")[:16]
    block = base64.b64decode(given["SECRET_BLOCK"])
    message = pool_id.partition("_")[2].encode() + given["USER_ID_FOR_SRP"].encode() + block + stamp.encode()

    with refused(*NOT_RIGHT):
        client.answer(
            {
                "USERNAME": given["USERNAME"],
                "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
                "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, message, "sha256")).decode(),
                "TIMESTAMP": stamp,
            }
        )


@pytest.mark.parametrize("value", ["xyz", "-1", "0x10", " 1", "1" * 2000, "é"])
def test_a_public_value_that_is_no_number_of_the_group_is_refused(
    cognito: Any, pool_id: str, client_id: str, value: str
) -> None:
    with refused("InvalidParameterException", "SRP_A is not a hexadecimal number."):
        Srp(cognito, pool_id, client_id).begin(SRP_A=value)


def test_a_name_nobody_has_gets_the_same_challenge_each_time_and_no_proof_is_right(
    cognito: Any, pool_id: str, client_id: str
) -> None:
    begun = [Srp(cognito, pool_id, client_id, NOBODY).begin()["ChallengeParameters"] for _ in range(2)]

    assert begun[0]["SALT"] == begun[1]["SALT"]
    assert begun[0]["USER_ID_FOR_SRP"] == begun[1]["USER_ID_FOR_SRP"]
    assert begun[0]["SRP_B"] != begun[1]["SRP_B"]
    with refused(*NOT_RIGHT):
        Srp(cognito, pool_id, client_id, NOBODY).sign_in()


Spoil = Callable[[dict[str, str]], dict[str, str]]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda given: {**given, "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode()},
        lambda given: {**given, "PASSWORD_CLAIM_SIGNATURE": "not base64!"},
        lambda given: {**given, "PASSWORD_CLAIM_SIGNATURE": "é"},
        lambda given: {**given, "PASSWORD_CLAIM_SECRET_BLOCK": base64.b64encode(bytes(576)).decode()},
        lambda given: {**given, "PASSWORD_CLAIM_SECRET_BLOCK": "not base64!"},
        lambda given: {**given, "USERNAME": BOB},
        lambda given: {**given, "TIMESTAMP": "Tue Jan 2 03:04:05 UTC 2024"},
    ],
    ids=["zero signature", "no base64", "no ascii", "another block", "junk block", "another user", "an old time"],
)
def test_a_spoilt_answer_is_refused(cognito: Any, pool_id: str, client_id: str, spoil: Spoil) -> None:
    invited(cognito, pool_id)
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=BOB, Password=PASSWORD, Permanent=True)
    client = Srp(cognito, pool_id, client_id)
    responses = client.responses(client.begin())

    with refused(*NOT_RIGHT):
        client.answer(spoil(responses))


def test_a_timestamp_of_another_form_is_named(cognito: Any, pool_id: str, client_id: str) -> None:
    client = Srp(cognito, pool_id, client_id)
    responses = client.responses(client.begin())

    with refused("InvalidParameterException", "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."):
        client.answer({**responses, "TIMESTAMP": "2026-11-20T10:00:00Z"})


def test_an_answer_is_good_once(cognito: Any, pool_id: str, client_id: str) -> None:
    client = Srp(cognito, pool_id, client_id)
    responses = client.responses(client.begin())
    client.answer(responses)

    with refused(*NOT_RIGHT):
        client.answer(responses)


def test_a_wrong_answer_uses_the_challenge_up(cognito: Any, pool_id: str, client_id: str) -> None:
    client = Srp(cognito, pool_id, client_id)
    responses = client.responses(client.begin())
    with refused(*NOT_RIGHT):
        client.answer({**responses, "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode()})

    with refused(*NOT_RIGHT):
        client.answer(responses)


def test_of_many_answers_at_once_one_signs_in(cognito: Any, pool_id: str, client_id: str) -> None:
    client = Srp(cognito, pool_id, client_id)
    responses = client.responses(client.begin())

    def attempt(_: int) -> str:
        try:
            return str(client.answer(responses)["AuthenticationResult"]["TokenType"])
        except ClientError as error:
            return str(error.response["Error"]["Message"])

    with ThreadPoolExecutor(6) as threads:
        answers = sorted(threads.map(attempt, range(6)))

    assert answers == ["Bearer"] + ["Incorrect username or password."] * 5


def test_an_answer_through_another_client_is_refused(cognito: Any, pool_id: str, client_id: str) -> None:
    other = make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS)
    client = Srp(cognito, pool_id, client_id)
    responses = client.responses(client.begin())

    with refused(*NOT_RIGHT):
        client.answer(responses, client_id=other)


def test_an_answer_after_three_minutes_is_refused(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    client = Srp(cognito, pool_id, client_id)
    responses = client.responses(client.begin())
    cloud.clock.advance(timedelta(minutes=3))

    with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
        client.answer(responses)


def test_a_temporary_password_is_proven_by_srp_as_well(cognito: Any, pool_id: str, client_id: str) -> None:
    invited(cognito, pool_id)

    answer = Srp(cognito, pool_id, client_id, BOB, TEMPORARY).sign_in()

    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


# NEW_PASSWORD_REQUIRED --------------------------------------------------------------------------------------------


def challenged(cognito: Any, client_id: str, username: str = BOB) -> Any:
    return by_password(cognito, client_id, username, TEMPORARY)


def choose(cognito: Any, client_id: str, session: str, username: str = BOB, **responses: str) -> Any:
    return cognito.respond_to_auth_challenge(
        ClientId=client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=session,
        ChallengeResponses={"USERNAME": username, "NEW_PASSWORD": PASSWORD, **responses},
    )


def test_a_temporary_password_leads_to_a_new_one(cognito: Any, pool_id: str, client_id: str) -> None:
    invited(cognito, pool_id)
    begun = challenged(cognito, client_id)

    answer = choose(cognito, client_id, begun["Session"])

    assert begun["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert "AccessToken" in answer["AuthenticationResult"]
    assert status(cognito, pool_id, BOB) == "CONFIRMED"
    with refused(*NOT_RIGHT):
        by_password(cognito, client_id, BOB, TEMPORARY)


def test_a_session_is_used_once(cognito: Any, pool_id: str, client_id: str) -> None:
    invited(cognito, pool_id)
    session = challenged(cognito, client_id)["Session"]
    choose(cognito, client_id, session)

    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        choose(cognito, client_id, session, NEW_PASSWORD="Another-horse-4")


def test_a_password_the_policy_refuses_leaves_the_session_usable(cognito: Any, pool_id: str, client_id: str) -> None:
    invited(cognito, pool_id)
    session = challenged(cognito, client_id)["Session"]

    with refused(
        "InvalidPasswordException", "Password does not conform to policy: Password must have uppercase characters"
    ):
        choose(cognito, client_id, session, NEW_PASSWORD="correct-horse-1")

    assert "AuthenticationResult" in choose(cognito, client_id, session)


def test_a_session_ends_after_three_minutes(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    invited(cognito, pool_id)
    session = challenged(cognito, client_id)["Session"]
    cloud.clock.advance(timedelta(minutes=3))

    with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
        choose(cognito, client_id, session)


def test_a_session_belongs_to_its_user_its_client_and_its_challenge(cognito: Any, pool_id: str, client_id: str) -> None:
    invited(cognito, pool_id)
    other = make_client(cognito, pool_id, ExplicitAuthFlows=FLOWS)
    session = challenged(cognito, client_id)["Session"]

    with refused("NotAuthorizedException", "Invalid session for the user."):
        choose(cognito, client_id, session, username=ANN)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        choose(cognito, other, session)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        choose(cognito, client_id, "x" * 100)
    with pytest.raises(ClientError):
        cognito.respond_to_auth_challenge(
            ClientId=client_id,
            ChallengeName="SMS_MFA",
            Session=session,
            ChallengeResponses={"USERNAME": BOB, "SMS_MFA_CODE": "123456"},
        )

    assert status(cognito, pool_id, BOB) == "FORCE_CHANGE_PASSWORD"
    assert "AuthenticationResult" in choose(cognito, client_id, session)


def test_a_temporary_password_lasts_seven_days(cloud: Any, cognito: Any, pool_id: str, client_id: str) -> None:
    invited(cognito, pool_id)
    cloud.clock.advance(timedelta(days=7, seconds=1))

    with refused("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."):
        challenged(cognito, client_id)
