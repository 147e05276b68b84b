"""An app client's settings: what CreateUserPoolClient was sent, AWS's defaults filled in, what AWS refuses.

Sentences as AWS sends them unless a comment says otherwise.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.errors import (
    FeatureUnavailableInTierException,
    InvalidOAuthFlowException,
    InvalidParameterException,
    ScopeDoesNotExistException,
)
from poolhouse.cognito_idp.rules import schema

Settings = dict[str, Any]

_NOT_SETTINGS = frozenset({"UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret"})
_DEFAULTS: Mapping[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": False,
    "AuthSessionValidity": 3,
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "RefreshTokenValidity": 30,
}
_CLIENT_TOKEN = "ALLOW_CLIENT_TOKEN_AUTH"  # noqa: S105 - the model of the operation names it, the model's list does not
_AUTH_FLOWS = frozenset(
    {
        *("ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"),
        *("ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"),
        *("ALLOW_USER_AUTH", "ALLOW_TOKEN_EXCHANGE_DELEGATION", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION", _CLIENT_TOKEN),
    }
)
STANDARD_SCOPES = frozenset({"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"})
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_DEFAULT_UNITS = {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"}
_THIRTY_DAYS = 30 * _SECONDS["days"]
_RANGES = {
    "AccessToken": range(300, _SECONDS["days"] + 1),
    "IdToken": range(300, _SECONDS["days"] + 1),
    "RefreshToken": range(3600, 3650 * _SECONDS["days"] + 1),
}
# CreateUserPoolClient, CallbackURLs: plain HTTP for these only, on any port.
_PLAIN_HTTP_ALLOWED = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?([/?].*)?", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:.+", re.IGNORECASE)


def filled(request: Mapping[str, Any]) -> Settings:
    """The settings as they are kept. Empty lists count as not sent, which for permissions is a guess."""
    settings = {
        name: value
        for name, value in request.items()
        if name not in _NOT_SETTINGS and value is not None and value != []
    }
    settings.setdefault("TokenValidityUnits", {})
    if not settings.get("RefreshTokenValidity"):  # zero means the default (API reference)
        unit = settings["TokenValidityUnits"].get("RefreshToken", "days")
        settings["RefreshTokenValidity"] = _THIRTY_DAYS // _SECONDS[unit]
    rotation = settings.get("RefreshTokenRotation")
    if rotation:
        is_on = rotation["Feature"] == "ENABLED"
        grace = rotation.get("RetryGracePeriodSeconds", 0) if is_on else 0
        settings["RefreshTokenRotation"] = {**rotation, "RetryGracePeriodSeconds": grace}
    return {**_DEFAULTS, **settings}


def check(
    pool: UserPool,
    settings: Mapping[str, Any],
    *,
    has_secret: bool,
    has_scope: Callable[[str], bool],
    has_provider: Callable[[str], bool],
    verb: str,
) -> None:
    """Raise what AWS raises for settings that it does not take.

    `has_scope` says whether a resource server of the pool has this custom scope, `has_provider` whether the pool has
    this identity provider; `verb` is "creating" or "updating".
    """
    _check_auth_flows(pool, settings)
    schema.check_readable(
        pool, settings.get("ReadAttributes", ()), f"Invalid read attributes specified while {verb} a client"
    )
    if "WriteAttributes" in settings:
        message = f"Invalid write attributes specified while {verb} a client"
        schema.check_writable(pool, settings["WriteAttributes"], message)
    _check_validity(settings)
    _check_providers(pool, settings, has_provider)
    if settings.get("EnablePropagateAdditionalUserContextData") and not has_secret:
        raise InvalidParameterException(
            "Client Secret is required to set EnablePropagateAdditionalUserContextData as true"
        )
    _check_oauth(settings, has_secret=has_secret)
    _check_scopes(settings.get("AllowedOAuthScopes", ()), has_scope)
    _check_urls(settings)


def _check_auth_flows(pool: UserPool, settings: Mapping[str, Any]) -> None:
    flows: Collection[str] = settings.get("ExplicitAuthFlows", ())
    modern = [flow for flow in flows if flow.startswith("ALLOW_")]
    if modern and len(modern) < len(flows):
        raise InvalidParameterException(
            "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names."
        )
    unknown = [flow for flow in flows if flow not in _AUTH_FLOWS]
    if unknown:
        raise InvalidParameterException(f"{unknown[0]} is not a valid ExplicitAuthFlow.")  # as the model would say it
    if _CLIENT_TOKEN in flows and len(flows) > 1:
        # That it must stand alone is documented (GetClientToken); the sentence is not.
        raise InvalidParameterException(f"{_CLIENT_TOKEN} cannot be used with other auth flows.")
    if "ALLOW_USER_AUTH" in flows and pool.tier == "LITE":
        _refuse_in_lite("Choice Based Authentication")  # the feature's name is a guess
    if settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED":
        if pool.tier == "LITE":
            _refuse_in_lite("Refresh Token Rotation")
        if "ALLOW_REFRESH_TOKEN_AUTH" in flows:
            raise InvalidParameterException(
                "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled."
            )


def _refuse_in_lite(feature: str) -> None:
    raise FeatureUnavailableInTierException(
        f"The following features need to be disabled for the LITE pricing tier configured: {feature}"
    )


def _check_validity(settings: Mapping[str, Any]) -> None:
    units = settings["TokenValidityUnits"]
    seconds: dict[str, int] = {}
    for token, allowed in _RANGES.items():
        validity = settings.get(f"{token}Validity")
        if validity is not None:
            seconds[token] = validity * _SECONDS[units.get(token, _DEFAULT_UNITS[token])]
            if seconds[token] not in allowed:
                raise InvalidParameterException("Invalid range for token validity.")
    shorter = max(seconds.get("AccessToken", 0), seconds.get("IdToken", 0))
    if shorter > seconds["RefreshToken"]:
        raise InvalidParameterException(
            "Access and Id Token expiration times must be less than or equal to refresh token expiration times."
        )


def _check_providers(pool: UserPool, settings: Mapping[str, Any], has_provider: Callable[[str], bool]) -> None:
    for provider in settings.get("SupportedIdentityProviders", ()):
        if provider != "COGNITO" and not has_provider(provider):
            raise InvalidParameterException(f"The provider {provider} does not exist for User Pool {pool.id}.")


def _check_oauth(settings: Mapping[str, Any], *, has_secret: bool) -> None:
    flows: Collection[str] = settings.get("AllowedOAuthFlows", ())
    is_oauth_client = settings["AllowedOAuthFlowsUserPoolClient"]
    if is_oauth_client and not (flows and settings.get("AllowedOAuthScopes")):
        raise InvalidOAuthFlowException(
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
        )
    if "client_credentials" in flows:
        if len(flows) > 1:
            raise InvalidOAuthFlowException(
                "client_credentials flow can not be selected along with code flow or implicit flow."
            )
        if not has_secret:
            raise InvalidOAuthFlowException(
                "client_credentials flow can not be selected if client does not have a client secret."
            )
    elif flows and not settings.get("CallbackURLs"):
        raise InvalidOAuthFlowException("CallbackUrls can not be empty when code flow or implicit flow is selected")


def _check_scopes(scopes: Collection[str], has_scope: Callable[[str], bool]) -> None:
    for scope in scopes:
        if scope not in STANDARD_SCOPES and not has_scope(scope):
            raise ScopeDoesNotExistException(f"Invalid scope requested: {scope}")


def _check_urls(settings: Mapping[str, Any]) -> None:
    callbacks: Collection[str] = settings.get("CallbackURLs", ())
    for url in (*callbacks, *settings.get("LogoutURLs", ())):
        if not _ABSOLUTE.fullmatch(url):
            raise InvalidParameterException(f"{url} is not a valid URL.")  # AWS's sentence is not known
        if "#" in url:
            raise InvalidParameterException(f"{url} cannot use fragment")
        if url.lower().startswith("http:") and not _PLAIN_HTTP_ALLOWED.fullmatch(url):
            raise InvalidParameterException(f"{url} cannot use the HTTP protocol.")
    default = settings.get("DefaultRedirectURI")
    if default is not None and default not in callbacks:
        raise InvalidParameterException(f"The default redirect URI {default} is not in the callback URIs list.")
