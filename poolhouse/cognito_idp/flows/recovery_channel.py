"""Where a password-reset code may go, and the same answer's shape for users who have nowhere or are not there."""

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.rules import destinations
from poolhouse.cognito_idp.rules.challenges import EMAIL_OTP, SMS_MFA
from poolhouse.cognito_idp.rules.destinations import Destination

# Without the setting, the older rule: a verified phone number before a verified e-mail address.
_LEGACY = ("verified_phone_number", "verified_email")
_ADMIN_ONLY = ("admin_only",)


def is_admin_only(pool: UserPool) -> bool:
    """Whether users of this pool may not reset passwords themselves."""
    return pool.recovery_mechanisms == _ADMIN_ONLY


def find(pool: UserPool, user: User) -> Destination | None:
    """The verified address the pool would send this user's code to, or None."""
    for mechanism in pool.recovery_mechanisms or _LEGACY:
        attribute = mechanism.removeprefix("verified_")
        value = user.attributes.get(attribute)
        if attribute in _of_second_factors(user):
            continue
        if value and user.attributes.get(f"{attribute}_verified") == "true":
            return Destination(attribute, value)
    return None


def _of_second_factors(user: User) -> set[str]:
    """The addresses that second factors keep from recovery: the preferred one's, and the phone of any SMS factor.

    Developer guide, "Adding MFA to a user pool"; API reference, AccountRecoverySettingType.
    """
    attributes = {EMAIL_OTP: "email", SMS_MFA: "phone_number"}
    factors = {user.preferred_factor, *({SMS_MFA} & set(user.second_factors))}
    return {attributes[factor] for factor in factors if factor in attributes}


def simulated(call: Call, pool: UserPool, username: str) -> Destination:
    """A destination that is always the same for a name, whether or not anybody has it."""
    digest = call.store.sealer.digest(f"destination\0{pool.id}\0{pool.folded(username)}")
    return destinations.simulated(username, digest, pool.auto_verified_attributes)


def simulated_for(call: Call, pool: UserPool, username: str, attribute: str) -> Destination:
    """`simulated` by e-mail or phone number, whichever `attribute` says."""
    digest = call.store.sealer.digest(f"destination\0{pool.id}\0{pool.folded(username)}")
    return destinations.simulated_for(username, digest, attribute)
