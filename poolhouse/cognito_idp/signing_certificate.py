"""The certificate a pool signs its SAML requests with."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.flows import find, keys
from poolhouse.jose.keys import KeyPair

_VALID_FOR = timedelta(days=3652)  # ten years from the date of issue (API reference)


def get_signing_certificate(call: Call, request: Mapping[str, Any]) -> dict[str, object]:
    """The pool's certificate, Base64 of its DER. It follows from the pool and its key: always the same."""
    pool = find.pool(call, request["UserPoolId"])
    pair = keys.saml_key(call, pool.id)
    return {"Certificate": aside.wait(lambda: _certificate(pool, pair))}


def _certificate(pool: UserPool, pair: KeyPair) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, pool.id)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(pair.public)
        .serial_number(int.from_bytes(base64.b64decode(pair.kid)[:8], "big") | 1)
        .not_valid_before(pool.created_at)
        .not_valid_after(pool.created_at + _VALID_FOR)
    )
    return base64.b64encode(builder.sign(pair.private, hashes.SHA256()).public_bytes(Encoding.DER)).decode()
