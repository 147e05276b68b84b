"""An ID token of an OpenID Connect provider: of a user pool here by its own keys, of any other by those it publishes.

OpenID Connect Core 3.1.3.7; the audience is the relying party's business and is checked by whoever asks.
"""

from collections.abc import Mapping
from typing import Any

import jwt
from jwt.types import Options

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.flows import keys
from poolhouse.jose import verify
from poolhouse.jose.verify import Malformed, TokenError, Unverified
from poolhouse.openid.remote import ALGORITHMS, DISCOVERY, ProviderFailed, fetch_json, signing_key

Claims = Mapping[str, Any]
_SIGNATURE_ONLY: Options = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}


class NotSigned(Exception):
    """The provider has not signed it."""


def pool_of(call: Call, issuer: str) -> str:
    """The user pool of this cloud that this issuer is; empty for any other issuer."""
    base, _, pool_id = issuer.rpartition("/")
    return pool_id if base == call.issuer_base and call.store.user_pools.find(id=pool_id) is not None else ""


def verify_signature(call: Call, token: Unverified, text: str) -> Claims:
    """The claims, once the issuer they name has been shown to have signed them. Raises NotSigned, ProviderFailed.

    Neither expiry nor audience is looked at here.
    """
    pool_id = pool_of(call, token.issuer)
    if pool_id:
        try:
            verify.check_signature(token, lambda kid: keys.find_public_key(call, pool_id, kid))
        except TokenError as error:
            raise NotSigned from error
        return token.claims
    issuer = token.issuer if "://" in token.issuer else f"https://{token.issuer}"  # as Google writes it at times
    known = aside.wait(lambda: _published(issuer))
    try:
        key = signing_key(known, jwt.get_unverified_header(text))
        claims: Claims = jwt.decode(text, key, algorithms=ALGORITHMS, options=_SIGNATURE_ONLY)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotSigned from error
    return claims


def parse(text: str) -> Unverified:
    """A token taken apart. Raises Malformed, also for one without the claims every ID token has."""
    token = verify.parse(text)
    if not token.issuer or not isinstance(token.claims.get("exp"), int) or not isinstance(token.claims.get("sub"), str):
        raise Malformed("no ID token")
    return token


def audiences(claims: Claims) -> list[str]:
    """Whom a token is for: the authorized party where one is named, otherwise every audience."""
    if claims.get("azp"):
        return [str(claims["azp"])]
    found = claims.get("aud")
    return [str(one) for one in found] if isinstance(found, list) else [str(found)] if found else []


def _published(issuer: str) -> dict[str, Any]:
    told = fetch_json(issuer, "openid-configuration", issuer.rstrip("/") + DISCOVERY)
    if not isinstance(told.get("jwks_uri"), str) or str(told.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise ProviderFailed(f"{issuer} does not say where its keys are")
    return fetch_json(issuer, "jwks uri", told["jwks_uri"])
