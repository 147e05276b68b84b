"""What a user pool is made of, as it is kept.

Pools and app clients keep the members of the API as they were sent, defaults filled in (`settings`); the properties
give what rules read its name and type. Users and everything that belongs to one are plain values.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct


class UserPool(Struct, frozen=True):
    """A user pool. `settings`: the members of UserPoolType that the caller chose, AWS's defaults filled in."""

    id: str
    name: str
    created_at: datetime
    modified_at: datetime
    settings: Mapping[str, Any] = {}


class AppClient(Struct, frozen=True):
    """An app client: the OAuth client registered in a pool. `sealed_secret` is None for a public client."""

    id: str
    pool_id: str
    name: str
    created_at: datetime
    modified_at: datetime
    sealed_secret: str | None = None
    settings: Mapping[str, Any] = {}


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
    """What is kept of a password: SRP's salt (hex) and the sealed verifier. A temporary one may expire."""

    salt: str
    sealed_verifier: str
    expires_at: datetime | None = None


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
    unverified: Mapping[str, str] = {}  # new values that wait for VerifyUserAttribute before they replace the old


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
    is_spent: bool = False


class RefreshToken(Struct, frozen=True):
    """An issued refresh token; `id` is its keyed digest. All tokens of one sign-in share `origin_jti`."""

    id: str
    pool_id: str
    client_id: str
    username: str
    origin_jti: str
    event_id: str
    authenticated_at: datetime
    expires_at: datetime
    scopes: tuple[str, ...] = ()
    is_revoked: bool = False


class Attempts(Struct, frozen=True):
    """How often something was tried for a user: wrong passwords, codes asked for. `kind` names what."""

    pool_id: str
    username: str
    kind: str
    count: int
    since: datetime
    last_at: datetime
    locked_until: datetime | None = None
