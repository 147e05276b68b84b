"""One thing a call asks for, and what is to be known for saying so."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Params = Mapping[str, Any]
Keys = Mapping[str, str | Iterable[str] | None]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose account and region a call is made in.

    `partition_key` names a DynamoDB table's partition key, or that of one of its indexes; None for no such table.
    `kms_key` gives the ARN of the key that is named by id, ARN or alias, or that made a ciphertext; "*" for none.
    `secret` gives the ARN and the key of a secret, empty where there is none; `parameter_keys` the keys of a
    parameter's versions, oldest first, or those of all parameters below a path (that ends with a slash), by name;
    `iam_arn` the ARN of IAM's "user", "group", "role" or "instance-profile" of a name, empty for none;
    `mail_identity` the identity that a sender's mails come from.
    """

    account_id: str
    region: str
    partition_key: Callable[[str, str], str | None] = lambda _table, _index: None
    kms_key: Callable[[str, str], str] = lambda _named, _ciphertext: "*"
    secret: Callable[[str], tuple[str, str]] = lambda _named: ("", "")
    parameter_keys: Callable[[str], Mapping[str, Sequence[str]]] = lambda _named: {}
    mail_identity: Callable[[str], str] = lambda sender: sender
    iam_arn: Callable[[str, str], str] = lambda _kind, _name: ""

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """An ARN of a service without regions."""
        return f"arn:aws:{service}::{self.account_id}:{resource}"

    def via(self, service: str) -> dict[str, str]:
        """The condition keys of a key's use through a service."""
        return {"kms:ViaService": f"{service}.{self.region}.amazonaws.com", "kms:CallerAccount": self.account_id}


CALLER = "the caller"
"""In place of a resource: the user who asks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An action on a resource, "*" where the action has none, with the condition keys that come from the request.

    A refusal names `shown` in place of the resource, or is all of `refusal`.
    """

    action: str
    resource: str = "*"
    keys: Keys = field(default_factory=dict)
    shown: str = ""
    refusal: str = ""


Ask = Callable[[str, Params, Scope], list[Asked]]
"""(operation, its parameters, scope) -> what it asks for; nothing for what anybody may do."""


def tag_keys(tags: object) -> dict[str, str | list[str]]:
    """aws:TagKeys and aws:RequestTag/... of tags in any of the forms services take them in."""
    pairs = _pairs(tags)
    if not pairs:
        return {}
    return {"aws:TagKeys": list(pairs), **{f"aws:RequestTag/{key}": value for key, value in pairs.items()}}


def _pairs(tags: object) -> dict[str, str]:
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    if not isinstance(tags, list):
        return {}
    named = [tag for tag in tags if isinstance(tag, Mapping)]
    return {str(tag.get("Key", tag.get("TagKey", ""))): str(tag.get("Value", tag.get("TagValue", ""))) for tag in named}
