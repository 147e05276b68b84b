"""A pool's two signing keys: one for ID tokens, one for access tokens, so that their `kid`s differ as Cognito's do."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import SigningKey
from poolhouse.jose import jwks as json_web_keys
from poolhouse.jose import keys
from poolhouse.jose.keys import KeyPair

USES = ("id", "access")
_SAML = "saml"


def create(call: Call, pool_id: str) -> list[SigningKey]:
    """A new pool's signing keys, sealed, for the caller to store."""
    made = aside.wait(lambda: [call.new_key() for _ in USES])  # long, and lets other threads run meanwhile
    return [_sealed(call, pool_id, use, pair) for use, pair in zip(USES, made, strict=True)]


def saml_key(call: Call, pool_id: str) -> KeyPair:
    """The pool's key for SAML requests, made when it is first asked for: few pools need one."""
    if call.store.signing_keys.find(pool_id=pool_id, use=_SAML) is None:
        pair = aside.wait(call.new_key)
        with call.store.write() as tx:
            if tx.signing_keys.find(pool_id=pool_id, use=_SAML) is None:
                tx.signing_keys.add(_sealed(call, pool_id, _SAML, pair))
    return signing_key(call, pool_id, _SAML)


def signing_key(call: Call, pool_id: str, use: str) -> KeyPair:
    """The pool's key for this use. Raises NotFound for a pool without keys."""
    return _load(call, call.store.signing_keys.get(pool_id=pool_id, use=use))


def find_public_key(call: Call, pool_id: str, kid: str) -> RSAPublicKey | None:
    """The pool's public key of this name; None when the pool has no such key."""
    for use in reversed(USES):  # access tokens are verified far more often
        key = call.store.signing_keys.find(pool_id=pool_id, use=use)
        if key is not None and key.kid == kid:
            return _load(call, key).public
    return None


def jwks(call: Call, pool_id: str) -> dict[str, list[dict[str, str]]]:
    """The pool's JWK set, as `/.well-known/jwks.json` publishes it."""
    return {"keys": [json_web_keys.public(signing_key(call, pool_id, use)) for use in USES]}


def _sealed(call: Call, pool_id: str, use: str, pair: KeyPair) -> SigningKey:
    return SigningKey(pool_id, use, pair.kid, call.store.sealer.seal(pair.to_der(), _purpose(pair.kid)))


def _load(call: Call, key: SigningKey) -> KeyPair:
    return keys.load(key.kid, lambda: call.store.sealer.unseal(key.sealed_private_key, _purpose(key.kid)))


def _purpose(kid: str) -> str:
    return f"signing key {kid}"
