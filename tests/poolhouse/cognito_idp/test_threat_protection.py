"""Threat protection: common passwords blocked, addresses shut out, events kept; and the history of passwords."""

from typing import Any

import pytest

from tests.poolhouse.cognito_idp.accounts import (
    PASSWORD,
    attributes,
    code_for,
    confirmed,
    make_client,
    make_pool,
    refused,
)
from tests.poolhouse.cognito_idp.sign_ins import ANN, House, is_in

COMMON = "P@ssw0rd"
PLUS = {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}
BLOCK = {"Actions": {"EventAction": "BLOCK"}}
KNOWN = ("InvalidPasswordException", "Provided password cannot be used for security reasons.")
NOT_ENABLED = ("UserPoolAddOnNotEnabledException", "User pool add-ons are not enabled for this user pool.")


def house_with(cloud: Any, cognito: Any, compromised: dict[str, Any] | None = None, **pool: Any) -> House:
    house = House(cloud, cognito, **{**PLUS, **pool})
    if compromised:
        cognito.set_risk_configuration(UserPoolId=house.pool_id, CompromisedCredentialsRiskConfiguration=compromised)
    return house


def test_common_passwords_are_blocked_where_the_pool_says_so(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, BLOCK)
    house.user()
    token = house.begin()["AuthenticationResult"]["AccessToken"]

    with refused(*KNOWN):
        cognito.sign_up(ClientId=house.client_id, Username="bob", Password=COMMON)
    with refused(*KNOWN):
        cognito.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=COMMON)
    with refused(*KNOWN):
        cognito.admin_set_user_password(UserPoolId=house.pool_id, Username="ann", Password=COMMON)
    assert is_in(house.begin())


def test_a_common_password_that_is_set_already_does_not_sign_in(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito)
    house.user()
    cognito.admin_set_user_password(UserPoolId=house.pool_id, Username="ann", Password=COMMON, Permanent=True)
    assert is_in(house.begin(PASSWORD=COMMON))
    cognito.set_risk_configuration(UserPoolId=house.pool_id, CompromisedCredentialsRiskConfiguration=BLOCK)

    with refused("PasswordResetRequiredException", "Password reset required for the user due to security reasons"):
        house.begin(PASSWORD=COMMON)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        house.begin(PASSWORD="wrong")


@pytest.mark.parametrize(
    "lenient",
    [
        {"compromised": {"Actions": {"EventAction": "NO_ACTION"}}},
        {"compromised": {**BLOCK, "EventFilter": ["SIGN_IN"]}},
        {"compromised": BLOCK, "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}},
        {},
    ],
)
def test_otherwise_they_are_taken(cloud: Any, cognito: Any, lenient: dict[str, Any]) -> None:
    house = house_with(cloud, cognito, **lenient)

    cognito.sign_up(ClientId=house.client_id, Username="bob", Password=COMMON)


def test_an_app_clients_own_configuration_goes_first(cloud: Any, cognito: Any) -> None:
    house = house_with(cloud, cognito, BLOCK)
    cognito.set_risk_configuration(
        UserPoolId=house.pool_id,
        ClientId=house.client_id,
        CompromisedCredentialsRiskConfiguration={"Actions": {"EventAction": "NO_ACTION"}},
    )

    cognito.sign_up(ClientId=house.client_id, Username="bob", Password=COMMON)


class TestAddresses:
    def shut(self, house: House, **more: Any) -> None:
        house.cognito.set_risk_configuration(
            UserPoolId=house.pool_id, RiskExceptionConfiguration={"BlockedIPRangeList": ["127.0.0.0/8"]}, **more
        )

    def test_a_blocked_address_does_not_sign_in(self, cloud: Any, cognito: Any) -> None:
        house = house_with(cloud, cognito)
        house.user()
        self.shut(house)

        with refused("NotAuthorizedException", "Unable to login because of security reasons."):
            house.begin()
        (event,) = cognito.admin_list_user_auth_events(UserPoolId=house.pool_id, Username="ann")["AuthEvents"]
        assert event["EventResponse"] == "Fail"
        assert event["EventRisk"]["RiskDecision"] == "Block"

    def test_the_user_is_told_and_answers(self, cloud: Any, cognito: Any) -> None:
        house = house_with(cloud, cognito)
        house.user(email=ANN, email_verified="true")
        mail = {"Subject": "Odd sign-in", "TextBody": "From {ip-address}: {event-id} {feedback-token}"}
        notify = {"SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/x", "BlockEmail": mail}
        self.shut(
            house,
            AccountTakeoverRiskConfiguration={
                "NotifyConfiguration": notify,
                "Actions": {"HighAction": {"Notify": True, "EventAction": "BLOCK"}},
            },
        )
        with refused("NotAuthorizedException", "Unable to login because of security reasons."):
            house.begin()

        (message,) = cloud.outbox(to=ANN)
        assert message.subject == "Odd sign-in"
        assert message.body.startswith("From 127.0.0.1: ")
        event_id, token = message.body.split()[-2:]
        where = {"UserPoolId": house.pool_id, "Username": "ann", "EventId": event_id, "FeedbackValue": "Invalid"}
        with refused("NotAuthorizedException", "Invalid feedback token."):
            cognito.update_auth_event_feedback(**where, FeedbackToken=token[:-4] + "AAA=")
        cognito.update_auth_event_feedback(**where, FeedbackToken=token)
        (event,) = cognito.admin_list_user_auth_events(UserPoolId=house.pool_id, Username="ann")["AuthEvents"]
        assert event["EventFeedback"]["FeedbackValue"] == "Invalid"
        assert event["EventFeedback"]["Provider"] == "User"


class TestEvents:
    def listed(self, house: House, **more: Any) -> list[dict[str, Any]]:
        answer = house.cognito.admin_list_user_auth_events(UserPoolId=house.pool_id, Username="ann", **more)
        return list(answer["AuthEvents"])

    def test_sign_ins_are_kept_with_how_they_ended(self, cloud: Any, cognito: Any) -> None:
        house = house_with(cloud, cognito)
        house.mfa("ON", "EMAIL_OTP")
        house.user(email=ANN)
        asked = house.begin()
        (event,) = self.listed(house)
        assert event["EventResponse"] == "InProgress"
        assert event["ChallengeResponses"] == [{"ChallengeName": "Password", "ChallengeResponse": "Success"}]

        house.answer(asked, EMAIL_OTP_CODE=house.code(ANN))
        (event,) = self.listed(house)
        assert (event["EventType"], event["EventResponse"]) == ("SignIn", "Pass")
        assert event["ChallengeResponses"] == [
            {"ChallengeName": "Mfa", "ChallengeResponse": "Success"},
            {"ChallengeName": "Password", "ChallengeResponse": "Success"},
        ]
        assert event["EventRisk"] == {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False}
        assert event["EventContextData"]["IpAddress"] == "127.0.0.1"

    def test_failures_are_kept(self, cloud: Any, cognito: Any) -> None:
        house = house_with(cloud, cognito)
        house.user()
        with refused("NotAuthorizedException", "Incorrect username or password."):
            house.begin(PASSWORD="wrong")

        (event,) = self.listed(house)
        assert event["EventResponse"] == "Fail"
        assert event["ChallengeResponses"] == [{"ChallengeName": "Password", "ChallengeResponse": "Failure"}]

    def test_what_else_users_do_is_kept(self, cloud: Any, cognito: Any) -> None:
        house = house_with(cloud, cognito, AutoVerifiedAttributes=["email"], AccountRecoverySetting={})
        cognito.sign_up(
            ClientId=house.client_id, Username="ann", Password=PASSWORD, UserAttributes=attributes(email=ANN)
        )
        cognito.resend_confirmation_code(ClientId=house.client_id, Username="ann")
        cognito.confirm_sign_up(ClientId=house.client_id, Username="ann", ConfirmationCode=code_for(cloud, ANN))
        token = house.begin()["AuthenticationResult"]["AccessToken"]
        cognito.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="Another-1-now")
        cognito.forgot_password(ClientId=house.client_id, Username="ann")
        cognito.confirm_forgot_password(
            ClientId=house.client_id, Username="ann", ConfirmationCode=code_for(cloud, ANN), Password="A-third-1-now"
        )

        kinds = ["ForgotPassword", "PasswordChange", "SignIn", "ResendCode", "SignUp"]
        assert sorted(event["EventType"] for event in self.listed(house)) == sorted(kinds)

    def test_they_are_paged_the_newest_first(self, cloud: Any, cognito: Any) -> None:
        house = house_with(cloud, cognito)
        house.user()
        for _ in range(3):
            house.begin()
        whole = [event["EventId"] for event in self.listed(house)]

        first = cognito.admin_list_user_auth_events(UserPoolId=house.pool_id, Username="ann", MaxResults=2)
        rest = cognito.admin_list_user_auth_events(
            UserPoolId=house.pool_id, Username="ann", MaxResults=2, NextToken=first["NextToken"]
        )
        assert [event["EventId"] for event in first["AuthEvents"] + rest["AuthEvents"]] == whole
        assert "NextToken" not in rest

    def test_an_administrator_judges_them(self, cloud: Any, cognito: Any) -> None:
        house = house_with(cloud, cognito)
        house.user()
        house.begin()
        (event,) = self.listed(house)

        cognito.admin_update_auth_event_feedback(
            UserPoolId=house.pool_id, Username="ann", EventId=event["EventId"], FeedbackValue="Valid"
        )
        (event,) = self.listed(house)
        assert (event["EventFeedback"]["FeedbackValue"], event["EventFeedback"]["Provider"]) == ("Valid", "Admin")
        with refused("ResourceNotFoundException", "Event nothing does not exist."):
            cognito.admin_update_auth_event_feedback(
                UserPoolId=house.pool_id, Username="ann", EventId="nothing", FeedbackValue="Valid"
            )

    def test_a_pool_without_threat_protection_keeps_none(self, cloud: Any, cognito: Any) -> None:
        house = House(cloud, cognito)
        house.user()
        with refused(*NOT_ENABLED):
            self.listed(house)


class TestHistory:
    """PasswordHistorySize: how many passwords may not be chosen again."""

    NEW = ("PasswordHistoryPolicyViolationException", "Password has previously been used.")

    def house(self, cloud: Any, cognito: Any, size: int) -> tuple[str, str]:
        policies = {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": size}}
        pool_id = make_pool(cognito, Policies=policies, AutoVerifiedAttributes=["email"])
        client_id = make_client(cognito, pool_id, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
        confirmed(cloud, cognito, client_id, "ann", ANN)
        return pool_id, client_id

    def set(self, cognito: Any, pool_id: str, password: str) -> None:
        cognito.admin_set_user_password(UserPoolId=pool_id, Username="ann", Password=password, Permanent=True)

    def test_the_last_ones_are_refused_wherever_one_is_chosen(self, cloud: Any, cognito: Any) -> None:
        pool_id, client_id = self.house(cloud, cognito, 2)
        self.set(cognito, pool_id, "second-one")

        for known in (PASSWORD, "second-one"):
            with refused(*self.NEW):
                self.set(cognito, pool_id, known)
        answer = cognito.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": "second-one"},
        )
        with refused(*self.NEW):
            cognito.change_password(
                AccessToken=answer["AuthenticationResult"]["AccessToken"],
                PreviousPassword="second-one",
                ProposedPassword=PASSWORD,
            )
        cognito.forgot_password(ClientId=client_id, Username="ann")
        with refused(*self.NEW):
            cognito.confirm_forgot_password(
                ClientId=client_id, Username="ann", ConfirmationCode=code_for(cloud, ANN), Password=PASSWORD
            )
        self.set(cognito, pool_id, "third-one")
        self.set(cognito, pool_id, PASSWORD)  # by now the third last

    def test_without_a_size_none_is_remembered(self, cloud: Any, cognito: Any) -> None:
        pool_id, _ = self.house(cloud, cognito, 0)
        self.set(cognito, pool_id, PASSWORD)
        assert cloud.inner.store.users.list(pool_id=pool_id)[0].previous_passwords == ()

    def test_it_is_not_for_lite(self, cognito: Any) -> None:
        policies = {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}}
        message = "The following features need to be disabled for the LITE pricing tier configured: Password History"
        with refused("FeatureUnavailableInTierException", message):
            make_pool(cognito, UserPoolTier="LITE", Policies=policies)
