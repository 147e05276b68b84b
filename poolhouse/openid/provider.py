"""An OpenID Connect provider that a pool trusts, as its relying party: where to send people, and who came back.

Cognito developer guide, "Using OIDC identity providers with a user pool". Everything here waits for another server, so
it runs aside. What Cognito says of a failure is documented; a sentence marked as a guess is not.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode, urlsplit

import jwt
import msgspec
from jwt.types import Options

from poolhouse.openid.remote import (
    ALGORITHMS,
    DISCOVERY,
    LEEWAY,
    Document,
    ProviderFailed,
    fetch_json,
    signing_key,
)

_ENDPOINTS = {
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "attributes_url": "userinfo_endpoint",
    "jwks_uri": "jwks_uri",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider with its endpoints. Only `find` makes one. `details` are the ProviderDetails, secret among them."""

    name: str
    details: Mapping[str, str]

    @property
    def issuer(self) -> str:
        return self.details["oidc_issuer"]

    @property
    def client_id(self) -> str:
        return self.details["client_id"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a provider told of a person, its ID token verified; `subject` is who they are there."""

    subject: str
    token_response: Mapping[str, str]
    id_token: Mapping[str, str]
    user_info: Mapping[str, str]


def find(name: str, details: Mapping[str, str]) -> Provider:
    """The provider with every endpoint known: as it was configured, or as it tells itself. Raises ProviderFailed."""
    if all(details.get(endpoint) for endpoint in _ENDPOINTS):
        return Provider(name, details)
    told = fetch_json(name, "openid-configuration", details["oidc_issuer"].rstrip("/") + DISCOVERY)
    found = {ours: told[theirs] for ours, theirs in _ENDPOINTS.items() if isinstance(told.get(theirs), str)}
    given = {endpoint: value for endpoint, value in details.items() if value}
    provider = Provider(name, {**found, **given})
    for endpoint in ("authorize_url", "token_url", "jwks_uri"):
        if endpoint not in provider.details:
            raise ProviderFailed(f"{name} has no {endpoint}")  # a guess
    return provider


def authorization_url(provider: Provider, parameters: Mapping[str, str]) -> str:
    """Where to send the browser, with `parameters` beside those that follow from the provider's details."""
    url = provider.details["authorize_url"]
    query = {
        "client_id": provider.client_id,
        "response_type": "code",
        "scope": provider.details["authorize_scopes"],
        **parameters,
    }
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"


def ask(provider: Provider, code: str, *, redirect_uri: str, nonce: str) -> Answers:
    """Exchange the code, verify the ID token, and ask for the person's profile. Raises ProviderFailed."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": provider.client_id,
    }
    if provider.details.get("client_secret"):
        form["client_secret"] = provider.details["client_secret"]
    tokens = fetch_json(provider.name, "token endpoint", provider.details["token_url"], form=form)
    claims = verified(provider, tokens.get("id_token"), nonce=nonce)
    profile = _profile(provider, tokens.get("access_token"))
    if profile and profile.get("sub") != claims["sub"]:
        raise ProviderFailed("userInfo and ID token are of different subjects")  # OpenID Connect Core 5.3.2; a guess
    return Answers(claims["sub"], _texts(tokens), _texts(claims), _texts(profile))


def verified(provider: Provider, id_token: object, *, nonce: str | None) -> Document:
    """The claims of the provider's ID token (OpenID Connect Core 3.1.3.7). Raises ProviderFailed.

    Which check failed is ours to know. A token that nobody was sent away for has no `nonce` to answer: None.
    """
    refusal = ProviderFailed(f"{provider.name} ID token is not valid")  # a guess
    claims = _signed(provider, id_token, refusal)
    audiences = _audiences(claims)
    is_ours = provider.client_id in audiences and claims.get("azp", provider.client_id) == provider.client_id
    is_ours = is_ours and (len(audiences) == 1 or "azp" in claims)
    is_answer = nonce is None or hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())
    if not (is_ours and is_answer):
        raise refusal
    return claims


def verified_access_token(provider: Provider, access_token: object) -> Document:
    """The claims of an access token that the provider has given to the pool as its client. Raises ProviderFailed.

    A JWT such as RFC 9068 describes: what tells its client is `client_id` there, `azp` or the audience elsewhere. That
    AWS takes such, and no opaque ones, is a guess.
    """
    refusal = ProviderFailed(f"{provider.name} access token is not valid")
    claims = _signed(provider, access_token, refusal)
    named = [claims[name] for name in ("client_id", "azp") if name in claims] or _audiences(claims)
    if "nonce" in claims or provider.client_id not in named or len(set(map(str, named))) > 1:
        raise refusal
    return claims


def _signed(provider: Provider, token: object, refusal: ProviderFailed) -> Document:
    """The claims of a token in time that the provider's published keys have signed; for whom is not looked at."""
    if not isinstance(token, str):
        raise refusal
    known = fetch_json(provider.name, "jwks uri", provider.details["jwks_uri"])
    options: Options = {"require": ["iss", "sub", "aud", "exp", "iat"], "verify_aud": False}
    try:
        key = signing_key(known, jwt.get_unverified_header(token))
        claims: Document = jwt.decode(token, key, algorithms=ALGORITHMS, leeway=LEEWAY, options=options)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise refusal from error
    # Providers that end their issuer with a slash are configured without it.
    is_issuer = str(claims["iss"]).rstrip("/") == provider.issuer.rstrip("/")
    if not (is_issuer and isinstance(claims["sub"], str) and claims["sub"]):
        raise refusal
    return claims


def _audiences(claims: Document) -> list[object]:
    return claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]


def _profile(provider: Provider, access_token: object) -> Document:
    url = provider.details.get("attributes_url")
    if not url or not isinstance(access_token, str):
        return {}
    method = provider.details.get("attributes_request_method", "GET")
    return fetch_json(provider.name, "attributes url", url, method=method, authorization=f"Bearer {access_token}")


def _texts(document: Document) -> dict[str, str]:
    return {name: _text(value) for name, value in document.items() if value is not None}


def _text(value: object) -> str:
    """A value as attributes have them. "Multi-valued" ones are URL-form-encoded; brackets and commas are reported."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(quote_plus(_text(one)) for one in value)}]"
    return msgspec.json.encode(value).decode()  # true, 12, {"formatted":"..."}
