"""GET /<pool id>/.well-known/openid-configuration and jwks.json: what relying parties and verifiers read.

Members and their order are those of Cognito's own documents. A pool without a domain is given endpoints below its
issuer, which serve nothing: so it is on AWS too.
"""

import re

import msgspec

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import UserPool
from poolhouse.cognito_idp.flows import keys
from poolhouse.web import Header, Request, Response

PATH = re.compile(r"/(?P<pool_id>[\w-]+_[0-9a-zA-Z]+)/\.well-known/(?P<document>openid-configuration|jwks\.json)")
_HEADERS: tuple[Header, ...] = (("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*"))


def respond(call: Call, request: Request) -> Response:
    """One of the two documents of the pool in the path."""
    found = PATH.fullmatch(request.path)
    if found is None or request.method not in ("GET", "HEAD"):
        return Response(405, headers=(*_HEADERS, ("Allow", "GET, HEAD")))
    pool = call.store.user_pools.find(id=found["pool_id"])
    if pool is None:
        return _unknown_pool(found["pool_id"])
    document = keys.jwks(call, pool.id) if found["document"] == "jwks.json" else _configuration(call, pool)
    return Response(200, msgspec.json.encode(document), _HEADERS)


def _configuration(call: Call, pool: UserPool) -> dict[str, object]:
    issuer = f"{call.issuer_base}/{pool.id}"
    local = f"{call.origin}/{pool.id}"
    has_domain = bool(call.store.domains.list(pool_id=pool.id, limit=1))
    base = call.origin if has_domain else local
    oauth = f"{base}/oauth2" if has_domain else base
    return {
        "authorization_endpoint": f"{oauth}/authorize",
        "end_session_endpoint": f"{base}/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": f"{local}/.well-known/jwks.json",  # where this cloud serves it, whatever the issuer is called
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": f"{oauth}/revoke",
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": f"{oauth}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{oauth}/userInfo",
    }


def _unknown_pool(pool_id: str) -> Response:
    """Cognito's JSON error; its status here is a guess."""
    headers = (*_HEADERS, ("x-amzn-ErrorType", "ResourceNotFoundException"))
    return Response(400, msgspec.json.encode({"message": f"User pool {pool_id} does not exist."}), headers)
