"""What IAM's records give to a user or a role, as plain values: policies, boundary, tags, trust."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.iam.models import IAMBackend, ManagedPolicy, Role, User

from poolhouse.moto_services import user_boundaries


@dataclass(frozen=True, slots=True)
class Document:
    """A policy by what it is called, and its JSON."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is kept of a user or a role. `trust` and `longest_session` (seconds) are a role's."""

    id: str
    arn: str
    policies: tuple[Document, ...]
    boundary: Document | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    trust: str = ""
    longest_session: int = 3600


def of_user(backend: IAMBackend, arn: str) -> Holdings | None:
    """A user, with what their groups hold."""
    user = next((one for one in backend.users.values() if one.arn == arn), None)
    if user is None:
        return None
    policies = list(_policies(user, user.name))
    for group in backend.groups.values():
        if user in group.users:
            policies += _policies(group, group.name)
    tags = backend.tagger.get_tag_dict_for_resource(user.arn)
    return Holdings(user.id, user.arn, tuple(policies), _boundary(backend, user_boundaries.of_user(user)), tags)


def of_role(backend: IAMBackend, arn: str) -> Holdings | None:
    """A role by its ARN, path included."""
    role = next((one for one in backend.roles.values() if one.arn == arn), None)
    if role is None:
        return None
    return Holdings(
        id=role.id,
        arn=role.arn,
        policies=tuple(_policies(role, role.name)),
        boundary=_boundary(backend, role.permissions_boundary_arn),
        tags={tag["Key"]: tag["Value"] for tag in _tags(role)},
        trust=role.assume_role_policy_document,
        longest_session=int(role.max_session_duration or 3600),
    )


def managed(backend: IAMBackend, arn: str) -> Document | None:
    """A managed policy's default version."""
    policy = backend.managed_policies.get(arn)
    return None if policy is None else Document(arn, _default_version(policy))


def _boundary(backend: IAMBackend, arn: str | None) -> Document | None:
    """One whose policy is gone allows nothing."""
    return (managed(backend, arn) or Document(arn, "")) if arn else None


def _policies(holder: Any, name: str) -> list[Document]:
    inline = [Document(f"{policy} of {name}", text) for policy, text in holder.policies.items()]
    return inline + [Document(arn, _default_version(policy)) for arn, policy in holder.managed_policies.items()]


def _default_version(policy: ManagedPolicy) -> str:
    versions = {version.version_id: version.document for version in policy.versions}
    return str(versions[policy.default_version_id])


def _tags(holder: Role | User) -> list[dict[str, str]]:
    tags: Any = holder.tags if isinstance(holder, Role) else []
    return list(tags.values()) if isinstance(tags, dict) else list(tags or [])
