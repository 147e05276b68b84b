"""The OpenID token of an identity, signed by the identity pools' own key."""

from collections.abc import Mapping
from datetime import timedelta

from poolhouse.call import Call
from poolhouse.cognito_identity.entities import Identity, IdentityPool
from poolhouse.jose.sign import sign_rs512
from poolhouse.web_identity import identity_keys
from poolhouse.web_identity.tokens import COGNITO_ISSUER, TAGS

TTL = timedelta(minutes=10)


def make(
    call: Call,
    pool: IdentityPool,
    identity: Identity,
    amr: tuple[str, ...],
    *,
    ttl: timedelta = TTL,
    tags: Mapping[str, str] | None = None,
) -> str:
    """A token that says who an identity is, for STS and for Cognito itself."""
    now = int(call.now.timestamp())
    claims: dict[str, object] = {
        "sub": identity.id,
        "aud": pool.id,
        "amr": list(amr),
        "iss": COGNITO_ISSUER,
        f"{COGNITO_ISSUER}/identity-pool-arn": arn(call, pool.id),
        "exp": now + int(ttl.total_seconds()),
        "iat": now,
    }
    if tags:
        claims[TAGS] = {"principal_tags": {key: [value] for key, value in tags.items()}}
    return sign_rs512(identity_keys.signing_key(call), claims)


def arn(call: Call, pool_id: str) -> str:
    """A pool's ARN."""
    return f"arn:aws:cognito-identity:{call.region}:{call.account_id}:identitypool/{pool_id}"
