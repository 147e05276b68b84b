"""Which scopes a machine gets: custom ones that its app client has and a resource server still has."""

from collections.abc import Iterable

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, UserPool


def granted(call: Call, pool: UserPool, app_client: AppClient, wanted: Iterable[str]) -> tuple[str, ...]:
    """Those asked for that are allowed, or all that are allowed when none were asked for.

    "Any scope that you request must be activated for the app client. If not, Amazon Cognito ignores it":
    https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
    """
    allowed = [scope for scope in app_client.allowed_scopes if _exists(call, pool, scope)]
    asked = list(dict.fromkeys(wanted))
    return tuple(scope for scope in asked if scope in allowed) if asked else tuple(allowed)


def _exists(call: Call, pool: UserPool, scope: str) -> bool:
    """Whether a resource server still has the scope: one deleted there but left on the client is silently dropped."""
    identifier, _, name = scope.rpartition("/")
    server = call.store.resource_servers.find(pool_id=pool.id, identifier=identifier)
    return server is not None and name in server.scopes
