"""What is kept of identity pools."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct


class IdentityPool(Struct, frozen=True):
    """An identity pool. `settings` are its members as the API names them; `tag_maps` go by provider."""

    id: str
    name: str
    settings: Mapping[str, Any]
    created_at: datetime
    roles: Mapping[str, str] = {}
    role_mappings: Mapping[str, Any] = {}
    tag_maps: Mapping[str, Any] = {}
    tags: Mapping[str, str] = {}

    @property
    def allows_guests(self) -> bool:
        return bool(self.settings.get("AllowUnauthenticatedIdentities"))

    @property
    def allows_classic_flow(self) -> bool:
        return bool(self.settings.get("AllowClassicFlow"))

    @property
    def developer_provider(self) -> str:
        return str(self.settings.get("DeveloperProviderName") or "")


class Identity(Struct, frozen=True):
    """Somebody, in one pool. One that was merged into another, or lost its last login, is disabled for good."""

    pool_id: str
    id: str
    created_at: datetime
    modified_at: datetime
    is_enabled: bool = True
    had_logins: bool = False


class Login(Struct, frozen=True):
    """Whom a provider calls `subject`, as an identity of a pool."""

    pool_id: str
    provider: str
    subject: str
    identity_id: str
