"""What moto holds in memory, written through so that it is there after a restart."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class MotoRecord(Struct, frozen=True):
    """One thing a moto backend holds: `service` and `kind` say what ("dynamodb", "table"), `name` which one.

    `parent` is what it belongs to: an item's table, empty for things of their own. `data` is enough to make it again.
    """

    service: str
    kind: str
    parent: str
    name: str
    data: Mapping[str, Any]


class Access(Struct, frozen=True):
    """What a bucket has to say of a request: its policy (JSON, empty for none), and its ACL or its object's, as one.

    `is_restricted` says that only the account itself may use what a public policy allows; `tags` are the object's.
    """

    policy: str = ""
    acl: str = ""
    is_restricted: bool = False
    tags: Mapping[str, str] = {}
