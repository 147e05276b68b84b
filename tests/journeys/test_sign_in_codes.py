"""Sign-in by a mailed code in the service's pool: three functions, a table and SES, over HTTP."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import testing

ANNA = "anna@example.com"
FAILED = {"Code": "NotAuthorizedException", "Message": "Incorrect username or password."}


class SignIn:
    """One sign-in by code: begun, and answered until it ends."""

    def __init__(self, house: testing.LocalCloud, email: str) -> None:
        self.cognito, self.client, self.email = house.client("cognito-idp"), house.outputs["WebClientId"], email
        before = len(house.outbox())
        self.asked = self.cognito.initiate_auth(
            ClientId=self.client, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": email}
        )
        self.mails = house.outbox()[: len(house.outbox()) - before]

    @property
    def code(self) -> str:
        (mail,) = self.mails
        return str(re.findall(r"\b\d{8}\b", mail.body)[0])

    @property
    def wrong(self) -> str:
        return f"{(int(self.code) + 1) % 10**8:08}"

    def answer(self, code: str, session: str | None = None) -> Any:
        self.asked = self.cognito.respond_to_auth_challenge(
            ClientId=self.client,
            ChallengeName="CUSTOM_CHALLENGE",
            Session=session or self.asked["Session"],
            ChallengeResponses={"USERNAME": self.asked["ChallengeParameters"]["USERNAME"], "ANSWER": code},
        )
        return self.asked


@pytest.fixture
def anna(house: testing.LocalCloud) -> Iterator[str]:
    """Somebody confirmed, with a verified address, who never had to choose a password."""
    cognito, pool = house.client("cognito-idp"), house.outputs["UserPoolId"]
    attributes = [{"Name": "email", "Value": ANNA}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(UserPoolId=pool, Username=ANNA, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=ANNA, Password="Correct-horse-7-battery", Permanent=True)
    yield ANNA
    cognito.admin_delete_user(UserPoolId=pool, Username=ANNA)


def test_a_mailed_code_signs_in(house: testing.LocalCloud, anna: str) -> None:
    sign_in = SignIn(house, anna)
    assert sign_in.asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert [mail.to for mail in sign_in.mails] == [anna]
    assert sign_in.asked["ChallengeParameters"].keys() == {"USERNAME", "medium", "digits"}

    assert sign_in.answer(sign_in.wrong)["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert sign_in.answer(sign_in.code)["AuthenticationResult"]["TokenType"] == "Bearer"


def test_the_third_wrong_answer_ends_it_and_old_states_bring_no_more_tries(
    house: testing.LocalCloud, anna: str
) -> None:
    sign_in = SignIn(house, anna)
    sessions = [sign_in.asked["Session"]]
    for _ in range(2):
        sessions.append(sign_in.answer(sign_in.wrong)["Session"])
    with pytest.raises(ClientError) as refused:
        sign_in.answer(sign_in.wrong)
    assert refused.value.response["Error"] == FAILED

    for session in sessions:
        with pytest.raises(ClientError) as refused:
            sign_in.answer(sign_in.code, session)
        assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_a_code_signs_in_once(house: testing.LocalCloud, anna: str) -> None:
    first, second = SignIn(house, anna), SignIn(house, anna)
    first.answer(first.code)

    assert second.answer(first.code)["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert second.answer(second.code)["AuthenticationResult"]["TokenType"] == "Bearer"


def test_nobody_is_asked_and_refused_as_somebody_is(house: testing.LocalCloud) -> None:
    sign_in = SignIn(house, "nobody@example.com")
    assert sign_in.asked["ChallengeParameters"].keys() == {"USERNAME", "medium", "digits"}
    assert [mail.to for mail in sign_in.mails] == ["success@simulator.amazonses.com"]

    for _ in range(2):  # with the code of the mail that nobody got: it is wrong all the same
        assert sign_in.answer(sign_in.code)["ChallengeName"] == "CUSTOM_CHALLENGE"
    with pytest.raises(ClientError) as refused:
        sign_in.answer(sign_in.code)
    assert refused.value.response["Error"] == FAILED


def test_srp_is_no_way_around_the_code(house: testing.LocalCloud, anna: str) -> None:
    with pytest.raises(ClientError) as refused:
        house.client("cognito-idp").initiate_auth(
            ClientId=house.outputs["WebClientId"],
            AuthFlow="CUSTOM_AUTH",
            AuthParameters={"USERNAME": anna, "CHALLENGE_NAME": "SRP_A", "SRP_A": "ab" * 384},
        )

    assert refused.value.response["Error"] == FAILED
