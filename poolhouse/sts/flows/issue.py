"""Making the keys of a session: for AssumeRole and its kind, for identity pools, for users."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from poolhouse import temporary_keys
from poolhouse.call import Call
from poolhouse.principal import Principal, Role, RoleSession
from poolhouse.sts.errors import ValidationError
from poolhouse.sts.flows.session_policies import SessionPolicies
from poolhouse.temporary_keys import TemporaryKeys

_DEFAULT, _LONGEST_CHAINED = 3_600, 3_600  # seconds
NO_POLICIES = SessionPolicies(None, (), None)


def role_session(
    call: Call,
    role: Role,
    name: str,
    *,
    seconds: int,
    policies: SessionPolicies = NO_POLICIES,
    tags: Mapping[str, str] | None = None,
    transitive_tags: tuple[str, ...] = (),
    source_identity: str = "",
    keys: Mapping[str, tuple[str, ...]] | None = None,
    is_chained: bool = False,
) -> TemporaryKeys:
    """Keys of a session of a role, durable. `keys` are the condition keys it brings along."""
    user_id = f"{role.id}:{name}"
    session = RoleSession(
        role_arn=role.arn,
        user_id=user_id,
        issued_at=call.now,
        policies=policies.inline,
        policy_arns=policies.arns,
        tags=tags or {},
        transitive_tags=transitive_tags,
        source_identity=source_identity,
        keys=keys or {},
        is_chained=is_chained,
    )
    arn = f"arn:aws:sts::{call.account_id}:assumed-role/{role.name}/{name}"
    return issue(call, Principal("role_session", arn, call.account_id, user_id=user_id, session=session), seconds)


def issue(call: Call, principal: Principal, seconds: int) -> TemporaryKeys:
    """Keys for a principal, durable when this returns. A write block of its own."""
    keys = temporary_keys.make(principal, call.now + timedelta(seconds=seconds))
    with call.store.write() as tx:
        temporary_keys.keep(call.store, tx, keys, call.now)
    return keys


def credentials(keys: TemporaryKeys) -> dict[str, Any]:
    """STS's Credentials."""
    return {
        "AccessKeyId": keys.id,
        "SecretAccessKey": keys.secret,
        "SessionToken": keys.session_token,
        "Expiration": keys.expires_at,
    }


@dataclass(frozen=True, slots=True)
class Issued:
    """Keys of a role's session with what is told beside them."""

    keys: TemporaryKeys
    packed_size: int | None
    source_identity: str

    def response(self) -> dict[str, object]:
        """The members that every operation that assumes a role answers with."""
        principal = self.keys.principal
        told: dict[str, object] = {
            "Credentials": credentials(self.keys),
            "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
        }
        if self.packed_size is not None:
            told["PackedPolicySize"] = self.packed_size
        if self.source_identity:
            told["SourceIdentity"] = self.source_identity
        return told


def seconds(role: Role, request: Mapping[str, Any], *, is_chained: bool = False) -> int:
    """How long a role's session lasts. Raises ValidationError for longer than it may."""
    asked = int(request.get("DurationSeconds") or _DEFAULT)
    if is_chained and asked > _LONGEST_CHAINED:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    if asked > role.longest_session:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return asked
