"""Second factors of users: an authenticator app is set up, preferred, switched off, deleted."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User
from poolhouse.cognito_idp.errors import InvalidParameterException
from poolhouse.cognito_idp.flows import access, find, not_built, software_tokens
from poolhouse.cognito_idp.flows.access import SignedIn
from poolhouse.store import Tx

# Requests of operations whose newest members the stubs lack.
Request = Mapping[str, Any]

_OTHERS = {
    "SMSMfaSettings": "SMS as a second factor",
    "EmailMfaSettings": "E-mail as a second factor",
    "WebAuthnMfaSettings": "A passkey as a second factor",
}


def associate_software_token(call: Call, request: Request) -> dict[str, object]:
    """A key for an authenticator app, which counts once its first code was given."""
    caller = _caller(call, request)
    key = software_tokens.make_key()
    software_tokens.await_first_code(call, caller.user, key)
    return {"SecretCode": key}


def verify_software_token(call: Call, request: Request) -> dict[str, object]:
    """Register the app by the first code it shows."""
    caller = _caller(call, request)
    software_tokens.register(call, caller.user, request["UserCode"], request.get("FriendlyDeviceName") or "")
    return {"Status": "SUCCESS"}


def set_user_mfa_preference(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user says which second factors they use, and which first."""
    _prefer(call, access.user_of(call, request["AccessToken"]).user, request)
    return {}


def admin_set_user_mfa_preference(call: Call, request: Request) -> dict[str, object]:
    """An administrator says it."""
    pool = find.pool(call, request["UserPoolId"])
    _prefer(call, find.user(call, pool, request["Username"]), request)
    return {}


def admin_delete_software_token(call: Call, request: Request) -> dict[str, object]:
    """Delete a user's app, whose phone is lost; there may be none."""
    with call.store.write() as tx:
        user = find.user_in(tx, find.pool_in(tx, request["UserPoolId"]), request["Username"])
        tx.software_tokens.remove(pool_id=user.pool_id, username=user.username)
    return {}


def _caller(call: Call, request: Request) -> SignedIn:
    """Who sets up an app. AWS's sentence for a request with neither token nor session is not known."""
    if not request.get("AccessToken"):
        if request.get("Session"):
            not_built.refuse("Setting up a second factor during sign-in (MFA_SETUP)")
        raise InvalidParameterException("Missing required parameter AccessToken")
    caller = access.user_of(call, request["AccessToken"])
    software_tokens.check_in_pool(caller.pool)
    return caller


def _prefer(call: Call, user: User, request: Request) -> None:
    for member, what in _OTHERS.items():
        if request.get(member, {}).get("Enabled") or request.get(member, {}).get("PreferredMfa"):
            not_built.refuse(what)
    wanted = request.get("SoftwareTokenMfaSettings")
    if wanted is None:
        return
    with call.store.write() as tx:
        _set(tx, user, is_enabled=wanted.get("Enabled", False), is_preferred=wanted.get("PreferredMfa", False))


def _set(tx: Tx, user: User, *, is_enabled: bool, is_preferred: bool) -> None:
    token = software_tokens.find(tx, user)
    if token is None:
        if is_enabled or is_preferred:
            raise InvalidParameterException("User has not set up software token mfa")
        return
    tx.software_tokens.put(replace(token, is_enabled=is_enabled or is_preferred, is_preferred=is_preferred))
