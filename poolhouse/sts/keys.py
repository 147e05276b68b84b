"""Temporary keys for IAM users: their own, and narrower ones for somebody they vouch for."""

from collections.abc import Mapping
from typing import Any

from poolhouse.call import Call
from poolhouse.principal import Principal, RoleSession
from poolhouse.sts.errors import AccessDenied
from poolhouse.sts.flows import issue, session_policies

Request = Mapping[str, Any]

_DEFAULT, _LONGEST_OF_ROOT = 43_200, 3_600  # seconds


def get_session_token(call: Call, request: Request) -> dict[str, object]:
    """Keys that may what the user may."""
    principal = call.principal
    _check_long_lived(principal, "GetSessionToken")
    session = RoleSession(principal.arn, principal.user_id, call.now)
    made = Principal(principal.kind, principal.arn, principal.account_id, user_id=principal.user_id, session=session)
    return {"Credentials": issue.credentials(issue.issue(call, made, _seconds(principal, request)))}


def get_federation_token(call: Call, request: Request) -> dict[str, object]:
    """Keys that may what both the user and the session policies allow; nothing where no session policy is given."""
    principal, name = call.principal, request["Name"]
    _check_long_lived(principal, "GetFederationToken")
    policies = session_policies.parse(call, request)
    user_id = f"{principal.account_id}:{name}"
    session = RoleSession(
        role_arn=principal.arn,
        user_id=user_id,
        issued_at=call.now,
        policies=policies.inline if policies.were_given else (),
        policy_arns=policies.arns,
        tags={one["Key"]: one["Value"] for one in request.get("Tags") or ()},
    )
    arn = f"arn:aws:sts::{principal.account_id}:federated-user/{name}"
    made = Principal("federated_user", arn, principal.account_id, user_id=user_id, session=session)
    keys = issue.issue(call, made, _seconds(principal, request))
    response: dict[str, object] = {
        "Credentials": issue.credentials(keys),
        "FederatedUser": {"FederatedUserId": user_id, "Arn": arn},
    }
    if policies.packed_size is not None:
        response["PackedPolicySize"] = policies.packed_size
    return response


def _check_long_lived(principal: Principal, operation: str) -> None:
    if principal.session is not None:
        raise AccessDenied(f"Cannot call {operation} with session credentials")


def _seconds(principal: Principal, request: Request) -> int:
    """How long the keys are good for: an hour at most where the account's root asks."""
    asked = int(request.get("DurationSeconds") or _DEFAULT)
    return min(asked, _LONGEST_OF_ROOT) if principal.kind == "root" else asked
