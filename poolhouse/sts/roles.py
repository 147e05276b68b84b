"""Assuming roles by principals of AWS that a role trusts."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.principal import Principal
from poolhouse.sts.errors import AccessDenied, ValidationError
from poolhouse.sts.flows import issue, session_policies
from poolhouse.sts.flows.issue import Issued

Request = Mapping[str, Any]


def assume_role(call: Call, request: Request) -> dict[str, object]:
    """Keys of a role, for a principal that it trusts and whose own policies let them."""
    principal, role_arn = call.principal, request["RoleArn"]
    if principal.kind == "root":
        raise AccessDenied("Roles may not be assumed by root accounts.")
    session_tags = _tags(principal, request)
    source_identity = _source_identity(principal, request)
    keys = _keys(request, source_identity)
    _check(call, "sts:AssumeRole", role_arn, keys)
    if request.get("Tags") or request.get("TransitiveTagKeys"):
        _check(call, "sts:TagSession", role_arn, keys)
    if source_identity:  # also one that a chain hands on: IAM User Guide, "Monitor and control actions taken"
        _check(call, "sts:SetSourceIdentity", role_arn, keys)
    role = call.authority.role(role_arn)
    if role is None:
        raise _denied(call, "sts:AssumeRole", role_arn)
    is_chained = principal.kind == "role_session"
    policies = session_policies.parse(call, request)
    made = issue.role_session(
        call,
        role,
        request["RoleSessionName"],
        seconds=issue.seconds(role, request, is_chained=is_chained),
        policies=policies,
        tags=session_tags,
        transitive_tags=_transitive(principal, request),
        source_identity=source_identity,
        is_chained=is_chained,
    )
    return Issued(made, policies.packed_size, source_identity).response()


def _check(call: Call, action: str, role_arn: str, keys: Mapping[str, Any]) -> None:
    if role_arn.count(":") < 5 or not call.authority.decide_by_trust(call, action, role_arn, keys).is_allowed:
        raise _denied(call, action, role_arn)


def _denied(call: Call, action: str, role_arn: str) -> AccessDenied:
    """The sentence without its reason, as STS gives it, whether or not there is such a role."""
    principal = call.principal
    return AccessDenied(f"User: {principal.arn} is not authorized to perform: {action} on resource: {role_arn}")


def _keys(request: Request, source_identity: str) -> dict[str, object]:
    tags = {one["Key"]: one["Value"] for one in request.get("Tags") or ()}
    return {
        "sts:ExternalId": request.get("ExternalId"),
        "sts:RoleSessionName": request["RoleSessionName"],
        "sts:SourceIdentity": source_identity or None,
        "sts:TransitiveTagKeys": request.get("TransitiveTagKeys"),
        "aws:TagKeys": list(tags) or None,
        **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
    }


def _tags(principal: Principal, request: Request) -> dict[str, str]:
    """The session's tags: those that a chain hands on, and those asked for, which may not say otherwise."""
    session = principal.session
    inherited = {} if session is None else {key: session.tags[key] for key in session.transitive_tags}
    given: dict[str, str] = {}
    for one in request.get("Tags") or ():
        if one["Key"].lower() in {key.lower() for key in given}:
            raise ValidationError("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if one["Key"] in inherited and inherited[one["Key"]] != one["Value"]:
            # That it is refused is documented, its sentence is a guess.
            raise ValidationError(f"One of the specified transitive tag keys can't be set: {one['Key']}")
        given[one["Key"]] = one["Value"]
    return {**inherited, **given}


def _transitive(principal: Principal, request: Request) -> tuple[str, ...]:
    session = principal.session
    inherited = () if session is None else session.transitive_tags
    asked = request.get("TransitiveTagKeys") or ()
    tags = {one["Key"] for one in request.get("Tags") or ()} | set(inherited)
    for key in asked:
        if key not in tags:  # the sentence is a guess
            raise ValidationError(f"The specified transitive tag key must be included in the requested tags: {key}")
    return tuple(dict.fromkeys((*inherited, *asked)))


def _source_identity(principal: Principal, request: Request) -> str:
    """Once set it stays through a chain of roles."""
    session, asked = principal.session, str(request.get("SourceIdentity") or "")
    kept = "" if session is None else session.source_identity
    if kept and asked and asked != kept:
        raise AccessDenied(
            f"User: {principal.arn} is not authorized to perform: sts:SetSourceIdentity on resource: "
            f"{request['RoleArn']}"
        )
    return kept or asked
