"""Sign-in as a table: which answer may follow which challenge, and what it leads to.

The challenge session remembers the challenge it asked; a pair that the table lacks is refused, so an answer to a
question that was not asked cannot be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from poolhouse.cognito_idp.errors import NotAuthorizedException

PASSWORD = "PASSWORD"  # noqa: S105
PASSWORD_SRP = "PASSWORD_SRP"  # noqa: S105
PASSWORD_VERIFIER = "PASSWORD_VERIFIER"  # noqa: S105
NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"  # noqa: S105
SELECT_CHALLENGE = "SELECT_CHALLENGE"
CUSTOM_CHALLENGE = "CUSTOM_CHALLENGE"
SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"  # noqa: S105
SMS_MFA = "SMS_MFA"
SMS_OTP = "SMS_OTP"
EMAIL_OTP = "EMAIL_OTP"
WEB_AUTHN = "WEB_AUTHN"
SELECT_MFA_TYPE = "SELECT_MFA_TYPE"
MFA_SETUP = "MFA_SETUP"
DEVICE_SRP_AUTH = "DEVICE_SRP_AUTH"
DEVICE_PASSWORD_VERIFIER = "DEVICE_PASSWORD_VERIFIER"  # noqa: S105


class Step(Enum):
    """What an answer leads to."""

    CHECK_PROOF = "check the SRP proof of the password"
    SET_NEW_PASSWORD = "set the password the user chose"  # noqa: S105
    CHOOSE_FIRST_FACTOR = "go on with the first factor the user chose"
    CHECK_PASSWORD = "check the password"  # noqa: S105
    ASK_PROOF = "ask for an SRP proof of the password"
    CHECK_PASSKEY = "check the signature of the passkey"
    CHECK_CUSTOM_ANSWER = "let the pool's functions check the answer"
    CHECK_SOFTWARE_TOKEN = "check the code of the authenticator app"  # noqa: S105
    CHECK_SENT_CODE = "check the code that was sent"
    CHOOSE_SECOND_FACTOR = "ask for the second factor the user chose"
    ASK_DEVICE_PROOF = "ask for an SRP proof of the device"
    CHECK_DEVICE_PROOF = "check the SRP proof of the device"
    END_SETUP = "go on with the second factor the user has set up"


ANSWERS: Mapping[tuple[str, str], Step] = {
    (PASSWORD_VERIFIER, PASSWORD_VERIFIER): Step.CHECK_PROOF,
    (NEW_PASSWORD_REQUIRED, NEW_PASSWORD_REQUIRED): Step.SET_NEW_PASSWORD,
    (SELECT_CHALLENGE, SELECT_CHALLENGE): Step.CHOOSE_FIRST_FACTOR,
    (SELECT_CHALLENGE, PASSWORD): Step.CHECK_PASSWORD,
    (SELECT_CHALLENGE, PASSWORD_SRP): Step.ASK_PROOF,
    (PASSWORD, PASSWORD): Step.CHECK_PASSWORD,
    (PASSWORD_SRP, PASSWORD_SRP): Step.ASK_PROOF,
    (WEB_AUTHN, WEB_AUTHN): Step.CHECK_PASSKEY,
    (CUSTOM_CHALLENGE, CUSTOM_CHALLENGE): Step.CHECK_CUSTOM_ANSWER,
    (SOFTWARE_TOKEN_MFA, SOFTWARE_TOKEN_MFA): Step.CHECK_SOFTWARE_TOKEN,
    (SMS_MFA, SMS_MFA): Step.CHECK_SENT_CODE,
    (SMS_OTP, SMS_OTP): Step.CHECK_SENT_CODE,
    (EMAIL_OTP, EMAIL_OTP): Step.CHECK_SENT_CODE,
    (SELECT_MFA_TYPE, SELECT_MFA_TYPE): Step.CHOOSE_SECOND_FACTOR,
    (MFA_SETUP, MFA_SETUP): Step.END_SETUP,
    (DEVICE_SRP_AUTH, DEVICE_SRP_AUTH): Step.ASK_DEVICE_PROOF,
    (DEVICE_PASSWORD_VERIFIER, DEVICE_PASSWORD_VERIFIER): Step.CHECK_DEVICE_PROOF,
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to the client. Its parameters are named as on the wire; plain SRP's has no `session`.

    `available` are the first factors the user may choose from, in choice-based sign-in.
    """

    name: str
    parameters: Mapping[str, str]
    session: str | None = None
    available: tuple[str, ...] = ()


def next_step(pending: str, answered: str) -> Step:
    """What this answer to the pending challenge leads to. Raises NotAuthorizedException for any other answer."""
    step = ANSWERS.get((pending, answered))
    if step is None:
        raise NotAuthorizedException("Invalid session for the user.")  # which sentence AWS has here is not proven
    return step
