"""Sessions: the sign-ins of a user that are still good, told and ended one by one; how many there may be."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import RefreshToken, User, UserPool
from poolhouse.cognito_idp.errors import (
    FeatureUnavailableInTierException,
    InvalidParameterException,
    OperationNotEnabledException,
    ResourceNotFoundException,
)
from poolhouse.cognito_idp.flows import access, configurations, find, tokens, tracked_sessions

Request = Mapping[str, Any]

_SSO_MINUTES = 60


def get_user_pool_session_configuration(call: Call, request: Request) -> dict[str, object]:
    """Whether a pool tracks sessions, and how many each user may have."""
    return _pool_type(call, find.pool(call, request["UserPoolId"]))


def set_user_pool_session_configuration(call: Call, request: Request) -> dict[str, object]:
    """Replace it whole."""
    pool = find.pool(call, request["UserPoolId"])
    _check_tier(pool)
    settings = {name: request[name] for name in ("UserSessionTracking", "TokenSession")}
    configurations.put(call, pool.id, configurations.SESSIONS, "", settings)
    return _pool_type(call, pool)


def get_user_pool_client_session_configuration(call: Call, request: Request) -> dict[str, object]:
    """How long an app client's SSO sessions are good for."""
    client = find.client_in(call.store, request["UserPoolId"], request["ClientId"])
    kept = configurations.find(call, client.pool_id, configurations.SESSIONS, client.id)
    settings = {"SSOSession": {"MaxValidityMinutes": _SSO_MINUTES}} if kept is None else kept.settings
    return {"UserPoolId": client.pool_id, "ClientId": client.id, **settings}


def set_user_pool_client_session_configuration(call: Call, request: Request) -> dict[str, object]:
    """Replace it, where the pool tracks sessions."""
    client = find.client_in(call.store, request["UserPoolId"], request["ClientId"])
    pool = find.pool(call, client.pool_id)
    _check_tier(pool)
    _check_tracked(call, pool)
    settings = {"SSOSession": request["SSOSession"]}
    configurations.put(call, pool.id, configurations.SESSIONS, client.id, settings)
    return {"UserPoolId": pool.id, "ClientId": client.id, **settings}


def list_user_sessions(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user's sessions, with the one that asks marked."""
    caller = access.user_of(call, request["AccessToken"])
    _check_tracked(call, caller.pool)
    current = tokens.family(caller.claims.claims)
    return {"Sessions": _sessions(call, caller.user, current)}


def admin_list_user_sessions(call: Call, request: Request) -> dict[str, object]:
    """A user's sessions."""
    pool, user = _addressed(call, request)
    _check_tracked(call, pool)
    return {"Sessions": _sessions(call, user, None)}


def revoke_user_session(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user ends another session of theirs."""
    caller = access.user_of(call, request["AccessToken"])
    _check_tracked(call, caller.pool)
    token = _get(call, caller.user, request["SessionId"])
    if token.origin_jti == tokens.family(caller.claims.claims):
        raise InvalidParameterException("The current session cannot be revoked.")  # the sentence is a guess
    _revoke(call, token)
    return {}


def admin_revoke_user_session(call: Call, request: Request) -> dict[str, object]:
    """An administrator ends a session."""
    pool, user = _addressed(call, request)
    _check_tracked(call, pool)
    _revoke(call, _get(call, user, request["SessionId"]))
    return {}


def _addressed(call: Call, request: Request) -> tuple[UserPool, User]:
    pool = find.pool(call, request["UserPoolId"])
    return pool, find.user(call, pool, request["Username"])


def _check_tier(pool: UserPool) -> None:
    if pool.tier == "LITE":
        raise FeatureUnavailableInTierException(
            "The following features need to be disabled for the LITE pricing tier configured: User Session Management"
        )


def _check_tracked(call: Call, pool: UserPool) -> None:
    """Raise OperationNotEnabledException for a pool that tracks no sessions. The sentence is a guess."""
    if tracked_sessions.most(call, pool) is None:
        raise OperationNotEnabledException("User session tracking is not enabled for this user pool.")


def _get(call: Call, user: User, session_id: str) -> RefreshToken:
    for token in tracked_sessions.active(call.store, user, call.now):
        if tracked_sessions.session_id(call, token) == session_id:
            return token
    raise ResourceNotFoundException(f"Session {session_id} does not exist.")  # the sentence is a guess


def _revoke(call: Call, token: RefreshToken) -> None:
    with call.store.write() as tx:
        tokens.revoke_family(tx, token)


def _sessions(call: Call, user: User, current: str | None) -> list[dict[str, object]]:
    """The newest first. Where a device is, and of what kind, is not found out here."""
    found = tracked_sessions.active(call.store, user, call.now)
    return [_type(call, token, current) for token in reversed(found)]


def _type(call: Call, token: RefreshToken, current: str | None) -> dict[str, object]:
    shape: dict[str, object] = {
        "SessionId": tracked_sessions.session_id(call, token),
        "SessionType": "TOKEN",
        "ClientId": token.client_id,
        "CreateDate": token.authenticated_at,
        "LastActiveDate": token.last_used_at or token.authenticated_at,
    }
    if token.last_ip:
        shape["LastIPAddress"] = token.last_ip
    return shape if current is None else {**shape, "IsCurrentSession": token.origin_jti == current}


def _pool_type(call: Call, pool: UserPool) -> dict[str, object]:
    kept = configurations.find(call, pool.id, configurations.SESSIONS)
    if kept is None:
        default = {"MaxPerUser": tracked_sessions.DEFAULT_MOST}
        return {"UserPoolId": pool.id, "UserSessionTracking": "DISABLED", "TokenSession": default}
    return {"UserPoolId": pool.id, **kept.settings}
