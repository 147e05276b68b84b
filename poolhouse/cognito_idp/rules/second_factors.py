"""Which second factors besides an authenticator app a user could be asked for."""

from poolhouse.cognito_idp.entities import User, UserPool

_CHANNELS = {
    "SMS_MFA": ("SmsMfaConfiguration", "phone_number", "verified_phone_number"),
    "EMAIL_OTP": ("EmailMfaConfiguration", "email", "verified_email"),
}


def by_message(pool: UserPool, user: User) -> tuple[str, ...]:
    """The factors whose codes are sent: configured, with somewhere to send to, and not the first way of recovery.

    Cognito developer guide, "Adding MFA to a user pool". Without a recovery setting the phone number is the first way.
    """
    first_way = (pool.recovery_mechanisms or ("verified_phone_number",))[0]
    return tuple(
        factor
        for factor, (setting, attribute, way) in _CHANNELS.items()
        if pool.settings.get(setting) and user.attributes.get(attribute) and way != first_way
    )
