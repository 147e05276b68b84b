"""Logins: a provider's name with its token, and whom the token proves. Each one is verified, each time.

Amazon Cognito developer guide, "Identity pools (federated identities) external identity providers".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import IdentityPool
from poolhouse.cognito_identity.errors import ExternalServiceException, NotAuthorizedException
from poolhouse.cognito_idp.flows import access
from poolhouse.errors import ApiError, NotImplementedException
from poolhouse.jose.verify import TokenError, Unverified
from poolhouse.openid.remote import ProviderFailed
from poolhouse.web_identity import identity_keys, openid, saml, social
from poolhouse.web_identity.openid import NotSigned
from poolhouse.web_identity.social import Rejected
from poolhouse.web_identity.tokens import COGNITO, COGNITO_ISSUER, NotValid

_SKEW = timedelta(minutes=5)
_OPENID = {"accounts.google.com": "https://accounts.google.com", "appleid.apple.com": "https://appleid.apple.com"}
_UNSUPPORTED = "Token is not from a supported provider of this identity pool."
_NO_TOKEN = "Invalid login token. Not a valid OpenId Connect identity token."  # noqa: S105
_NOT_SIGNED = "Invalid login token. Couldn't verify signed token."


@dataclass(frozen=True, slots=True)
class ProvenLogin:
    """Whom a token was verified to be of. Only this module makes one.

    `mapping_key` is what role mappings call the provider, `amr` what the identity's own token says of this login;
    `brings_roles` that its roles count without a mapping, as those of SAML responses do.
    """

    provider: str
    subject: str
    mapping_key: str
    amr: tuple[str, ...]
    claims: Mapping[str, Any]
    brings_roles: bool = False


def verify(call: Call, pool: IdentityPool, logins: Mapping[str, str]) -> list[ProvenLogin]:
    """Every login of a request, proven. Raises NotAuthorizedException where one is not."""
    return [_verified(call, pool, provider_named(call, name), token) for name, token in logins.items()]


def own_token(call: Call, pool: IdentityPool, text: str) -> Unverified:
    """A token of this identity pool itself, as developers hand it to their users. Raises NotAuthorizedException."""
    try:
        token = openid.parse(text)
        identity_keys.check(call, token)
    except TokenError as error:
        raise NotAuthorizedException(_NOT_SIGNED) from error
    if token.issuer != COGNITO_ISSUER or token.claims.get("aud") != pool.id:
        raise NotAuthorizedException(_UNSUPPORTED)
    _check_time(call, token, timedelta(0))
    return token


def provider_named(call: Call, name: str) -> str:
    """A login's provider. Amplify names a user pool by the issuer of its tokens, which here may be an address."""
    base, _, pool_id = name.rpartition("/")
    is_issuer = base == call.issuer_base.partition("://")[2]
    return f"cognito-idp.{call.region}.amazonaws.com/{pool_id}" if is_issuer else name


def _verified(call: Call, pool: IdentityPool, provider: str, text: str) -> ProvenLogin:
    if provider == COGNITO:
        raise NotAuthorizedException("Invalid login token. Can't pass in a Cognito token.")
    apps = [one for one in pool.settings.get("CognitoIdentityProviders") or () if one.get("ProviderName") == provider]
    if apps:
        return _of_user_pool(call, provider, text, apps)
    built_in = (pool.settings.get("SupportedLoginProviders") or {}).get(provider)
    if built_in and provider in _OPENID:
        return _of_provider(call, provider, text, _OPENID[provider], set(str(built_in).split(";")))
    if built_in and provider in social.ADDRESSES:
        return _of_social(call, provider, text, str(built_in))
    if built_in:  # Digits, which is no more
        raise NotImplementedException(f"Logins of {provider} in identity pools are not implemented yet.")
    if provider in (pool.settings.get("SamlProviderARNs") or ()):
        return _of_saml(call, provider, text)
    openid_provider = call.authority.openid_provider(provider)
    if openid_provider is None or openid_provider.arn not in (pool.settings.get("OpenIdConnectProviderARNs") or ()):
        raise NotAuthorizedException(_UNSUPPORTED)
    return _of_provider(call, provider, text, f"https://{provider}", set(openid_provider.client_ids))


def _of_user_pool(call: Call, provider: str, text: str, apps: list[Mapping[str, Any]]) -> ProvenLogin:
    """An ID token of one of this cloud's user pools, for one of the app clients that the identity pool lists."""
    token = _parsed(text)
    pool_id = openid.pool_of(call, token.issuer)
    if not pool_id or provider != f"cognito-idp.{call.region}.amazonaws.com/{pool_id}":
        raise NotAuthorizedException("Invalid login token. Issuer doesn't match providerName")
    claims = _signed(call, token, text)
    _check_time(call, token, timedelta(0))
    if claims.get("token_use") != "id":
        raise NotAuthorizedException(_NO_TOKEN)
    audience = str(claims["aud"])
    app = next((one for one in apps if one.get("ClientId") == audience), None)
    if app is None:
        raise NotAuthorizedException(_UNSUPPORTED)
    if app.get("ServerSideTokenCheck"):
        _check_signed_in(call, text)
    subject = str(claims["sub"])
    amr = (provider, f"{provider}:CognitoSignIn:{subject}")
    return ProvenLogin(provider, subject, f"{provider}:{audience}", amr, claims)


def _of_provider(call: Call, provider: str, text: str, issuer: str, audiences: set[str]) -> ProvenLogin:
    token = _parsed(text)
    if token.issuer not in (issuer, issuer.removeprefix("https://")):
        raise NotAuthorizedException("Invalid login token. Issuer doesn't match providerName")
    claims = _signed(call, token, text)
    _check_time(call, token, _SKEW)
    found = openid.audiences(claims)
    if not set(found) & audiences:
        raise NotAuthorizedException("Invalid login token. Incorrect token audience.")  # a guess
    subject = str(claims["sub"])
    return ProvenLogin(provider, subject, provider, (provider, f"{provider}:{found[0]}:{subject}"), claims)


def _of_social(call: Call, provider: str, text: str, app: str) -> ProvenLogin:
    """An access token that its provider vouches for, given to the pool's own app. The sentences are guesses.

    Facebook's Limited Login, which gives ID tokens, does not go with identity pools: developer guide, "Setting up
    Facebook as an identity pools IdP".
    """
    try:
        identity = social.verify(call, provider, text, app)
    except Rejected as error:
        raise NotAuthorizedException("Invalid login token.") from error
    except ProviderFailed as error:
        raise ExternalServiceException(f"{provider} is not responding.") from error
    found = next((one for one in identity.applications if one in app.split(";")), "")
    if not found:
        raise NotAuthorizedException(_UNSUPPORTED)
    amr = (provider, f"{provider}:{found}:{identity.subject}")
    return ProvenLogin(provider, identity.subject, provider, amr, {"sub": identity.subject, "aud": found})


def _of_saml(call: Call, provider: str, text: str) -> ProvenLogin:
    """A SAML response, which brings its roles along. The sentences, and what `amr` says, are guesses."""
    try:
        identity = saml.verify(call, provider, text)
    except NotValid as error:
        raise NotAuthorizedException(f"Invalid login token. {error}") from error
    subject, attributes = identity.assertion.subject, identity.assertion.attributes
    claims = {name: list(values) if len(values) > 1 else values[0] for name, values in attributes.items() if values}
    return ProvenLogin(
        provider,
        subject,
        provider,
        (provider, f"{provider}:{subject}"),
        {**claims, "sub": subject, "cognito:roles": list(identity.roles)},
        brings_roles=bool(identity.roles),
    )


def _parsed(text: str) -> Unverified:
    try:
        token = openid.parse(text)
    except TokenError as error:
        raise NotAuthorizedException(_NO_TOKEN) from error
    if not token.claims.get("aud"):
        raise NotAuthorizedException("Invalid login token. Missing a required claim: aud")
    return token


def _signed(call: Call, token: Unverified, text: str) -> Mapping[str, Any]:
    try:
        return openid.verify_signature(call, token, text)
    except (NotSigned, ProviderFailed) as error:
        raise NotAuthorizedException(_NOT_SIGNED) from error


def _check_time(call: Call, token: Unverified, skew: timedelta) -> None:
    ends, now = int(token.claims["exp"]), int((call.now - skew).timestamp())
    if now >= ends:
        raise NotAuthorizedException(f"Invalid login token. Token expired: {ends} >= {now}")


def _check_signed_in(call: Call, text: str) -> None:
    """ServerSideTokenCheck: whoever was signed out, disabled or deleted is refused. The sentence is a guess."""
    try:
        access.holder_of(call, text, token_use="id")  # noqa: S106
    except ApiError as error:
        raise NotAuthorizedException("Invalid login token. Token is not valid any more.") from error
