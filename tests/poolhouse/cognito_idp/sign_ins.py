"""What tests of sign-in share: a house with one pool and one client, and a sign-in in one line."""

import re
from typing import Any

from tests.poolhouse.cognito_idp.accounts import PASSWORD, attributes, make_client, make_pool

ANN, PHONE = "ann@example.com", "+41791234567"
SMS = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}
SES = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/no-reply@example.com",
}
# Recovery by an administrator only leaves both addresses to second factors.
BY_ADMIN = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


class House:
    """A pool, an app client that allows every flow, and users made by an administrator."""

    def __init__(self, cloud: Any, cognito: Any, *, client: dict[str, Any] | None = None, **pool: Any) -> None:
        self.cloud, self.cognito = cloud, cognito
        settings = {
            "SmsConfiguration": SMS,
            "EmailConfiguration": SES,
            "AccountRecoverySetting": BY_ADMIN,
            "UsernameConfiguration": {"CaseSensitive": False},
        }
        self.pool_id = make_pool(cognito, **{**settings, **pool})
        self.client_id = make_client(cognito, self.pool_id, **{"ExplicitAuthFlows": FLOWS, **(client or {})})

    def mfa(self, mode: str, *factors: str) -> None:
        """Set the pool's MFA to these factors."""
        members: dict[str, dict[str, Any]] = {
            "SMS_MFA": {"SmsMfaConfiguration": {"SmsConfiguration": SMS}},
            "EMAIL_OTP": {"EmailMfaConfiguration": {"Message": "Code {####}", "Subject": "Code"}},
            "SOFTWARE_TOKEN_MFA": {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
        }
        chosen = {name: value for factor in factors for name, value in members[factor].items()}
        self.cognito.set_user_pool_mfa_config(UserPoolId=self.pool_id, MfaConfiguration=mode, **chosen)

    def user(self, name: str = "ann", **values: str) -> str:
        """A confirmed user with a password and these attributes."""
        self.cognito.admin_create_user(
            UserPoolId=self.pool_id,
            Username=name,
            UserAttributes=attributes(**values),
            TemporaryPassword=PASSWORD,
            MessageAction="SUPPRESS",
        )
        self.cognito.admin_set_user_password(UserPoolId=self.pool_id, Username=name, Password=PASSWORD, Permanent=True)
        return name

    def prefer(self, name: str = "ann", **factors: str) -> None:
        """Switch factors "on" or "off", or make one "preferred"."""
        settings = {
            member: {"Enabled": value != "off", "PreferredMfa": value == "preferred"}
            for member, value in factors.items()
        }
        self.cognito.admin_set_user_mfa_preference(UserPoolId=self.pool_id, Username=name, **settings)

    def begin(self, flow: str = "USER_PASSWORD_AUTH", name: str = "ann", **parameters: str) -> dict[str, Any]:
        """Begin to sign in; with the password unless the flow is another."""
        if flow == "USER_PASSWORD_AUTH":
            parameters = {"PASSWORD": PASSWORD, **parameters}
        answer: dict[str, Any] = self.cognito.initiate_auth(
            ClientId=self.client_id, AuthFlow=flow, AuthParameters={"USERNAME": name, **parameters}
        )
        return answer

    def answer(
        self, asked: dict[str, Any], challenge: str | None = None, name: str = "ann", **responses: str
    ) -> dict[str, Any]:
        """Answer what was asked, or another challenge by the same Session."""
        done: dict[str, Any] = self.cognito.respond_to_auth_challenge(
            ClientId=self.client_id,
            ChallengeName=challenge or asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": name, **responses},
        )
        return done

    def code(self, to: str) -> str:
        """The code in the newest message to this address."""
        return str(self.cloud.outbox(to=to)[0].code)

    def told(self, name: str = "ann") -> dict[str, Any]:
        """The user as an administrator sees them."""
        answer: dict[str, Any] = self.cognito.admin_get_user(UserPoolId=self.pool_id, Username=name)
        return answer


def is_in(answer: dict[str, Any]) -> bool:
    """Whether this answer has every token, and nothing else was asked."""
    tokens = answer.get("AuthenticationResult", {})
    is_whole = {"AccessToken", "IdToken", "RefreshToken"} <= tokens.keys()
    return is_whole and "ChallengeName" not in answer


def wrong(code: str) -> str:
    """Another code of as many digits."""
    assert re.fullmatch(r"[0-9]+", code)
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
