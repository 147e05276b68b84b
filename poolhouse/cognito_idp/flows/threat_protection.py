"""Threat protection: passwords that others know, addresses that are shut out, and what users did, kept as events.

Cognito developer guide, "Advanced security with threat protection". No risk is scored here: an event is a risk when its
address is in the pool's blocked ranges, and none otherwise.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import AuthEvent, User, UserPool
from poolhouse.cognito_idp.errors import (
    InvalidPasswordException,
    PasswordResetRequiredException,
    UserPoolAddOnNotEnabledException,
)
from poolhouse.cognito_idp.flows import configurations, log_export, messages
from poolhouse.cognito_idp.rules import compromised

SIGN_IN = "SIGN_IN"
SIGN_UP = "SIGN_UP"
PASSWORD_CHANGE = "PASSWORD_CHANGE"  # noqa: S105
_COMPROMISED = "CompromisedCredentialsRiskConfiguration"


def check_enabled(pool: UserPool) -> None:
    """Raise UserPoolAddOnNotEnabledException for a pool without threat protection. The sentence is a guess."""
    if pool.threat_protection == "OFF":
        raise UserPoolAddOnNotEnabledException("User pool add-ons are not enabled for this user pool.")


def check_password(call: Call, pool: UserPool, password: str, occasion: str, client_id: str = "") -> None:
    """Raise where the pool blocks passwords that others know: InvalidPasswordException for a new one.

    For one that signs in, PasswordResetRequiredException: that the user must set another is documented, how that is
    said is not.
    """
    if not _blocks(call, pool, occasion, client_id) or not compromised.is_common(password):
        return
    if occasion == SIGN_IN:
        raise PasswordResetRequiredException("Password reset required for the user due to security reasons")
    raise InvalidPasswordException("Provided password cannot be used for security reasons.")


def is_known_to_others(password: str) -> bool:
    """Whether a password is among those that others know."""
    return compromised.is_common(password)


def is_shut_out(call: Call, pool: UserPool, client_id: str) -> bool:
    """Whether this request comes from one of the pool's blocked ranges."""
    settings = _settings(call, pool, client_id, "RiskExceptionConfiguration")
    try:
        address = ipaddress.ip_address(call.source_ip)
    except ValueError:
        return False
    ranges = (ipaddress.ip_network(text, strict=False) for text in settings.get("BlockedIPRangeList") or ())
    return any(address in one for one in ranges)


def record(call: Call, pool: UserPool, user: User, kind: str, *, client_id: str) -> None:
    """Keep that a user has done something, where the pool keeps such events. A write block of its own."""
    if pool.threat_protection == "OFF":
        return
    event = _event(call, user, call.new_id(), kind, "Pass")
    with call.store.write() as tx:
        tx.auth_events.add(event)
    log_export.user_activity(call, pool, user, event, client_id)


def record_sign_in(
    call: Call,
    pool: UserPool,
    user: User,
    response: str,
    *,
    client_id: str,
    event_id: str,
    challenge: tuple[str, str] | None = None,
    is_compromised: bool = False,
    is_risk: bool = False,
) -> AuthEvent:
    """Keep how far a sign-in has come: one event for all its steps. A write block of its own.

    `challenge` is Password or Mfa, and Success or Failure.
    """
    with call.store.write() as tx:
        before = tx.auth_events.find(pool_id=user.pool_id, username=user.username, id=event_id)
        event = before or _event(call, user, event_id, "SignIn", response)
        challenges = {**event.challenges, challenge[0]: challenge[1]} if challenge else event.challenges
        event = replace(event, response=response, challenges=challenges, is_compromised=is_compromised, is_risk=is_risk)
        tx.auth_events.put(event)
    log_export.user_activity(call, pool, user, event, client_id)
    return event


def notify(call: Call, pool: UserPool, user: User, event: AuthEvent, client_id: str) -> None:
    """Tell a user of a sign-in that was shut out, where the pool is set to. Never inside a write block.

    Where the sign-in came from is not found out, so the mail's city and country stay empty, as do its one-click links.
    """
    settings = _settings(call, pool, client_id, "AccountTakeoverRiskConfiguration")
    mail = settings.get("NotifyConfiguration", {}).get("BlockEmail")
    is_wanted = settings.get("Actions", {}).get("HighAction", {}).get("Notify", False)
    if not mail or not is_wanted or user.attributes.get("email_verified") != "true":
        return
    values = {
        "username": user.username,
        "ip-address": event.ip,
        "login-time": f"{event.created_at:%Y-%m-%d %H:%M:%S UTC}",
        "device-name": event.device,
        "event-id": event.id,
        "feedback-token": feedback_token(call, event),
    }
    for name in ("city", "country", "one-click-link-valid", "one-click-link-invalid"):
        values[name] = ""
    body = str(mail.get("TextBody") or mail.get("HtmlBody") or "")
    for name, value in values.items():
        body = body.replace(f"{{{name}}}", value)
    messages.deliver_notification(call, pool, user, subject=mail["Subject"], body=body)


def _event(call: Call, user: User, event_id: str, kind: str, response: str) -> AuthEvent:
    return AuthEvent(
        pool_id=user.pool_id,
        username=user.username,
        id=event_id,
        kind=kind,
        response=response,
        created_at=call.now,
        ip=call.source_ip,
        device=call.user_agent[:256],
    )


def feedback_token(call: Call, event: AuthEvent) -> str:
    """What lets a user say, without signing in, whether an event was theirs."""
    sealed = call.store.sealer.seal(msgspec.json.encode([event.pool_id, event.username, event.id]), "auth event")
    return sealed.replace("+", "-").replace("/", "_")


def is_feedback_token(call: Call, event: AuthEvent, token: str) -> bool:
    """Whether this token is for this event."""
    try:
        opened = call.store.sealer.unseal(token.replace("-", "+").replace("_", "/"), "auth event")
    except (InvalidTag, ValueError):
        return False
    return bool(msgspec.json.decode(opened) == [event.pool_id, event.username, event.id])


def with_feedback(call: Call, event: AuthEvent, value: str, provider: str) -> AuthEvent:
    """An event with what somebody says of it."""
    return replace(event, feedback=value, feedback_by=provider, feedback_at=call.now)


def _blocks(call: Call, pool: UserPool, occasion: str, client_id: str) -> bool:
    if pool.threat_protection != "ENFORCED":
        return False
    settings = _settings(call, pool, client_id, _COMPROMISED)
    occasions = settings.get("EventFilter") or (SIGN_IN, SIGN_UP, PASSWORD_CHANGE)
    return settings.get("Actions", {}).get("EventAction") == "BLOCK" and occasion in occasions


def _settings(call: Call, pool: UserPool, client_id: str, member: str) -> Mapping[str, Any]:
    """The app client's own configuration if it has one, else the pool's."""
    for one in (client_id, ""):
        kept = configurations.find(call, pool.id, configurations.RISK, one)
        if kept is not None:
            found: Mapping[str, Any] = kept.settings.get(member) or {}
            return found
    return {}
