"""Which first factors choice-based sign-in (USER_AUTH) offers.

Cognito developer guide, "Authentication with choice-based sign-in" and "Passwordless sign-in".
"""

from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.rules import second_factors
from poolhouse.cognito_idp.rules.challenges import EMAIL_OTP, PASSWORD, PASSWORD_SRP, SMS_OTP, WEB_AUTHN

_BY_PASSWORD = (PASSWORD_SRP, PASSWORD)
_ADDRESSES = {EMAIL_OTP: "email", SMS_OTP: "phone_number"}


def available(pool: UserPool, user: User, *, has_app: bool, has_passkey: bool) -> tuple[str, ...]:
    """What this user may choose from. Whoever owes a second factor, or a new password, gives their password first.

    A passkey that counts as two factors goes without.
    """
    by_password = _BY_PASSWORD if user.password is not None else ()
    if user.status == "FORCE_CHANGE_PASSWORD":
        return by_password
    by_passkey = (WEB_AUTHN,) if has_passkey and WEB_AUTHN in pool.first_factors else ()
    if second_factors.has_any(pool, user, has_app=has_app):
        return by_password + (by_passkey if pool.counts_passkeys_as_two else ())
    return by_password + by_passkey + tuple(factor for factor in _ADDRESSES if may_use(pool, user, factor))


def may_use(pool: UserPool, user: User, factor: str) -> bool:
    """Whether this one-time password is a first factor of the pool and has somewhere to go."""
    return factor in pool.first_factors and bool(user.attributes.get(_ADDRESSES[factor]))


def one_time_password(attribute: str) -> str:
    """The factor whose codes go to this attribute."""
    return next(factor for factor, name in _ADDRESSES.items() if name == attribute)


def available_to_nobody(pool: UserPool) -> tuple[str, ...]:
    """What a name that nobody has may choose from, where the app client hides who exists."""
    return _BY_PASSWORD + tuple(factor for factor in _ADDRESSES if factor in pool.first_factors)
