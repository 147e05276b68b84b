"""Tokens for machines and for services behind services: GetClientToken, GetDerivedToken.

The second is OAuth 2.0 Token Exchange (RFC 8693) as an operation.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp import identity_providers
from poolhouse.cognito_idp.entities import AppClient, User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UserNotFoundException,
)
from poolhouse.cognito_idp.flows import (
    access,
    client_secrets,
    federation,
    find,
    oauth_scopes,
    saml_providers,
    tokens,
)
from poolhouse.cognito_idp.flows.saml_providers import NotProven
from poolhouse.cognito_idp.flows.tokens import Derived
from poolhouse.openid import provider as openid
from poolhouse.openid.remote import ProviderFailed

Request = Mapping[str, Any]

_KINDS = {"ACCESS_TOKEN": "access", "ID_TOKEN": "id"}


def get_client_token(call: Call, request: Request) -> dict[str, object]:
    """A machine's access token for these scopes, or for all its app client may have."""
    app_client = find.app_client(call, request["ClientId"])
    pool = find.pool(call, app_client.pool_id)
    _check_secret(call, app_client, request["Secret"])
    if "ALLOW_CLIENT_TOKEN_AUTH" not in app_client.explicit_auth_flows:
        raise InvalidParameterException("Auth flow not enabled for this client")
    scopes = oauth_scopes.for_machine(call, pool, app_client, request.get("Scopes") or ())
    if not scopes:
        raise InvalidParameterException("Invalid scope requested.")  # AWS's sentence is not known
    issued = tokens.issue_client_credentials(
        call, pool, app_client, scopes, client_metadata=request.get("ClientMetadata")
    )
    result = {"AccessToken": issued.access_token, "ExpiresIn": issued.expires_in, "TokenType": "Bearer"}
    return {"ClientAuthenticationResult": result}


def get_derived_token(call: Call, request: Request) -> dict[str, object]:
    """Exchange a user's token of this pool for one for another client, narrower in scope, for a service's use."""
    app_client = find.app_client(call, request["ClientId"])
    pool = find.pool(call, app_client.pool_id)
    _check_secret(call, app_client, request.get("ClientSecret"))
    actor = request.get("ActorToken")
    flow = "ALLOW_TOKEN_EXCHANGE_DELEGATION" if actor else "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"
    if flow not in app_client.explicit_auth_flows:
        raise InvalidParameterException("Auth flow not enabled for this client")
    subject = _proven(call, pool, request, "SubjectToken")
    derived = Derived(
        user=subject.user,
        claims=subject.claims,
        scopes=_scopes(app_client, subject, request.get("Scopes")),
        audiences=_audiences(call, pool, request),
        actor=None if not actor else _actor(_proven(call, pool, request, "ActorToken")),
    )
    kind = request.get("RequestedTokenType", "ACCESS_TOKEN")
    token, scopes = tokens.derive(call, pool, app_client, derived, use=_KINDS[kind])
    ttl = app_client.access_token_ttl if kind == "ACCESS_TOKEN" else app_client.id_token_ttl
    response: dict[str, object] = {"IssuedToken": token, "IssuedTokenType": kind}
    # RFC 8693 section 2.2.1: N_A for a token that is no access token.
    response["TokenType"] = "Bearer" if kind == "ACCESS_TOKEN" else "N_A"
    return {**response, "ExpiresIn": int(ttl.total_seconds()), "Scopes": scopes}


def _check_secret(call: Call, app_client: AppClient, given: str | None) -> None:
    """The sentences are those of GetTokensFromRefreshToken."""
    if app_client.secrets and not given:
        raise NotAuthorizedException(f"Client {app_client.id} is configured for secret but secret was not received")
    if app_client.secrets and not client_secrets.is_one(call, app_client, given):
        raise NotAuthorizedException(f"Unable to verify secret hash for client {app_client.id}")
    if not app_client.secrets and given is not None and "ALLOW_CLIENT_TOKEN_AUTH" in app_client.explicit_auth_flows:
        raise NotAuthorizedException(f"Unable to verify secret hash for client {app_client.id}")


@dataclass(frozen=True, slots=True)
class _Party:
    """Whose token one is, with its proven claims; the app client it was given to, where it is of this pool."""

    user: User
    claims: Mapping[str, Any]
    scopes: Collection[str] = ()
    client_id: str = ""


def _proven(call: Call, pool: UserPool, request: Request, member: str) -> _Party:
    """The user of a token. Raises NotAuthorizedException for any that is not good."""
    kind, provider = request.get(f"{member}Type"), request.get(f"{member}ProviderName")
    if kind is None:
        raise InvalidParameterException(f"{member}Type is required.")  # AWS's sentence is not known
    if provider:
        return _proven_elsewhere(call, pool, provider, kind, request[member])
    if kind not in _KINDS:
        raise InvalidParameterException(f"{member}ProviderName is required.")  # nor this one
    signed_in = access.holder_of(call, request[member], token_use=_KINDS[kind])
    if signed_in.pool.id != pool.id:
        raise NotAuthorizedException("Invalid Access Token")
    return _Party(signed_in.user, signed_in.claims.claims, signed_in.claims.scopes, signed_in.app_client.id)


def _proven_elsewhere(call: Call, pool: UserPool, name: str, kind: str, token: str) -> _Party:
    """The user of a token of one of the pool's OpenID Connect or SAML providers: linked to its subject, or made for it.

    Whoever the provider gave it to, it must be for the pool, as what it gives when somebody signs in is. That the user
    must be there already is a guess from the errors the operation declares.
    """
    found = identity_providers.get(call.store, pool.id, name)
    prove = _PROOFS.get((found.type, kind))
    if prove is None:  # "a SAML or OIDC provider that you registered": the sentence is not known
        raise InvalidParameterException(f"A token of type {kind} is not supported for provider {name}.")
    try:
        subject, authenticated_at = prove(call, pool, name, identity_providers.details(call.store, found), token)
    except (ProviderFailed, NotProven) as error:
        raise NotAuthorizedException(f"Invalid {name} token") from error  # AWS's sentence is not known
    user = federation.find_by_subject(call.store, pool, name, subject)
    if user is None:
        raise UserNotFoundException
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")
    return _Party(user, {"auth_time": authenticated_at})


# Each gives the subject of a token, and when they signed in (seconds since 1970). Raises ProviderFailed, NotProven.
_Prove = Callable[[Call, UserPool, str, Mapping[str, str], str], tuple[str, int]]


def _by_id_token(_call: Call, _pool: UserPool, name: str, details: Mapping[str, str], token: str) -> tuple[str, int]:
    claims = aside.wait(lambda: openid.verified(openid.find(name, details), token, nonce=None))
    return claims["sub"], _authenticated_at(claims)


def _by_access_token(
    _call: Call, _pool: UserPool, name: str, details: Mapping[str, str], token: str
) -> tuple[str, int]:
    claims = aside.wait(lambda: openid.verified_access_token(openid.find(name, details), token))
    return claims["sub"], _authenticated_at(claims)


def _by_assertion(call: Call, pool: UserPool, name: str, details: Mapping[str, str], token: str) -> tuple[str, int]:
    assertion = saml_providers.verified(call, pool, name, details, token)
    return assertion.subject, int(assertion.issued_at.timestamp())


def _authenticated_at(claims: Mapping[str, Any]) -> int:
    """`auth_time` is optional, and not looked at when the token is verified."""
    authenticated_at = claims.get("auth_time")
    return authenticated_at if isinstance(authenticated_at, int) else int(claims["iat"])


_PROOFS: Mapping[tuple[str, str], _Prove] = {
    ("OIDC", "ID_TOKEN"): _by_id_token,
    ("OIDC", "ACCESS_TOKEN"): _by_access_token,
    ("SAML", "SAML2"): _by_assertion,
}


def _scopes(app_client: AppClient, subject: _Party, wanted: list[str] | None) -> tuple[str, ...]:
    """What was asked for, as far as the subject's token has it and the client may have it (API reference).

    An ID token has no scopes; one of a client without OAuth scopes is bounded by the subject's alone: both guesses.
    """
    scopes = [scope for scope in subject.scopes if wanted is None or scope in wanted]
    allowed = app_client.allowed_scopes
    granted = tuple(scope for scope in scopes if not allowed or scope in allowed)
    if wanted and not granted:
        raise InvalidParameterException("Invalid scope requested.")
    return granted


def _audiences(call: Call, pool: UserPool, request: Request) -> tuple[str, ...]:
    audiences, resources = tuple(request.get("Audiences") or ()), tuple(request.get("Resources") or ())
    if audiences and resources:
        raise InvalidParameterException("Audiences and Resources cannot both be requested.")  # not known
    for identifier in resources:
        if call.store.resource_servers.find(pool_id=pool.id, identifier=identifier) is None:
            raise ResourceNotFoundException(f"Resource server {identifier} does not exist.")
    return audiences or resources


def _actor(actor: _Party) -> dict[str, object]:
    """RFC 8693 section 4.1: who acts, and for whom that one acts in turn."""
    claim: dict[str, object] = {"sub": actor.user.sub}
    if actor.client_id:
        claim["client_id"] = actor.client_id
    nested = actor.claims.get("act")
    return {**claim, "act": nested} if isinstance(nested, dict) else claim
