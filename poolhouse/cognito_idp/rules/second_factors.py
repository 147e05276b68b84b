"""Which second factor a sign-in asks for: the pool's MFA, what the user has set up, and what they prefer.

Cognito developer guide, "Adding MFA to a user pool", the part on what is asked at sign-in.
"""

from collections.abc import Collection
from dataclasses import dataclass

from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.rules.challenges import EMAIL_OTP, MFA_SETUP, SELECT_MFA_TYPE, SMS_MFA, SOFTWARE_TOKEN_MFA

_CHANNELS = {
    SMS_MFA: ("phone_number", "verified_phone_number"),
    EMAIL_OTP: ("email", "verified_email"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The challenge that comes next. `factors` are those to choose from, or to set up."""

    challenge: str
    factors: tuple[str, ...] = ()


class NoWayToSignIn(Exception):
    """The pool wants a second factor, and the user neither has one nor may set one up."""


def decide(pool: UserPool, user: User, *, has_app: bool) -> Asked | None:
    """What a user who gave their first factor is asked next; None when that was enough. Raises NoWayToSignIn.

    A user who confirmed an address by a code gets in the first time without: the code counts as their second factor.
    """
    if pool.mfa_configuration == "OFF":
        return None
    if is_usable(pool, user, user.preferred_factor, has_app=has_app):
        return Asked(user.preferred_factor)
    is_app_on = has_app and SOFTWARE_TOKEN_MFA in user.second_factors
    by_message = eligible(pool, user)
    if pool.mfa_configuration == "OPTIONAL":
        chosen = [factor for factor in _CHANNELS if factor in user.second_factors]
        chosen = [factor for factor in chosen if is_usable(pool, user, factor, has_app=has_app)]
        return _choice([SOFTWARE_TOKEN_MFA, *by_message] if is_app_on else chosen)
    if user.is_new:
        return None
    return _choice([SOFTWARE_TOKEN_MFA, *by_message] if has_app else by_message) or _setup(pool, user)


def has_any(pool: UserPool, user: User, *, has_app: bool) -> bool:
    """Whether the pool's MFA will ask this user for something, which bars one-time passwords as the first factor."""
    if pool.mfa_configuration == "OPTIONAL":
        return any(is_usable(pool, user, factor, has_app=has_app) for factor in user.second_factors)
    return pool.mfa_configuration == "ON"


def is_usable(pool: UserPool, user: User, factor: str, *, has_app: bool) -> bool:
    """Whether this factor can be asked of this user. An app stays good where the pool sets up no more of them."""
    if factor not in _CHANNELS:
        return factor == SOFTWARE_TOKEN_MFA and has_app
    attribute, _ = _CHANNELS[factor]
    return factor in pool.message_factors and bool(user.attributes.get(attribute))


def eligible(pool: UserPool, user: User) -> list[str]:
    """The factors whose codes are sent that may be asked without the user having chosen them."""
    return [
        factor
        for factor in _CHANNELS
        if is_usable(pool, user, factor, has_app=False) and not _is_first_way_of_recovery(pool, factor)
    ]


def can_be_set_up(pool: UserPool, user: User) -> tuple[str, ...]:
    """What MFA_SETUP offers a user who has no second factor."""
    by_message = [
        factor
        for factor, (attribute, _) in _CHANNELS.items()
        if factor in pool.message_factors
        and not user.attributes.get(attribute)
        and not _is_first_way_of_recovery(pool, factor)
    ]
    app = [SOFTWARE_TOKEN_MFA] if pool.has_software_token_mfa else []
    return tuple(sorted([*by_message, *app], key=(SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP).index))


def _choice(factors: Collection[str]) -> Asked | None:
    if len(factors) > 1:
        return Asked(SELECT_MFA_TYPE, tuple(sorted(factors, key=(SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP).index)))
    return Asked(next(iter(factors))) if factors else None


def _setup(pool: UserPool, user: User) -> Asked:
    factors = can_be_set_up(pool, user)
    if not factors:
        raise NoWayToSignIn
    return Asked(MFA_SETUP, factors)


def _is_first_way_of_recovery(pool: UserPool, factor: str) -> bool:
    """Without a recovery setting the phone number is the first way."""
    return (pool.recovery_mechanisms or ("verified_phone_number",))[0] == _CHANNELS[factor][1]
