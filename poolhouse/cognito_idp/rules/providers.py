"""Identity providers by kind: which details each needs, and what is known of it without being told.

CreateIdentityProvider in the API reference, its examples of requests and of what is described.
"""

from collections.abc import Mapping

from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.rules import schema

# One provider of each of these kinds a pool, named as its kind.
SOCIAL = ("Facebook", "Google", "LoginWithAmazon", "SignInWithApple")
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "SAML": (),
    "OIDC": ("client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"),
    "Facebook": ("client_id", "client_secret", "authorize_scopes"),
    "Google": ("client_id", "client_secret", "authorize_scopes"),
    "LoginWithAmazon": ("client_id", "client_secret", "authorize_scopes"),
    "SignInWithApple": ("client_id", "team_id", "key_id", "authorize_scopes"),
}
_KNOWN: Mapping[str, Mapping[str, str]] = {
    "SAML": {},
    "OIDC": {"attributes_url_add_attributes": "false"},
    "Facebook": {
        "attributes_url": "https://graph.facebook.com/{api_version}/me?fields=",
        "attributes_url_add_attributes": "true",
        "authorize_url": "https://www.facebook.com/{api_version}/dialog/oauth",
        "token_request_method": "GET",
        "token_url": "https://graph.facebook.com/{api_version}/oauth/access_token",
    },
    "Google": {
        "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
        "attributes_url_add_attributes": "true",
        "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
        "oidc_issuer": "https://accounts.google.com",
        "token_request_method": "POST",
        "token_url": "https://www.googleapis.com/oauth2/v4/token",
    },
    "LoginWithAmazon": {
        "attributes_url": "https://api.amazon.com/user/profile",
        "attributes_url_add_attributes": "false",
        "authorize_url": "https://www.amazon.com/ap/oa",
        "token_request_method": "POST",
        "token_url": "https://api.amazon.com/auth/o2/token",
    },
    "SignInWithApple": {
        "attributes_url_add_attributes": "false",
        "authorize_url": "https://appleid.apple.com/auth/authorize",
        "oidc_issuer": "https://appleid.apple.com",
        "token_request_method": "POST",
        "token_url": "https://appleid.apple.com/auth/token",
    },
}
# What the subject is called in each kind's profile; a mapping that does not say how users are named gets this.
_SUBJECTS = {
    "OIDC": "sub",
    "Google": "sub",
    "SignInWithApple": "sub",
    "Facebook": "id",
    "LoginWithAmazon": "user_id",
}
_FACEBOOK_VERSION = "v17.0"


def check_name(name: str, kind: str) -> None:
    """Raise InvalidParameterException for a social provider that is not named as its kind, or another that is."""
    if (kind in SOCIAL or name in SOCIAL) and name != kind:
        raise InvalidParameterException(f"Provider {name} cannot be of type {kind}.")
    if name == "COGNITO":
        raise InvalidParameterException(f"Provider {name} cannot be of type {kind}.")  # a guess, by analogy


def filled(kind: str, details: Mapping[str, str]) -> dict[str, str]:
    """A provider's details with what is known of its kind. Raises InvalidParameterException for one that is missing.

    The sentence is a guess.
    """
    missing = [name for name in _REQUIRED[kind] if not details.get(name)]
    if kind == "SAML" and not (details.get("MetadataURL") or details.get("MetadataFile")):
        missing = ["MetadataURL or MetadataFile"]
    if missing:
        raise InvalidParameterException(f"{missing[0]} is required for provider type {kind}.")
    given = dict(details)
    if kind == "Facebook":
        given.setdefault("api_version", _FACEBOOK_VERSION)
    version = given.get("api_version", "")
    known = {name: value.replace("{api_version}", version) for name, value in _KNOWN[kind].items()}
    return {**known, **given}


def mapping(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """The attribute mapping: from a pool's attribute to the provider's name for it."""
    subject = _SUBJECTS.get(kind)
    return {**given} if subject is None or "username" in given else {**given, "username": subject}


def check_mapping(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException for an attribute the pool does not have. The sentence is a guess."""
    known = schema.of(pool, attributes)
    for name in attributes:
        if name != "username" and name not in known:
            raise InvalidParameterException(f"Attribute {name} does not exist in the user pool.")
