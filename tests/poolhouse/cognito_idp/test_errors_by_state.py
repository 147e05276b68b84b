"""Errors that only a certain state brings about: a tier, a quota, a running import, a user who is not ready.

What every operation says of absent things stands in test_declared_errors.py, what it says of a trigger that fails in
test_trigger_failures.py, of wrong proofs in test_refusals.py.
"""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from poolhouse.cognito_idp.entities import AppClient, Group, IdentityProvider, ImportJob
from tests.poolhouse.cognito_idp.accounts import PASSWORD, attributes, make_client, make_pool, refused
from tests.poolhouse.cognito_idp.sign_ins import ANN, BY_ADMIN, FLOWS, PHONE, House, wrong

ROLE = "arn:aws:iam::000000000000:role/import"
LITE = "The following features need to be disabled for the LITE pricing tier configured: "
Ask = Callable[[Any, str, str], object]

# Operation and what it is asked, with the client, a pool of the LITE tier and its app client; the feature it names.
OF_THE_TIER: list[tuple[str, Ask, str]] = [
    (
        "CreateUserPool",
        lambda cognito, _pool, _client: make_pool(
            cognito, UserPoolTier="LITE", Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}}
        ),
        "Password History",
    ),
    (
        "UpdateUserPool",
        lambda cognito, pool, _client: cognito.update_user_pool(
            UserPoolId=pool, UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"}
        ),
        "Threat Protection",
    ),
    (
        "CreateUserPoolClient",
        lambda cognito, pool, _client: make_client(cognito, pool, ExplicitAuthFlows=["ALLOW_USER_AUTH"]),
        "Choice Based Authentication",
    ),
    (
        "UpdateUserPoolClient",
        lambda cognito, pool, client: cognito.update_user_pool_client(
            UserPoolId=pool, ClientId=client, RefreshTokenRotation={"Feature": "ENABLED"}
        ),
        "Refresh Token Rotation",
    ),
    (
        "SetUserPoolMfaConfig",
        lambda cognito, pool, _client: cognito.set_user_pool_mfa_config(
            UserPoolId=pool, MfaConfiguration="OPTIONAL", EmailMfaConfiguration={"Message": "{####}", "Subject": "s"}
        ),
        "Email MFA",
    ),
    (
        "CreateUserPoolReplica",
        lambda cognito, pool, _client: cognito.create_user_pool_replica(UserPoolId=pool, RegionName="eu-west-1"),
        "User Pool Replication",
    ),
    (
        "SetUserPoolSessionConfiguration",
        lambda cognito, pool, _client: cognito.set_user_pool_session_configuration(
            UserPoolId=pool, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 2}
        ),
        "User Session Management",
    ),
    (
        "SetUserPoolClientSessionConfiguration",
        lambda cognito, pool, client: cognito.set_user_pool_client_session_configuration(
            UserPoolId=pool, ClientId=client, SSOSession={"MaxValidityMinutes": 60}
        ),
        "User Session Management",
    ),
]


@pytest.mark.parametrize(("operation", "ask", "feature"), OF_THE_TIER, ids=[row[0] for row in OF_THE_TIER])
def test_a_feature_of_a_higher_tier_is_refused(cognito: Any, operation: str, ask: Ask, feature: str) -> None:
    pool_id = make_pool(cognito, UserPoolTier="LITE")
    client_id = make_client(cognito, pool_id)

    with refused("FeatureUnavailableInTierException", LITE + feature):
        ask(cognito, pool_id, client_id)


@pytest.mark.parametrize("operation", ["create_user_pool_domain", "update_user_pool_domain"])
def test_managed_login_is_refused_in_the_lite_tier(cognito: Any, operation: str) -> None:
    pool_id = make_pool(cognito, UserPoolTier="LITE")
    if operation.startswith("update"):
        cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="lite")

    message = "The following feature is not available for the LITE pricing tier configured: Managed Login Version 2"
    with refused("FeatureUnavailableInTierException", message):
        getattr(cognito, operation)(UserPoolId=pool_id, Domain="lite", ManagedLoginVersion=2)


def _filled(cloud: Any, cognito: Any, kind: str) -> tuple[str, Callable[[], object], str]:
    """A pool that has as many of a kind as it may, the call that asks for one more, and what is said."""
    pool_id = make_pool(cognito)
    now, names = cloud.clock(), (f"x{number}" for number in itertools.count())
    job = {"JobName": "job", "UserPoolId": pool_id, "CloudWatchLogsRoleArn": ROLE}
    saml = {"MetadataURL": "https://corp.example.com/metadata"}
    made: Callable[[str], Any]
    with cloud.inner.store.write() as tx:
        if kind == "groups":
            many, table, made = 10_000, tx.groups, lambda name: Group(pool_id, name, now, now)
        elif kind == "clients":
            many, table, made = 1000, tx.app_clients, lambda name: AppClient(name, pool_id, name, now, now)
        elif kind == "import jobs":
            many, table = 1000, tx.import_jobs
            made = lambda name: ImportJob(pool_id, name, "job", ROLE, "Succeeded", now)  # noqa: E731
        else:
            many, table = 300, tx.identity_providers
            made = lambda name: IdentityProvider(pool_id, name, "SAML", "", now, now)  # noqa: E731
        for name in itertools.islice(names, many):
            table.add(made(name))
    asks: dict[str, Callable[[], object]] = {
        "groups": lambda: cognito.create_group(UserPoolId=pool_id, GroupName="more"),
        "clients": lambda: cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="more"),
        "import jobs": lambda: cognito.create_user_import_job(**job),
        "identity providers": lambda: cognito.create_identity_provider(
            UserPoolId=pool_id, ProviderName="more", ProviderType="SAML", ProviderDetails=saml
        ),
    }
    return pool_id, asks[kind], f"User pool {pool_id} cannot have more than {many} {kind}."


@pytest.mark.parametrize("kind", ["groups", "clients", "import jobs", "identity providers"])
def test_one_more_than_the_quota_is_refused(cloud: Any, cognito: Any, kind: str) -> None:
    _, ask, message = _filled(cloud, cognito, kind)
    with refused("LimitExceededException", message):
        ask()


PLAN = [{"Name": "plan", "AttributeDataType": "String"}]
IMPORTING: list[tuple[str, Callable[[Any, str], object]]] = [
    ("UpdateUserPool", lambda cognito, pool: cognito.update_user_pool(UserPoolId=pool)),
    ("DeleteUserPool", lambda cognito, pool: cognito.delete_user_pool(UserPoolId=pool)),
    (
        "AddCustomAttributes",
        lambda cognito, pool: cognito.add_custom_attributes(UserPoolId=pool, CustomAttributes=PLAN),
    ),
]


@pytest.mark.parametrize("status", ["Pending", "InProgress", "Stopping", "Succeeded"])
@pytest.mark.parametrize(("operation", "ask"), IMPORTING, ids=[row[0] for row in IMPORTING])
def test_a_pool_does_not_change_under_its_import(
    cloud: Any, cognito: Any, operation: str, ask: Callable[[Any, str], object], status: str
) -> None:
    pool_id = make_pool(cognito)
    with cloud.inner.store.write() as tx:
        tx.import_jobs.add(ImportJob(pool_id, "import-aaaaaaaaaa", "job", ROLE, status, cloud.clock()))

    if status == "Succeeded":
        ask(cognito, pool_id)
        return
    with refused("UserImportInProgressException", "A user import is in progress."):
        ask(cognito, pool_id)


NOT_READY = {
    "nobody": ("UserNotFoundException", "User does not exist."),
    "unconfirmed": ("UserNotConfirmedException", "User is not confirmed."),
    "reset": ("PasswordResetRequiredException", "Password reset required for the user"),
    "disabled": ("NotAuthorizedException", "User is disabled."),
}


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
@pytest.mark.parametrize("who", NOT_READY)
def test_who_is_not_ready_does_not_sign_in(cloud: Any, cognito: Any, who: str, flow: str) -> None:
    flows = ["ADMIN_NO_SRP_AUTH"] if flow == "ADMIN_NO_SRP_AUTH" else FLOWS
    settings = {"ExplicitAuthFlows": flows, "PreventUserExistenceErrors": "LEGACY"}
    house = House(cloud, cognito, client=settings, AccountRecoverySetting=BY_ADMIN)
    ann = {"UserPoolId": house.pool_id, "Username": "ann"}
    if who == "unconfirmed":
        cognito.sign_up(ClientId=house.client_id, Username="ann", Password=PASSWORD)
    elif who != "nobody":
        house.user(email=ANN, email_verified="true")
    if who == "reset":
        cognito.update_user_pool(
            UserPoolId=house.pool_id,
            AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
        )
        cognito.admin_reset_user_password(**ann)
    if who == "disabled":
        cognito.admin_disable_user(**ann)

    ask: dict[str, Any] = {
        "ClientId": house.client_id,
        "AuthFlow": flow,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }
    with refused(*NOT_READY[who]):
        if flow.startswith("ADMIN"):
            cognito.admin_initiate_auth(UserPoolId=house.pool_id, **ask)
        else:
            cognito.initiate_auth(**ask)


def _alias_pool(cloud: Any, cognito: Any) -> House:
    """Ann has this address, verified; Bob exists."""
    pool: dict[str, Any] = {"AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
    house = House(cloud, cognito, **pool)
    house.user(email=ANN, email_verified="true")
    house.user("bob", email="bob@example.com", email_verified="true")
    return house


def test_an_alias_of_another_user_is_refused_by_an_administrator(cloud: Any, cognito: Any) -> None:
    house = _alias_pool(cloud, cognito)
    taken = attributes(email=ANN, email_verified="true")
    with refused("AliasExistsException", "An account with the email already exists."):
        cognito.admin_update_user_attributes(UserPoolId=house.pool_id, Username="bob", UserAttributes=taken)


def test_an_alias_of_another_user_is_refused_when_it_is_verified(cloud: Any, cognito: Any) -> None:
    house = _alias_pool(cloud, cognito)
    token = house.begin(name="bob")["AuthenticationResult"]["AccessToken"]
    cognito.update_user_attributes(AccessToken=token, UserAttributes=attributes(email=ANN))
    with refused("AliasExistsException", "An account with the email already exists."):
        cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=house.code(ANN))


def test_codes_may_be_asked_for_and_tried_so_often_in_an_hour(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito, AutoVerifiedAttributes=["email"])
    house.user(email=ANN, phone_number=PHONE)
    asked = {"AccessToken": house.begin()["AuthenticationResult"]["AccessToken"], "AttributeName": "email"}

    def until_refused(ask: Callable[[], object]) -> int:
        for count in range(100):
            try:
                ask()
            except cognito.exceptions.CodeMismatchException:
                continue
            except cognito.exceptions.LimitExceededException:
                return count
        raise AssertionError("there is no limit")

    assert until_refused(lambda: cognito.get_user_attribute_verification_code(**asked)) == 5
    cloud.clock.advance(timedelta(hours=1))
    asked["AccessToken"] = house.begin()["AuthenticationResult"]["AccessToken"]
    cognito.get_user_attribute_verification_code(**asked)
    assert until_refused(lambda: cognito.verify_user_attribute(**asked, Code="000000")) > 1


def test_feedback_belongs_to_pools_that_watch(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito)
    house.user()
    event = {"UserPoolId": house.pool_id, "Username": "ann", "EventId": "event", "FeedbackValue": "Valid"}
    asks: list[Callable[[], object]] = [
        lambda: cognito.admin_update_auth_event_feedback(**event),
        lambda: cognito.update_auth_event_feedback(**event, FeedbackToken="x"),
        lambda: cognito.admin_list_user_auth_events(UserPoolId=house.pool_id, Username="ann"),
    ]
    for ask in asks:
        with refused("UserPoolAddOnNotEnabledException", "User pool add-ons are not enabled for this user pool."):
            ask()


def test_only_refresh_tokens_are_revoked(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito)
    house.user()
    tokens = house.begin()["AuthenticationResult"]
    for name in ("AccessToken", "IdToken"):
        with refused("UnsupportedTokenTypeException", "Unsupported token type"):
            cognito.revoke_token(Token=tokens[name], ClientId=house.client_id)


def test_passkeys_are_refused_where_the_pool_has_none(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito)
    house.user()
    token = house.begin()["AuthenticationResult"]["AccessToken"]
    asks: list[Callable[[], object]] = [
        lambda: cognito.start_web_authn_registration(AccessToken=token),
        lambda: cognito.complete_web_authn_registration(AccessToken=token, Credential={}),
    ]
    for ask in asks:
        with refused("WebAuthnNotEnabledException", "WebAuthn is not enabled for this user pool."):
            ask()


@pytest.mark.parametrize("is_admin", [False, True], ids=["public", "admin"])
def test_a_new_password_is_held_to_policy_and_history(cloud: Any, cognito: Any, *, is_admin: bool) -> None:
    policy = {"PasswordPolicy": {"MinimumLength": 8, "RequireNumbers": True, "PasswordHistorySize": 3}}
    house = House(cloud, cognito, Policies=policy)
    cognito.admin_create_user(
        UserPoolId=house.pool_id, Username="ann", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )
    asked = house.begin(PASSWORD="Temporary-1")

    def answer(password: str) -> Any:
        given = {
            "ClientId": house.client_id,
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "Session": asked["Session"],
            "ChallengeResponses": {"USERNAME": "ann", "NEW_PASSWORD": password},
        }
        if is_admin:
            return cognito.admin_respond_to_auth_challenge(UserPoolId=house.pool_id, **given)
        return cognito.respond_to_auth_challenge(**given)

    weak = "Password does not conform to policy: Password must have numeric characters"
    with refused("InvalidPasswordException", weak):
        answer("No-number")
    with refused("PasswordHistoryPolicyViolationException", "Password has previously been used."):
        answer("Temporary-1")
    assert answer(PASSWORD)["AuthenticationResult"]


def test_a_resource_that_is_not_there_has_no_tags(cognito: Any) -> None:
    arn = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AAAAAAAAA"
    asks: list[Callable[[], object]] = [
        lambda: cognito.tag_resource(ResourceArn=arn, Tags={"a": "b"}),
        lambda: cognito.untag_resource(ResourceArn=arn, TagKeys=["a"]),
        lambda: cognito.list_tags_for_resource(ResourceArn=arn),
    ]
    for ask in asks:
        with refused("ResourceNotFoundException", "User pool us-east-1_AAAAAAAAA does not exist."):
            ask()


def test_flows_of_oauth_are_held_to_each_other_on_update(cognito: Any) -> None:
    pool_id = make_pool(cognito)
    client_id = make_client(cognito, pool_id)
    with pytest.raises(cognito.exceptions.InvalidOAuthFlowException):
        cognito.update_user_pool_client(
            UserPoolId=pool_id,
            ClientId=client_id,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthScopes=["openid"],
        )


def test_a_client_whose_tokens_are_not_to_be_revoked_says_so(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito, client={"EnableTokenRevocation": False})
    house.user()
    token = house.begin()["AuthenticationResult"]["RefreshToken"]
    with refused("UnsupportedOperationException", "This feature is not enabled for this client"):
        cognito.revoke_token(Token=token, ClientId=house.client_id)


def test_codes_are_held_to_their_time_at_the_admin_entrance_too(cloud: Any, cognito: Any) -> None:
    house = House(cloud, cognito)
    house.mfa("ON", "SMS_MFA")
    house.user(phone_number=PHONE)
    asked = house.begin()

    def answer(code: str) -> None:
        cognito.admin_respond_to_auth_challenge(
            UserPoolId=house.pool_id,
            ClientId=house.client_id,
            ChallengeName="SMS_MFA",
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": "ann", "SMS_MFA_CODE": code},
        )

    with refused("CodeMismatchException", "Invalid code or auth state for the user."):
        answer(wrong(house.code(PHONE)))
    cloud.clock.advance(timedelta(minutes=3, seconds=1))
    with pytest.raises(cognito.exceptions.ClientError) as raised:
        answer(house.code(PHONE))
    assert raised.value.response["Error"]["Code"] in {"NotAuthorizedException", "ExpiredCodeException"}


def test_branding_has_its_size(cognito: Any) -> None:
    pool_id = make_pool(cognito)
    client_id = make_client(cognito, pool_id)
    large = {"Category": "PAGE_BACKGROUND", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": b"x" * 1_000_000}
    with refused("LimitExceededException", "Managed login branding is too large."):
        cognito.create_managed_login_branding(UserPoolId=pool_id, ClientId=client_id, Assets=[large] * 3)
