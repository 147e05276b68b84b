"""Tokens that say to others who a principal of this account is: outbound identity federation.

IAM User Guide, "Federating AWS identities to external services" and "Understanding token claims". The issuer is the
account's own; AWS's is https://<id>.tokens.sts.global.api.aws, ours the same id at the cloud's origin.
"""

from collections.abc import Mapping
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import SigningKey
from poolhouse.web import Request, Response

PREFIX = "/sts/"
_CONFIGURATION, _KEYS = "/.well-known/openid-configuration", "/.well-known/jwks.json"
_OF = "sts"
_KIDS = {"RS256": "RSA_0", "ES384": "EC384_0"}  # as AWS's are called
_CLAIMS = ["sub", "iss", "aud", "exp", "iat", "jti", "https://sts.amazonaws.com/"]
_DER = serialization.Encoding.DER


def issuer(call: Call, identifier: str) -> str:
    """The issuer of the account whose federation has this id."""
    return f"{call.origin}{PREFIX}{identifier}"


def sign(call: Call, claims: Mapping[str, Any], algorithm: str) -> str:
    """A token of these claims by RS256 or ES384, its key made when it is first asked for."""
    key: Any = _key(call, algorithm)
    return jwt.encode(dict(claims), key, algorithm, headers={"kid": _KIDS[algorithm]})


def handle(call: Call, request: Request) -> Response | None:
    """Answer a GET of an issuer's document or keys; None for any other path."""
    identifier, _ = call.authority.outbound_federation()
    base = f"{PREFIX}{identifier}"
    if not identifier or request.path not in (base + _CONFIGURATION, base + _KEYS):
        return None
    if request.method not in ("GET", "HEAD"):
        return Response(405, b"", (("Allow", "GET, HEAD"),))
    # Tokens given before it was switched off are still to be verified.
    value = _key_set(call) if request.path.endswith(_KEYS) else _configuration(issuer(call, identifier))
    headers = (("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*"))
    return Response(200, msgspec.json.encode(value), headers)


def _configuration(named: str) -> dict[str, Any]:
    return {
        "claims_supported": _CLAIMS,
        "id_token_signing_alg_values_supported": list(_KIDS),
        "issuer": named,
        "jwks_uri": named + _KEYS,
        "subject_types_supported": ["public"],
    }


def _key_set(call: Call) -> dict[str, Any]:
    rsa_key: Any = _key(call, "RS256")
    ec_key: Any = _key(call, "ES384")
    public = {
        "RS256": RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True),
        "ES384": ECAlgorithm.to_jwk(ec_key.public_key(), as_dict=True),
    }
    return {
        "keys": [
            {**{name: value for name, value in key.items() if name != "key_ops"}, "kid": _KIDS[name], "use": "sig"}
            for name, key in public.items()
        ]
    }


def _key(call: Call, algorithm: str) -> PrivateKeyTypes:
    kept = call.store.signing_keys.find(pool_id=_OF, use=algorithm)
    if kept is None:
        der = aside.wait(lambda: _made(algorithm))
        with call.store.write() as tx:
            kept = tx.signing_keys.find(pool_id=_OF, use=algorithm)
            if kept is None:
                kid = _KIDS[algorithm]
                kept = SigningKey(_OF, algorithm, kid, call.store.sealer.seal(der, _purpose(algorithm)))
                tx.signing_keys.add(kept)
    raw = call.store.sealer.unseal(kept.sealed_private_key, _purpose(algorithm))
    return serialization.load_der_private_key(raw, password=None)


def _made(algorithm: str) -> bytes:
    if algorithm == "RS256":
        made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = rsa.generate_private_key(65537, 2048)
    else:
        made = ec.generate_private_key(ec.SECP384R1())
    return made.private_bytes(_DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _purpose(algorithm: str) -> str:
    return f"outbound federation {algorithm}"
