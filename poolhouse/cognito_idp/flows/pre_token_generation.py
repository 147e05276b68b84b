"""Ask a pool's pre token generation function what the tokens shall say."""

from collections.abc import Mapping
from dataclasses import dataclass

from poolhouse.call import Call
from poolhouse.cognito_idp.entities import User, UserPool
from poolhouse.cognito_idp.flows import triggers
from poolhouse.cognito_idp.rules import token_overrides
from poolhouse.cognito_idp.rules.claims import GroupClaims, Issue
from poolhouse.cognito_idp.rules.token_overrides import Overrides

_TRIGGER = "PreTokenGeneration"


@dataclass(frozen=True, slots=True)
class Event:
    """What the function is told of a user's tokens; `source` is the event's triggerSource."""

    source: str
    user: User
    groups: GroupClaims
    issue: Issue
    client_metadata: Mapping[str, str] | None


def for_user(call: Call, pool: UserPool, event: Event) -> Overrides:
    """The changes to a user's tokens; none when the pool has no such function."""
    if triggers.function_arn(pool, _TRIGGER) is None:
        return token_overrides.NONE
    request: dict[str, object] = {
        "userAttributes": triggers.user_attributes(pool, event.user),
        "groupConfiguration": {
            "groupsToOverride": event.groups.names,
            "iamRolesToOverride": event.groups.roles,
            "preferredRole": event.groups.preferred_role,
        },
    }
    if pool.pre_token_generation_version > 1:
        request["scopes"] = event.issue.scopes
    request = triggers.with_metadata(request, event.client_metadata)
    return _ask(call, pool, event.source, event.user.username, request, client_id=event.issue.client_id)


def for_machine(call: Call, pool: UserPool, issue: Issue, client_metadata: Mapping[str, str] | None) -> Overrides:
    """The changes to a machine's access token: only version 3 of the event knows machines."""
    if pool.pre_token_generation_version < 3:
        return token_overrides.NONE
    request: dict[str, object] = {"userAttributes": {}, "groupConfiguration": None, "scopes": issue.scopes}
    request = triggers.with_metadata(request, client_metadata)
    source = "TokenGeneration_ClientCredentials"
    return _ask(call, pool, source, "ClientCredentials", request, client_id=issue.client_id)


def _ask(
    call: Call, pool: UserPool, source: str, username: str, request: Mapping[str, object], *, client_id: str
) -> Overrides:
    version = str(pool.pre_token_generation_version)
    preset = {token_overrides.response_key(version): None}
    response = triggers.run(
        call, pool, _TRIGGER, source, username, request, preset, client_id=client_id, version=version
    )
    return token_overrides.parse(response, version)
