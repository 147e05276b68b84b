"""Tokens of a pool: issued after a sign-in, renewed by a refresh token, issued to a machine, revoked.

All tokens of one sign-in are a family, known by its `origin_jti`. A family is good while one of its refresh tokens is
stored and not revoked; that is how access tokens are revoked as well. Tokens of app clients whose tokens cannot be
revoked carry no `origin_jti`; their family is known by its `event_id`, so that signing out everywhere reaches them.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from poolhouse import aside
from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AppClient, RefreshToken, User, UserPool
from poolhouse.cognito_idp.errors import NotAuthorizedException, UserNotFoundException
from poolhouse.cognito_idp.flows import keys, pre_token_generation, sweep, tracked_sessions
from poolhouse.cognito_idp.rules import claims, refresh_tokens, token_overrides
from poolhouse.cognito_idp.rules.claims import ADMIN_SCOPE, GroupClaims, Issue
from poolhouse.jose import opaque
from poolhouse.jose.sign import sign, sign_all
from poolhouse.store import Tx

API_SCOPES = (ADMIN_SCOPE,)
_OPENID = "openid"
_EXCHANGE = "TokenGeneration_TokenExchange"
_OAUTH_VERSION = 2  # the `version` claim of the authorization server's access tokens


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What a device that signed in for the first time is to be known by."""

    key: str
    group_key: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What a user let an app client have on the authorization server: an ID token only with the scope `openid`."""

    scopes: tuple[str, ...]
    authenticated_at: datetime
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """What a client is given. `expires_in` is the access token's lifetime in seconds."""

    access_token: str
    expires_in: int
    id_token: str | None = None
    refresh_token: str | None = None
    new_device: NewDevice | None = None


def issue(
    call: Call,
    pool: UserPool,
    app_client: AppClient,
    user: User,
    *,
    source: str,
    client_metadata: Mapping[str, str] | None = None,
    granted: Granted | None = None,
    device_key: str = "",
    settle: Callable[[Tx], None] = lambda _: None,
) -> IssuedTokens:
    """The tokens of a new sign-in. `source` is the PreTokenGeneration trigger's, `granted` None for one by the API.

    `settle` writes what must be kept together with the tokens, and may still refuse by raising.
    """
    event_id = call.new_id()
    refresh_token = opaque.token()
    kept = RefreshToken(
        id=call.store.sealer.digest(refresh_token),
        pool_id=pool.id,
        client_id=app_client.id,
        username=user.username,
        origin_jti=call.new_id() if app_client.can_revoke_tokens else event_id,
        event_id=event_id,
        authenticated_at=call.now if granted is None else granted.authenticated_at,
        expires_at=call.now + app_client.refresh_token_ttl,
        scopes=API_SCOPES if granted is None else granted.scopes,
        is_oauth=granted is not None,
        device_key=device_key,
        last_ip=call.source_ip,
    )
    nonce = None if granted is None else granted.nonce
    tokens = _tokens(call, pool, app_client, (kept, user), source=source, client_metadata=client_metadata, nonce=nonce)
    most = tracked_sessions.most(call, pool)
    with call.store.write() as tx:
        _check_present(tx.users.find(pool_id=pool.id, username=user.username), user)
        settle(tx)
        tx.refresh_tokens.add(kept)
        _keep_within(tx, user, call.now, most)
        sweep.now_and_then(tx, call.now)
    return IssuedTokens(tokens.access_token, tokens.expires_in, tokens.id_token, refresh_token)


def find_refresh_token(
    call: Call, app_client: AppClient, refresh_token: str, device_key: str | None = None
) -> tuple[RefreshToken, User]:
    """A refresh token this app client may use now, and its user. Raises NotAuthorizedException with AWS's sentence.

    One that belongs to a device is good from that device only.
    """
    kept = call.store.refresh_tokens.find(id=call.store.sealer.digest(refresh_token))
    if kept is None or kept.pool_id != app_client.pool_id:
        raise NotAuthorizedException("Invalid Refresh Token")
    if kept.client_id != app_client.id:
        raise NotAuthorizedException("Refresh Token has different Client")
    user = call.store.users.find(pool_id=kept.pool_id, username=kept.username)
    if user is None:
        raise NotAuthorizedException("The user has been deleted for the associated refresh token")
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")
    refresh_tokens.check_good(app_client, kept, call.now)
    if kept.device_key and kept.device_key != device_key:
        raise NotAuthorizedException("Invalid Refresh Token")
    return kept, user


def refresh(
    call: Call,
    pool: UserPool,
    app_client: AppClient,
    refresh_token: str,
    *,
    device_key: str | None = None,
    client_metadata: Mapping[str, str] | None = None,
) -> IssuedTokens:
    """New ID and access tokens of the same family: auth_time, origin_jti and event_id stay, groups are asked anew.

    With rotation a new refresh token as well. Raises NotAuthorizedException and RefreshTokenReuseException.
    """
    kept, user = find_refresh_token(call, app_client, refresh_token, device_key)
    source = "TokenGeneration_RefreshTokens"
    issued = _tokens(call, pool, app_client, (kept, user), source=source, client_metadata=client_metadata)
    if not app_client.rotates_refresh_tokens:
        _mark_used(call, pool, kept)
        return issued
    return dataclasses.replace(issued, refresh_token=_rotated(call, app_client, kept))


def _mark_used(call: Call, pool: UserPool, kept: RefreshToken) -> None:
    """Remember when and from where a session was last active, where the pool tracks sessions."""
    if tracked_sessions.most(call, pool) is None:
        return
    with call.store.write() as tx:
        current = tx.refresh_tokens.find(id=kept.id)
        if current is not None:
            tx.refresh_tokens.put(replace(current, last_used_at=call.now, last_ip=call.source_ip))


def _rotated(call: Call, app_client: AppClient, used: RefreshToken) -> str:
    """The refresh token that takes the used one's place."""
    text = opaque.token()
    child_id = call.store.sealer.digest(text)
    with call.store.write() as tx:
        parent = tx.refresh_tokens.get(id=used.id)
        refresh_tokens.check_good(app_client, parent, call.now)
        if parent.child_id:
            tx.refresh_tokens.put(refresh_tokens.superseded(tx.refresh_tokens.find(id=parent.child_id)))
        rotated_at = parent.rotated_at or call.now
        tx.refresh_tokens.put(replace(parent, child_id=child_id, rotated_at=rotated_at))
        child = replace(parent, id=child_id, is_child=True, child_id="", rotated_at=None)
        child = replace(child, last_used_at=call.now, last_ip=call.source_ip)
        tx.refresh_tokens.add(child)
    return text


def issue_client_credentials(
    call: Call,
    pool: UserPool,
    app_client: AppClient,
    scopes: tuple[str, ...],
    *,
    client_metadata: Mapping[str, str] | None = None,
) -> IssuedTokens:
    """A machine's access token for these scopes; version 3 of the PreTokenGeneration trigger is told of it."""
    issue_ = Issue(_issuer(call, pool), app_client.id, call.new_id(), None, scopes, call.now, call.now)
    overrides = pre_token_generation.for_machine(call, pool, issue_, client_metadata)
    expires_at = _seconds_after(call, app_client.access_token_ttl)
    machine = claims.machine_claims(issue_, jti=call.new_id(), expires_at=expires_at)
    changed = token_overrides.access_token(machine, overrides.access)
    key = keys.signing_key(call, pool.id, "access")
    token = aside.work(sign, key, changed)
    return IssuedTokens(token, int(app_client.access_token_ttl.total_seconds()))


@dataclass(frozen=True, slots=True)
class Derived:
    """What a derived token is made of: whose it is, the proven claims it comes from, and what is left of it."""

    user: User
    claims: Mapping[str, Any]
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    actor: Mapping[str, object] | None


def derive(
    call: Call, pool: UserPool, app_client: AppClient, derived: Derived, *, use: str
) -> tuple[str, tuple[str, ...]]:
    """A token of the subject's family for this app client, and its scopes; it ends with the family.

    `use` is "access" or "id".

    Which claims AWS puts in beside RFC 8693's `act` and `aud` is taken from ordinary tokens. The operation declares a
    trigger's errors, so the pre token generation function is asked; what its source is called is a guess.
    """
    proven, user = derived.claims, derived.user
    issue_ = Issue(
        issuer=_issuer(call, pool),
        client_id=app_client.id,
        event_id=str(proven.get("event_id", "")),
        origin_jti=None if "origin_jti" not in proven else str(proven["origin_jti"]),
        scopes=derived.scopes,
        authenticated_at=datetime.fromtimestamp(int(proven["auth_time"]), UTC),
        issued_at=call.now,
    )
    groups, jti = _groups(call, user), call.new_id()
    event = pre_token_generation.Event(_EXCHANGE, user, groups, issue_, None)
    overrides = pre_token_generation.for_user(call, pool, event)
    groups = groups if overrides.groups is None else overrides.groups
    if use == "access":
        expires_at = _seconds_after(call, app_client.access_token_ttl)
        made = claims.access_claims(user, issue_, groups, jti=jti, expires_at=expires_at)
        made = token_overrides.access_token(made, overrides.access)
    else:
        readable, expires_at = app_client.read_attributes, _seconds_after(call, app_client.id_token_ttl)
        made = claims.id_claims(user, issue_, groups, jti=jti, expires_at=expires_at, readable=readable)
        made = token_overrides.id_token(made, overrides.id)
    made.pop("act", None)  # who acts is not the function's to say
    if derived.audiences:
        made["aud"] = derived.audiences[0] if len(derived.audiences) == 1 else list(derived.audiences)
    if derived.actor is not None:
        made["act"] = derived.actor
    scopes = tuple(str(made.get("scope", "")).split()) if use == "access" else derived.scopes
    return aside.work(sign, keys.signing_key(call, pool.id, use), made), scopes


def revoke_family(tx: Tx, token: RefreshToken) -> None:
    """Revoke every token of the sign-in this one is of, inside a write block."""
    family = tx.refresh_tokens.list(pool_id=token.pool_id, username=token.username, origin_jti=token.origin_jti)
    _revoke(tx, family)


def revoke_device(tx: Tx, pool_id: str, username: str, device_key: str) -> None:
    """Revoke what a device that is forgotten was given, inside a write block."""
    kept = tx.refresh_tokens.list(pool_id=pool_id, username=username)
    _revoke(tx, [one for one in kept if one.device_key == device_key])


def revoke_user(tx: Tx, pool_id: str, username: str) -> None:
    """Revoke every token a user holds, inside a write block."""
    _revoke(tx, tx.refresh_tokens.list(pool_id=pool_id, username=username))


def family(token: Mapping[str, Any]) -> str:
    """Which family a user's token is of, by its verified claims."""
    return str(token.get("origin_jti") or token.get("event_id"))


def is_revoked(call: Call, pool_id: str, token: Mapping[str, Any]) -> bool:
    """Whether the family of a user's token, given by its verified claims, is no longer good."""
    family_id = family(token)
    # One tells of all: a family is revoked as a whole, and no token joins it after that.
    kept = call.store.refresh_tokens.find(pool_id=pool_id, username=str(token["username"]), origin_jti=family_id)
    return kept is None or kept.is_revoked


def _revoke(tx: Tx, kept: list[RefreshToken]) -> None:
    for one in kept:
        if not one.is_revoked:
            tx.refresh_tokens.put(replace(one, is_revoked=True))


def _keep_within(tx: Tx, user: User, now: datetime, most: int | None) -> None:
    """End the oldest sessions of a user who has more than their pool allows, inside a write block."""
    if most is None:
        return
    for token in tracked_sessions.active(tx, user, now)[:-most]:
        revoke_family(tx, token)


def _check_present(current: User | None, user: User) -> None:
    """Nobody gets tokens who was deleted or disabled while they signed in."""
    if current is None or current.sub != user.sub:
        raise UserNotFoundException
    if not current.enabled:
        raise NotAuthorizedException("User is disabled.")


def _tokens(
    call: Call,
    pool: UserPool,
    app_client: AppClient,
    family: tuple[RefreshToken, User],
    *,
    source: str,
    client_metadata: Mapping[str, str] | None,
    nonce: str | None = None,
) -> IssuedTokens:
    """The two tokens of a family; the second by the authorization server only for who asked for it (`openid`)."""
    kept, user = family
    issue_ = Issue(
        issuer=_issuer(call, pool),
        client_id=app_client.id,
        event_id=kept.event_id,
        origin_jti=None if kept.origin_jti == kept.event_id else kept.origin_jti,
        scopes=kept.scopes,
        authenticated_at=kept.authenticated_at,
        issued_at=call.now,
        version=_OAUTH_VERSION if kept.is_oauth else None,
        nonce=nonce,
        device_key=kept.device_key,
    )
    groups = _groups(call, user)
    event = pre_token_generation.Event(source, user, groups, issue_, client_metadata)
    overrides = pre_token_generation.for_user(call, pool, event)
    groups = groups if overrides.groups is None else overrides.groups
    access_claims = claims.access_claims(
        user, issue_, groups, jti=call.new_id(), expires_at=_seconds_after(call, app_client.access_token_ttl)
    )
    id_claims = claims.id_claims(
        user,
        issue_,
        groups,
        jti=call.new_id(),
        expires_at=_seconds_after(call, app_client.id_token_ttl),
        readable=app_client.read_attributes,
    )
    wanted = [
        (keys.signing_key(call, pool.id, "access"), token_overrides.access_token(access_claims, overrides.access)),
        (keys.signing_key(call, pool.id, "id"), token_overrides.id_token(id_claims, overrides.id)),
    ]
    has_id_token = not kept.is_oauth or _OPENID in kept.scopes
    access_token, *rest = aside.work(sign_all, wanted if has_id_token else wanted[:1])
    return IssuedTokens(access_token, int(app_client.access_token_ttl.total_seconds()), rest[0] if rest else None)


def _groups(call: Call, user: User) -> GroupClaims:
    memberships = call.store.memberships.all(pool_id=user.pool_id, username=user.username)
    if not memberships:
        return GroupClaims()
    found = (call.store.groups.find(pool_id=user.pool_id, name=one.group_name) for one in memberships)
    return claims.group_claims(group for group in found if group is not None)


def _issuer(call: Call, pool: UserPool) -> str:
    return f"{call.issuer_base}/{pool.id}"


def _seconds_after(call: Call, ttl: timedelta) -> int:
    return int(call.now.timestamp()) + int(ttl.total_seconds())
