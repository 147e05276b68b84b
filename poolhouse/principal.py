"""Whoever makes a request, and what their temporary keys carry."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct


class RoleSession(Struct, frozen=True, omit_defaults=True):
    """What STS made temporary keys for: a role, or as a federated user a user, whose ARN then stands in `role_arn`.

    `user_id` is the unique id with the session's name ("AROA...:ann"). `policies` are session policies as JSON, None
    where none was given; `policy_arns` name managed ones. `keys` are condition keys that came with the token the role
    was assumed by, such as cognito-identity.amazonaws.com:sub.
    """

    role_arn: str
    user_id: str
    issued_at: datetime
    policies: tuple[str, ...] | None = None
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}
    transitive_tags: tuple[str, ...] = ()
    source_identity: str = ""
    keys: Mapping[str, tuple[str, ...]] = {}
    is_chained: bool = False


class Principal(Struct, frozen=True):
    """Whoever makes the request.

    `kind` is "root", "user", "role_session", "federated_user", "service" or "anonymous"; `arn` is empty for anonymous.
    `session` is there for temporary keys, `user_id` as GetCallerIdentity tells it.
    """

    kind: str
    arn: str = ""
    account_id: str = ""
    access_key_id: str = ""
    user_id: str = ""
    session: RoleSession | None = None


class Role(Struct, frozen=True):
    """A role as IAM's records have it; `longest_session` in seconds."""

    id: str
    arn: str
    name: str
    longest_session: int


class OpenIdProvider(Struct, frozen=True):
    """An OpenID Connect provider in IAM's records, and the audiences its tokens may have."""

    arn: str
    client_ids: tuple[str, ...]


ANONYMOUS = Principal("anonymous")
