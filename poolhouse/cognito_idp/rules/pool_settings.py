"""A pool's settings: what CreateUserPool and UpdateUserPool were sent, AWS's defaults filled in, what AWS refuses.

Defaults as a pool made with a name alone shows them; sentences as AWS sends them unless a comment says otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from poolhouse.cognito_idp.errors import FeatureUnavailableInTierException, InvalidParameterException

Settings = dict[str, Any]

# The members of a request that are not settings of the pool, or are kept in a form of their own.
_NOT_SETTINGS = frozenset({"PoolName", "UserPoolId", "Schema"})
# What UpdateUserPool has no member for, and what it leaves as it is when it is not sent.
_KEPT = ("SchemaAttributes", "AliasAttributes", "UsernameAttributes", "UsernameConfiguration", "UserPoolTier")
# What SetUserPoolMfaConfig sets and UserPoolType does not show. That UpdateUserPool leaves it alone is a guess.
MFA_MEMBERS = (
    "SmsMfaConfiguration",
    "SoftwareTokenMfaConfiguration",
    "EmailMfaConfiguration",
    "WebAuthnConfiguration",
)
_RECOVERY = (
    {"Priority": 1, "Name": "verified_email"},
    {"Priority": 2, "Name": "verified_phone_number"},
)
_PASSKEY_AS_MFA = "MULTI_FACTOR_WITH_USER_VERIFICATION"
_VALIDITY_DAYS = 7
_MINIMUM_LENGTH = 8
# The older member and the member of VerificationMessageTemplate that shows the same text.
_TEMPLATE_TWINS = {
    "SmsVerificationMessage": "SmsMessage",
    "EmailVerificationMessage": "EmailMessage",
    "EmailVerificationSubject": "EmailSubject",
}


def created(request: Mapping[str, Any]) -> Settings:
    """The settings of a new pool, schema aside. Raises InvalidParameterException, FeatureUnavailableInTierException."""
    settings = _filled(request)
    if settings.get("AliasAttributes") and settings.get("UsernameAttributes"):
        raise InvalidParameterException(
            "Only one of the aliasAttributes or usernameAttributes can be set in a User pool."
        )
    return settings


def updated(settings: Mapping[str, Any], request: Mapping[str, Any]) -> Settings:
    """A pool's settings after UpdateUserPool: what was not sent is the default again, but for the few that stay."""
    kept = {name: settings[name] for name in (*_KEPT, *MFA_MEMBERS) if name in settings}
    return _filled({**kept, **request})


def check_factors(settings: Mapping[str, Any]) -> None:
    """Raise unless a pool with these settings can do the MFA they ask for."""
    mode = settings.get("MfaConfiguration", "OFF")
    has_app = settings.get("SoftwareTokenMfaConfiguration", {}).get("Enabled")
    by_passkey = settings.get("WebAuthnConfiguration", {}).get("FactorConfiguration") == _PASSKEY_AS_MFA
    by_message = settings.get("SmsMfaConfiguration") or settings.get("EmailMfaConfiguration")
    if mode != "OFF" and not (has_app or by_message or by_passkey):
        raise InvalidParameterException(
            "At least one of [SmsMfaConfiguration] or [SoftwareTokenMfaConfiguration] must be provided."
        )
    if settings.get("EmailMfaConfiguration"):
        _check_email_mfa(settings)
    if mode == "ON":
        _check_no_codes_first(settings)


def _check_email_mfa(settings: Mapping[str, Any]) -> None:
    """Both conditions are the developer guide's ("SMS and email message MFA"); the second's sentence is a guess."""
    if settings.get("UserPoolTier") == "LITE":
        _refuse_in_lite(["Email MFA"])
    if settings.get("EmailConfiguration", {}).get("EmailSendingAccount") != "DEVELOPER":
        raise InvalidParameterException("Email MFA requires an EmailConfiguration with EmailSendingAccount DEVELOPER.")


def _check_no_codes_first(settings: Mapping[str, Any]) -> None:
    """Where everybody owes a second factor, a code cannot be the first: documented, in words of our own."""
    factors = settings.get("Policies", {}).get("SignInPolicy", {}).get("AllowedFirstAuthFactors", ())
    refused = [factor for factor in factors if factor in {"EMAIL_OTP", "SMS_OTP"}]
    by_passkey = settings.get("WebAuthnConfiguration", {}).get("FactorConfiguration") == _PASSKEY_AS_MFA
    if "WEB_AUTHN" in factors and not by_passkey:
        refused.append("WEB_AUTHN")
    if refused:
        raise InvalidParameterException(f"{', '.join(refused)} cannot be first factors when MFA is required.")


def _filled(request: Mapping[str, Any]) -> Settings:
    settings = {name: value for name, value in request.items() if name not in _NOT_SETTINGS and value is not None}
    _check(settings)
    settings |= _sms_mfa(settings)
    settings["Policies"] = _policies(settings)
    validity_days = settings["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"]
    admin = {"AllowAdminCreateUserOnly": False, **settings.get("AdminCreateUserConfig", {})}
    settings["AdminCreateUserConfig"] = {**admin, "UnusedAccountValidityDays": validity_days}
    settings["LambdaConfig"] = _lambda_config(settings.get("LambdaConfig", {}))
    settings["VerificationMessageTemplate"] = _template(settings)
    settings |= _texts(settings["VerificationMessageTemplate"])
    defaults: Settings = {
        "AccountRecoverySetting": {"RecoveryMechanisms": [dict(mechanism) for mechanism in _RECOVERY]},
        "DeletionProtection": "INACTIVE",
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "IssuerConfiguration": {"Type": "ORIGINAL"},
        "KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"},
        "MfaConfiguration": "OFF",
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": []},
        "UserPoolTier": "ESSENTIALS",
    }
    return {**defaults, **settings}


def _sms_mfa(settings: Mapping[str, Any]) -> Settings:
    """MFA switched on by the pool itself is by SMS, unless SetUserPoolMfaConfig has said how."""
    factors = [name for name in MFA_MEMBERS if settings.get(name)]
    if settings.get("MfaConfiguration", "OFF") == "OFF" or not settings.get("SmsConfiguration") or factors:
        return {}
    sms = {"SmsConfiguration": settings["SmsConfiguration"]}
    if settings.get("SmsAuthenticationMessage"):
        sms["SmsAuthenticationMessage"] = settings["SmsAuthenticationMessage"]
    return {"SmsMfaConfiguration": sms}


def _policies(settings: Mapping[str, Any]) -> Settings:
    policies = settings.get("Policies", {})
    given = policies.get("PasswordPolicy")
    older = settings.get("AdminCreateUserConfig", {}).get("UnusedAccountValidityDays")
    requirements = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")
    # Of a policy that is sent, the requirements it does not name are off, as the service has its other flags.
    policy = {"MinimumLength": _MINIMUM_LENGTH, **dict.fromkeys(requirements, given is None), **(given or {})}
    # Zero days stand for the default: a guess, since a password that never works would help nobody.
    policy["TemporaryPasswordValidityDays"] = policy.get("TemporaryPasswordValidityDays") or older or _VALIDITY_DAYS
    sign_in = {"AllowedFirstAuthFactors": ["PASSWORD"], **policies.get("SignInPolicy", {})}
    return {"PasswordPolicy": policy, "SignInPolicy": sign_in}


def _lambda_config(config: Mapping[str, Any]) -> Settings:
    """PreTokenGeneration and PreTokenGenerationConfig are kept in step."""
    if (config.get("CustomEmailSender") or config.get("CustomSMSSender")) and not config.get("KMSKeyID"):
        raise InvalidParameterException(  # that it is required is documented, in words of our own
            "KMSKeyID is required to use CustomEmailSender or CustomSMSSender."
        )
    plain, versioned = config.get("PreTokenGeneration"), config.get("PreTokenGenerationConfig")
    if plain and versioned and versioned["LambdaArn"] != plain:
        raise InvalidParameterException(
            "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's"
        )
    if versioned:
        return {**config, "PreTokenGeneration": versioned["LambdaArn"]}
    if plain:
        return {**config, "PreTokenGenerationConfig": {"LambdaVersion": "V1_0", "LambdaArn": plain}}
    return dict(config)


def _template(settings: Mapping[str, Any]) -> Settings:
    template = {"DefaultEmailOption": "CONFIRM_WITH_CODE", **settings.get("VerificationMessageTemplate", {})}
    for older, name in _TEMPLATE_TWINS.items():
        if settings.get(older):
            template.setdefault(name, settings[older])
    return template


def _texts(template: Mapping[str, Any]) -> Settings:
    return {older: template[name] for older, name in _TEMPLATE_TWINS.items() if name in template}


def _check(settings: Mapping[str, Any]) -> None:
    _check_recovery(settings)
    _check_verification(settings)
    _check_mail(settings)
    _check_passwords(settings)
    _check_tier(settings)
    _check_mfa(settings)


def _check_mfa(settings: Mapping[str, Any]) -> None:
    """Raise InvalidParameterException for MFA without a factor to do it with."""
    is_off = settings.get("MfaConfiguration", "OFF") == "OFF"
    if not is_off and not any(settings.get(name) for name in ("SmsConfiguration", *MFA_MEMBERS)):
        raise InvalidParameterException(
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
        )
    if settings.get("MfaConfiguration") == "ON":
        _check_no_codes_first(settings)


def _check_recovery(settings: Mapping[str, Any]) -> None:
    mechanisms = settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    names, priorities = [m["Name"] for m in mechanisms], [m["Priority"] for m in mechanisms]
    if len(set(names)) < len(names) or len(set(priorities)) < len(priorities):
        raise InvalidParameterException(
            "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms."
        )
    if "admin_only" in names and len(names) > 1:
        raise InvalidParameterException(
            "Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms."
        )


def _check_verification(settings: Mapping[str, Any]) -> None:
    auto_verified = settings.get("AutoVerifiedAttributes", ())
    before_update = settings.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate", ())
    if not set(before_update) <= set(auto_verified):
        raise InvalidParameterException(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes"
        )
    if "phone_number" in auto_verified and not settings.get("SmsConfiguration"):
        raise InvalidParameterException(
            "SMS configuration is required when phone_number is selected for auto verification"
        )


def _check_mail(settings: Mapping[str, Any]) -> None:
    mail = settings.get("EmailConfiguration", {})
    if mail.get("EmailSendingAccount") == "DEVELOPER" and not mail.get("SourceArn"):
        raise InvalidParameterException("Source ARN is required to use DEVELOPER email sending owner")


def _check_passwords(settings: Mapping[str, Any]) -> None:
    policies = settings.get("Policies", {})
    older = settings.get("AdminCreateUserConfig", {}).get("UnusedAccountValidityDays")
    if older is not None and policies.get("PasswordPolicy", {}).get("TemporaryPasswordValidityDays") is not None:
        raise InvalidParameterException(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"
        )
    factors = policies.get("SignInPolicy", {}).get("AllowedFirstAuthFactors")
    if factors and "PASSWORD" not in factors:
        raise InvalidParameterException("Password should be configured as one of the allowed first auth factors.")


def _check_tier(settings: Mapping[str, Any]) -> None:
    if settings.get("UserPoolTier") != "LITE":
        return
    features = []
    version = settings.get("LambdaConfig", {}).get("PreTokenGenerationConfig", {}).get("LambdaVersion", "V1_0")
    if version != "V1_0":
        features.append(f"Token Customization with Pre-Token Generation Lambda {version}")
    if len(settings.get("Policies", {}).get("SignInPolicy", {}).get("AllowedFirstAuthFactors", ())) > 1:
        features.append("Passwordless Sign-In")
    if settings.get("Policies", {}).get("PasswordPolicy", {}).get("PasswordHistorySize"):
        features.append("Password History")
    if settings.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF") != "OFF":
        features.append("Threat Protection")
    if features:
        _refuse_in_lite(features)


def _refuse_in_lite(features: Sequence[str]) -> None:
    """How AWS joins several is a guess."""
    raise FeatureUnavailableInTierException(
        "The following features need to be disabled for the LITE pricing tier configured: " + ", ".join(features)
    )
