"""The key that identity pools sign their own tokens with: one for the whole cloud, as there is one for AWS's region."""

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import SigningKey
from poolhouse.jose import jwks, keys, verify
from poolhouse.jose.keys import KeyPair
from poolhouse.jose.verify import Unverified

_OF, _USE, _ALGORITHM = "cognito-identity", "openid", "RS512"


def signing_key(call: Call) -> KeyPair:
    """The key, made when it is first asked for."""
    kept = call.store.signing_keys.find(pool_id=_OF, use=_USE)
    if kept is None:
        pair = aside.wait(call.new_key)
        with call.store.write() as tx:
            kept = tx.signing_keys.find(pool_id=_OF, use=_USE)
            if kept is None:
                kept = SigningKey(_OF, _USE, pair.kid, call.store.sealer.seal(pair.to_der(), _purpose(pair.kid)))
                tx.signing_keys.add(kept)
    return _load(call, kept)


def check(call: Call, token: Unverified) -> None:
    """Raise jose's TokenError unless this key signed it."""
    kept = call.store.signing_keys.find(pool_id=_OF, use=_USE)
    pair = None if kept is None else _load(call, kept)
    verify.check_signature(token, lambda kid: pair.public if pair is not None and pair.kid == kid else None, _ALGORITHM)


def key_set(call: Call) -> dict[str, list[dict[str, str]]]:
    """What is published for others to verify these tokens by."""
    return {"keys": [jwks.public(signing_key(call), _ALGORITHM)]}


def _load(call: Call, kept: SigningKey) -> KeyPair:
    return keys.load(kept.kid, lambda: call.store.sealer.unseal(kept.sealed_private_key, _purpose(kept.kid)))


def _purpose(kid: str) -> str:
    return f"signing key {kid}"
