"""What a user pool is made of, as it is kept.

Pools and app clients keep the members of the API as they were sent, defaults filled in (`settings`); the properties
give what rules read its name and type. Users and everything that belongs to one are plain values.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct


class UserPool(Struct, frozen=True):
    """A user pool. `settings`: the members of UserPoolType that the caller chose, AWS's defaults filled in."""

    id: str
    name: str
    created_at: datetime
    modified_at: datetime
    settings: Mapping[str, Any] = {}

    def arn(self, region: str, account_id: str) -> str:
        return f"arn:aws:cognito-idp:{region}:{account_id}:userpool/{self.id}"

    @property
    def username_attributes(self) -> tuple[str, ...]:
        """What users sign in by in place of a user name: "email", "phone_number", both or nothing."""
        return tuple(self.settings.get("UsernameAttributes", ()))

    @property
    def alias_attributes(self) -> tuple[str, ...]:
        """What users may sign in by beside their user name."""
        return tuple(self.settings.get("AliasAttributes", ()))

    @property
    def auto_verified_attributes(self) -> tuple[str, ...]:
        return tuple(self.settings.get("AutoVerifiedAttributes", ()))

    @property
    def attributes_verified_before_update(self) -> tuple[str, ...]:
        """The attributes whose old value stays until the new one is verified."""
        settings = self.settings.get("UserAttributeUpdateSettings", {})
        return tuple(settings.get("AttributesRequireVerificationBeforeUpdate", ()))

    @property
    def is_case_sensitive(self) -> bool:
        """True unless the pool was made case-insensitive; a pool made without the setting is case-sensitive."""
        return bool(self.settings.get("UsernameConfiguration", {}).get("CaseSensitive", True))

    def folded(self, name: str) -> str:
        """A user name or sign-in name as this pool keeps it and finds it."""
        return name if self.is_case_sensitive else name.lower()

    @property
    def password_policy(self) -> Mapping[str, Any]:
        """The API's PasswordPolicyType, defaults filled in."""
        policy: Mapping[str, Any] = self.settings.get("Policies", {}).get("PasswordPolicy", {})
        return policy

    @property
    def password_history_size(self) -> int:
        """How many of a user's passwords, the present one among them, may not be chosen again."""
        return int(self.password_policy.get("PasswordHistorySize", 0))

    @property
    def temporary_password_ttl(self) -> timedelta:
        """How long an administrator's password lasts. TemporaryPasswordValidityDays supersedes its older twin."""
        older = self.settings.get("AdminCreateUserConfig", {}).get("UnusedAccountValidityDays")
        # Zero stands for "not set" in the older member.
        return timedelta(days=self.password_policy.get("TemporaryPasswordValidityDays", older or 7))

    @property
    def allows_self_sign_up(self) -> bool:
        return not self.settings.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False)

    @property
    def recovery_mechanisms(self) -> tuple[str, ...] | None:
        """verified_email, verified_phone_number, admin_only, first choice first; None: the rule from before these."""
        mechanisms = self.settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms")
        if not mechanisms:
            return None
        return tuple(m["Name"] for m in sorted(mechanisms, key=lambda m: int(m["Priority"])))

    @property
    def mfa_configuration(self) -> str:
        """OFF, OPTIONAL or ON."""
        return str(self.settings.get("MfaConfiguration", "OFF"))

    @property
    def has_software_token_mfa(self) -> bool:
        """Whether users may set up an authenticator app."""
        return bool(self.settings.get("SoftwareTokenMfaConfiguration", {}).get("Enabled"))

    @property
    def message_factors(self) -> frozenset[str]:
        """The second factors the pool has whose codes are sent: SMS_MFA, EMAIL_OTP."""
        settings = {"SMS_MFA": "SmsMfaConfiguration", "EMAIL_OTP": "EmailMfaConfiguration"}
        return frozenset(factor for factor, setting in settings.items() if self.settings.get(setting))

    @property
    def first_factors(self) -> frozenset[str]:
        """Of PASSWORD, EMAIL_OTP, SMS_OTP and WEB_AUTHN, those choice-based sign-in may begin with."""
        sign_in: Mapping[str, Any] = self.settings.get("Policies", {}).get("SignInPolicy", {})
        return frozenset(sign_in.get("AllowedFirstAuthFactors", ("PASSWORD",)))

    @property
    def tracks_devices(self) -> bool:
        """Whether the pool knows its users' devices at all."""
        return self.settings.get("DeviceConfiguration") is not None

    @property
    def remembers_devices_on_request(self) -> bool:
        """Whether the user says which devices are remembered; otherwise all are."""
        configuration = self.settings.get("DeviceConfiguration") or {}
        return bool(configuration.get("DeviceOnlyRememberedOnUserPrompt", False))

    @property
    def lets_devices_stand_in(self) -> bool:
        """Whether a remembered device is asked for in place of a second factor."""
        configuration = self.settings.get("DeviceConfiguration") or {}
        return bool(configuration.get("ChallengeRequiredOnNewDevice", False))

    @property
    def counts_passkeys_as_two(self) -> bool:
        """Whether a passkey whose user was verified is both factors at once."""
        configuration = self.settings.get("WebAuthnConfiguration") or {}
        return bool(configuration.get("FactorConfiguration") == "MULTI_FACTOR_WITH_USER_VERIFICATION")

    @property
    def has_sms(self) -> bool:
        """Whether the pool can send SMS at all."""
        factor = self.settings.get("SmsMfaConfiguration", {})
        return bool(self.settings.get("SmsConfiguration") or factor.get("SmsConfiguration"))

    @property
    def tier(self) -> str:
        """LITE, ESSENTIALS or PLUS."""
        return str(self.settings.get("UserPoolTier", "ESSENTIALS"))

    @property
    def threat_protection(self) -> str:
        """OFF, AUDIT or ENFORCED."""
        return str(self.settings.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF"))

    @property
    def pre_token_generation_version(self) -> int:
        """Which event the PreTokenGeneration trigger gets: 1, 2 or 3."""
        config = self.settings.get("LambdaConfig", {}).get("PreTokenGenerationConfig", {})
        return int(str(config.get("LambdaVersion", "V1_0"))[1])


# "If you don't specify a value for ExplicitAuthFlows": CreateUserPoolClient in the API reference.
_DEFAULT_AUTH_FLOWS = frozenset({"ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"})
# The names from before ALLOW_...: they add to the default, or leave custom challenges as the only way. That refreshing
# stays allowed then is a guess.
_LEGACY_AUTH_FLOWS = {
    "ADMIN_NO_SRP_AUTH": _DEFAULT_AUTH_FLOWS | {"ALLOW_ADMIN_USER_PASSWORD_AUTH"},
    "USER_PASSWORD_AUTH": _DEFAULT_AUTH_FLOWS | {"ALLOW_USER_PASSWORD_AUTH"},
    "CUSTOM_AUTH_FLOW_ONLY": frozenset({"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}),
}


class ClientSecret(Struct, frozen=True):
    """One secret of an app client."""

    id: str
    sealed: str
    created_at: datetime


class AppClient(Struct, frozen=True):
    """An app client: the OAuth client registered in a pool. A public one has no secrets."""

    id: str
    pool_id: str
    name: str
    created_at: datetime
    modified_at: datetime
    secrets: tuple[ClientSecret, ...] = ()
    settings: Mapping[str, Any] = {}

    @property
    def explicit_auth_flows(self) -> frozenset[str]:
        """The ALLOW_... flows, the API's default when none were named, the old names translated."""
        flows: list[str] = self.settings.get("ExplicitAuthFlows") or []
        if "CUSTOM_AUTH_FLOW_ONLY" in flows:
            return _LEGACY_AUTH_FLOWS["CUSTOM_AUTH_FLOW_ONLY"]
        named = frozenset[str]().union(*(_LEGACY_AUTH_FLOWS.get(flow, {flow}) for flow in flows))
        return named or _DEFAULT_AUTH_FLOWS

    def allows(self, auth_flow: str) -> bool:
        """Whether a sign-in may begin with this AuthFlow of InitiateAuth."""
        other_names = {"ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH", "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH"}
        return f"ALLOW_{other_names.get(auth_flow, auth_flow)}" in self.explicit_auth_flows

    @property
    def access_token_ttl(self) -> timedelta:
        return self._ttl("AccessToken", timedelta(hours=1), "hours")

    @property
    def id_token_ttl(self) -> timedelta:
        return self._ttl("IdToken", timedelta(hours=1), "hours")

    @property
    def refresh_token_ttl(self) -> timedelta:
        return self._ttl("RefreshToken", timedelta(days=30), "days")

    @property
    def auth_session_ttl(self) -> timedelta:
        """How long a sign-in may wait for the answer to a challenge."""
        return timedelta(minutes=int(self.settings.get("AuthSessionValidity", 3)))

    @property
    def hides_users(self) -> bool:
        """Whether answers must not tell whether a user exists (PreventUserExistenceErrors)."""
        return self.settings.get("PreventUserExistenceErrors") == "ENABLED"

    @property
    def can_revoke_tokens(self) -> bool:
        return bool(self.settings.get("EnableTokenRevocation", True))

    @property
    def rotates_refresh_tokens(self) -> bool:
        return bool(self.settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED")

    @property
    def retry_grace_period(self) -> timedelta:
        """How long a rotated refresh token may be used again."""
        return timedelta(seconds=self.settings.get("RefreshTokenRotation", {}).get("RetryGracePeriodSeconds", 0))

    @property
    def is_oauth_client(self) -> bool:
        """Whether the client may use the authorization server at all."""
        return bool(self.settings.get("AllowedOAuthFlowsUserPoolClient", False))

    @property
    def allowed_oauth_flows(self) -> tuple[str, ...]:
        """Of code, implicit and client_credentials."""
        return tuple(self.settings.get("AllowedOAuthFlows", ()))

    @property
    def allowed_scopes(self) -> tuple[str, ...]:
        return tuple(self.settings.get("AllowedOAuthScopes", ()))

    @property
    def callback_urls(self) -> tuple[str, ...]:
        """Where an app may have its users sent back to, each to be matched exactly."""
        return tuple(self.settings.get("CallbackURLs", ()))

    @property
    def identity_provider_names(self) -> tuple[str, ...]:
        """Where the client's users may sign in on the authorization server; COGNITO is the pool itself."""
        return tuple(self.settings.get("SupportedIdentityProviders", ()))

    @property
    def read_attributes(self) -> frozenset[str] | None:
        """The attributes that the client may read; None is all of them."""
        return frozenset(self.settings.get("ReadAttributes", ())) or None

    @property
    def write_attributes(self) -> frozenset[str] | None:
        """The attributes that the client may write; None is all of them."""
        return frozenset(self.settings.get("WriteAttributes", ())) or None

    def _ttl(self, token: str, default: timedelta, default_unit: str) -> timedelta:
        validity = self.settings.get(f"{token}Validity")
        if not validity:
            return default
        unit = self.settings.get("TokenValidityUnits", {}).get(token, default_unit)
        return timedelta(**{unit: validity})


class SigningKey(Struct, frozen=True):
    """One of a pool's two RSA keys; `use` is "id" or "access". The private key is sealed PKCS #8 in DER."""

    pool_id: str
    use: str
    kid: str
    sealed_private_key: str


class ResourceServer(Struct, frozen=True):
    """An API whose custom scopes a pool grants. `scopes` is name to description, in the order given."""

    pool_id: str
    identifier: str
    name: str
    scopes: Mapping[str, str] = {}


class Domain(Struct, frozen=True):
    """The name under which a pool's authorization server is reached: a prefix, or a whole custom name."""

    domain: str
    pool_id: str
    settings: Mapping[str, Any] = {}


class Configuration(Struct, frozen=True):
    """Settings of a pool that operations of their own set, for all its app clients (`client_id` empty) or one.

    `kind` is "risk", "ui", "logs" or "sessions"; `settings` has the members of the API.
    """

    pool_id: str
    kind: str
    client_id: str
    created_at: datetime
    modified_at: datetime
    settings: Mapping[str, Any] = {}


class Branding(Struct, frozen=True):
    """The style of an app client's managed login pages. `content` is what the API's type has beside ids and dates."""

    pool_id: str
    id: str
    client_id: str
    created_at: datetime
    modified_at: datetime
    content: Mapping[str, Any] = {}


class Terms(Struct, frozen=True):
    """A document that sign-up pages of an app client link to, "terms-of-use" or "privacy-policy"."""

    pool_id: str
    id: str
    client_id: str
    name: str
    created_at: datetime
    modified_at: datetime
    links: Mapping[str, str] = {}


class AuthEvent(Struct, frozen=True):
    """Something a user of a pool with threat protection did: `kind` and `response` as the API names them.

    `challenges` are Password and Mfa, each with Success or Failure.
    """

    pool_id: str
    username: str
    id: str
    kind: str
    response: str
    created_at: datetime
    ip: str
    device: str
    is_risk: bool = False
    is_compromised: bool = False
    challenges: Mapping[str, str] = {}
    feedback: str = ""
    feedback_by: str = ""
    feedback_at: datetime | None = None


class ImportJob(Struct, frozen=True):
    """A file of users and how far it has come. `log_bytes` is how long its log was when that was kept."""

    pool_id: str
    id: str
    name: str
    role_arn: str
    status: str
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    imported: int = 0
    skipped: int = 0
    failed: int = 0
    log_bytes: int = 0
    message: str = ""
    algorithm: str = ""  # of the hashed passwords in the file

    @property
    def rows_done(self) -> int:
        return self.imported + self.skipped + self.failed


class Replica(Struct, frozen=True):
    """A pool's stand-in in another region."""

    pool_id: str
    region: str
    status: str
    tags: Mapping[str, str] = {}


class ProvisionedLimit(Struct, frozen=True):
    """How many requests a second of one category the account has asked for."""

    category: str
    value: int


class IdentityProvider(Struct, frozen=True):
    """Where users of a pool may sign in besides the pool itself. Its details, secrets among them, are sealed."""

    pool_id: str
    name: str
    type: str
    sealed_details: str
    created_at: datetime
    modified_at: datetime
    attribute_mapping: Mapping[str, str] = {}
    identifiers: tuple[str, ...] = ()
    acr_mapping: Mapping[str, str] = {}


class Identity(Struct, frozen=True):
    """Who a user is with an identity provider: the value of `attribute` there, mostly "Cognito_Subject"."""

    provider_name: str
    provider_type: str
    attribute: str
    value: str
    linked_at: datetime
    is_primary: bool = False


class LinkedIdentity(Struct, frozen=True):
    """That an identity of a provider is a user's: nobody else's in its pool."""

    pool_id: str
    provider: str
    attribute: str
    value: str
    username: str


class Group(Struct, frozen=True):
    """A group of users in a pool. A lower `precedence` wins."""

    pool_id: str
    name: str
    created_at: datetime
    modified_at: datetime
    description: str | None = None
    role_arn: str | None = None
    precedence: int | None = None


class Membership(Struct, frozen=True):
    """That a user is in a group."""

    pool_id: str
    username: str
    group_name: str


class Password(Struct, frozen=True):
    """What is kept of a password: SRP's salt (hex) and the sealed verifier. A temporary one may expire.

    One that was imported is the sealed hash another system made, by this algorithm, until it is first given.
    """

    salt: str = ""
    sealed_verifier: str = ""
    expires_at: datetime | None = None
    algorithm: str = ""
    sealed_hash: str = ""

    @property
    def is_imported(self) -> bool:
        return bool(self.sealed_hash)


class User(Struct, frozen=True):
    """A directory entry. `username` is the stored name (equal to `sub` in pools that sign in by attribute).

    `attributes` holds every attribute but `sub`, values as text, booleans as "true" and "false".
    """

    pool_id: str
    username: str
    sub: str
    status: str
    created_at: datetime
    modified_at: datetime
    enabled: bool = True
    attributes: Mapping[str, str] = {}
    password: Password | None = None
    previous_passwords: tuple[Password, ...] = ()  # the newest first, as many as the pool's policy remembers
    unverified: Mapping[str, str] = {}  # new values that wait for VerifyUserAttribute before they replace the old
    second_factors: tuple[str, ...] = ()  # those switched on: SOFTWARE_TOKEN_MFA, SMS_MFA, EMAIL_OTP
    preferred_factor: str = ""
    identities: tuple[Identity, ...] = ()
    is_new: bool = False  # confirmed by a code and not signed in since


class SoftwareToken(Struct, frozen=True):
    """A user's authenticator app. `sealed_pending` is a key whose first code was not given yet.

    `used_steps` are the newest thirty-second steps whose code was taken: none is taken twice.
    """

    pool_id: str
    username: str
    sealed_key: str | None = None
    sealed_pending: str | None = None
    friendly_name: str = ""
    used_steps: tuple[int, ...] = ()


class Passkey(Struct, frozen=True):
    """A user's passkey: its id and public key (COSE) in Base64url, and for which relying party it is good."""

    pool_id: str
    username: str
    id: str
    public_key: str
    sign_count: int
    relying_party_id: str
    attachment: str
    transports: tuple[str, ...]
    created_at: datetime


class Device(Struct, frozen=True):
    """A device a user has confirmed; `status` is "remembered" or "not_remembered". The salt is hex."""

    pool_id: str
    username: str
    key: str
    group_key: str
    name: str
    status: str
    salt: str
    sealed_verifier: str
    created_at: datetime
    modified_at: datetime
    last_authenticated_at: datetime
    last_ip: str


class SignInName(Struct, frozen=True):
    """Another name a user signs in by: an e-mail address, phone number or preferred username, unique in its pool.

    `name` is folded as the pool folds names.
    """

    pool_id: str
    name: str
    attribute: str
    username: str


class ConfirmationCode(Struct, frozen=True):
    """A code that was sent. `purpose` is "sign_up", "forgot_password" or "attribute:<name>"; `digest` is keyed."""

    pool_id: str
    username: str
    purpose: str
    digest: str
    attribute: str
    created_at: datetime
    expires_at: datetime
    attempts: int = 0


class CustomAnswer(Struct, frozen=True):
    """One answered challenge of a custom sign-in, as the DefineAuthChallenge function is told of it."""

    challenge: str
    is_right: bool
    metadata: str | None = None


class Progress(Struct, frozen=True, omit_defaults=True):
    """What a sign-in has come to. It goes with the sign-in from challenge to challenge.

    `sub` is that of the user it began for, empty for nobody; `source` the triggerSource its tokens will have; `custom`
    what was answered so far in a custom sign-in, None in any other; `validation_data` the ClientMetadata it began with;
    `device_stands_in` that no second factor was asked for, because the device is to prove itself.
    """

    sub: str = ""
    source: str = "TokenGeneration_Authentication"
    custom: tuple[CustomAnswer, ...] | None = None
    validation_data: Mapping[str, str] | None = None
    device_key: str = ""
    device_stands_in: bool = False
    event_id: str = ""


BEGUN = Progress()


class ChallengeSession(Struct, frozen=True):
    """A sign-in that waits for an answer. `id` is the keyed digest of the Session text the client holds.

    Only an answer to `challenge`, by the same app client, for the same user, before `expires_at`, may consume it.
    `state` is what the step needs to check the answer; secrets in it are sealed.
    """

    id: str
    pool_id: str
    client_id: str
    username: str
    challenge: str
    expires_at: datetime
    state: Mapping[str, Any] = {}
    progress: Progress = BEGUN
    is_spent: bool = False


class RefreshToken(Struct, frozen=True):
    """An issued refresh token; `id` is its keyed digest. All tokens of one sign-in share `origin_jti`.

    `is_oauth` tells tokens of the authorization server from those of the API.
    With rotation a token that was used has a child, its newest; a retry supersedes the child before.
    """

    id: str
    pool_id: str
    client_id: str
    username: str
    origin_jti: str
    event_id: str
    authenticated_at: datetime
    expires_at: datetime
    scopes: tuple[str, ...] = ()
    is_oauth: bool = False
    device_key: str = ""
    is_revoked: bool = False
    is_child: bool = False
    is_superseded: bool = False
    child_id: str = ""
    rotated_at: datetime | None = None
    last_used_at: datetime | None = None
    last_ip: str = ""


class Attempts(Struct, frozen=True):
    """How often something was tried for a user: wrong passwords, codes asked for. `kind` names what."""

    pool_id: str
    username: str
    kind: str
    count: int
    since: datetime
    last_at: datetime
    locked_until: datetime | None = None
