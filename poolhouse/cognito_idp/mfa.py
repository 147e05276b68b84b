"""Second factors of users: an authenticator app is set up, factors are switched on and off, one is preferred."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import access, challenge_sessions, find, software_tokens
from poolhouse.cognito_idp.rules import second_factors
from poolhouse.cognito_idp.rules.challenges import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA

# Requests of operations whose newest members the stubs lack.
Request = Mapping[str, Any]

_MEMBERS = {
    "SMSMfaSettings": SMS_MFA,
    "SoftwareTokenMfaSettings": SOFTWARE_TOKEN_MFA,
    "EmailMfaSettings": EMAIL_OTP,
}


def associate_software_token(call: Call, request: Request) -> dict[str, object]:
    """A key for an authenticator app, which counts once its first code was given.

    For a signed-in user, or by the Session of MFA_SETUP, which gives way to another.
    """
    key = software_tokens.make_key()
    if request.get("Session") and not request.get("AccessToken"):
        return {"SecretCode": key, "Session": _await_in_session(call, request["Session"], key)}
    software_tokens.await_first_code(call, _caller(call, request), key)
    return {"SecretCode": key}


def verify_software_token(call: Call, request: Request) -> dict[str, object]:
    """Register the app by the first code it shows."""
    name = request.get("FriendlyDeviceName") or ""
    if request.get("Session") and not request.get("AccessToken"):
        session = _register_in_session(call, request["Session"], request["UserCode"], name)
        return {"Status": "SUCCESS", "Session": session}
    software_tokens.register(call, _caller(call, request), request["UserCode"], name)
    return {"Status": "SUCCESS"}


def set_user_mfa_preference(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user says which second factors they use, and which first."""
    caller = access.user_of(call, request["AccessToken"])
    _prefer(call, caller.pool, caller.user, request)
    return {}


def admin_set_user_mfa_preference(call: Call, request: Request) -> dict[str, object]:
    """An administrator says it."""
    pool = find.pool(call, request["UserPoolId"])
    _prefer(call, pool, find.user(call, pool, request["Username"]), request)
    return {}


def set_user_settings(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user switches SMS on or off as their second factor: the operation from before there were others."""
    caller = access.user_of(call, request["AccessToken"])
    _set_options(call, caller.pool, caller.user, request)
    return {}


def admin_set_user_settings(call: Call, request: Request) -> dict[str, object]:
    """An administrator does it."""
    pool = find.pool(call, request["UserPoolId"])
    _set_options(call, pool, find.user(call, pool, request["Username"]), request)
    return {}


def admin_delete_software_token(call: Call, request: Request) -> dict[str, object]:
    """Delete a user's app, whose phone is lost; there may be none."""
    with call.store.write() as tx:
        user = find.user_in(tx, find.pool_in(tx, request["UserPoolId"]), request["Username"])
        tx.software_tokens.remove(pool_id=user.pool_id, username=user.username)
        tx.users.put(_with_factor(user, SOFTWARE_TOKEN_MFA, is_on=False, is_preferred=False))
    return {}


def _caller(call: Call, request: Request) -> User:
    """Who sets up an app. AWS's sentence for a request with neither token nor session is not known."""
    if not request.get("AccessToken"):
        raise InvalidParameterException("Missing required parameter AccessToken")
    caller = access.user_of(call, request["AccessToken"])
    software_tokens.check_in_pool(caller.pool)
    return caller.user


def _await_in_session(call: Call, text: str, key: str) -> str:
    session = challenge_sessions.setting_up(call, text)
    software_tokens.check_in_pool(find.pool(call, session.pool_id))
    sealed = software_tokens.sealed_key(call, session.pool_id, session.username, key)
    with call.store.write() as tx:
        return challenge_sessions.renew(call, tx, session, {**session.state, "sealed_key": sealed})


def _register_in_session(call: Call, text: str, code: str, name: str) -> str:
    """A wrong code leaves the session usable."""
    session = challenge_sessions.setting_up(call, text)
    with call.store.write() as tx:
        sealed = session.state.get("sealed_key")
        user = tx.users.find(pool_id=session.pool_id, username=session.username)
        challenge_sessions.check_user(session, user)
        software_tokens.register_in(
            call, tx, session.pool_id, session.username, sealed=sealed, code=code, friendly_name=name
        )
        return challenge_sessions.renew(call, tx, session, {**session.state, "is_verified": True})


def _prefer(call: Call, pool: UserPool, user: User, request: Request) -> None:
    """Each factor that is named is switched on or off; of several preferred ones none is taken."""
    wanted = {factor: request[member] for member, factor in _MEMBERS.items() if request.get(member) is not None}
    if sum(bool(settings.get("PreferredMfa")) for settings in wanted.values()) > 1:
        # "Only one factor can be set as preferred" (SetUserMFAPreference); the sentence is not known.
        raise InvalidParameterException("Only one MFA factor can be set as preferred.")
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        has_app = software_tokens.find(tx, user) is not None
        for factor, settings in wanted.items():
            is_preferred = settings.get("PreferredMfa", False)
            is_on = settings.get("Enabled", False) or is_preferred
            if is_on:
                _check_usable(pool, user, factor, has_app=has_app)
            user = _with_factor(user, factor, is_on=is_on, is_preferred=is_preferred)
        tx.users.put(user)


def _check_usable(pool: UserPool, user: User, factor: str, *, has_app: bool) -> None:
    """The app's sentence is observed, the others are made after it."""
    if second_factors.is_usable(pool, user, factor, has_app=has_app):
        return
    names = {SOFTWARE_TOKEN_MFA: "software token mfa", SMS_MFA: "sms mfa", EMAIL_OTP: "email mfa"}
    raise InvalidParameterException(f"User has not set up {names[factor]}")


def _set_options(call: Call, pool: UserPool, user: User, request: Request) -> None:
    """An empty list switches SMS off. That this asks nothing of the pool is a guess."""
    options = request["MFAOptions"]
    for option in options:
        if option.get("DeliveryMedium") != "SMS" or option.get("AttributeName", "phone_number") != "phone_number":
            raise InvalidParameterException("Only SMS by phone_number can be set as an MFA option.")  # not known
    with call.store.write() as tx:
        user = tx.users.get(pool_id=pool.id, username=user.username)
        is_preferred = bool(options) and user.preferred_factor == SMS_MFA
        tx.users.put(_with_factor(user, SMS_MFA, is_on=bool(options), is_preferred=is_preferred))


def _with_factor(user: User, factor: str, *, is_on: bool, is_preferred: bool) -> User:
    others = tuple(name for name in user.second_factors if name != factor)
    preferred = "" if user.preferred_factor == factor else user.preferred_factor
    return replace(
        user,
        second_factors=(*others, factor) if is_on else others,
        preferred_factor=factor if is_preferred else preferred,
    )
