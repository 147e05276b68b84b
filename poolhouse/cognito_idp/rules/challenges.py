"""Sign-in as a table: what an answer to a pending challenge leads to, and what a user's state does.

The challenge session remembers the challenge it asked; a pair that the table lacks is refused, so an answer to a
question that was not asked cannot be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from poolhouse.cognito_idp.errors import NotAuthorizedException

PASSWORD_VERIFIER = "PASSWORD_VERIFIER"  # noqa: S105
NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"  # noqa: S105
SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"  # noqa: S105


class Step(Enum):
    """What happens next in a sign-in."""

    CHECK_PROOF = "check the SRP proof of the password"
    SET_NEW_PASSWORD = "set the password the user chose"  # noqa: S105
    ASK_NEW_PASSWORD = "ask for a new password"  # noqa: S105
    CHECK_SOFTWARE_TOKEN = "check the code of the authenticator app"  # noqa: S105
    ASK_SOFTWARE_TOKEN = "ask for the code of the authenticator app"  # noqa: S105
    ISSUE_TOKENS = "issue tokens"


ANSWERS: Mapping[tuple[str, str], Step] = {
    (PASSWORD_VERIFIER, PASSWORD_VERIFIER): Step.CHECK_PROOF,
    (NEW_PASSWORD_REQUIRED, NEW_PASSWORD_REQUIRED): Step.SET_NEW_PASSWORD,
    (SOFTWARE_TOKEN_MFA, SOFTWARE_TOKEN_MFA): Step.CHECK_SOFTWARE_TOKEN,
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to the client. Its parameters are named as on the wire; SRP's has no `session`."""

    name: str
    parameters: Mapping[str, str]
    session: str | None = None


def next_step(pending: str, answered: str) -> Step:
    """What this answer to the pending challenge leads to. Raises NotAuthorizedException for any other answer."""
    step = ANSWERS.get((pending, answered))
    if step is None:
        raise NotAuthorizedException("Invalid session for the user.")  # which sentence AWS has here is not proven
    return step


def after_password(status: str) -> Step | None:
    """What follows a right password before any second factor; None when that is next."""
    return Step.ASK_NEW_PASSWORD if status == "FORCE_CHANGE_PASSWORD" else None


def second_factor(mfa_configuration: str, *, has_software_token: bool) -> Step:
    """What follows the first factor: a registered app is asked for where the pool's MFA is on at all.

    Cognito developer guide, "Adding MFA to a user pool". ON, which sends users without a factor to MFA_SETUP, is
    refused when a pool is made.
    """
    if mfa_configuration == "OFF" or not has_software_token:
        return Step.ISSUE_TOKENS
    return Step.ASK_SOFTWARE_TOKEN
