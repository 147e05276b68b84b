"""PreSignUp: whose address may sign up."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import email_domains
from shared.config import settings
from shared.errors import SignUpRefused
from shared.observability import count, logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Let the sign-up pass, or raise: Cognito answers `PreSignUp failed with error <message>.`"""
    if event["triggerSource"] == "PreSignUp_AdminCreateUser":
        return event  # an administrator knows whom they invite

    _check(event["request"]["userAttributes"].get("email", ""))
    return event


def _check(email: str) -> None:
    try:
        domain = email_domains.parse_domain(email)
    except ValueError:
        _refuse("Invalid email address")
    if not email_domains.may_sign_up(domain, settings().allowed_email_domains, settings().blocked_email_domains):
        logger.info("sign-up refused", domain=domain)
        _refuse("Email domain is not allowed")


def _refuse(reason: str) -> Any:
    count("SignUpRefused")
    raise SignUpRefused(reason)
