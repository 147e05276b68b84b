"""Which OAuth scopes an app client is granted: for a machine, and for a user who signs in."""

from collections.abc import Iterable

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, UserPool
from poolhouse.cognito_idp.rules.claims import ADMIN_SCOPE

_OPENID = "openid"
_NEED_OPENID = frozenset({"email", "phone", "profile"})
_OWN = frozenset({_OPENID, ADMIN_SCOPE}) | _NEED_OPENID


def for_machine(call: Call, pool: UserPool, app_client: AppClient, wanted: Iterable[str]) -> tuple[str, ...]:
    """Custom scopes: those asked for that are allowed, or all that are allowed when none were asked for.

    "Any scope that you request must be activated for the app client. If not, Amazon Cognito ignores it":
    https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
    """
    allowed = [scope for scope in app_client.allowed_scopes if _is_custom(call, pool, scope)]
    asked = list(dict.fromkeys(wanted))
    return tuple(scope for scope in asked if scope in allowed) if asked else tuple(allowed)


def for_user(call: Call, pool: UserPool, app_client: AppClient, wanted: Iterable[str]) -> tuple[str, ...] | None:
    """The scopes asked for, or all of the client when none were; None where one may not be had.

    One that is the client's, but deleted from its resource server, is silently dropped:
    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    asked = list(dict.fromkeys(wanted)) or list(app_client.allowed_scopes)
    if any(scope not in app_client.allowed_scopes for scope in asked):
        return None
    if _OPENID not in asked and not _NEED_OPENID.isdisjoint(asked):
        return None
    return tuple(scope for scope in asked if scope in _OWN or _is_custom(call, pool, scope))


def _is_custom(call: Call, pool: UserPool, scope: str) -> bool:
    """Whether a resource server still has the scope."""
    identifier, _, name = scope.rpartition("/")
    server = call.store.resource_servers.find(pool_id=pool.id, identifier=identifier)
    return server is not None and name in server.scopes
