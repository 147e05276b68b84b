"""PreSignUp: whose address may sign up, and whose account somebody is who comes by an identity provider."""

from typing import Any

from shared import account_links, edge, email_domains
from shared.config import settings
from shared.errors import SignUpRefused
from shared.observability import count, logger


@edge.entry
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """Let the sign-up pass, or raise: Cognito answers `PreSignUp failed with error <message>.`"""
    if event["triggerSource"] == "PreSignUp_AdminCreateUser":
        return event  # an administrator knows whom they invite

    _check(event["request"]["userAttributes"].get("email", ""))
    if event["triggerSource"] == "PreSignUp_ExternalProvider" and settings().linked_providers:
        attributes = event["request"]["userAttributes"]
        account_links.link(event["userPoolId"], event["userName"], attributes, settings().linked_providers)
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
