"""A web identity token for STS: whose it is, what its provider is called in trust policies, and the keys it brings.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from poolhouse.call import Call
from poolhouse.jose.verify import TokenError, Unverified
from poolhouse.openid.remote import ProviderFailed
from poolhouse.web_identity import identity_keys, openid, social
from poolhouse.web_identity.openid import NotSigned

COGNITO = "cognito-identity.amazonaws.com"
COGNITO_ISSUER = f"https://{COGNITO}"
TAGS = "https://aws.amazon.com/tags"
_SUBJECT_KEYS = {social.FACEBOOK: "id", social.AMAZON: "user_id"}
ACCESS_TOKENS = frozenset(_SUBJECT_KEYS)  # providers whose access tokens STS takes
_BUILT_IN = frozenset({"accounts.google.com"})  # needs no provider in IAM


class NotValid(Exception):
    """A token that proves nothing; the text is for the client."""


class NotReached(Exception):
    """The provider, who would know, does not tell."""


class Expired(NotValid):
    """It was good once."""


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Somebody whom a provider vouches for. `keys` are the condition keys that trust policies and sessions see."""

    provider_principal: str
    subject: str
    audience: str
    keys: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, str] = field(default_factory=dict)


def verify_access_token(call: Call, provider: str, text: str) -> WebIdentity:
    """Who an OAuth 2.0 access token is of, by asking its provider. Raises social.Rejected and NotReached.

    Which of Amazon's two names of an app is `app_id` is a guess: AWS's examples have the client id.
    """
    try:
        identity = social.verify(call, provider, text)
    except ProviderFailed as error:
        raise NotReached from error
    application = identity.applications[0]
    keys = {f"{provider}:app_id": (application,), f"{provider}:{_SUBJECT_KEYS[provider]}": (identity.subject,)}
    return WebIdentity(provider, identity.subject, application, keys)


def verify(call: Call, text: str) -> WebIdentity:
    """Who a token is of, proven. Raises Expired and NotValid; sentences marked so are guesses."""
    try:
        token = openid.parse(text)
    except TokenError as error:
        raise NotValid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        ) from error
    return _of_identity_pool(call, token) if token.issuer == COGNITO_ISSUER else _of_provider(call, token, text)


def _of_identity_pool(call: Call, token: Unverified) -> WebIdentity:
    try:
        identity_keys.check(call, token)
    except TokenError as error:
        raise NotValid("Couldn't verify signed token.") from error  # a guess
    _check_time(call, token)
    claims = token.claims
    subject, audience = str(claims["sub"]), str(claims.get("aud", ""))
    amr = tuple(str(one) for one in claims.get("amr") or ())
    tags = (claims.get(TAGS) or {}).get("principal_tags") or {}
    return WebIdentity(
        COGNITO,
        subject,
        audience,
        {f"{COGNITO}:sub": (subject,), f"{COGNITO}:aud": (audience,), f"{COGNITO}:amr": amr},
        {key: values[0] for key, values in tags.items()},
    )


def _of_provider(call: Call, token: Unverified, text: str) -> WebIdentity:
    url = token.issuer.removeprefix("https://")
    provider = call.authority.openid_provider(url)
    if provider is None and url not in _BUILT_IN:
        raise NotValid(f"No OpenIDConnect provider found in your account for {token.issuer}")
    try:
        claims = openid.verify_signature(call, token, text)
    except ProviderFailed as error:
        raise NotValid(
            "Couldn't retrieve verification key from your identity provider,  please reference "
            "AssumeRoleWithWebIdentity documentation for requirements"
        ) from error
    except NotSigned as error:
        raise NotValid("Provided token signature is not valid") from error  # a guess
    _check_time(call, token)
    audiences = openid.audiences(claims)
    if provider is not None and not set(audiences) & set(provider.client_ids):
        raise NotValid("Incorrect token audience")
    amr = claims.get("amr")
    keys = {f"{url}:sub": (str(claims["sub"]),), f"{url}:aud": tuple(audiences)}
    if isinstance(amr, list):
        keys[f"{url}:amr"] = tuple(str(one) for one in amr)
    principal = url if provider is None else provider.arn
    return WebIdentity(principal, str(claims["sub"]), audiences[0] if audiences else "", keys)


def _check_time(call: Call, token: Unverified) -> None:
    now, ends = int(call.now.timestamp()), int(token.claims["exp"])
    if now >= ends:
        raise Expired(f"Token expired: current date/time {now} must be before the expiration date/time {ends}")
