"""An access key that was issued here, as it is kept."""

from datetime import datetime

from msgspec import Struct

from poolhouse.principal import RoleSession

SEAL_PURPOSE = "access key"  # what a secret access key is sealed for


class AccessKey(Struct, frozen=True):
    """Keys issued here: signatures made with them are always verified.

    `principal_arn` is who signs with them, `user_id` their unique id. Temporary keys have a session token (its keyed
    digest), expire, and carry what the session may do.
    """

    id: str
    sealed_secret: str
    kind: str
    principal_arn: str
    account_id: str
    session_token_digest: str | None = None
    expires_at: datetime | None = None
    is_active: bool = True
    user_id: str = ""
    session: RoleSession | None = None
