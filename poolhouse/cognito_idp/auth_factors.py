"""With what a user can sign in."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.cognito_idp import shapes
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.flows import access, find, passkeys, software_tokens
from poolhouse.cognito_idp.rules import first_factors
from poolhouse.cognito_idp.rules.challenges import EMAIL_OTP, SMS_OTP, WEB_AUTHN

Request = Mapping[str, Any]


def get_user_auth_factors(call: Call, request: Request) -> dict[str, object]:
    """The signed-in user's factors."""
    caller = access.user_of(call, request["AccessToken"])
    return _told(call, caller.pool, caller.user)


def admin_get_user_auth_factors(call: Call, request: Request) -> dict[str, object]:
    """A user's factors."""
    pool = find.pool(call, request["UserPoolId"])
    return _told(call, pool, find.user(call, pool, request["Username"]))


def _told(call: Call, pool: UserPool, user: User) -> dict[str, object]:
    factors = ["PASSWORD"] if user.password is not None else []
    factors += [factor for factor in (EMAIL_OTP, SMS_OTP) if first_factors.may_use(pool, user, factor)]
    if passkeys.of_user(call, user):
        factors.append(WEB_AUTHN)
    if software_tokens.find(call.store, user) is not None:
        factors.append("SOFTWARE_TOKEN")
    listed = {name: value for name, value in shapes.mfa_members(user).items() if name != "MFAOptions"}
    return {"Username": user.username, **listed, "ConfiguredUserAuthFactors": factors}
