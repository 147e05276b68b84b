"""Links from an identity provider's people to the accounts they have in the pool already.

Who signs in at a provider for the first time, with an address that somebody in the pool has, is linked to that account
only where both sides have proven the address:

- The provider says so (`email_verified`), and is one whose word the template takes (`LinkedProviders`). Else anybody
  who may put any address into a profile there, or runs a provider of their own, takes over the account that has it.
- The account has verified it. Else an attacker signs up here with somebody's address, never confirms it, waits until
  the owner comes by a provider, and is in their account with the password they chose.

Whoever does not meet both stays apart, with a profile of their own: to refuse them would let the same attacker keep
the owner out. The link is by the provider's subject, never by its claim `email`, which may change hands later.
"""

from collections.abc import Iterable, Mapping

from shared import aws
from shared.observability import count


def link(pool_id: str, username: str, attributes: Mapping[str, str], providers: Iterable[str]) -> bool:
    """Link whoever signs in as `<provider>_<subject>` to the account with their address; False where there is none."""
    source = _source(username, attributes.get("preferred_username", ""), providers)
    email = attributes["email"]
    # Beyond ASCII, different addresses may have one lower case
    if source is None or not _is_verified(attributes) or not email.isascii():
        return False
    account = _account(pool_id, email)
    if account is None:
        return False
    aws.hurried("cognito-idp").admin_link_provider_for_user(
        UserPoolId=pool_id,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": account},
        SourceUser=source,
    )
    count("AccountLinked")
    return True


def _source(username: str, exact: str, providers: Iterable[str]) -> dict[str, str] | None:
    """The provider and its subject, in the case the provider has them; None where that cannot be told.

    Where a provider's name ends is certain: CreateIdentityProvider takes names of three characters and more, of which
    only the second may be an underscore, so that none begins with another and an underscore.

    A pool that does not tell case has usernames in lower case, the provider's part included, and subjects are told
    apart by case (OpenID Connect Core, section 2): one with letters must be there a second time, as it is.
    """
    provider = next((name for name in providers if username[: len(name) + 1].lower() == f"{name.lower()}_"), None)
    if provider is None:
        return None
    told = username[len(provider) + 1 :]
    has_letters = told.lower() != told.upper()
    if has_letters and exact.lower() != told.lower():
        return None
    subject = exact if has_letters else told
    return {"ProviderName": provider, "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": subject}


def _account(pool_id: str, email: str) -> str | None:
    """The username of the one account whose people sign in with this address, and have proven it.

    The pool finds it as it finds who signs in: by the address in whatever case, of which there is one. A name that is
    no address of the account's own, such as a username, finds nobody.
    """
    cognito = aws.hurried("cognito-idp")
    try:
        user = cognito.admin_get_user(UserPoolId=pool_id, Username=email)
    except aws.Refusal as refusal:
        if refusal.code != "UserNotFoundException":
            raise
        return None
    known = {one["Name"]: one["Value"] for one in user["UserAttributes"]}
    is_theirs = known.get("email", "").lower() == email.lower() and _is_verified(known)
    # EXTERNAL_PROVIDER is nobody's own account; UNCONFIRMED is somebody who never proved that they signed up
    is_native = user["UserStatus"] not in {"EXTERNAL_PROVIDER", "UNCONFIRMED"}
    return str(user["Username"]) if is_theirs and is_native else None


def _is_verified(attributes: Mapping[str, str]) -> bool:
    return attributes.get("email_verified", "").lower() == "true"
