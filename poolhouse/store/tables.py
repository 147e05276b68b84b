"""Every entity the store keeps, and the columns each is found by. The SQL is in `schema/`."""

from typing import TypeVar

from poolhouse.apigateway.entities import RestApi
from poolhouse.cognito_identity.entities import Identity, IdentityPool, Login
from poolhouse.cognito_idp.entities import (
    AppClient,
    Attempts,
    AuthEvent,
    Branding,
    ChallengeSession,
    Configuration,
    ConfirmationCode,
    Device,
    Domain,
    Group,
    IdentityProvider,
    ImportJob,
    LinkedIdentity,
    Membership,
    Passkey,
    ProvisionedLimit,
    RefreshToken,
    Replica,
    ResourceServer,
    SigningKey,
    SignInName,
    SoftwareToken,
    Terms,
    User,
    UserPool,
)
from poolhouse.cognito_sync.entities import Dataset, Record, SyncDevice, SyncPool
from poolhouse.lambdas.entities import EventSourceMapping, Function, Permission, QueuedEvent, ShardPosition
from poolhouse.moto_services.entities import MotoRecord
from poolhouse.oauth.entities import AuthorizationCode, FederatedSignIn
from poolhouse.outbox.entities import Message
from poolhouse.ses.entities import EmailIdentity
from poolhouse.store.table import Cache, Connect, Entity, Table
from poolhouse.template.entities import Stack, StackResource
from poolhouse.wire.entities import AccessKey

T = TypeVar("T")

USER_POOLS = Entity("user_pools", UserPool, key=("id",), cached=True)
APP_CLIENTS = Entity("app_clients", AppClient, key=("id",), columns={"pool_id": lambda c: c.pool_id}, cached=True)
SIGNING_KEYS = Entity("signing_keys", SigningKey, key=("pool_id", "use"), cached=True)
RESOURCE_SERVERS = Entity("resource_servers", ResourceServer, key=("pool_id", "identifier"), cached=True)
DOMAINS = Entity("domains", Domain, key=("domain",), columns={"pool_id": lambda d: d.pool_id}, cached=True)
GROUPS = Entity("groups", Group, key=("pool_id", "name"), cached=True)
MEMBERSHIPS = Entity("memberships", Membership, key=("pool_id", "username", "group_name"), cached=True)
USERS = Entity(
    "users",
    User,
    key=("pool_id", "username"),
    columns={
        "sub": lambda u: u.sub,
        "status": lambda u: u.status,
        "enabled": lambda u: u.enabled,
        "email": lambda u: folded(u.attributes.get("email")),
        "phone_number": lambda u: folded(u.attributes.get("phone_number")),
        "name": lambda u: folded(u.attributes.get("name")),
        "given_name": lambda u: folded(u.attributes.get("given_name")),
        "family_name": lambda u: folded(u.attributes.get("family_name")),
        "preferred_username": lambda u: folded(u.attributes.get("preferred_username")),
    },
    cached=True,
)
SIGN_IN_NAMES = Entity(
    "sign_in_names", SignInName, key=("pool_id", "name"), columns={"username": lambda n: n.username}, cached=True
)
SOFTWARE_TOKENS = Entity("software_tokens", SoftwareToken, key=("pool_id", "username"), cached=True)
DEVICES = Entity("devices", Device, key=("pool_id", "username", "key"))
CONFIGURATIONS = Entity("configurations", Configuration, key=("pool_id", "kind", "client_id"), cached=True)
BRANDINGS = Entity("brandings", Branding, key=("pool_id", "id"), columns={"client_id": lambda b: b.client_id})
TERMS = Entity(
    "terms", Terms, key=("pool_id", "id"), columns={"client_id": lambda t: t.client_id, "name": lambda t: t.name}
)
REPLICAS = Entity("replicas", Replica, key=("pool_id", "region"))
PROVISIONED_LIMITS = Entity("provisioned_limits", ProvisionedLimit, key=("category",))
IDENTITY_PROVIDERS = Entity("identity_providers", IdentityProvider, key=("pool_id", "name"))
LINKED_IDENTITIES = Entity(
    "linked_identities",
    LinkedIdentity,
    key=("pool_id", "provider", "attribute", "value"),
    columns={"username": lambda i: i.username},
)
AUTH_EVENTS = Entity(
    "auth_events", AuthEvent, key=("pool_id", "username", "id"), columns={"created_at": lambda e: e.created_at}
)
PASSKEYS = Entity("passkeys", Passkey, key=("pool_id", "username", "id"), cached=True)
IMPORT_JOBS = Entity("import_jobs", ImportJob, key=("pool_id", "id"))
CONFIRMATION_CODES = Entity("confirmation_codes", ConfirmationCode, key=("pool_id", "username", "purpose"))
CHALLENGE_SESSIONS = Entity(
    "challenge_sessions", ChallengeSession, key=("id",), columns={"expires_at": lambda s: s.expires_at}
)
FEDERATED_SIGN_INS = Entity(
    "federated_sign_ins", FederatedSignIn, key=("id",), columns={"expires_at": lambda s: s.expires_at}
)
AUTHORIZATION_CODES = Entity(
    "authorization_codes", AuthorizationCode, key=("id",), columns={"expires_at": lambda c: c.expires_at}
)
REFRESH_TOKENS = Entity(
    "refresh_tokens",
    RefreshToken,
    key=("id",),
    columns={
        "pool_id": lambda t: t.pool_id,
        "username": lambda t: t.username,
        "origin_jti": lambda t: t.origin_jti,
        "expires_at": lambda t: t.expires_at,
    },
)
ATTEMPTS = Entity("attempts", Attempts, key=("pool_id", "username", "kind"), cached=True)
MESSAGES = Entity(
    "messages",
    Message,
    key=("id",),
    columns={"recipient": lambda m: m.to, "sent_at": lambda m: m.sent_at},
)
FUNCTIONS = Entity("functions", Function, key=("name",), cached=True)
PERMISSIONS = Entity("permissions", Permission, key=("function", "statement_id"), cached=True)
EMAIL_IDENTITIES = Entity("email_identities", EmailIdentity, key=("name",), cached=True)
QUEUED_EVENTS = Entity("queued_events", QueuedEvent, key=("id",))
EVENT_SOURCE_MAPPINGS = Entity("event_source_mappings", EventSourceMapping, key=("uuid",), cached=True)
SHARD_POSITIONS = Entity("shard_positions", ShardPosition, key=("mapping", "shard"))
REST_APIS = Entity("rest_apis", RestApi, key=("id",), cached=True)
STACKS = Entity("stacks", Stack, key=("name",))
STACK_RESOURCES = Entity("stack_resources", StackResource, key=("stack", "logical_id"))
MOTO_RECORDS = Entity("moto_records", MotoRecord, key=("service", "kind", "parent", "name"))
IDENTITY_POOLS = Entity("identity_pools", IdentityPool, key=("id",), cached=True)
IDENTITIES = Entity("identities", Identity, key=("pool_id", "id"), columns={"is_enabled": lambda i: i.is_enabled})
IDENTITY_LOGINS = Entity(
    "identity_logins",
    Login,
    key=("pool_id", "provider", "subject"),
    columns={"identity_id": lambda one: one.identity_id},
)
SYNC_POOLS = Entity("sync_pools", SyncPool, key=("pool_id",), cached=True)
SYNC_DEVICES = Entity("sync_devices", SyncDevice, key=("pool_id", "identity_id", "device_id"))
SYNC_DATASETS = Entity(
    "sync_datasets",
    Dataset,
    key=("pool_id", "identity_id", "dataset_name"),
    columns={"is_deleted": lambda one: one.is_deleted},
)
SYNC_RECORDS = Entity(
    "sync_records",
    Record,
    key=("pool_id", "identity_id", "dataset_name", "key"),
    columns={"sync_count": lambda one: one.sync_count},
)
ACCESS_KEYS = Entity(
    "access_keys", AccessKey, key=("id",), columns={"principal_arn": lambda k: k.principal_arn}, cached=True
)


def folded(value: str | None) -> str | None:
    """A searched attribute: ListUsers compares values without regard to case."""
    return None if value is None else value.lower()


class Tables:
    """One `Table` per entity, all on the same connection."""

    def __init__(self, connect: Connect, caches: dict[str, Cache], written: set[str] | None = None) -> None:
        def table(entity: Entity[T]) -> Table[T]:
            cache = caches.setdefault(entity.table, Cache()) if entity.cached else None
            return Table(entity, connect, cache=cache, written=written)

        self.user_pools = table(USER_POOLS)
        self.app_clients = table(APP_CLIENTS)
        self.signing_keys = table(SIGNING_KEYS)
        self.resource_servers = table(RESOURCE_SERVERS)
        self.domains = table(DOMAINS)
        self.groups = table(GROUPS)
        self.memberships = table(MEMBERSHIPS)
        self.users = table(USERS)
        self.sign_in_names = table(SIGN_IN_NAMES)
        self.software_tokens = table(SOFTWARE_TOKENS)
        self.devices = table(DEVICES)
        self.configurations = table(CONFIGURATIONS)
        self.brandings = table(BRANDINGS)
        self.terms = table(TERMS)
        self.replicas = table(REPLICAS)
        self.provisioned_limits = table(PROVISIONED_LIMITS)
        self.identity_providers = table(IDENTITY_PROVIDERS)
        self.linked_identities = table(LINKED_IDENTITIES)
        self.auth_events = table(AUTH_EVENTS)
        self.passkeys = table(PASSKEYS)
        self.import_jobs = table(IMPORT_JOBS)
        self.confirmation_codes = table(CONFIRMATION_CODES)
        self.challenge_sessions = table(CHALLENGE_SESSIONS)
        self.federated_sign_ins = table(FEDERATED_SIGN_INS)
        self.authorization_codes = table(AUTHORIZATION_CODES)
        self.refresh_tokens = table(REFRESH_TOKENS)
        self.attempts = table(ATTEMPTS)
        self.messages = table(MESSAGES)
        self.email_identities = table(EMAIL_IDENTITIES)
        self.functions = table(FUNCTIONS)
        self.permissions = table(PERMISSIONS)
        self.queued_events = table(QUEUED_EVENTS)
        self.event_source_mappings = table(EVENT_SOURCE_MAPPINGS)
        self.shard_positions = table(SHARD_POSITIONS)
        self.rest_apis = table(REST_APIS)
        self.stacks = table(STACKS)
        self.stack_resources = table(STACK_RESOURCES)
        self.moto_records = table(MOTO_RECORDS)
        self.identity_pools = table(IDENTITY_POOLS)
        self.identities = table(IDENTITIES)
        self.identity_logins = table(IDENTITY_LOGINS)
        self.sync_pools = table(SYNC_POOLS)
        self.sync_devices = table(SYNC_DEVICES)
        self.sync_datasets = table(SYNC_DATASETS)
        self.sync_records = table(SYNC_RECORDS)
        self.access_keys = table(ACCESS_KEYS)
