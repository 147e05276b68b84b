"""What others verify identity tokens by: the issuer's document and its keys.

https://cognito-identity.amazonaws.com/.well-known/openid-configuration, here at the cloud's own origin.
"""

from typing import Any

import msgspec

from poolhouse.call import Call
from poolhouse.web import Request, Response
from poolhouse.web_identity import identity_keys
from poolhouse.web_identity.tokens import COGNITO_ISSUER

CONFIGURATION, KEYS = "/.well-known/openid-configuration", "/.well-known/jwks_uri"


def handle(call: Call, request: Request) -> Response:
    """Answer a GET of one of the two."""
    if request.method not in ("GET", "HEAD"):
        return Response(405, b"", (("Allow", "GET, HEAD"),))
    value: dict[str, Any] = identity_keys.key_set(call)
    if request.path == CONFIGURATION:
        value = {
            "issuer": COGNITO_ISSUER,
            "jwks_uri": f"{call.origin}{KEYS}",
            "authorization_endpoint": COGNITO_ISSUER,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS512"],
        }
    headers = (("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*"))
    return Response(200, msgspec.json.encode(value), headers)
