"""Sessions of users, as far as a pool tracks them: each is the family of tokens of one sign-in."""

from datetime import datetime

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import RefreshToken, User, UserPool
from poolhouse.cognito_idp.flows import configurations
from poolhouse.store import Store, Tx

DEFAULT_MOST = 20
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 25


def most(call: Call, pool: UserPool) -> int | None:
    """How many sessions a user of this pool may have; None where they are not tracked."""
    kept = configurations.find(call, pool.id, configurations.SESSIONS)
    if kept is None or kept.settings["UserSessionTracking"] != "ENABLED":
        return None
    return int(kept.settings["TokenSession"]["MaxPerUser"])


def active(tables: Store | Tx, user: User, now: datetime) -> list[RefreshToken]:
    """One token for each session that is still good, the newest of its family; the oldest session first."""
    found: dict[str, RefreshToken] = {}
    for token in tables.refresh_tokens.list(pool_id=user.pool_id, username=user.username):
        if not token.is_revoked and not token.is_superseded and token.rotated_at is None and now < token.expires_at:
            found[token.origin_jti] = token
    return sorted(found.values(), key=lambda token: token.authenticated_at)


def session_id(call: Call, token: RefreshToken) -> str:
    """`tkn` and 25 characters that follow from the family."""
    number = int(call.store.sealer.digest(f"session\0{token.pool_id}\0{token.origin_jti}"), 16)
    text = ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        text += _DIGITS[digit]
    return f"tkn{text}"
